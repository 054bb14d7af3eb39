"""The plugin host: finds the installed plugins and loads them in a fixed order."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from email import message_from_string
from email.message import Message
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from scorer.criteria.vocabulary import GroupDeclaration, QuarantinedPlugin, Vocabulary
from scorer.formulas import KINDS, Formula
from scorer.model.untrusted import describe_error
from scorer.plugins.declaration import load_plugin
from scorer.plugins.group import CriterionGroup
from scorer.plugins.loaded_code import LoadedCode
from scorer.plugins.plugin import Plugin
from scorer.plugins.probe import TIME_LIMIT, probe_plugins
from scorer.plugins.process_state import no_process_exit

ENTRY_POINTS = "scorer.plugins"

BUNDLED, BUNDLED_PACKAGE = "egov-scorer", "scorer_plugins"
"""The scorer's own distribution, and the package with its plugins, which are not probed."""


@dataclass(frozen=True)
class PluginHost:
    """The plugins of this process, in a fixed order."""

    plugins: tuple[Plugin, ...]
    """All plugins, including those in quarantine."""
    groups: Mapping[str, CriterionGroup] = field(init=False)
    """Criterion groups by name."""
    providers: Mapping[str, Plugin] = field(init=False)
    """The plugin that scores each group, by the group's name."""
    formulas: Mapping[str, type[Formula]] = field(init=False)
    """Formula kinds by name, including the scorer's own."""
    formula_plugins: Mapping[type[Formula], Plugin] = field(init=False)
    """The plugin that adds each formula kind; the scorer's own kinds are not included."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", {p.group.name: p.group for p in self.plugins if p.group})
        object.__setattr__(self, "providers", {p.group.name: p for p in self.plugins if p.group})
        object.__setattr__(
            self, "formula_plugins", {kind: plugin for plugin in self.plugins for kind in plugin.formulas}
        )
        kinds = [*KINDS, *(kind for plugin in self.plugins for kind in plugin.formulas)]
        object.__setattr__(self, "formulas", {kind.kind: kind for kind in kinds})

    @classmethod
    def installed(cls, time_limit: float = TIME_LIMIT) -> PluginHost:
        """Loads every plugin that is installed in this environment: first those of egov-scorer, then the others by
        distribution and name.

        If two plugins declare the same group or formula kind, the second plugin is quarantined. Plugins of other
        distributions are probed in another process first. A plugin that fails there is quarantined and not imported.

        Args:
            time_limit: seconds that the probe of one plugin may take.
        """
        to_load, unreadable = _find()
        to_probe = [point for point, plugin in to_load if plugin.distribution != BUNDLED]
        results = dict(
            zip(to_probe, probe_plugins([(p.name, p.value) for p in to_probe], time_limit=time_limit), strict=True)
        )
        loaded: list[Plugin] = []
        with no_process_exit():
            loaded_code = LoadedCode() if to_probe else None
            for point, plugin in to_load:
                result = results.get(point)
                if result is None:
                    loaded.append(load_plugin(plugin, point.load, loaded))
                elif not result.failure:
                    loaded.append(load_plugin(plugin, point.load, loaded, loaded_code=loaded_code))
                else:
                    loaded.append(
                        replace(
                            plugin,
                            failure=result.failure,
                            group_name=result.group_name,
                            api_version=result.api_version,
                            withheld=tuple(map(Path, result.withheld)),
                        )
                    )
        return cls((*loaded, *unreadable))

    @classmethod
    def of(cls, sources: Iterable[tuple[Plugin, Callable[[], Any]]]) -> PluginHost:
        """Loads the given plugins without probing them; each pair is a plugin and the function that imports it."""
        loaded: list[Plugin] = []
        for plugin, load in sources:
            loaded.append(load_plugin(plugin, load, loaded))
        return cls(tuple(loaded))

    def vocabulary(self) -> Vocabulary:
        """The groups and formula kinds that criteria sets can use."""
        return Vocabulary(
            groups={name: GroupDeclaration(group.title, group.indicators) for name, group in self.groups.items()},
            formulas=self.formulas,
            unavailable=tuple(
                QuarantinedPlugin(str(p), p.group_name or p.name, p.failure) for p in self.plugins if p.failure
            ),
        )


def _find() -> tuple[list[tuple[EntryPoint, Plugin]], list[Plugin]]:
    """Finds the entry points of all plugins.

    Returns:
        Each entry point with its plugin, not yet loaded, in the order in which they are loaded; and one quarantined
        plugin for each distribution whose metadata cannot be read, and for each plugin whose distribution has the
        scorer's own name.
    """
    to_load, unreadable, names = [], [], set()
    for distribution in importlib.metadata.distributions():
        try:
            headers = _headers(distribution)
            name, version = headers["Name"] or "", headers["Version"] or ""
            points = distribution.entry_points.select(group=ENTRY_POINTS)
            if points and not name:
                raise ValueError("METADATA gives no name")
        except Exception as error:  # damaged files can raise any exception
            # The name of the directory has name and version: NAME-VERSION.dist-info.
            name, _, version = Path(str(getattr(distribution, "_path", "?"))).stem.partition("-")
            unreadable.append(
                Plugin(name, name, version, failure=f"its metadata cannot be read: {describe_error(error)}")
            )
            continue
        normal_name = re.sub(r"[-_.]+", "-", name).lower()
        if normal_name == BUNDLED and not all(re.match(rf"{BUNDLED_PACKAGE}\b", point.value) for point in points):
            failure = f"its distribution calls itself {name!r}, which is the scorer's own name"
            unreadable += [Plugin(point.name, name, version, failure=failure) for point in points]
            continue  # so that it does not hide the scorer's own plugins
        if normal_name not in names:  # if two distributions have one name, Python imports the first
            to_load += [(point, Plugin(point.name, name, version)) for point in points]
        if points or normal_name != BUNDLED:
            names.add(normal_name)
    return sorted(to_load, key=lambda pair: _sort_key(*pair)), sorted(unreadable, key=lambda plugin: plugin.name)


def _headers(distribution: importlib.metadata.Distribution) -> Message:
    """The headers of a distribution's metadata, without the description, which takes longest to parse."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    return message_from_string(text.partition("\n\n")[0])


def _sort_key(point: EntryPoint, plugin: Plugin) -> tuple[bool, str, str, str]:
    return plugin.distribution != BUNDLED, plugin.distribution, point.name, point.value
