"""Formulas as lines of a table, all of which compiled arithmetic works out for a tile of units at a time.

One formula by itself is a table of one line, so that there is one way to work points out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from scorer.compiled import award
from scorer.points import Bools, Floats

WHOLE_FIELDS = (
    "kind", "slot", "first", "second", "edges", "count", "rounds", "group", "leaver",
    "leaves_when_zero", "leaves_when_missing",
)  # fmt: skip
FIELDS = ("scale", "start", "each", "end", "maximum", "sign")
LINE = np.dtype([(name, np.int64) for name in WHOLE_FIELDS] + [(name, np.float64) for name in FIELDS])
"""A line as the arithmetic reads it: ``struct line``, where each field is explained."""

CAPPED, LADDER, QUOTIENT, SLOPE, GIVEN, SUM, BEST = range(7)
"""Kinds of lines: ``enum kind``."""


class Line(ABC):
    """One formula with its most points in one tier."""

    parts: tuple[Line, ...] = ()
    """Lines of which it is made."""
    leaves_when_zero: bool = False
    """Whether nothing to divide by means not applicable."""
    pool: tuple[float, ...] = ()
    """Numbers of which it has more than ``struct line`` has room for."""

    @property
    def rounds(self) -> bool:
        """Whether its points are rounded, so that a sum has to ask what that left."""
        return any(part.rounds for part in self.parts)

    @abstractmethod
    def fields(self) -> Mapping[str, float]:
        """Its kind, and what else of ``LINE`` follows from it alone."""

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """One unit's micropoints, not rounded; ``answers`` (rows, n) is the cohort's matrix."""
        return Fraction(int(LineTable([Seat(self)]).work_out(answers[:, unit : unit + 1]).points[0, 0]))


@dataclass(frozen=True)
class Seat:
    """A line as a criterion: what becomes of its points."""

    line: Line
    group: int = 0
    """Place of the group whose sums it adds to."""
    maximum: int = 0
    """Micropoints that leaving it out takes from the group's maximum."""
    leaver: int = -1
    """Row of the mask of units that it leaves out; -1: it always applies."""
    leaves_when_missing: bool = False
    penalty: bool = False

    @property
    def sign(self) -> int:
        """Of what it adds."""
        return -1 if self.penalty else 1


class Worked(NamedTuple):
    """What k lines give n units."""

    points: Floats
    """(k, n) micropoints, 0 where an answer is missing or the line is left out."""
    missing: Bools
    """(k, n) whether an answer is missing; never where left out."""
    rests: Floats
    """(k, n) what rounding left."""
    left_out: Bools
    """(leavers, n)"""


class LineTable:
    """k criteria that are lines.

    Args:
        seats: k of them, in the order of the rows they fill.
    """

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._seats, self._parts = seats, 0
        lines, pool = list[tuple[float, ...]](), list[float]()
        for seat in seats:
            fields = {
                "group": seat.group,
                "leaver": seat.leaver,
                "leaves_when_zero": seat.line.leaves_when_zero,
                "leaves_when_missing": seat.leaves_when_missing,
                "maximum": seat.maximum,
                "sign": seat.sign,
            }
            self._add(seat.line, 0, 1, fields, lines, pool)
        self._lines, self._pool = np.array(lines, dtype=LINE), np.array(pool, dtype=np.float64)
        self.leavers = 1 + max((seat.leaver for seat in seats), default=-1)
        """Rows of the mask of what is left out."""

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
        self._parts = max(self._parts, free + len(line.parts) - 1)
        of_parts = {"first": free, "second": len(line.parts)} if line.parts else {}
        own = {"slot": slot, "rounds": line.rounds, "edges": len(pool), "leaver": -1, "scale": 1, "sign": 1}
        pool += line.pool
        given = own | of_parts | dict(line.fields()) | dict(fields)
        lines.append(tuple(given.get(name, 0) for name in (*WHOLE_FIELDS, *FIELDS)))

    def work_out(self, answers: Floats) -> Worked:
        """Everything about the n units of a matrix (rows, n)."""
        shape = len(self._seats), answers.shape[1]
        left_out = np.zeros((self.leavers, shape[1]), dtype=np.bool_)
        worked = Worked(np.empty(shape), np.empty(shape, dtype=np.bool_), np.empty(shape), left_out)
        self._award(answers, left_out, None, worked.points, worked.missing, worked.rests)
        return worked

    def add_up(
        self, answers: Floats, left_out: Bools, sums: Floats, points: Floats | None = None, missing: Bools | None = None
    ) -> None:
        """What the criteria give n units, added up.

        Args:
            answers: (rows, n) of a cohort's matrix.
            left_out: (leavers, n) where something is not applicable whatever the answers are; the lines add to it.
            sums: (4, groups, n), as ``GroupSums`` has them, is filled.
            points: (k, n) is filled with signed micropoints; None: nobody asks.
            missing: (k, n) the same with what misses an answer.
        """
        self._award(answers, left_out, sums, points, missing, None)

    def _award(
        self,
        answers: Floats,
        left_out: Bools,
        sums: Floats | None,
        points: Floats | None,
        missing: Bools | None,
        rests: Floats | None,
    ) -> None:
        """Settles what doubles leave in doubt with fractions, some hundred times slower and never wrong."""
        if answers.strides[1] != answers.itemsize or answers.dtype != np.float64:
            answers = np.ascontiguousarray(answers, dtype=np.float64)
        doubts = award(self._lines, self._pool, self._parts, answers, left_out, sums, points, missing, rests)
        for place, unit, given in doubts:
            seat = self._seats[place]
            exact = seat.line.exact(answers, unit)
            settled = seat.sign * round(exact)
            if sums is not None:
                sums[0, seat.group, unit] += settled - given
            if points is not None:
                points[place, unit] = settled
            if rests is not None:
                rests[place, unit] = float(exact - round(exact))


def column(values: Sequence[float]) -> Floats:
    """One value a row, (k, 1)."""
    return np.array(values, dtype=np.float64)[:, np.newaxis]
