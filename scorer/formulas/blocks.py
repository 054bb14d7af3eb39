"""Formulas as lines of blocks: criteria of one kind are worked out together, k rows of n units at once.

One formula by itself is a block of one line, so that there is one way to work points out. Blocks write into arrays of
the caller's and make few passes over them: at thousands of units the time goes into moving numbers, not into counting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from fractions import Fraction
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np

from scorer.points import Bools, Floats

Kind = TypeVar("Kind", bound="Line")


class Line(ABC):
    """One formula with its most points in one tier, ready to stand in a block."""

    rounds: ClassVar[bool] = False
    """Whether its points are rounded, so that a sum has to ask what that left."""

    @property
    @abstractmethod
    def reads(self) -> tuple[int, ...]:
        """Matrix rows of the answers it needs; one that was not reported makes the criterion miss an answer."""

    @property
    def alike(self) -> Hashable:
        """Lines of which this is equal share a block."""
        return type(self)

    variant: ClassVar[str] = ""
    """Lines of a block that differ in this take some steps apart, so they stand together."""

    @staticmethod
    @abstractmethod
    def block(lines: Sequence[Line]) -> Block:
        """Lines that are alike, as a block."""

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """One unit's micropoints, not rounded; ``answers`` (rows, n) is the cohort's matrix."""
        blocks = Blocks([self])
        return Fraction(int(blocks.points(answers[:, unit : unit + 1]).points[0, 0]))


class Block(ABC):
    """k lines that are worked out together."""

    @abstractmethod
    def points(self, answers: Floats, out: Floats, missing: Bools, rest: Floats | None) -> None:
        """Works points out.

        Args:
            answers: (rows, n) the cohort's matrix.
            out: (k, n) is filled with micropoints, 0 where an answer is missing.
            missing: (k, n) is filled with whether an answer is missing, which is seen best on the way.
            rest: (k, n) is filled with what rounding left, NaN where an answer is missing; None: nobody asks.
        """

    def left_out(self, answers: Floats) -> tuple[slice, Bools] | None:
        """Some of the k lines, and which units (lines, n) they leave out; None: nobody."""
        del answers
        return None


class CombinedLine(Line):
    """A formula made of others whose parts are all lines."""

    parts: tuple[Line, ...]

    @property
    def reads(self) -> tuple[int, ...]:
        """What any part needs."""
        return tuple(dict.fromkeys(row for part in self.parts for row in part.reads))

    @staticmethod
    def block(lines: Sequence[Line]) -> Block:
        """Its parts stand in blocks, it does not."""
        raise TypeError(f"{lines} have no block")

    @abstractmethod
    def combine(
        self, points: Sequence[Floats], rests: Sequence[Floats | None], exact: Callable[[int], Fraction], out: Floats
    ) -> Floats | None:
        """Fills ``out`` (n,) with points from those of the parts, and gives what rounding left, None for nothing.

        ``exact`` knows one unit's points, not rounded.
        """


class Worked(NamedTuple):
    """What k lines give n units."""

    points: Floats
    """(k, n) micropoints, 0 where an answer is missing."""
    missing: Bools
    """(k, n) whether an answer is missing."""
    rests: dict[int, Floats]
    """What rounding left, (n,) by row, of lines that were asked for it."""


class Blocks:
    """k lines, those that are alike together, and those made of others after their parts, which are blocks too.

    Args:
        lines: k in any order.
        rests: whether to tell what rounding left.
    """

    def __init__(self, lines: Sequence[Line], *, rests: bool = False) -> None:
        alike: dict[Hashable, list[int]] = {}
        for place, line in enumerate(lines):
            if not isinstance(line, CombinedLine):
                alike.setdefault(line.alike, []).append(place)
        self._blocks: list[tuple[Block, slice, bool]] = []
        order: list[int] = []
        for some in alike.values():
            some.sort(key=lambda place: (lines[place].variant, lines[place].reads))  # as in the matrix
            block = lines[some[0]].block([lines[place] for place in some])
            rows = slice(len(order), len(order) + len(some))
            self._blocks.append((block, rows, rests and lines[some[0]].rounds))
            order += some
        combined = [(place, line) for place, line in enumerate(lines) if isinstance(line, CombinedLine)]
        self._parts = Blocks([part for _, line in combined for part in line.parts], rests=True) if combined else None
        rows_of_parts = iter(self._parts.rows if self._parts else ())
        self._combined = [
            (row, line, [next(rows_of_parts) for _ in line.parts]) for row, (_, line) in enumerate(combined, len(order))
        ]
        order += [place for place, _ in combined]
        self.rows: list[int] = np.argsort(order).tolist()
        """(k,) the row of each line."""

    def points(self, answers: Floats) -> Worked:
        """Of the n units of a matrix (rows, n)."""
        shape = len(self.rows), answers.shape[1]
        worked = Worked(np.empty(shape), np.empty(shape, dtype=np.bool_), {})
        for block, rows, asked in self._blocks:
            rest = np.empty(worked.points[rows].shape) if asked else None
            block.points(answers, worked.points[rows], worked.missing[rows], rest)
            if rest is not None:
                np.copyto(rest, 0.0, where=np.isnan(rest))
                worked.rests.update(zip(range(rows.start, rows.stop), rest, strict=True))
        if self._parts is not None:
            self._combine(answers, self._parts.points(answers), worked)
        return worked

    def _combine(self, answers: Floats, parts: Worked, worked: Worked) -> None:
        """Fills the rows of lines made of others."""
        for row, line, of_parts in self._combined:
            rest = line.combine(
                [parts.points[part] for part in of_parts],
                [parts.rests.get(part) for part in of_parts],
                lambda unit, line=line: line.exact(answers, unit),  # type: ignore[misc]
                worked.points[row],
            )
            if rest is not None:
                worked.rests[row] = rest
            missing = worked.missing[row]
            missing[...] = parts.missing[of_parts[0]]
            for part in of_parts[1:]:
                missing |= parts.missing[part]

    def left_out(self, answers: Floats) -> Iterator[tuple[slice, Bools]]:
        """Rows, and which units (rows, n) they leave out."""
        for block, rows, _ in self._blocks:
            found = block.left_out(answers)
            if found is not None:
                some, mask = found
                yield slice(rows.start + some.start, rows.start + some.stop), mask


class Rows:
    """Which rows of a matrix a block reads: a view where they follow each other, a copy where they do not."""

    def __init__(self, rows: Sequence[int]) -> None:
        first = rows[0]
        follows = list(rows) == list(range(first, first + len(rows)))
        self._slice = slice(first, first + len(rows)) if follows else None
        self._places = np.array(rows, dtype=np.intp)

    def of(self, matrix: Floats) -> Floats:
        """The rows (k, n), not to be written to."""
        if self._slice is not None:
            return matrix[self._slice]
        return matrix[self._places]  # not take(), which would copy all of a chunk of a matrix first


def run_of(values: Sequence[str], value: str) -> slice | None:
    """Where a value stands in a list in which equal ones stand together."""
    places = [place for place, other in enumerate(values) if other == value]
    return slice(places[0], places[-1] + 1) if places else None


_ZEROS = np.zeros(2**15)
_ZEROS.setflags(write=False)


def no_less_than_nothing(points: Floats) -> None:
    """Makes what is below 0, or NaN, 0 in place: a row of zeros takes half the time of a single one."""
    units = points.shape[1]
    np.fmax(points, _ZEROS[:units] if units <= len(_ZEROS) else np.zeros(units), out=points)


def column(values: Sequence[float]) -> Floats:
    """One value a line, (k, 1)."""
    return np.array(values, dtype=np.float64)[:, np.newaxis]


def of_kind(kind: type[Kind], lines: Sequence[Line]) -> list[Kind]:
    """The lines, all of one kind.

    Raises:
        TypeError: one is of another.
    """
    found = [line for line in lines if isinstance(line, kind)]
    if len(found) != len(lines):
        raise TypeError(f"a block of {kind.__name__} has other lines")
    return found
