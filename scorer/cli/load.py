"""What every command needs: the plugins and criteria sets of this environment."""

from __future__ import annotations

from scorer.catalogue import Catalogue
from scorer.cli.output import UserMistake, complain
from scorer.gates import EngineMissing, GateCompiler
from scorer.hints import nearly
from scorer.plan import SetPlan
from scorer.plugins import PluginHost


def load_catalogue() -> Catalogue:
    """The installed sets; quarantined plugins and refused sets are named on standard error.

    Raises:
        UserMistake: durable-rules is broken here, so no set with gates can be used.
    """
    host, compiler = installed_host(), compiler_that_works()
    catalogue = Catalogue.installed(host, compiler)
    for refusal in catalogue.refused:
        for problem in refusal.problems:
            complain(str(problem))
    return catalogue


def installed_host() -> PluginHost:
    """The installed plugins; quarantined ones are named on standard error."""
    host = PluginHost.installed()
    for plugin in host.plugins:
        if plugin.failure:
            complain(f"plugin {plugin.name!r} is quarantined: {plugin.failure}")
    return host


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
