"""What is wrong with an input: every violation counted, the first ones in input order spelled out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scorer.hints import Hints
from scorer.points import Ints

SPELLED_OUT = 10_000
"""Violations that are put into words at most, so that one bad request cannot fill the log; the count is exact."""

REQUEST = -1
"""The unit of a violation that belongs to the request as a whole: it stands before all units."""


class Violation(NamedTuple):
    """One thing wrong, where, and how to mend it."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]``."""
    reason: str
    """In capitals, for programs, such as OUT_OF_RANGE."""
    description: str


@dataclass(frozen=True)
class _Finding:
    units: Ints
    field: Callable[[int], str]
    reason: str
    describe: Callable[[int], str]


class Findings:
    """Collects violations."""

    def __init__(self) -> None:
        self._found: list[_Finding] = []
        self._kept: dict[str, int] = {}
        self.total = 0
        self.hints = Hints()

    def add(self, unit: int, field: str, reason: str, description: str) -> None:
        """One violation of one unit (or ``REQUEST``)."""
        self._add(_Finding(np.array([unit]), lambda _: field, reason, lambda _: description))

    def add_all(self, units: Ints, field: Callable[[int], str], reason: str, describe: Callable[[int], str]) -> None:
        """The same violation of many units; words are made only for those that are shown."""
        if len(units):
            self._add(_Finding(units, field, reason, describe))

    def _add(self, finding: _Finding) -> None:
        self.total += len(finding.units)
        # Those of one reason come in input order, so that the first of each are among the first of all.
        kept = self._kept.get(finding.reason, 0)
        if kept < SPELLED_OUT:
            self._found.append(finding)
            self._kept[finding.reason] = kept + len(finding.units)

    def violations(self) -> Sequence[Violation]:
        """The first ``SPELLED_OUT`` in input order."""
        units = [finding.units[:SPELLED_OUT] for finding in self._found]
        if not units:
            return []
        owners = np.repeat(np.arange(len(units)), [len(u) for u in units])
        flat = np.concatenate(units)
        first = np.argsort(flat, kind="stable")[:SPELLED_OUT]
        words = []
        for at in first:
            unit, finding = int(flat[at]), self._found[owners[at]]
            words.append(Violation(finding.field(unit), finding.reason, finding.describe(unit)))
        return words
