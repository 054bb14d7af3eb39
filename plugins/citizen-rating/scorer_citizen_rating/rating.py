"""The formula kind ``rating``: the share of satisfied people, counted only when enough of those served answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainValidator

from scorer.plugin_api import Cohort, Formula, IndicatorKind, Outcome, Read, round_ratio

_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,2})?) ?%", re.ASCII)


def _margin(value: object) -> Fraction:
    """1/20 from ``5%``; of two decimals at most, which keeps ``smallest_sample`` within 64 bits."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    margin = Fraction(found[1]) / 100 if found else Fraction(0)
    if not margin:
        raise ValueError(f"expected a margin of error above 0% and below 100%, such as 5%, not {value!r}")
    return margin


def smallest_sample(people: NDArray[np.float64], margin: Fraction) -> NDArray[np.int64]:
    """How many (n,) of so many people have to answer: N / (1 + N e^2), rounded up; 0 where N is not known.

    Slovin's formula as Yamane gives it (Statistics, an introductory analysis, 1967). With e = p / q it is
    N q^2 / (q^2 + N p^2), in whole numbers: no root and no quotient is rounded on the way.

    Args:
        people: (n,) whole numbers up to 2^33, or NaN.
        margin: the margin of error e, with a denominator of at most 10,000.
    """
    known = np.nan_to_num(people).astype(np.int64)
    above, below = margin.numerator**2, margin.denominator**2
    sample: NDArray[np.int64] = -(-known * below // (below + known * above))
    return sample


class _Ratings(NamedTuple):
    """What n units were rated."""

    satisfied: NDArray[np.float64]
    """(n,) at most ``answered``; 0 where nothing counts."""
    answered: NDArray[np.float64]
    """(n,) 1 where nothing counts."""
    missing: NDArray[np.bool_]
    nobody_served: NDArray[np.bool_]
    too_few: NDArray[np.bool_]


class Rating(Formula):
    """Satisfied / answered x maximum, once at least N / (1 + N e^2) of the N people served have answered.

    Written as

        {formula: rating, satisfied: staff_ratings_satisfied, answered: staff_ratings, served: citizens_served,
         margin: 5%, when_too_few: zero, when_zero: not_applicable, points: 10}
    """

    kind: ClassVar[str] = "rating"
    satisfied: str
    answered: str
    served: str
    margin: Annotated[Fraction, PlainValidator(_margin)]
    """The margin of error e: 5% asks 400 of a million people, 286 of a thousand, all of nineteen."""
    when_too_few: Literal["zero", "not_applicable"]
    """What fewer answers mean: no points, so that not asking does not pay, or not applicable."""
    when_zero: Literal["full", "zero", "not_applicable"]
    """What nobody served means: all points, none, or not applicable."""

    @property
    def may_leave_out(self) -> bool:
        """When either case means not applicable."""
        return "not_applicable" in (self.when_too_few, self.when_zero)

    def reads(self) -> Iterable[Read]:
        """Three counts of people."""
        counts = frozenset({IndicatorKind.COUNT})
        return [Read((key,), getattr(self, key), counts) for key in ("satisfied", "answered", "served")]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None) -> Outcome:
        """Exactly rounded to micropoints, an exact half to the even one."""
        del excluded
        ratings = self._ratings(cohort)
        points = ratings.satisfied[np.newaxis].copy()
        rest = np.empty_like(points)
        round_ratio(points, ratings.answered[np.newaxis], np.array([[float(maximum)]]), rest)
        if self.when_zero == "full":
            points[:, ratings.nobody_served] = maximum
        left_out = np.zeros(len(cohort), dtype=np.bool_)
        if self.when_zero == "not_applicable":
            left_out |= ratings.nobody_served
        if self.when_too_few == "not_applicable":
            left_out |= ratings.too_few
        return Outcome(points[0], ratings.missing, left_out, rest[0])

    def exact(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None, unit: int) -> Fraction:
        """The same for one unit, not rounded."""
        del excluded
        ratings = self._ratings(cohort)
        if ratings.nobody_served[unit]:
            return Fraction(maximum if self.when_zero == "full" else 0)
        return Fraction(int(ratings.satisfied[unit]), int(ratings.answered[unit])) * maximum

    def _ratings(self, cohort: Cohort) -> _Ratings:
        """The answers, and which of them count."""
        satisfied, answered, served = (cohort.values(code) for code in (self.satisfied, self.answered, self.served))
        missing = np.isnan(satisfied) | np.isnan(answered) | np.isnan(served)
        nobody_served = ~missing & (served == 0)
        too_few = ~missing & (answered < smallest_sample(served, self.margin))
        counts = ~(missing | nobody_served | too_few)
        return _Ratings(
            np.where(counts, np.minimum(satisfied, answered), 0.0),
            np.where(counts, answered, 1.0),
            missing,
            nobody_served,
            too_few,
        )
