"""Formulas as lines of a table, which native code evaluates for many units at once.

A single formula is a table of one line, so that points are always computed in the same way.
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
from scorer.model.fixed_point import Floats, near_half


def record(fields: str) -> np.dtype:
    """The NumPy type of a struct that native code describes as ``name:type`` words."""
    return np.dtype([(name, kind) for name, kind in (field.split(":") for field in fields.split())])


LINE = record(native.LINE)
"""The struct of a line; see native/layout.h."""


class Line(ABC):
    """One formula, with its points in one tier."""

    nested: tuple[Line, ...] = ()
    """The lines of a combined line."""
    zero_excludes: bool = False
    """Whether the formula does not apply if its denominator is 0."""
    pool: tuple[float, ...] = ()
    """Numbers beyond the fields of ``LINE``, such as thresholds."""

    @property
    def rounds(self) -> bool:
        """Whether points are rounded, so that a sum must also add the remainders."""
        return any(line.rounds for line in self.nested)

    @property
    def approximate(self) -> bool:
        """Whether ``exact`` has an error, which is far below ``HALF_TOLERANCE``; for example, because of a root."""
        return any(line.approximate for line in self.nested)

    @abstractmethod
    def fields(self) -> Mapping[str, float]:
        """The kind, and those fields of ``LINE`` that depend on this line only."""

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """The exact micropoints of one unit of the matrix ``answers`` (rows, n)."""
        return Fraction(int(LineTable([CriterionLine(self)]).evaluate(answers[:, unit : unit + 1]).points[0, 0]))


@dataclass(frozen=True)
class CriterionLine:
    """The line of a criterion, with the sums that its points are added to, and the cases in which it does not apply."""

    line: Line
    group: int = 0
    """Index of its group."""
    measure: int = -1
    """Index of an extra group that holds this criterion only, if gates compare its points; -1: none."""
    maximum: int = 0
    """Micropoints by which the group's maximum shrinks if the criterion does not apply."""
    exclusion: int = -1
    """Row of the mask of units to which the criterion does not apply; -1: none."""
    missing_excludes: bool = False
    """Whether the criterion does not apply if an answer is missing."""
    penalty: bool = False

    def round_exactly(self, answers: Floats, unit: int) -> tuple[float, float]:
        """Micropoints and remainder of one unit, computed with fractions: exact, but a hundred times slower than
        doubles.
        """
        exact = self.line.exact(answers, unit)
        if self.line.approximate:
            exact = near_half(exact)
        return float(round(exact)), float(exact - round(exact))


class Evaluated(NamedTuple):
    """The results of k criteria for n units."""

    points: Floats
    """(k, n) signed micropoints; 0 if an answer is missing or the criterion does not apply."""
    status: NDArray[np.uint8]
    """(k, n) of ``Status``."""
    remainders: Floats
    """(k, n) exact points minus rounded points."""


class LineTable:
    """k criteria as one array of lines.

    Args:
        criteria: k criteria, in the order of the results.
    """

    def __init__(self, criteria: Sequence[CriterionLine]) -> None:
        self._criteria = criteria
        self.slots = 0
        """Number of results of nested lines that native code must keep at the same time."""
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
        """(lines,) of ``LINE``; nested lines come before the line that combines them."""
        self.pool = np.array(pool, dtype=np.float64)
        """The numbers of all lines beyond their fields."""

    def _add(
        self,
        line: Line,
        slot: int,
        free: int,
        fields: Mapping[str, float],
        lines: list[tuple[float, ...]],
        pool: list[float],
    ) -> None:
        """Adds a line, after its nested lines, to ``lines`` and ``pool``.

        The result of the line goes to ``slot``, the results of its nested lines go to the slots from ``free`` on.
        ``fields`` are those that only the line of a criterion has.
        """
        for n, inner in enumerate(line.nested):
            self._add(inner, free + n, free + len(line.nested), {}, lines, pool)
        self.slots = max(self.slots, free + len(line.nested) - 1)
        of_nested = {"first_nested": free, "nested_count": len(line.nested)} if line.nested else {}
        own: dict[str, float] = {"slot": slot, "rounds": line.rounds, "thresholds": len(pool), "scale": 1, "sign": 1}
        pool += line.pool
        own |= {"measure": -1, "exclusion": -1} | of_nested | dict(line.fields()) | dict(fields)
        lines.append(tuple(own.get(name, 0) for name in LINE.names or ()))

    def evaluate(self, answers: Floats) -> Evaluated:
        """Evaluates all criteria for the n units of a matrix (rows, n)."""
        shape = len(self._criteria), answers.shape[1]
        evaluated = Evaluated(np.empty(shape), np.empty(shape, dtype=np.uint8), np.empty(shape))
        answers = np.ascontiguousarray(answers, dtype=np.float64)
        round_exactly = partial(self.round_exactly, answers)
        native.evaluate_lines(self.lines, self.pool, self.slots, answers, None, *evaluated, round_exactly)
        return evaluated

    def round_exactly(self, answers: Floats, criterion: int, unit: int) -> tuple[float, float]:
        """See ``CriterionLine``."""
        return self._criteria[criterion].round_exactly(answers, unit)
