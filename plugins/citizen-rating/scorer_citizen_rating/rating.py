"""The formula kind ``rating``: points for the share of satisfied people, if enough people have answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import ClassVar, Literal, NamedTuple

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

MAX_DENOMINATOR = 10_000
"""Maximum denominator of a margin of error: a percentage with two decimals. ``smallest_sample`` then fits 64 bits."""


def smallest_sample(people: NDArray[np.float64], margin: Fraction) -> NDArray[np.int64]:
    """The number of people who must answer, (n,): N / (1 + N e^2), rounded up, for N people; 0 if N is NaN.

    This is Slovin's formula, as in Yamane, Statistics: An Introductory Analysis, 1967. With e = p / q it equals
    N q^2 / (q^2 + N p^2), which is computed in whole numbers, so that only the result is rounded.

    Args:
        people: (n,) N: whole numbers up to 2^33, or NaN.
        margin: the margin of error e, with a denominator of at most ``MAX_DENOMINATOR``.
    """
    known = np.nan_to_num(people).astype(np.int64)
    p_squared, q_squared = margin.numerator**2, margin.denominator**2
    sample: NDArray[np.int64] = -(-known * q_squared // (q_squared + known * p_squared))
    return sample


class _Ratings(NamedTuple):
    """The ratings of n units. The ratings of a unit do not count if one of ``missing``, ``nobody_served``, ``too_few``
    is set.
    """

    satisfied: NDArray[np.float64]
    """(n,) people who are satisfied, at most ``answered``; 0 if the ratings do not count."""
    answered: NDArray[np.float64]
    """(n,) people who answered; 1 if the ratings do not count."""
    missing: NDArray[np.bool_]
    """(n,) whether an answer was not reported."""
    nobody_served: NDArray[np.bool_]
    """(n,) whether the unit served nobody."""
    too_few: NDArray[np.bool_]
    """(n,) whether fewer people answered than the margin of error requires."""


class Rating(Formula):
    """Satisfied / answered x maximum.

    At least N / (1 + N e^2) of the N people served must have answered; e is the margin of error. In a criteria set:

        {formula: rating, satisfied: staff_ratings_satisfied, answered: staff_ratings, served: citizens_served,
         margin: 5%, when_too_few: zero, when_zero: not_applicable, points: 10}
    """

    kind: ClassVar[str] = "rating"
    satisfied: str
    answered: str
    served: str
    margin: Percent
    """The margin of error e: one percentage, or one for each tier. With 5%, 400 of a million people must answer, 286 of
    a thousand, all of nineteen."""
    when_too_few: Literal["zero", "not_applicable"]
    """The result if too few people answered: 0 points (so that no unit gains by asking few people), or not
    applicable."""
    when_zero: Literal["full", "zero", "not_applicable"]
    """The result if the unit served nobody: all points, no points, or not applicable."""

    @property
    def may_leave_out(self) -> bool:
        """True if ``when_too_few`` or ``when_zero`` is not_applicable."""
        return "not_applicable" in (self.when_too_few, self.when_zero)

    def reads(self) -> Iterable[Read]:
        """The three counts of people."""
        counts = frozenset({IndicatorKind.COUNT})
        return [Read((key,), getattr(self, key), counts) for key in ("satisfied", "answered", "served")]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Reports tiers of the criterion that have no margin, and margins that are out of range or have too many
        decimals.
        """
        del points
        for tier in tiers:
            margin = self.margin.of(tier)
            if margin is None:
                yield ("margin",), f"has no margin for tier {tier!r}, but the criterion has points"
            elif not 0 < margin < MICRO or Fraction(margin, MICRO).denominator > MAX_DENOMINATOR:
                message = "expected a margin of error above 0% and below 100%, such as 5%, with at most two decimals"
                yield ("margin",), message

    def evaluate(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None) -> Outcome:
        """The points of the n units, correctly rounded to micropoints; an exact half is rounded to even."""
        del excluded
        ratings = self._ratings(cohort)
        points = ratings.satisfied[np.newaxis].copy()
        remainders = np.empty_like(points)
        round_ratio(points, ratings.answered[np.newaxis], np.array([[float(maximum)]]), remainders)
        if self.when_zero == "full":
            points[:, ratings.nobody_served] = maximum
        not_applicable = np.zeros(len(cohort), dtype=np.bool_)
        if self.when_zero == "not_applicable":
            not_applicable |= ratings.nobody_served
        if self.when_too_few == "not_applicable":
            not_applicable |= ratings.too_few
        return Outcome(points[0], ratings.missing, not_applicable, remainders[0])

    def exact(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None, unit: int) -> Fraction:
        """The points of one unit, not rounded."""
        del excluded
        ratings = self._ratings(cohort)
        if ratings.nobody_served[unit]:
            return Fraction(maximum if self.when_zero == "full" else 0)
        return Fraction(int(ratings.satisfied[unit]), int(ratings.answered[unit])) * maximum

    def _ratings(self, cohort: Cohort) -> _Ratings:
        """The ratings of the cohort's units."""
        satisfied, answered, served = (cohort.values(code) for code in (self.satisfied, self.answered, self.served))
        missing = np.isnan(satisfied) | np.isnan(answered) | np.isnan(served)
        nobody_served = ~missing & (served == 0)
        too_few = ~missing & (answered < smallest_sample(served, Fraction(self.margin.of(cohort.tier) or 0, MICRO)))
        counts = ~(missing | nobody_served | too_few)
        return _Ratings(
            np.where(counts, np.minimum(satisfied, answered), 0.0),
            np.where(counts, answered, 1.0),
            missing,
            nobody_served,
            too_few,
        )
