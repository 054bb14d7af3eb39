"""Formula kinds that compare a unit with all units of its tier in the call."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from scorer.formulas.base import NUMBERS, Edge, Formula, Outcome, Path, Read, Share, outcome_of
from scorer.formulas.native_lines import QuotientLine, SlopeLine
from scorer.formulas.native_table import Line
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO, Bools, Floats, PointsByTier, near_half, whole_weights

Better = Literal["higher", "lower"]
WhenEqual = Literal["full", "zero"]

RECIPROCAL_DECIMALS = 80
"""Decimals to which reciprocals of standard deviations are computed. Distances from means have at most 21 digits, so
z-scores are exact to more than 50 decimals."""


class _Compared(Formula):
    """A kind that compares one indicator between units."""

    indicator: str
    better: Better = "higher"
    when_equal: WhenEqual
    """What all units get if their answers are equal, for example because there is only one unit. It has no default."""

    @property
    def needs_cohort(self) -> bool:
        """True."""
        return True

    def reads(self) -> Iterable[Read]:
        """A number."""
        return [Read(("indicator",), self.indicator, NUMBERS)]

    @abstractmethod
    def own_line(self, maximum: int, values: Floats, counted: Floats) -> tuple[Line, Floats]:
        """The formula as a ``Line``, for a cohort whose answers are not all equal, and the matrix that the line reads.

        Args:
            maximum: the criterion's points, in micropoints.
            values: (n,) answers in millionths; larger is better.
            counted: the answers of the units to which the criterion applies, in millionths, ascending.
        """

    def _line(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> tuple[Line, Floats]:
        """The formula as a ``Line``, for any cohort, and the matrix that the line reads."""
        values = cohort.micro(self.indicator) * (1 if self.better == "higher" else -1)
        counted = np.sort(values[~np.isnan(values) & (True if excluded is None else ~excluded)])
        if counted.size and counted[0] < counted[-1]:
            return self.own_line(maximum, values, counted)
        points = maximum if self.when_equal == "full" else 0
        # Each number divided by itself: ``points`` for every unit, but missing where the answer is missing.
        return QuotientLine(0, 0, points, "full", in_millionths=False), np.abs(values)[np.newaxis] + 1

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``."""
        return outcome_of(*self._line(maximum, cohort, excluded))

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        line, matrix = self._line(maximum, cohort, excluded)
        return line.exact(matrix, unit)


class MinMax(_Compared):
    """No points for the worst unit, all for the best, and a straight line between them."""

    kind: ClassVar[str] = "min_max"

    def own_line(self, maximum: int, values: Floats, counted: Floats) -> tuple[Line, Floats]:
        """A line that rises from no points for the worst answer to all points for the best one."""
        worst, best = int(counted[0]), int(counted[-1])
        return SlopeLine(0, worst, best - worst, maximum), values[np.newaxis] / MICRO


class Percentile(_Compared):
    """The share of the other units that are worse."""

    kind: ClassVar[str] = "percentile"

    def own_line(self, maximum: int, values: Floats, counted: Floats) -> tuple[Line, Floats]:
        """The number of worse units, divided by the number of other units."""
        worse = np.where(np.isnan(values), np.nan, np.searchsorted(counted, values))
        matrix = np.vstack([worse, np.full(len(values), len(counted) - 1.0)])
        return QuotientLine(0, 1, maximum, "zero", in_millionths=False), matrix


@dataclass(frozen=True)
class _Scale:
    """Points of a score, see ``ZScores._scores``: maximum x (score - start) / length, limited to 0 ... maximum."""

    start: int
    """The score that gives no points."""
    length: int
    """The distance from ``start`` to the score that gives all points."""
    maximum: int
    """Micropoints."""

    def exact(self, score: int) -> Fraction:
        """The micropoints of a score, not rounded. Fractions within the tolerance of a half become exactly a half."""
        distance = min(max(score - self.start, 0), self.length)
        return near_half(Fraction(distance * self.maximum, self.length))


