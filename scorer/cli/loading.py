"""Loads the plugins and criteria sets that commands use."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from scorer.catalogue.catalogue import Catalogue, RefusedSet
from scorer.catalogue.directory import CriteriaDirectory
from scorer.catalogue.live import LiveCatalogue
from scorer.cli.output import UserError, out, print_error
from scorer.criteria.document import Problem
from scorer.engine.gate_cache import GateCache
from scorer.engine.gates import EngineMissing, GateCompiler, GateCompilerError
from scorer.engine.plan import SetPlan
from scorer.model.suggestions import did_you_mean
from scorer.plugins.host import PluginHost
from scorer.plugins.probe import TIME_LIMIT
from scorer.service.runtime.settings_sources import variable

CriteriaOption = Annotated[
    Path | None, typer.Option("--criteria", help="A directory of further criteria sets (*.yaml).", metavar="DIR")
]


def load_catalogue(
    criteria: Path | None = None,
    *,
    strict: bool = False,
    plugin_seconds: float | None = None,
    gate_cache: Path | None = None,
) -> Catalogue:
    """Loads the installed sets and those of a directory. Prints quarantined plugins and refused sets on standard error.

    Args:
        criteria: directory of further criteria sets; None: there is none.
        strict: whether a quarantined plugin or a refused set is an error.
        plugin_seconds: seconds that the probe of one plugin may take; None: as the environment variable of this setting
            says, or the default.
        gate_cache: directory of compiled gates; None: gates are not cached.

    Raises:
        UserError: durable-rules is broken, so no set with gates can be used; the directory cannot be read; or
            ``strict`` is set and a plugin is quarantined or a set is refused.
    """
    if criteria:
        return load_live(criteria, strict=strict, plugin_seconds=plugin_seconds, gate_cache=gate_cache).current()
    catalogue = _load_installed(plugin_seconds, _cache(gate_cache))
    if strict:
        _require_all_usable(catalogue)
    return catalogue


def load_live(
    criteria: Path,
    *,
    strict: bool = False,
    plugin_seconds: float | None = None,
    gate_cache: Path | None = None,
) -> LiveCatalogue:
    """Loads the sets as ``load_catalogue`` does, in a form that can be reloaded when the directory changes.

    Raises:
        UserError: as for ``load_catalogue``.
    """
    directory, cache = CriteriaDirectory(criteria), _cache(gate_cache)
    try:
        directory.stamps()  # fails if the directory cannot be read, before installed sets are loaded, which takes long
        installed = _load_installed(plugin_seconds, cache)
        live = LiveCatalogue(installed, directory, GateCompiler(cache=cache))
    except OSError as error:
        raise UserError(f"cannot read the directory of criteria sets {criteria}: {error.strerror}") from error
    catalogue = live.current()
    _print_problems(catalogue.refused[len(installed.refused) :], catalogue.warnings[len(installed.warnings) :])
    if strict:
        _require_all_usable(catalogue)
    return live


def _cache(directory: Path | None) -> GateCache | None:
    return GateCache(directory) if directory else None


def _load_installed(plugin_seconds: float | None, cache: GateCache | None) -> Catalogue:
    host, compiler = installed_host(plugin_seconds), working_compiler(cache)
    catalogue = Catalogue.installed(host, compiler)
    _print_problems(catalogue.refused, catalogue.warnings)
    return catalogue


def _print_problems(refused: Iterable[RefusedSet], warnings: Iterable[Problem]) -> None:
    for rejected in refused:
        for problem in rejected.problems:
            print_error(str(problem))
    for warning in warnings:
        print_error(str(warning))


def _require_all_usable(catalogue: Catalogue) -> None:
    quarantined = sum(bool(plugin.failure) for plugin in catalogue.host.plugins)
    if quarantined or catalogue.refused:
        counts = f"plugins quarantined: {quarantined}, criteria sets refused: {len(catalogue.refused)}"
        raise UserError(f"{counts}; with --strict, nothing is served until they are corrected or uninstalled")


def installed_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins. Quarantined ones are printed on standard error."""
    host = quiet_host(plugin_seconds)
    for plugin in host.plugins:
        if plugin.failure:
            print_error(f"{plugin} is quarantined: {plugin.failure}")
    return host


def quiet_host(plugin_seconds: float | None = None) -> PluginHost:
    """The installed plugins. Messages about quarantined ones are not printed.

    Anything that plugins print goes to standard error.

    Args:
        plugin_seconds: see ``load_catalogue``.

    Raises:
        UserError: the environment variable of the setting has no valid number of seconds.
    """
    out.reserve()
    return PluginHost.installed(_plugin_seconds() if plugin_seconds is None else plugin_seconds)


def _plugin_seconds() -> float:
    name = variable("plugin_seconds")
    text = os.environ.get(name)
    if text is None:
        return TIME_LIMIT
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise UserError(f"{name}={text!r} is not a number of seconds, above 0 and at most 3600")
    return seconds


def working_compiler(cache: GateCache | None = None) -> GateCompiler:
    """A gate compiler that has been tested.

    Args:
        cache: see ``GateCompiler``.

    Raises:
        UserError: durable-rules is missing or broken, so no set with gates can be used.
    """
    compiler = GateCompiler(cache=cache)
    try:
        compiler.check()
    except EngineMissing as error:
        raise UserError(str(error)) from error
    except GateCompilerError as error:
        raise UserError(f"{error}; without it, criteria sets with gates cannot be used") from error
    return compiler


def find_set(catalogue: Catalogue, code: str) -> SetPlan:
    """The plan of the criteria set with this code.

    Raises:
        UserError: there is no such set.
    """
    if code not in catalogue.sets:
        known = ", ".join(catalogue.sets)
        raise UserError(f"there is no criteria set {code!r}; there are: {known}{did_you_mean(code, catalogue.sets)}")
    return catalogue.sets[code]
