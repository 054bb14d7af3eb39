"""What the criteria of some groups were awarded in a chunk of units, and their sums a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import Criterion
from scorer.groups import Status
from scorer.points import Bools, Floats

Places = NDArray[np.intp]
Statuses = NDArray[np.uint8]


class GroupSums:
    """Sums of g groups for the n units of a chunk: (4, g, n) whole numbers."""

    def __init__(self, sums: Floats) -> None:
        self.sums = sums
        self.points: Floats = sums[0]
        self.max_points: Floats = sums[1]
        """Without what is not applicable."""
        self.missing: Floats = sums[2]
        """Criteria that miss an answer."""
        self.not_applicable: Floats = sums[3]
        """Criteria left out."""

    @classmethod
    def before(cls, nominal: Floats, units: int) -> GroupSums:
        """Of groups with maxima (g, 1), when nothing is left out."""
        sums = cls(np.empty((4, len(nominal), units)))
        sums.max_points[...], sums.not_applicable[...] = nominal, 0.0
        return sums

    def of(self, groups: slice) -> GroupSums:
        """Some of the groups."""
        return GroupSums(self.sums[:, groups])


class Frame:
    """What k criteria of some groups are: worked out once for a tier.

    Args:
        criteria: each group's, in the set's order; k in all.
        tier: whose points count.
        leavers: the places of criteria that can be not applicable.
    """

    def __init__(self, criteria: Sequence[Sequence[Criterion]], tier: str, leavers: Sequence[int]) -> None:
        self.leavers: Places = np.array(leavers, dtype=np.intp)
        self.maxima = np.array([c.maximum(tier) for group in criteria for c in group], dtype=np.float64)
        ends = np.cumsum([len(group) for group in criteria]).tolist()
        self.places = [slice(end - len(group), end) for end, group in zip(ends, criteria, strict=True)]
        """Each group's criteria."""


class Award(NamedTuple):
    """Points and statuses of the k criteria of a frame for n units."""

    frame: Frame
    points: Floats
    """(k, n) micropoints, 0 where left out, below 0 for a penalty."""
    missing: Bools
    """(k, n) whether an answer is missing; never where left out."""
    left_out: Bools
    """(leavers, n) whether not applicable."""

    def add_up(self, out: GroupSums) -> None:
        """Adds to the sums of the frame's only group, in which nothing is left out so far."""
        np.add.reduce(self.points, axis=0, out=out.points[0])
        out.missing[0] = np.count_nonzero(self.missing, axis=0)
        out.not_applicable[0] = np.count_nonzero(self.left_out, axis=0)
        out.max_points[0] -= self.frame.maxima[self.frame.leavers] @ self.left_out

    def criterion(self, place: int) -> tuple[Floats, Floats]:
        """Points and applicable maximum (n,) of one criterion."""
        maximum = np.full(self.points.shape[1], self.frame.maxima[place])
        for mask in self.left_out[self.frame.leavers == place]:
            maximum[mask] = 0
        return self.points[place], maximum

    def status(self) -> Statuses:
        """``Status`` (k, n)."""
        status = self.missing + np.uint8(Status.SCORED)  # MISSING is one more
        status[self.frame.leavers] += self.left_out * np.uint8(Status.NOT_APPLICABLE - Status.SCORED)
        return status
