"""The kinds of lines: what a formula tells the arithmetic, and what it gives exactly where doubles are not enough."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from scorer.formulas.line_table import CriterionLine, Line, LineTable
from scorer.model.fixed_point import MICRO, Floats, round_to_micro
from scorer.native import BEST, CAPPED, GIVEN, LADDER, MISSING, QUOTIENT, SLOPE, SUM


@dataclass(frozen=True)
class CappedLine(Line):
    """start + each x answer, between 0 and cap: flags, faults, counts, and points that somebody awarded."""

    row: int
    each: int
    cap: int
    start: int = 0

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": CAPPED, "first": self.row, "start": self.start, "each": self.each, "end": self.cap}


@dataclass(frozen=True)
class LadderLine(Line):
    """Points of the highest edge that the answer reaches; below the first one none: steps and choices."""

    row: int
    edges: tuple[float, ...]
    """Ascending, compared with the answer times ``sign``."""
    gives: tuple[int, ...]
    """Micropoints, one an edge."""
    sign: int = 1
    """-1 when less is better."""

    @property
    def pool(self) -> tuple[float, ...]:  # type: ignore[override]
        """The edges, and the points below and from each."""
        return *self.edges, 0.0, *self.gives

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": LADDER, "first": self.row, "count": len(self.edges), "scale": self.sign}


@dataclass(frozen=True)
class QuotientLine(Line):
    """(numerator / denominator, at most 1) x maximum."""

    numerator: int
    denominator: int
    maximum: int
    when_zero: str
    in_millionths: bool
    """Whether either answer may have decimals."""

    rounds = True

    @property
    def zero_excludes(self) -> bool:  # type: ignore[override]
        """See ``Line``."""
        return self.when_zero == "not_applicable"

    @property
    def _when_zero(self) -> int:
        return self.maximum if self.when_zero == "full" else 0

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        scale = MICRO if self.in_millionths else 1
        reads = {"kind": QUOTIENT, "first": self.numerator, "second": self.denominator, "scale": scale}
        return reads | {"each": self.maximum, "end": self._when_zero}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        pair = answers[[self.numerator, self.denominator], unit]
        if np.isnan(pair).any():
            return Fraction(0)
        part, whole = (round_to_micro(pair) if self.in_millionths else pair).tolist()
        if whole == 0:
            return Fraction(self._when_zero)
        return min(Fraction(int(part), int(whole)), Fraction(1)) * self.maximum


@dataclass(frozen=True)
class SlopeLine(Line):
    """maximum x (answer - start) / length on the way from start to its end, flat beyond both."""

    row: int
    start: int
    """Millionths."""
    length: int
    """Millionths, negative when less is better."""
    maximum: int

    rounds = True

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        sign = 1 if self.length > 0 else -1
        way = {"start": self.start, "end": abs(self.length), "scale": sign}
        return {"kind": SLOPE, "first": self.row, "each": self.maximum} | way

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        answer = round_to_micro(answers[self.row, unit : unit + 1])[0]
        if np.isnan(answer):
            return Fraction(0)
        way = Fraction(int(answer) - self.start, self.length)
        return min(max(way, Fraction(0)), Fraction(1)) * self.maximum


@dataclass(frozen=True)
class GivenLine(Line):
    """Results of a formula that is no line, in three rows of a matrix: points, remainders, 1 where it is missing."""

    row: int
    has_remainders: bool
    exactly: Callable[[int], Fraction]
    """One unit's micropoints, not rounded."""

    @property
    def rounds(self) -> bool:
        """See ``Line``."""
        return self.has_remainders

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": GIVEN, "first": self.row}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        del answers
        return self.exactly(unit)


@dataclass(frozen=True)
class CombinedLine(Line):
    """A line made of others; one that misses an answer gives nothing, and the whole misses it."""

    parts: tuple[Line, ...]

    kind: ClassVar[int]

    @staticmethod
    @abstractmethod
    def total(parts: Iterable[Fraction]) -> Fraction:
        """One unit's micropoints, not rounded, from those of the parts."""

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": self.kind}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        return self.total(part.exact(answers, unit) for part in self.parts)


class SumLine(CombinedLine):
    """All parts together, rounded once: three thirds make a whole."""

    kind = SUM

    @staticmethod
    def total(parts: Iterable[Fraction]) -> Fraction:
        """See ``CombinedLine``."""
        return sum(parts, Fraction(0))


class BestLine(CombinedLine):
    """The part that gives the most."""

    kind = BEST

    @staticmethod
    def total(parts: Iterable[Fraction]) -> Fraction:
        """See ``CombinedLine``."""
        return max(parts)


def round_ratio(numerator: Floats, denominator: Floats, scale: Floats, rest: Floats | None = None) -> None:
    """``numerator * scale / denominator`` rounded to whole numbers, an exact half to the even one, in place.

    Args:
        numerator: (k, n) whole numbers, 0 <= numerator <= denominator; becomes the rounded quotients, exact, NaN where
            a number is NaN or both are 0.
        denominator: (k, n) or (k, 1) whole numbers.
        scale: (k, 1) whole numbers, such as maxima in micropoints.
        rest: (k, n) becomes quotient minus rounded, an exact half exact, otherwise within 10^-6; NaN as above.
    """
    rows = len(numerator)
    answers = np.concatenate([numerator, np.broadcast_to(denominator, numerator.shape)], dtype=np.float64)
    answers[np.isinf(answers)] = np.nan
    scales = map(int, np.broadcast_to(scale, (rows, 1))[:, 0])
    lines = [QuotientLine(row, rows + row, most, "zero", in_millionths=False) for row, most in enumerate(scales)]
    found = LineTable([CriterionLine(line) for line in lines]).evaluate(answers)
    undefined = (found.status == MISSING) | (answers[rows:] == 0)
    numerator[...] = np.where(undefined, np.nan, found.points)
    if rest is not None:
        rest[...] = np.where(undefined, np.nan, found.remainders)
