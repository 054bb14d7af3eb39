"""The criterion groups and formula kinds that criteria sets can refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scorer.criteria.model import Texts
from scorer.formulas import Formula
from scorer.model.indicators import Indicator


class GroupDeclaration(NamedTuple):
    """The declaration of a criterion group: its titles and indicators."""

    title: Texts
    indicators: Sequence[Indicator]


class QuarantinedPlugin(NamedTuple):
    """A quarantined plugin."""

    plugin: str
    """The plugin's name and distribution, for messages."""
    group: str
    """The group that the plugin declares; the plugin's own name if the plugin cannot be imported."""
    why: str
    """Why the plugin is quarantined."""

    def __str__(self) -> str:
        return f"{self.plugin} is quarantined: {self.why}"


@dataclass(frozen=True)
class Vocabulary:
    """The criterion groups, with their indicators, and the formula kinds that criteria sets can refer to."""

    groups: Mapping[str, GroupDeclaration]
    """Criterion groups by code."""
    formulas: Mapping[str, type[Formula]]
    """Formula kinds by name."""
    unavailable: tuple[QuarantinedPlugin, ...]
    """Quarantined plugins, which may declare a group or formula kind that a set names."""

    def quarantined(self) -> str:
        """The end of a message about an unknown name: the quarantined plugins, one of which may declare the name."""
        return "".join(f"; {plugin}" for plugin in self.unavailable)
