"""What every command needs: the plugins and criteria sets of this environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from scorer.catalogue import Catalogue, Refusal
from scorer.cli.output import UserMistake, complain, out
from scorer.criteria.document import Problem
from scorer.folder import Folder
from scorer.gates import EngineMissing, GateCompiler, GateCompilerError
from scorer.hints import nearly
from scorer.living import LivingCatalogue
from scorer.plan import SetPlan
from scorer.plugins import TIME_LIMIT, PluginHost
from scorer.settings import variable

CriteriaOption = Annotated[
    Path | None, typer.Option("--criteria", help="A directory of further criteria sets (*.yaml).", metavar="DIR")
]


def load_catalogue(
    criteria: Path | None = None, *, strict: bool = False, plugin_seconds: float | None = None
) -> Catalogue:
    """The installed sets and those of a directory; quarantined plugins and refused sets are named on standard error.

    Args:
        strict: whether all of them have to be in order.
        plugin_seconds: that trying out one plugin may take; None: what the environment says.

    Raises:
        UserMistake: durable-rules is broken here, so no set with gates can be used; the directory cannot be read; or
            not all is in order.
    """
    if criteria:
        return load_living(criteria, strict=strict, plugin_seconds=plugin_seconds).current()
    catalogue = _load_installed(plugin_seconds)
    if strict:
        _check(catalogue)
    return catalogue


def load_living(criteria: Path, *, strict: bool = False, plugin_seconds: float | None = None) -> LivingCatalogue:
    """The same, ready to be loaded anew when the directory changes.

    Raises:
        UserMistake: as for ``load_catalogue``.
    """
    folder = Folder(criteria)
    try:
        folder.stamps()  # before much time is spent on the installed sets
        installed = _load_installed(plugin_seconds)
        living = LivingCatalogue(installed, folder, GateCompiler())
    except OSError as error:
        raise UserMistake(f"cannot read the directory of criteria sets {criteria}: {error.strerror}") from error
    _complain(living.current().refused[len(installed.refused) :], living.current().warnings[len(installed.warnings) :])
    if strict:
        _check(living.current())
    return living


def _load_installed(plugin_seconds: float | None) -> Catalogue:
    host, compiler = installed_host(plugin_seconds), compiler_that_works()
    catalogue = Catalogue.installed(host, compiler)
    _complain(catalogue.refused, catalogue.warnings)
    return catalogue


def _complain(refused: Iterable[Refusal], warnings: Iterable[Problem]) -> None:
    for refusal in refused:
        for problem in refusal.problems:
            complain(str(problem))
    for warning in warnings:
        complain(str(warning))


def _check(catalogue: Catalogue) -> None:
    quarantined = sum(bool(plugin.failure) for plugin in catalogue.host.plugins)
    if quarantined or catalogue.refused:
        found = f"plugins quarantined: {quarantined}, criteria sets refused: {len(catalogue.refused)}"
        raise UserMistake(f"{found}; with --strict, nothing is served until they are mended or uninstalled")


def installed_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins; quarantined ones are named on standard error."""
    host = quiet_host(plugin_seconds)
    for plugin in host.plugins:
        if plugin.failure:
            complain(f"{plugin} is quarantined: {plugin.failure}")
    return host


def quiet_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins, for a command that says itself what is wrong with them.

    What they print does not reach standard output.

    Args:
        plugin_seconds: that trying out one of them may take; None: what the environment says.

    Raises:
        UserMistake: the environment gives no number of seconds.
    """
    out.reserve()
    return PluginHost.installed(_plugin_seconds() if plugin_seconds is None else plugin_seconds)


def _plugin_seconds() -> float:
    name = variable("plugin_seconds")
    written = os.environ.get(name)
    if written is None:
        return TIME_LIMIT
    try:
        seconds = float(written)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise UserMistake(f"{name}={written!r} is not a number of seconds from 0 to 3600")
    return seconds


def compiler_that_works() -> GateCompiler:
    """A compiler of gates.

    Raises:
        UserMistake: durable-rules is broken or ends at once, so no set with gates can be used.
    """
    compiler = GateCompiler()
    try:
        compiler.check()
    except EngineMissing as error:
        raise UserMistake(str(error)) from error
    except GateCompilerError as error:
        raise UserMistake(f"{error}; without it, criteria sets with gates cannot be used") from error
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
