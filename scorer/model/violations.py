"""Collects the violations of one input. All are counted; the first 10,000 in input order are described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from scorer.model.fixed_point import Ints
from scorer.model.suggestions import Suggestions

MAX_LISTED = 10_000
"""Maximum number of violations that are described, so that one bad request cannot fill the log. All are counted."""

WHOLE_REQUEST = -1
"""Stands for the unit index of a violation that belongs to the whole request. It sorts before all units."""


class Violation(NamedTuple):
    """One mistake in a request."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]``."""
    reason: str
    """A word in capitals for programs, such as OUT_OF_RANGE."""
    description: str
    """What is wrong and how to fix it, for people."""


class FieldPaths(Protocol):
    """The paths of an input's fields. Rows and tables have different paths, and violations name them."""

    def unit(self, unit: int, field: str) -> str:
        """The path of a unit's id, name, tier or parent."""

    def answer(self, unit: int, indicator: str) -> str:
        """The path of a unit's answer to an indicator."""

    def exclusion(self, unit: int, index: int) -> str:
        """The path of an entry in a unit's list of criteria that do not apply."""


Text = str | Callable[[int], str]
"""A text, or a function that returns the text for the index of a unit."""


@dataclass(frozen=True)
class _Entry:
    """The same violation of several units."""

    units: Ints
    field: Text
    reason: str
    description: Text


class Violations:
    """The violations of one request."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._kept: dict[str, int] = {}
        """Number of violations in the entries, by reason."""
        self.total = 0
        """Number of all violations."""
        self.suggestions = Suggestions()

    def add(self, unit: int, field: str, reason: str, description: str) -> None:
        """Adds one violation of one unit (or of ``WHOLE_REQUEST``)."""
        self.add_all(np.array([unit]), field, reason, description)

    def add_all(self, units: Ints, field: Text, reason: str, description: Text) -> None:
        """Adds the same violation for several units. Functions are called only for violations that are listed."""
        self.total += len(units)
        # Violations with one reason are added in input order. After MAX_LISTED of them, no further one can be listed.
        kept = self._kept.get(reason, 0)
        if len(units) and kept < MAX_LISTED:
            self._entries.append(_Entry(units, field, reason, description))
            self._kept[reason] = kept + len(units)

    def listed(self) -> Sequence[Violation]:
        """The first ``MAX_LISTED`` violations, in input order."""
        units_by_entry = [entry.units[:MAX_LISTED] for entry in self._entries]
        if not units_by_entry:
            return []
        entry_indices = np.repeat(np.arange(len(units_by_entry)), [len(units) for units in units_by_entry])
        units = np.concatenate(units_by_entry)
        violations = []
        for index in np.argsort(units, kind="stable")[:MAX_LISTED]:
            unit, entry = int(units[index]), self._entries[entry_indices[index]]
            violations.append(Violation(_text(entry.field, unit), entry.reason, _text(entry.description, unit)))
        return violations


def _text(text: Text, unit: int) -> str:
    return text if isinstance(text, str) else text(unit)
