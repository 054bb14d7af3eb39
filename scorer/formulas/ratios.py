"""Formula kinds that divide one indicator by another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np

from scorer.formulas.base import NUMBERS, Formula, LineFormula, Outcome, Path, Read, Share
from scorer.formulas.native_lines import QuotientLine
from scorer.formulas.native_table import Line
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, Floats, PointsByTier, plain_share

WhenZero = Literal["full", "zero", "not_applicable"]


class _Ratio(Formula):
    """The fields and checks that all ratios share."""

    numerator: str
    denominator: str
    when_zero: WhenZero
    """What a zero denominator gives: all points, none, or not applicable. It has no default."""

    @property
    def may_leave_out(self) -> bool:
        """True if a zero denominator means not applicable."""
        return self.when_zero == "not_applicable"

    def reads(self) -> Iterable[Read]:
        """Both numbers."""
        return [Read(("numerator",), self.numerator, NUMBERS), Read(("denominator",), self.denominator, NUMBERS)]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a ratio of an indicator to itself, which is always 1."""
        del points, tiers
        if self.numerator == self.denominator:
            yield ("denominator",), f"{self.denominator!r} is the numerator too, so the ratio is always 1"

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """Neither number may be negative."""
        del tier, maximum
        return {self.numerator: (0.0, np.inf), self.denominator: (0.0, np.inf)}


class Ratio(_Ratio, LineFormula):
    """Numerator / denominator / target x maximum, at most the maximum: for example computers per official."""

    kind: ClassVar[str] = "ratio"
    target: Share = Fraction(1)
    """The ratio from which on all points are given."""
    floor: Share | None = None
    """Below this ratio, no points are given."""

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a floor that is not below the target, too."""
        yield from super().problems(points, tiers)
        if self.floor is not None and self.floor >= self.target:
            message = f"must be below the target, which is {plain_share(self.target)}"
            yield ("floor",), message

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """The quotient, rounded to micropoints."""
        return QuotientLine(
            cohort.rows[self.numerator],
            cohort.rows[self.denominator],
            maximum,
            self.when_zero,
            cohort.is_number(self.numerator) or cohort.is_number(self.denominator),
            self.target,
            self.floor or Fraction(0),
        )


class RatioToBest(_Ratio):
    """Ratio / largest ratio of all units of the tier in the call x maximum: for example bandwidth per official.

    A correction of one answer can change the points of every unit, so a single unit cannot be scored.
    """

    kind: ClassVar[str] = "ratio_to_best"

    @property
    def needs_cohort(self) -> bool:
        """True."""
        return True

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``. Uses Python's integers, since products of four answers exceed 64 bits."""
        numerator, denominator = _same_scale(cohort, self.numerator, self.denominator)
        best = _largest(numerator, denominator, excluded)
        points, remainders = np.zeros(len(cohort)), np.zeros(len(cohort))
        if best:
            for unit in np.flatnonzero((denominator > 0) & ~np.isnan(numerator)).tolist():
                exact = min(self._ratio(numerator, denominator, unit) / best, Fraction(1)) * maximum
                points[unit] = round(exact)
                remainders[unit] = float(exact - round(exact))
        missing = np.isnan(numerator) | np.isnan(denominator)
        zero = (denominator == 0) & ~missing
        if self.when_zero == "full":
            points = np.where(zero, float(maximum), points)
        return Outcome(points, missing, zero if self.may_leave_out else None, remainders)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        numerator, denominator = _same_scale(cohort, self.numerator, self.denominator)
        ratio = self._ratio(numerator, denominator, unit)
        best = _largest(numerator, denominator, excluded)
        if denominator[unit] == 0:
            return ratio * maximum
        return min(ratio / best, Fraction(1)) * maximum if best else Fraction(0)

    def _ratio(self, numerator: Floats, denominator: Floats, unit: int) -> Fraction:
        """The exact ratio of one unit; 0 if an answer is missing; 1 or 0 if the denominator is 0, see ``when_zero``."""
        if np.isnan(numerator[unit]) or np.isnan(denominator[unit]):
            return Fraction(0)
        if denominator[unit] == 0:
            return Fraction(1 if self.when_zero == "full" else 0)
        return Fraction(int(numerator[unit]), int(denominator[unit]))


def _same_scale(cohort: Cohort, numerator: str, denominator: str) -> tuple[Floats, Floats]:
    """Both answers as whole numbers on the same scale: in millionths if either may have decimals."""
    if cohort.is_number(numerator) or cohort.is_number(denominator):
        return cohort.micro(numerator), cohort.micro(denominator)
    return cohort.values(numerator), cohort.values(denominator)


def _largest(numerator: Floats, denominator: Floats, excluded: Bools | None) -> Fraction:
    """The exact largest ratio of the units that are not excluded; 0 if there is none."""
    counted = (denominator > 0) & ~np.isnan(numerator)
    if excluded is not None:
        counted &= ~excluded
    if not counted.any():
        return Fraction(0)
    ratios = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=counted)
    near = np.flatnonzero(counted & (ratios >= ratios.max() * (1 - 1e-12)))
    return max(Fraction(int(numerator[row]), int(denominator[row])) for row in near)
