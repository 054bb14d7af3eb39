"""How groups are combined into categories, and categories into the overall score, in the form that native code takes.

Sums are exact. Means are computed with doubles. Where a double is too close to half a micropoint, whole numbers decide:
every mean is the exact mean rounded to the nearest micropoint, an exact half to the even one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scorer import native
from scorer.criteria.combine import Combine
from scorer.model.fixed_point import whole_weights

METHODS = {
    Combine.SUM: native.SUM_OF_POINTS,
    Combine.SUM_OF_CONVERTED: native.SUM_OF_CONVERTED,
    Combine.ARITHMETIC_MEAN: native.ARITHMETIC_MEAN,
    Combine.GEOMETRIC_MEAN: native.GEOMETRIC_MEAN,
}


@dataclass(frozen=True)
class Composition:
    """How the members of one total are combined in one tier."""

    combine: Combine
    points: int
    """Micropoints that a mean of 1 gives, before the cap; not used in sums."""
    weights: tuple[Fraction, ...]
    """The weight of each group of the tier, or of each category; 0 if the sum does not include it."""
    floor: float = -math.inf
    """Lower limit of the points, in micropoints."""
    cap: float = math.inf
    """Upper limit of the points and of the applicable maximum, in micropoints."""

    def exact_mean(self, values: Sequence[float]) -> float:
        """The mean of one unit, exactly rounded to micropoints.

        Args:
            values: the points of all groups or categories, then their applicable maxima.
        """
        count = len(self.weights)
        shares = [
            (weight, min(max(Fraction(int(points), int(maximum)), Fraction(0)), Fraction(1)))
            for weight, points, maximum in zip(self.weights, values[:count], values[count:], strict=True)
            if weight and maximum
        ]
        if self.combine is Combine.GEOMETRIC_MEAN:
            return float(_geometric_mean([weight for weight, _ in shares], [share for _, share in shares], self.points))
        total = sum((weight * share for weight, share in shares), Fraction(0))
        return float(round(total / sum(weight for weight, _ in shares) * self.points))


def _geometric_mean(weights: Sequence[Fraction], shares: Sequence[Fraction], points: int) -> int:
    """The weighted geometric mean of the shares (0 to 1) x points, rounded; an exact half is rounded to even."""
    powers = whole_weights(weights)
    degree = sum(powers)
    target = math.prod(
        (share**power for share, power in zip(shares, powers, strict=True)), start=Fraction(points) ** degree
    )
    low, high = 0, points
    while low < high:  # the largest whole number that is not above the mean
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= target else (low, middle - 1)
    half = Fraction(2 * low + 1, 2) ** degree
    return low + 1 if target > half or (target == half and low % 2) else low
