"""Collects the violations of one input. All are counted; the first 10,000 in input order are
described.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


@dataclass(frozen=True)
class _Entry:
    """The same violation of several units. Field and description are functions of the unit's index."""

    units: Ints
    field: Callable[[int], str]
    reason: str
    describe: Callable[[int], str]


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
        self._add(_Entry(np.array([unit]), lambda _: field, reason, lambda _: description))

    def add_all(self, units: Ints, field: Callable[[int], str], reason: str, describe: Callable[[int], str]) -> None:
        """Adds the same violation for several units. The functions are called only for violations that are listed."""
        if len(units):
            self._add(_Entry(units, field, reason, describe))

    def _add(self, entry: _Entry) -> None:
        self.total += len(entry.units)
        # Violations with one reason are added in input order. After MAX_LISTED of them, no further one can be listed.
        kept = self._kept.get(entry.reason, 0)
        if kept < MAX_LISTED:
            self._entries.append(entry)
            self._kept[entry.reason] = kept + len(entry.units)

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
            violations.append(Violation(entry.field(unit), entry.reason, entry.describe(unit)))
        return violations
