"""The formula kind ``progress``: points for a unit's progress towards the target that a plan sets for its tier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from scorer.plugin_api import (
    MICRO,
    Cohort,
    Formula,
    IndicatorKind,
    Outcome,
    Percent,
    PointsByTier,
    Read,
    round_ratio,
)


class Progress(Formula):
    """Numerator / denominator / target x maximum, at most the maximum.

    An example is computers per official with a target of 80 %: a unit that reaches the target gets all points, and
    below the target points are proportional. In a criteria set:

        {formula: progress, numerator: computers, denominator: staff, target: {district: 100%, commune: 80%},
         when_zero: zero, points: 2}
    """

    kind: ClassVar[str] = "progress"
    numerator: str
    denominator: str
    target: Percent
    """Share of the denominator that the numerator has to reach: one percentage, or one for each tier."""
    when_zero: Literal["full", "zero", "not_applicable"]
    """The result if the denominator is 0: all points, no points, or not applicable."""

    @property
    def may_leave_out(self) -> bool:
        """True if ``when_zero`` is not_applicable."""
        return self.when_zero == "not_applicable"

    def reads(self) -> Iterable[Read]:
        """The two counts. Only counts are allowed: whole numbers keep the calculation exact until the last step."""
        counts = frozenset({IndicatorKind.COUNT})
        return [Read((field,), getattr(self, field), counts) for field in ("numerator", "denominator")]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Reports tiers of the criterion that have no target, and targets that are not above 0% and at most 100%."""
        del points
        for tier in tiers:
            target = self.target.of(tier)
            if target is None:
                yield ("target",), f"has no target for tier {tier!r}, but the criterion has points"
            elif not 0 < target <= MICRO:
                yield ("target",), "expected a percentage above 0% and at most 100%"

    def evaluate(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None) -> Outcome:
        """The points of the n units, correctly rounded to micropoints; an exact half is rounded to even."""
        del excluded
        reached, target = self._reached_and_target(cohort)
        missing = np.isnan(reached) | np.isnan(target)
        zero_target = (target == 0) & ~missing
        points = np.minimum(reached, target)[np.newaxis]
        remainders = np.empty_like(points)
        with np.errstate(all="ignore"):
            round_ratio(points, target[np.newaxis], np.array([[float(maximum)]]), remainders)
        points[:, missing | zero_target] = remainders[:, missing | zero_target] = 0
        if self.when_zero == "full":
            points[:, zero_target] = maximum
        return Outcome(points[0], missing, zero_target if self.may_leave_out else None, remainders[0])

    def exact(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None, unit: int) -> Fraction:
        """The points of one unit, not rounded."""
        del excluded
        reached, target = (values[unit] for values in self._reached_and_target(cohort))
        if np.isnan(reached) or np.isnan(target):
            return Fraction(0)
        if target == 0:
            return Fraction(maximum if self.when_zero == "full" else 0)
        return min(Fraction(int(reached), int(target)), Fraction(1)) * maximum

    def _reached_and_target(self, cohort: Cohort) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Numerator and target share x denominator, (n,) each, both scaled to whole numbers below 2^53."""
        share = Fraction(self.target.of(cohort.tier) or 0, MICRO)
        return cohort.values(self.numerator) * share.denominator, cohort.values(self.denominator) * share.numerator
