"""What every command needs: the plugins and criteria sets of this environment."""

from __future__ import annotations

from scorer.catalogue import Catalogue
from scorer.cli.output import UserMistake, complain, out
from scorer.gates import EngineMissing, GateCompiler
from scorer.hints import nearly
from scorer.plan import SetPlan
from scorer.plugins import PluginHost


def load_catalogue(*, strict: bool = False) -> Catalogue:
    """The installed sets; quarantined plugins and refused sets are named on standard error.

    Args:
        strict: whether all of them have to be in order.

    Raises:
        UserMistake: durable-rules is broken here, so no set with gates can be used; or not all is in order.
    """
    host, compiler = installed_host(), compiler_that_works()
    catalogue = Catalogue.installed(host, compiler)
    for refusal in catalogue.refused:
        for problem in refusal.problems:
            complain(str(problem))
    quarantined = sum(bool(plugin.failure) for plugin in host.plugins)
    if strict and (quarantined or catalogue.refused):
        found = f"plugins quarantined: {quarantined}, criteria sets refused: {len(catalogue.refused)}"
        raise UserMistake(f"{found}; with --strict, nothing is served until they are mended or uninstalled")
    return catalogue


def installed_host() -> PluginHost:
    """The installed plugins; quarantined ones are named on standard error."""
    host = quiet_host()
    for plugin in host.plugins:
        if plugin.failure:
            complain(f"{plugin} is quarantined: {plugin.failure}")
    return host


def quiet_host() -> PluginHost:
    """The installed plugins, for a command that says itself what is wrong with them.

    What they print does not reach standard output.
    """
    out.reserve()
    return PluginHost.installed()


def compiler_that_works() -> GateCompiler:
    """A compiler of gates.

    Raises:
        UserMistake: durable-rules is broken here, so no set with gates can be used.
    """
    compiler = GateCompiler()
    try:
        compiler.check()
    except EngineMissing as error:
        raise UserMistake(str(error)) from error
    return compiler


def find(catalogue: Catalogue, code: str) -> SetPlan:
    """The set of this code.

    Raises:
        UserMistake: there is none.
    """
    if code not in catalogue.sets:
        known = ", ".join(catalogue.sets)
        raise UserMistake(f"there is no criteria set {code!r}; there are: {known}{nearly(code, catalogue.sets)}")
    return catalogue.sets[code]
