"""Formula kinds that divide one indicator by another."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np

from scorer.formulas.base import NUMBERS, Formula, LineFormula, Outcome, Read
from scorer.formulas.line_table import Line
from scorer.formulas.lines import QuotientLine
from scorer.model.fixed_point import Bools, Floats
from scorer.model.units import Cohort

WhenZero = Literal["full", "zero", "not_applicable"]


class _Ratio(Formula):
    """What ratios share."""

    numerator: str
    denominator: str
    when_zero: WhenZero
    """What nothing to divide by means: all points, none, or not applicable. Every ratio must say."""

    @property
    def may_leave_out(self) -> bool:
        """When zero means not applicable."""
        return self.when_zero == "not_applicable"

    def reads(self) -> Iterable[Read]:
        """Both numbers."""
        return [Read(("numerator",), self.numerator, NUMBERS), Read(("denominator",), self.denominator, NUMBERS)]

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """A share of something is not negative."""
        del tier, maximum
        return {self.numerator: (0.0, np.inf), self.denominator: (0.0, np.inf)}


class Ratio(_Ratio, LineFormula):
    """Numerator / denominator x maximum, capped at 1: computers per official."""

    kind: ClassVar[str] = "ratio"

    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """Exactly rounded to micropoints."""
        return QuotientLine(
            cohort.rows[self.numerator],
            cohort.rows[self.denominator],
            maximum,
            self.when_zero,
            cohort.is_number(self.numerator) or cohort.is_number(self.denominator),
        )


class RatioToBest(_Ratio):
    """Ratio / the largest such ratio among the units of the tier in the call x maximum: bandwidth per official.

    One late correction changes everybody's points, so a unit cannot be scored alone.
    """

    kind: ClassVar[str] = "ratio_to_best"

    @property
    def needs_cohort(self) -> bool:
        """Always."""
        return True

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Every ratio by the best one, in Python's integers: the products of four answers fit no machine word."""
        numerator, denominator = _alike(cohort, self.numerator, self.denominator)
        best = _largest(numerator, denominator, excluded)
        points, rest = np.zeros(len(cohort)), np.zeros(len(cohort))
        if best:
            for unit in np.flatnonzero((denominator > 0) & ~np.isnan(numerator)).tolist():
                exact = min(self._ratio(numerator, denominator, unit) / best, Fraction(1)) * maximum
                points[unit] = round(exact)
                rest[unit] = float(exact - round(exact))
        missing = np.isnan(numerator) | np.isnan(denominator)
        nothing = (denominator == 0) & ~missing
        if self.when_zero == "full":
            points = np.where(nothing, float(maximum), points)
        return Outcome(points, missing, nothing if self.may_leave_out else None, rest)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The same for one unit."""
        numerator, denominator = _alike(cohort, self.numerator, self.denominator)
        ratio = self._ratio(numerator, denominator, unit)
        best = _largest(numerator, denominator, excluded)
        if denominator[unit] == 0:
            return ratio * maximum
        return min(ratio / best, Fraction(1)) * maximum if best else Fraction(0)

    def _ratio(self, numerator: Floats, denominator: Floats, unit: int) -> Fraction:
        """One unit's ratio, exactly; what ``when_zero`` says where there is nothing to divide by."""
        if np.isnan(numerator[unit]) or np.isnan(denominator[unit]):
            return Fraction(0)
        if denominator[unit] == 0:
            return Fraction(1 if self.when_zero == "full" else 0)
        return Fraction(int(numerator[unit]), int(denominator[unit]))


def _alike(cohort: Cohort, numerator: str, denominator: str) -> tuple[Floats, Floats]:
    """Both indicators as whole numbers of one size: millionths as soon as either may have decimals."""
    if cohort.is_number(numerator) or cohort.is_number(denominator):
        return cohort.micro(numerator), cohort.micro(denominator)
    return cohort.values(numerator), cohort.values(denominator)


def _largest(numerator: Floats, denominator: Floats, excluded: Bools | None) -> Fraction:
    """The largest ratio of units that are not excluded, exactly; 0 when there is none."""
    counted = (denominator > 0) & ~np.isnan(numerator)
    if excluded is not None:
        counted &= ~excluded
    if not counted.any():
        return Fraction(0)
    ratios = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=counted)
    near = np.flatnonzero(counted & (ratios >= ratios.max() * (1 - 1e-12)))
    return max(Fraction(int(numerator[row]), int(denominator[row])) for row in near)
