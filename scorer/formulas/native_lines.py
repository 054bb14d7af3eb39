"""The kinds of lines. Each has the numbers that native code needs for a formula, and computes exact points in Python.

Native code calls for exact points where doubles cannot decide how to round.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from scorer.formulas.native_table import CriterionLine, Line, LineTable
from scorer.model.fixed_point import MICRO, Floats, round_to_micro
from scorer.native import BEST, CAPPED, COMPUTED, LADDER, MISSING, QUOTIENT, SLOPE, SUM


@dataclass(frozen=True)
class CappedLine(Line):
    """start + each x answer, limited to 0 ... cap: flags, faults, counts, and awarded points."""

    row: int
    """Matrix row of the answer."""
    each: int
    """Micropoints for each 1 of the answer; may be negative."""
    cap: int
    """Micropoints."""
    start: int = 0
    """Micropoints."""

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": CAPPED, "row": self.row, "start": self.start, "each": self.each, "cap": self.cap}


@dataclass(frozen=True)
class LadderLine(Line):
    """The points of the highest threshold that the answer reaches, 0 below the first one: steps and choices."""

    row: int
    thresholds: tuple[float, ...]
    """Ascending, compared with the answer times ``sign``."""
    points: tuple[int, ...]
    """Micropoints, one per threshold."""
    sign: int = 1
    """-1 if less is better."""

    @property
    def pool(self) -> tuple[float, ...]:  # type: ignore[override]
        """The thresholds, then the points below the first threshold and from each threshold on."""
        return *self.thresholds, 0.0, *self.points

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": LADDER, "row": self.row, "threshold_count": len(self.thresholds), "scale": self.sign}


@dataclass(frozen=True)
class QuotientLine(Line):
    """(numerator / denominator / target, at most 1) x maximum; 0 if numerator / denominator is below the floor."""

    numerator: int
    """Matrix row."""
    denominator: int
    """Matrix row."""
    maximum: int
    """Micropoints."""
    when_zero: str
    """What a zero denominator gives: ``full``, ``zero`` or ``not_applicable``."""
    in_millionths: bool
    """Whether the numerator or the denominator may have decimals."""
    target: Fraction = Fraction(1)
    floor: Fraction = Fraction(0)

    rounds = True

    @property
    def zero_excludes(self) -> bool:  # type: ignore[override]
        """See ``Line``."""
        return self.when_zero == "not_applicable"

    @property
    def _points_when_zero(self) -> int:
        """Micropoints for a zero denominator."""
        return self.maximum if self.when_zero == "full" else 0

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        scale = MICRO if self.in_millionths else 1
        source = {"kind": QUOTIENT, "row": self.numerator, "denominator_row": self.denominator, "scale": scale}
        factors = {"factor": self.target.denominator, "denominator_factor": self.target.numerator}
        floor = {"floor_factor": self.floor.denominator, "floor": self.floor.numerator}
        return source | factors | floor | {"cap": self.maximum, "when_zero": self._points_when_zero}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        pair = answers[[self.numerator, self.denominator], unit]
        if np.isnan(pair).any():
            return Fraction(0)
        part, whole = (round_to_micro(pair) if self.in_millionths else pair).tolist()
        if whole == 0:
            return Fraction(self._points_when_zero)
        ratio = Fraction(int(part), int(whole))
        return min(ratio / self.target, Fraction(1)) * self.maximum if ratio >= self.floor else Fraction(0)


@dataclass(frozen=True)
class SlopeLine(Line):
    """maximum x (answer - start) / length, limited to 0 ... maximum.

    A distance from ``start`` of at least ``target`` gives all points; a distance below ``floor`` gives none.
    """

    row: int
    start: int
    """Millionths."""
    length: int
    """Millionths; negative if less is better."""
    maximum: int
    target: int | None = None
    """Millionths, at most the length; None: the length."""
    floor: int = 0
    """Millionths."""

    rounds = True

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        sign = 1 if self.length > 0 else -1
        slope = {"start": self.start, "length": abs(self.length), "cap": self.maximum, "scale": sign}
        target = abs(self.length) if self.target is None else self.target
        return {"kind": SLOPE, "row": self.row} | slope | {"target": target, "floor": self.floor}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        answer = round_to_micro(answers[self.row, unit : unit + 1])[0]
        if np.isnan(answer):
            return Fraction(0)
        share = Fraction(int(answer) - self.start, self.length)
        distance = share * abs(self.length)
        if distance < self.floor:
            return Fraction(0)
        if self.target is not None and distance >= self.target:
            return Fraction(self.maximum)
        return min(max(share, Fraction(0)), Fraction(1)) * self.maximum


@dataclass(frozen=True)
class ComputedLine(Line):
    """A formula that Python has evaluated; its results are three matrix rows: points, remainders, 1 if missing."""

    row: int
    has_remainders: bool
    is_approximate: bool
    exact_of: Callable[[int], Fraction]
    """The exact micropoints of one unit."""

    @property
    def rounds(self) -> bool:
        """See ``Line``."""
        return self.has_remainders

    @property
    def approximate(self) -> bool:
        """See ``Line``."""
        return self.is_approximate

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": COMPUTED, "row": self.row}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        del answers
        return self.exact_of(unit)


@dataclass(frozen=True)
class CombinedLine(Line):
    """A line that combines other lines. If one of these lacks an answer, the whole line counts as missing."""

    nested: tuple[Line, ...]

    kind: ClassVar[int]

    @staticmethod
    @abstractmethod
    def total(nested: Iterable[Fraction]) -> Fraction:
        """The exact micropoints of one unit, from the exact micropoints of its nested lines."""

    def fields(self) -> Mapping[str, float]:
        """See ``Line``."""
        return {"kind": self.kind}

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        return self.total(line.exact(answers, unit) for line in self.nested)


class SumLine(CombinedLine):
    """The sum of all nested lines, rounded once, so that three thirds make a whole."""

    kind = SUM

    @staticmethod
    def total(nested: Iterable[Fraction]) -> Fraction:
        """See ``CombinedLine``."""
        return sum(nested, Fraction(0))


class BestLine(CombinedLine):
    """The nested line with the most points."""

    kind = BEST

    @staticmethod
    def total(nested: Iterable[Fraction]) -> Fraction:
        """See ``CombinedLine``."""
        return max(nested)


def round_ratio(numerator: Floats, denominator: Floats, scale: Floats, remainders: Floats | None = None) -> None:
    """Computes ``numerator * scale / denominator`` in place, rounded to whole numbers, an exact half to even.

    Args:
        numerator: (k, n) whole numbers, 0 <= numerator <= denominator. Overwritten by the rounded quotients; NaN where
            a number is NaN or both are 0.
        denominator: (k, n) or (k, 1) whole numbers.
        scale: (k, 1) whole numbers, such as maxima in micropoints.
        remainders: (k, n) overwritten by the exact quotient minus the rounded quotient, accurate to 10^-6; exactly 0.5
            or -0.5 for a half; NaN where ``numerator`` becomes NaN.
    """
    rows = len(numerator)
    answers = np.concatenate([numerator, np.broadcast_to(denominator, numerator.shape)], dtype=np.float64)
    answers[np.isinf(answers)] = np.nan
    scales = map(int, np.broadcast_to(scale, (rows, 1))[:, 0])
    lines = [QuotientLine(row, rows + row, each, "zero", in_millionths=False) for row, each in enumerate(scales)]
    evaluated = LineTable([CriterionLine(line) for line in lines]).evaluate(answers)
    undefined = (evaluated.status == MISSING) | (answers[rows:] == 0)
    numerator[...] = np.where(undefined, np.nan, evaluated.points)
    if remainders is not None:
        remainders[...] = np.where(undefined, np.nan, evaluated.remainders)
