"""The plugin host: finds installed plugins and takes them in, in a fixed order."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from scorer.criteria.loader import GroupTerms, Unavailable, Vocabulary
from scorer.formulas import KINDS, Formula
from scorer.model.untrusted import describe_error
from scorer.plugins.declaration import load_plugin
from scorer.plugins.group import CriterionGroup
from scorer.plugins.plugin import Plugin
from scorer.plugins.probe import TIME_LIMIT, probe_plugins
from scorer.plugins.process_state import no_process_exit

ENTRY_POINTS = "scorer.plugins"

BUNDLED = "egov-scorer"
"""Our own distribution, whose plugins are not tried out first."""


@dataclass(frozen=True)
class PluginHost:
    """The plugins of this process, in a fixed order."""

    plugins: tuple[Plugin, ...]
    groups: Mapping[str, CriterionGroup] = field(init=False)
    """Criterion groups by name."""
    providers: Mapping[str, Plugin] = field(init=False)
    """The plugins that score them."""
    formulas: Mapping[str, type[Formula]] = field(init=False)
    """Formula kinds by name."""
    adders: Mapping[type[Formula], Plugin] = field(init=False)
    """The plugins that add formula kinds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", {p.group.name: p.group for p in self.plugins if p.group})
        object.__setattr__(self, "providers", {p.group.name: p for p in self.plugins if p.group})
        object.__setattr__(self, "adders", {kind: plugin for plugin in self.plugins for kind in plugin.formulas})
        kinds = [*KINDS, *(kind for plugin in self.plugins for kind in plugin.formulas)]
        object.__setattr__(self, "formulas", {kind.kind: kind for kind in kinds})

    @classmethod
    def installed(cls, time_limit: float = TIME_LIMIT) -> PluginHost:
        """Every plugin installed in this environment: those of egov-scorer first, then by distribution and name.

        Of two that declare the same, the first one keeps it. A stranger's is imported in another process before this
        one; what does not come through there is quarantined and never imported here.

        Args:
            time_limit: seconds that one plugin may take there.
        """
        found, unreadable = _find()
        strangers = [point for point, plugin in found if plugin.distribution != BUNDLED]
        verdicts = dict(
            zip(strangers, probe_plugins([(p.name, p.value) for p in strangers], time_limit=time_limit), strict=True)
        )
        taken_in: list[Plugin] = []
        for point, plugin in found:
            verdict = verdicts.get(point)
            if verdict is None:
                taken_in.append(load_plugin(plugin, point.load, taken_in))
            elif not verdict.failure:
                with no_process_exit():
                    taken_in.append(load_plugin(plugin, point.load, taken_in))
            else:
                taken_in.append(
                    replace(
                        plugin,
                        failure=verdict.failure,
                        claims=verdict.claims,
                        api_version=verdict.api_version,
                        withheld=tuple(map(Path, verdict.withheld)),
                    )
                )
        return cls((*taken_in, *unreadable))

    @classmethod
    def of(cls, sources: Iterable[tuple[Plugin, Callable[[], Any]]]) -> PluginHost:
        """From plugins still empty and what imports each."""
        taken_in: list[Plugin] = []
        for plugin, load in sources:
            taken_in.append(load_plugin(plugin, load, taken_in))
        return cls(tuple(taken_in))

    def vocabulary(self) -> Vocabulary:
        """What criteria sets can name."""
        return Vocabulary(
            groups={name: GroupTerms(group.title, group.indicators) for name, group in self.groups.items()},
            formulas=self.formulas,
            unavailable=tuple(Unavailable(str(p), p.claims or p.name, p.failure) for p in self.plugins if p.failure),
        )

    def provider(self, group: str) -> Plugin:
        """The plugin that scores ``group``."""
        return self.providers[group]


def _find() -> tuple[list[tuple[EntryPoint, Plugin]], list[Plugin]]:
    """The entry points of plugins, and the plugins still empty, in their order; and what cannot be read."""
    found, unreadable, names = [], [], set()
    for distribution in importlib.metadata.distributions():
        try:
            name, version = distribution.name or "", distribution.version or ""
            points = distribution.entry_points.select(group=ENTRY_POINTS)
            if points and not name:
                raise ValueError("METADATA gives no name")
        except Exception as error:  # files that are damaged, in whatever way
            # Its name cannot be read, but its folder has it: NAME-VERSION.dist-info.
            name, _, version = Path(str(getattr(distribution, "_path", "?"))).stem.partition("-")
            unreadable.append(
                Plugin(name, name, version, failure=f"its metadata cannot be read: {describe_error(error)}")
            )
            continue
        if name.lower() not in names:  # of two of a name, the first is the one that is imported
            found += [(point, Plugin(point.name, name, version)) for point in points]
        names.add(name.lower())
    return sorted(found, key=lambda pair: _place(*pair)), sorted(unreadable, key=lambda plugin: plugin.name)


def _place(point: EntryPoint, plugin: Plugin) -> tuple[bool, str, str, str]:
    return plugin.distribution != BUNDLED, plugin.distribution, point.name, point.value
