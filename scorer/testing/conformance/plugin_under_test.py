"""The plugin under test, found as the service finds it, and the criteria that it is tried with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scorer.criteria.document import read_document
from scorer.criteria.loader import load
from scorer.criteria.model import CriteriaSet
from scorer.formulas import Formula
from scorer.model.suggestions import did_you_mean
from scorer.plugins.declaration import load_plugin
from scorer.plugins.host import ENTRY_POINTS, PluginHost
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.generated_set import NAME, generate_set
from scorer.testing.conformance.harness import GroupHarness


@dataclass(frozen=True)
class PluginUnderTest:
    """A plugin among all that are installed."""

    plugin: Plugin
    host: PluginHost

    @classmethod
    def of(cls, plugin: object) -> PluginUnderTest:
        """The installed plugin of this name, or one by its module; ``failure`` says why it cannot be used."""
        installed = PluginHost.installed()
        if isinstance(plugin, str):
            found, *more = cls.named(plugin, installed)
            return cls(_ambiguous([found.plugin, *(other.plugin for other in more)]), installed) if more else found
        name = getattr(plugin, "__name__", type(plugin).__name__)
        alone = load_plugin(Plugin(name), lambda: plugin)
        others = [other for other in installed.plugins if not _same(alone, other)]
        taken = load_plugin(Plugin(name), lambda: plugin, others)
        return cls(taken, PluginHost((*others, taken)))

    @classmethod
    def named(cls, name: str, installed: PluginHost) -> list[PluginUnderTest]:
        """The installed plugins of this name, of which distributions may have one each; at least one, or a failure."""
        found = [cls(plugin, installed) for plugin in installed.plugins if plugin.name == name]
        return found or [cls(_unknown(name, list({plugin.name: None for plugin in installed.plugins})), installed)]

    @property
    def installed(self) -> bool:
        """Whether it was found by its entry point."""
        return bool(self.plugin.distribution)

    @property
    def kinds(self) -> frozenset[type[Formula]]:
        """The formula kinds it adds."""
        return frozenset(self.plugin.formulas)

    @property
    def brings(self) -> str:
        """The group and the formula kinds, for people."""
        group = [f"group {self.plugin.group.name!r}"] if self.plugin.group else []
        return " and ".join([*group, *(f"formula kind {kind.kind!r}" for kind in self.plugin.formulas)])

    @cached_property
    def trials(self) -> tuple[GroupHarness, ...]:
        """What is scored: the sets that the plugin issues or that are installed and use it.

        Where there are none, criteria are made from its indicators. They are no stand-in for a set that is refused.
        """
        found = [trial for source, criteria_set in self._sets() for trial in self._of(source, criteria_set)]
        group = self.plugin.group
        if not found and group is not None and group.indicators and not self.plugin.criteria_sets:
            made, document = load(generate_set(group), NAME, self.host.vocabulary())
            assert made is not None, document.problems
            found += self._of(NAME, made)
        return tuple(found)

    def _sets(self) -> Iterator[tuple[str, CriteriaSet]]:
        """Every installed set that can be read."""
        for plugin in sorted(self.host.plugins, key=lambda plugin: plugin is not self.plugin):
            for file in plugin.criteria_sets:
                criteria_set, _ = load(read_document(file), file.name, self.host.vocabulary())
                if criteria_set is not None:
                    yield file.name, criteria_set

    def _of(self, source: str, criteria_set: CriteriaSet) -> Iterator[GroupHarness]:
        for group in criteria_set.groups():
            whole = self.host.groups[group.code] is self.plugin.group
            for tier in criteria_set.tiers:
                if trial := GroupHarness.of(
                    source, criteria_set, group, tier, self.host.providers, self.kinds, whole=whole
                ):
                    yield trial


def _unknown(name: str, known: list[str]) -> Plugin:
    missing = f"no plugin {name!r} is installed in the entry point group {ENTRY_POINTS}"
    return Plugin(name, failure=f"{missing}; there are: {', '.join(known)}{did_you_mean(name, known)}")


def _ambiguous(plugins: list[Plugin]) -> Plugin:
    listed = ", ".join(map(str, plugins))
    return Plugin(plugins[0].name, failure=f"several plugins have this name: {listed}; give the module instead")


def _same(one: Plugin, other: Plugin) -> bool:
    """Whether two plugins are the same code, one of them installed."""
    group = one.group is not None and type(one.group) is type(other.group)
    return group or bool(set(one.formulas) & set(other.formulas))