class ZScores(Formula):
    """The weighted mean of z-scores. A z-score is (answer - mean of all units) / standard deviation.

    Standard deviations are square roots, which are not exact. They are computed to more than 50 digits, and points are
    rounded once.
    """

    kind: ClassVar[str] = "z_scores"
    weights: dict[str, Share] = Field(min_length=1)
    """The weight of each indicator, relative to the weights of the other indicators."""
    lower_is_better: tuple[str, ...] = ()
    start: Edge | None = Field(default=None, alias="from")
    """The mean z-score that gives no points. Without ``from`` and ``to``: the lowest of all units."""
    to: Edge | None = None
    """The mean z-score that gives all points. Without ``from`` and ``to``: the highest of all units."""
    when_equal: WhenEqual | None = None
    """What all units get if their mean z-scores are equal. Required if ``from`` and ``to`` are not given, else not
    allowed."""
    deviation: Literal["population", "sample"] | None = None
    """Which standard deviation is used, if ``from`` and ``to`` are given: ``population`` (default) divides by n,
    ``sample`` by n - 1."""

    @property
    def needs_cohort(self) -> bool:
        """True."""
        return True

    @property
    def approximate(self) -> bool:
        """True."""
        return True

    def reads(self) -> Iterable[Read]:
        """Numbers."""
        return [Read(("weights", code), code, NUMBERS) for code in self.weights]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports missing keys, keys without an effect, and wrong values."""
        del points, tiers
        for n, code in enumerate(self.lower_is_better):
            if code not in self.weights or code in self.lower_is_better[:n]:
                yield ("lower_is_better", n), f"{code!r} has no weight, or is given twice"
        if self.start is None or self.to is None:
            if self.start is not None or self.to is not None:
                yield ("from" if self.to is None else "to",), "give both 'from' and 'to', or neither"
            elif self.when_equal is None:
                yield (
                    ("when_equal",),
                    "the required key 'when_equal' is missing: full or zero points if all units are equal",
                )
            if self.deviation is not None:
                yield ("deviation",), "has no effect unless 'from' and 'to' are given"
            return
        if self.start.is_date or self.to.is_date or self.start.micro >= self.to.micro:
            yield ("to",), "'from' and 'to' must be numbers, and 'to' the larger one"
        if self.when_equal is not None:
            yield (
                ("when_equal",),
                "has no effect if 'from' and 'to' are given: if all units are equal, each has a z-score of 0",
            )

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``."""
        scores, scale, missing = self._scores(maximum, cohort, excluded)
        points, remainders = np.zeros(len(cohort)), np.zeros(len(cohort))
        for unit in np.flatnonzero(~missing).tolist():
            exact = scale.exact(scores[unit])
            points[unit] = round(exact)
            remainders[unit] = float(exact - round(exact))
        return Outcome(points, missing, None, remainders)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        scores, scale, missing = self._scores(maximum, cohort, excluded)
        return Fraction(0) if missing[unit] else scale.exact(scores[unit])

    def _scores(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> tuple[list[int], _Scale, Bools]:
        """The score of each unit (its mean z-score x 10^RECIPROCAL_DECIMALS x the sum of the weights), the scale of the
        scores, and which units have no score.

        Only units that reported all indicators and to which the criterion applies count in means and deviations.
        """
        columns = np.array([cohort.micro(code) for code in self.weights])
        missing: Bools = np.any(np.isnan(columns), axis=0)
        counted: Bools = ~missing if excluded is None else ~missing & ~excluded
        units = int(np.count_nonzero(counted))
        weights, scores, error = whole_weights([*self.weights.values()]), [0] * len(cohort), 0
        for code, column, weight in zip(self.weights, columns, weights, strict=True):
            answers = [0 if math.isnan(answer) else int(answer) for answer in column.tolist()]
            used = [answer for answer, counts in zip(answers, counted.tolist(), strict=True) if counts]
            total = sum(used)
            # The variance x n^2, for the n = ``units``. Below, the distance from the mean is n x answer - total.
            variance = units * sum(answer * answer for answer in used) - total * total
            if variance == 0:
                continue
            # 1 / (n x the standard deviation). The sample variance is n / (n - 1) times the population variance.
            numerator, denominator = (units - 1, units) if self.deviation == "sample" else (1, 1)
            reciprocal = math.isqrt(10 ** (2 * RECIPROCAL_DECIMALS) * numerator // (variance * denominator))
            factor = weight * reciprocal * (-1 if code in self.lower_is_better else 1)
            scores = [score + (units * answer - total) * factor for score, answer in zip(scores, answers, strict=True)]
            error += weight * max(abs(units * answer - total) for answer in used)
        if self.start is not None and self.to is not None:
            unit = 10**RECIPROCAL_DECIMALS * sum(weights)
            start, length = (edge * unit // MICRO for edge in (self.start.micro, self.to.micro - self.start.micro))
            return scores, _Scale(start, length, maximum), missing
        compared = [score for score, counts in zip(scores, counted.tolist(), strict=True) if counts]
        lowest, highest = min(compared, default=0), max(compared, default=0)
        if highest - lowest <= 2 * error:  # all scores are equal, up to the rounding of the reciprocals
            return scores, _Scale(lowest - 1 - 2 * error, 1, maximum if self.when_equal == "full" else 0), missing
        return scores, _Scale(lowest, highest - lowest, maximum), missing
