"""What every command needs: the plugins and criteria sets of this environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from scorer.catalogue.catalogue import Catalogue, RejectedSet
from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.cli.output import UserError, out, print_error
from scorer.criteria.document import Problem
from scorer.engine.gates import EngineMissing, GateCompiler, GateCompilerError
from scorer.engine.plan import SetPlan
from scorer.model.suggestions import did_you_mean
from scorer.plugins.host import PluginHost
from scorer.plugins.probe import TIME_LIMIT
from scorer.service.runtime.settings import variable

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
        UserError: durable-rules is broken here, so no set with gates can be used; the directory cannot be read; or
            not all is in order.
    """
    if criteria:
        return load_live(criteria, strict=strict, plugin_seconds=plugin_seconds).current()
    catalogue = _load_installed(plugin_seconds)
    if strict:
        _check(catalogue)
    return catalogue


def load_live(criteria: Path, *, strict: bool = False, plugin_seconds: float | None = None) -> LiveCatalogue:
    """The same, ready to be loaded anew when the directory changes.

    Raises:
        UserError: as for ``load_catalogue``.
    """
    folder = CriteriaDirectory(criteria)
    try:
        folder.stamps()  # before much time is spent on the installed sets
        installed = _load_installed(plugin_seconds)
        living = LiveCatalogue(installed, folder, GateCompiler())
    except OSError as error:
        raise UserError(f"cannot read the directory of criteria sets {criteria}: {error.strerror}") from error
    _complain(living.current().refused[len(installed.refused) :], living.current().warnings[len(installed.warnings) :])
    if strict:
        _check(living.current())
    return living


def _load_installed(plugin_seconds: float | None) -> Catalogue:
    host, compiler = installed_host(plugin_seconds), working_compiler()
    catalogue = Catalogue.installed(host, compiler)
    _complain(catalogue.refused, catalogue.warnings)
    return catalogue


def _complain(refused: Iterable[RejectedSet], warnings: Iterable[Problem]) -> None:
    for refusal in refused:
        for problem in refusal.problems:
            print_error(str(problem))
    for warning in warnings:
        print_error(str(warning))


def _check(catalogue: Catalogue) -> None:
    quarantined = sum(bool(plugin.failure) for plugin in catalogue.host.plugins)
    if quarantined or catalogue.refused:
        found = f"plugins quarantined: {quarantined}, criteria sets refused: {len(catalogue.refused)}"
        raise UserError(f"{found}; with --strict, nothing is served until they are mended or uninstalled")


def installed_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins; quarantined ones are named on standard error."""
    host = quiet_host(plugin_seconds)
    for plugin in host.plugins:
        if plugin.failure:
            print_error(f"{plugin} is quarantined: {plugin.failure}")
    return host


def quiet_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins, for a command that says itself what is wrong with them.

    What they print does not reach standard output.

    Args:
        plugin_seconds: that trying out one of them may take; None: what the environment says.

    Raises:
        UserError: the environment gives no number of seconds.
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
        raise UserError(f"{name}={written!r} is not a number of seconds from 0 to 3600")
    return seconds


def working_compiler() -> GateCompiler:
    """A compiler of gates.

    Raises:
        UserError: durable-rules is broken or ends at once, so no set with gates can be used.
    """
    compiler = GateCompiler()
    try:
        compiler.check()
    except EngineMissing as error:
        raise UserError(str(error)) from error
    except GateCompilerError as error:
        raise UserError(f"{error}; without it, criteria sets with gates cannot be used") from error
    return compiler


def find_set(catalogue: Catalogue, code: str) -> SetPlan:
    """The set of this code.

    Raises:
        UserError: there is none.
    """
    if code not in catalogue.sets:
        known = ", ".join(catalogue.sets)
        raise UserError(f"there is no criteria set {code!r}; there are: {known}{did_you_mean(code, catalogue.sets)}")
    return catalogue.sets[code]
