"""A plugin, and what is known of one that is quarantined."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from scorer.formulas import Formula
from scorer.model.untrusted import escaped
from scorer.plugins.group import CriterionGroup


class PluginError(Exception):
    """A plugin declares something that cannot be used."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin and what it brought."""

    name: str
    """Name of its entry point."""
    distribution: str = ""
    version: str = ""
    api_version: int | None = None
    """The one its group was written for, also when it is quarantined; None when that is not known."""
    claims: str = ""
    """Name of the group it declares, also when it is quarantined; empty when that is not known."""
    group: CriterionGroup | None = None
    formulas: tuple[type[Formula], ...] = ()
    criteria_sets: tuple[Traversable, ...] = ()
    withheld: tuple[Traversable, ...] = ()
    """Criteria sets of one that is quarantined: they are refused, also where other plugins could score them."""
    failure: str = ""
    """Why it is quarantined; empty when it is not."""

    def __str__(self) -> str:
        return label(self.name, self.distribution, self.version)


def label(name: str, distribution: str, version: str) -> str:
    """A plugin for people: names need not be unique, and who has to mend it is the distribution's author."""
    source = f" ({' '.join(filter(None, (distribution, version)))})" if distribution else ""
    return escaped(f"plugin {name!r}{source}")
