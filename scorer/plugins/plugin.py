"""A plugin and its declarations, or the reason for its quarantine; and the plugin that scores a group."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Self

from scorer.formulas import Formula
from scorer.model.untrusted import escaped
from scorer.plugins.group import CriterionGroup


class PluginError(Exception):
    """A plugin breaks a rule, so it is quarantined. The text says which rule, such as "declares nothing"."""


@dataclass(frozen=True)
class Plugin:
    """A plugin and its declarations."""

    name: str
    """Name of its entry point."""
    distribution: str = ""
    version: str = ""
    api_version: int | None = None
    """API version that its group was written for. It is also set for a quarantined plugin; None if it is not known."""
    group_name: str = ""
    """Name of the group that the plugin declares. It is also set for a quarantined plugin; empty if it is not known."""
    group: CriterionGroup | None = None
    """None if the plugin declares no group or is quarantined."""
    formulas: tuple[type[Formula], ...] = ()
    criteria_sets: tuple[Traversable, ...] = ()
    withheld: tuple[Traversable, ...] = ()
    """Criteria sets of a quarantined plugin. They are refused even if other plugins could score them."""
    failure: str = ""
    """Why the plugin is quarantined; empty if it is not."""

    def __str__(self) -> str:
        return label(self.name, self.distribution, self.version)


@dataclass(frozen=True)
class Provider:
    """The plugin that scores a group, or that adds a formula kind of one of its criteria."""

    group: str
    plugin: str
    """Name of its entry point."""
    distribution: str
    version: str
    kind: str = ""
    """The formula kind; empty if the plugin scores the group."""

    @classmethod
    def of(cls, group: str, plugin: Plugin, kind: str = "") -> Self:
        """The provider of a group, or of a formula kind that the group uses."""
        return cls(group, plugin.name, plugin.distribution, plugin.version, kind)

    def __str__(self) -> str:
        return f"{f'formula kind {self.kind!r}' if self.kind else f'group {self.group!r}'} of {self.plugin_label}"

    @property
    def plugin_label(self) -> str:
        """The plugin, in the form of ``str(Plugin)``."""
        return label(self.plugin, self.distribution, self.version)


def label(name: str, distribution: str, version: str) -> str:
    """The name of a plugin in messages: with its distribution and version, because names need not be unique."""
    source = f" ({' '.join(filter(None, (distribution, version)))})" if distribution else ""
    return escaped(f"plugin {name!r}{source}")
