"""How points are combined: criteria into a group, groups into a category, categories into the overall score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scorer.model.fixed_point import PointsByTier


class Combine(StrEnum):
    """How groups are combined into a category, or categories into the overall score."""

    SUM = "sum"
    SUM_OF_CONVERTED = "sum_of_converted"
    """The sum of converted scores, for the overall score only."""
    ARITHMETIC_MEAN = "arithmetic_mean"
    GEOMETRIC_MEAN = "geometric_mean"

    @property
    def is_mean(self) -> bool:
        """Whether it is a mean of shares, which are points / applicable maximum from 0 to 1."""
        return self in (Combine.ARITHMETIC_MEAN, Combine.GEOMETRIC_MEAN)


@dataclass(frozen=True)
class Total:
    """The points of a category, or the overall points."""

    combine: Combine = Combine.SUM
    points: PointsByTier | None = None
    """The maximum that the document states; None if it states none. A mean requires it."""
    cap: PointsByTier | None = None
    """Upper limit of the points and of the maximum."""
    may_be_negative: bool = False
    """Whether penalties can make the points negative."""

    def of(self, tier: str, members: Sequence[int]) -> int:
        """Micropoints of the total in ``tier``: of a mean, those that it states, otherwise the sum of its members'."""
        stated = self.points.of(tier) if self.points and members else None
        return capped(self.cap, tier, (stated or 0) if self.combine.is_mean else sum(members))


PLAIN_SUM = Total()
"""A sum without a cap."""


def capped(cap: PointsByTier | None, tier: str, micro: int) -> int:
    """Micropoints in ``tier``, at most the cap."""
    limit = cap.of(tier) if cap else None
    return micro if limit is None else min(micro, limit)
