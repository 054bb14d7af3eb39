"""Formulas as lines of a table, which native code evaluates for many units at a time.

One formula by itself is a table of one line, so that there is one way to work points out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.model.fixed_point import Floats


def record(fields: str) -> np.dtype:
    """A record as native code reads it, whose fields it tells."""
    return np.dtype([(name, kind) for name, kind in (field.split(":") for field in fields.split())])


LINE = record(native.LINE)
"""A line."""


class Line(ABC):
    """One formula with its most points in one tier."""

    parts: tuple[Line, ...] = ()
    """Lines of which it is made."""
    zero_excludes: bool = False
    """Whether it does not apply when its denominator is 0."""
    pool: tuple[float, ...] = ()
    """Numbers for which ``LINE`` has no fields."""

    @property
    def rounds(self) -> bool:
        """Whether its points are rounded, so that a sum has to add remainders."""
        return any(part.rounds for part in self.parts)

    @abstractmethod
    def fields(self) -> Mapping[str, float]:
        """Its kind, and the other fields of ``LINE`` that follow from it alone."""

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """One unit's micropoints, not rounded; ``answers`` (rows, n) is the cohort's matrix."""
        return Fraction(int(LineTable([CriterionLine(self)]).evaluate(answers[:, unit : unit + 1]).points[0, 0]))


@dataclass(frozen=True)
class CriterionLine:
    """A line as a criterion: where its points go, and when it does not apply."""

    line: Line
    group: int = 0
    """The group whose sums it adds to."""
    measure: int = -1
    """Another group, which is this criterion alone because gates compare it; -1: none."""
    maximum: int = 0
    """Micropoints that the group's maximum loses when it does not apply."""
    exclusion: int = -1
    """Row of the units for which it does not apply; -1: it has none."""
    missing_excludes: bool = False
    """Whether it does not apply when an answer is missing."""
    penalty: bool = False

    def settle(self, answers: Floats, unit: int) -> tuple[float, float]:
        """One unit's points, rounded exactly, and what rounding left: some hundred times slower, and never wrong."""
        exact = self.line.exact(answers, unit)
        return float(round(exact)), float(exact - round(exact))


class Evaluated(NamedTuple):
    """What k criteria give n units."""

    points: Floats
    """(k, n) signed micropoints, 0 where an answer is missing or the criterion does not apply."""
    status: NDArray[np.uint8]
    """(k, n) of ``Status``."""
    remainders: Floats
    """(k, n) exact points minus rounded points."""


class LineTable:
    """k criteria that are lines.

    Args:
        criteria: k of them.
    """

    def __init__(self, criteria: Sequence[CriterionLine]) -> None:
        self._criteria = criteria
        self.slots = 0
        """How many results of parts have to be kept at a time."""
        lines, pool = list[tuple[float, ...]](), list[float]()
        for criterion in criteria:
            fields = {
                "group": criterion.group,
                "measure": criterion.measure,
                "exclusion": criterion.exclusion,
                "zero_excludes": criterion.line.zero_excludes,
                "missing_excludes": criterion.missing_excludes,
                "maximum": criterion.maximum,
                "sign": -1 if criterion.penalty else 1,
            }
            self._add(criterion.line, 0, 1, fields, lines, pool)
        self.lines = np.array(lines, dtype=LINE)
        """Parts stand before the line that they belong to."""
        self.pool = np.array(pool, dtype=np.float64)
        """Numbers that lines point into."""

    def _add(
        self,
        line: Line,
        slot: int,
        free: int,
        fields: Mapping[str, float],
        lines: list[tuple[float, ...]],
        pool: list[float],
    ) -> None:
        """A line after its parts, whose slots are the first free ones."""
        for n, part in enumerate(line.parts):
            self._add(part, free + n, free + len(line.parts), {}, lines, pool)
        self.slots = max(self.slots, free + len(line.parts) - 1)
        of_parts = {"first": free, "second": len(line.parts)} if line.parts else {}
        own: dict[str, float] = {"slot": slot, "rounds": line.rounds, "edges": len(pool), "scale": 1, "sign": 1}
        pool += line.pool
        own |= {"measure": -1, "exclusion": -1} | of_parts | dict(line.fields()) | dict(fields)
        lines.append(tuple(own.get(name, 0) for name in LINE.names or ()))

    def evaluate(self, answers: Floats) -> Evaluated:
        """Evaluates all criteria for the n units of a matrix (rows, n)."""
        shape = len(self._criteria), answers.shape[1]
        found = Evaluated(np.empty(shape), np.empty(shape, dtype=np.uint8), np.empty(shape))
        answers = np.ascontiguousarray(answers, dtype=np.float64)
        settle = partial(self.settle, answers)
        native.evaluate_lines(self.lines, self.pool, self.slots, answers, None, *found, settle)
        return found

    def settle(self, answers: Floats, criterion: int, unit: int) -> tuple[float, float]:
        """See ``CriterionLine.settle``."""
        return self._criteria[criterion].settle(answers, unit)
