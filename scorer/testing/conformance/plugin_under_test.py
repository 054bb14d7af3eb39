"""Finds the plugin under test, and the criteria to test it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from scorer.catalogue.catalogue import plugin_bases
from scorer.criteria.extension import extend
from scorer.criteria.loader import load, load_document
from scorer.criteria.model import CriteriaSet
from scorer.criteria.yaml_parser import parse, read_document
from scorer.formulas import Formula
from scorer.model.suggestions import did_you_mean
from scorer.plugins.declaration import load_plugin
from scorer.plugins.document_groups import with_document_groups
from scorer.plugins.host import ENTRY_POINTS, PluginHost
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.generated_set import NAME, generate_set
from scorer.testing.conformance.harness import GroupHarness


@dataclass(frozen=True)
class PluginUnderTest:
    """The plugin that is tested, and the host with which criteria sets are loaded."""

    plugin: Plugin
    host: PluginHost
    """The installed plugins and the plugin under test."""

    @classmethod
    def of(cls, plugin: object) -> PluginUnderTest:
        """The installed plugin with this name, or the plugin with this module.

        If it cannot be used, the ``failure`` of its ``plugin`` says why.
        """
        installed = PluginHost.installed()
        if isinstance(plugin, str):
            first, *others = cls.named(plugin, installed)
            if others:
                return cls(_ambiguous([first.plugin, *(other.plugin for other in others)]), installed)
            return first
        name = getattr(plugin, "__name__", type(plugin).__name__)
        alone = load_plugin(Plugin(name), lambda: plugin)
        other_plugins = [other for other in installed.plugins if not _is_same_code(alone, other)]
        loaded = load_plugin(Plugin(name), lambda: plugin, other_plugins)
        return cls(loaded, PluginHost((*other_plugins, loaded)))

    @classmethod
    def named(cls, name: str, installed: PluginHost) -> list[PluginUnderTest]:
        """The installed plugins with this name: distributions can have plugins of the same name.

        If there is none, the result is one plugin whose ``failure`` says so.
        """
        named = [cls(plugin, installed) for plugin in installed.plugins if plugin.name == name]
        return named or [cls(_unknown(name, list({plugin.name: None for plugin in installed.plugins})), installed)]

    @property
    def installed(self) -> bool:
        """Whether the plugin is installed, that is, was found by its entry point."""
        return bool(self.plugin.distribution)

    @property
    def formula_kinds(self) -> frozenset[type[Formula]]:
        """The formula kinds that the plugin adds."""
        return frozenset(self.plugin.formulas)

    @property
    def provides(self) -> str:
        """The group and the formula kinds of the plugin, for messages; empty if it has neither."""
        group = [f"group {self.plugin.group.name!r}"] if self.plugin.group else []
        return " and ".join([*group, *(f"formula kind {kind.kind!r}" for kind in self.plugin.formulas)])

    @cached_property
    def harnesses(self) -> tuple[GroupHarness, ...]:
        """A harness for each group and tier of the criteria sets that use the plugin: its own and installed ones.

        If there are none, a set is generated from the indicators of the plugin's group. But if the plugin issues sets
        and all of them are refused, nothing is generated, and there is no harness.
        """
        harnesses = [harness for loaded in self._sets() for harness in self._set_harnesses(*loaded)]
        group = self.plugin.group
        if not harnesses and group is not None and group.indicators and not self.plugin.criteria_sets:
            generated, document = load(generate_set(group), NAME, self.host.vocabulary())
            assert generated is not None, document.problems
            harnesses += self._set_harnesses(NAME, generated, self.host)
        return tuple(harnesses)

    def _sets(self) -> Iterator[tuple[str, CriteriaSet, PluginHost]]:
        """Every set that may use the plugin and can be loaded, with its document's name and the groups that it can use.

        The sets of the plugin under test come first.
        """
        for plugin in sorted(self.host.plugins, key=lambda plugin: plugin is not self.plugin):
            for file in plugin.criteria_sets:
                text = read_document(file)
                if plugin is not self.plugin and not self._may_be_used_by(text):
                    continue
                document = extend(parse(text, file.name), partial(plugin_bases, self.host))
                host = with_document_groups(self.host, document)
                criteria_set = load_document(document, host.vocabulary())
                if criteria_set is not None:
                    yield file.name, criteria_set, host

    def _may_be_used_by(self, text: bytes) -> bool:
        """False only if a set does not use the plugin: it takes much longer to parse a document than to search it.

        A document without the name of a group can still use it: by a base that it extends, or by a name with escapes.
        """
        names = [kind.kind for kind in self.formula_kinds] + ([self.plugin.group.name] if self.plugin.group else [])
        return any(word.encode() in text for word in (*names, "extends", "\\"))

    def _set_harnesses(self, source: str, criteria_set: CriteriaSet, host: PluginHost) -> Iterator[GroupHarness]:
        for group in criteria_set.groups():
            provides_group = host.groups[group.code] is self.plugin.group
            for tier in criteria_set.tiers:
                if harness := GroupHarness.create(
                    source,
                    criteria_set,
                    group,
                    tier,
                    host.providers,
                    self.formula_kinds,
                    provides_group=provides_group,
                ):
                    yield harness


def _unknown(name: str, known: list[str]) -> Plugin:
    message = f"no plugin {name!r} is installed in the entry point group {ENTRY_POINTS}"
    return Plugin(name, failure=f"{message}; installed are: {', '.join(known)}{did_you_mean(name, known)}")


def _ambiguous(plugins: list[Plugin]) -> Plugin:
    listed = ", ".join(map(str, plugins))
    return Plugin(plugins[0].name, failure=f"several plugins have this name: {listed}; give the module instead")


def _is_same_code(one: Plugin, other: Plugin) -> bool:
    """Whether two plugins have a group of the same class, or a formula kind in common."""
    same_group = one.group is not None and type(one.group) is type(other.group)
    return same_group or bool(set(one.formulas) & set(other.formulas))
