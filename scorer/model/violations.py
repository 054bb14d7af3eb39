"""What is wrong with an input: every violation counted, the first ones in input order spelled out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scorer.model.fixed_point import Ints
from scorer.model.suggestions import Suggestions

MAX_LISTED = 10_000
"""Violations that are put into words at most, so that one bad request cannot fill the log; the count is exact."""

WHOLE_REQUEST = -1
"""The unit of a violation that belongs to the request as a whole: it stands before all units."""


class Violation(NamedTuple):
    """One thing wrong, where, and how to mend it."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]``."""
    reason: str
    """In capitals, for programs, such as OUT_OF_RANGE."""
    description: str


@dataclass(frozen=True)
class _Entry:
    units: Ints
    field: Callable[[int], str]
    reason: str
    describe: Callable[[int], str]


class Violations:
    """Collects violations."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._kept: dict[str, int] = {}
        self.total = 0
        self.suggestions = Suggestions()

    def add(self, unit: int, field: str, reason: str, description: str) -> None:
        """One violation of one unit (or ``WHOLE_REQUEST``)."""
        self._add(_Entry(np.array([unit]), lambda _: field, reason, lambda _: description))

    def add_all(self, units: Ints, field: Callable[[int], str], reason: str, describe: Callable[[int], str]) -> None:
        """The same violation of many units; words are made only for those that are shown."""
        if len(units):
            self._add(_Entry(units, field, reason, describe))

    def _add(self, entry: _Entry) -> None:
        self.total += len(entry.units)
        # Those of one reason come in input order, so that the first of each are among the first of all.
        kept = self._kept.get(entry.reason, 0)
        if kept < MAX_LISTED:
            self._entries.append(entry)
            self._kept[entry.reason] = kept + len(entry.units)

    def listed(self) -> Sequence[Violation]:
        """The first ``MAX_LISTED`` in input order."""
        units = [entry.units[:MAX_LISTED] for entry in self._entries]
        if not units:
            return []
        owners = np.repeat(np.arange(len(units)), [len(u) for u in units])
        flat = np.concatenate(units)
        first = np.argsort(flat, kind="stable")[:MAX_LISTED]
        words = []
        for at in first:
            unit, entry = int(flat[at]), self._entries[owners[at]]
            words.append(Violation(entry.field(unit), entry.reason, entry.describe(unit)))
        return words
