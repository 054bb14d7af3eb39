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
    """What k criteria of g groups add to the sums: worked out once for a tier.

    Args:
        criteria: each group's, in the set's order; k in all.
        tier: whose points count.
        rows: (k,) the row of points in which each criterion stands, group by group in the set's order.
        leavers: the places of criteria that can be not applicable.
    """

    def __init__(
        self, criteria: Sequence[Sequence[Criterion]], tier: str, rows: Places, leavers: Sequence[int]
    ) -> None:
        owners = [g for g, group in enumerate(criteria) for _ in group]
        self.groups, self.rows = len(criteria), rows
        self.leavers: Places = np.array(leavers, dtype=np.intp)
        self.maxima = np.array([c.maximum(tier) for group in criteria for c in group], dtype=np.float64)
        ends = np.cumsum([len(group) for group in criteria]).tolist()
        self.places = [slice(end - len(group), end) for end, group in zip(ends, criteria, strict=True)]
        """Each group's criteria."""
        self._owners, self._counts = np.array(owners), np.min_scalar_type(len(owners))
        members = np.array([[owner == g for owner in owners] for g in range(self.groups)], dtype=np.float64)
        self._members = members[:, np.argsort(rows)]
        """(g, k) 1 where a row of points is a criterion of a group."""
        self._counting = self._members.astype(np.float32)

    def add_up(self, award: Award, out: GroupSums) -> None:
        """Adds to the sums of the groups, in which nothing is left out so far."""
        if self.groups == 1:
            np.add.reduce(award.points, axis=0, out=out.points[0])
            out.missing[0] = np.add.reduce(award.missing.view(np.uint8), axis=0, dtype=self._counts)
        else:  # few units: calls count; whole numbers are exact in any order
            np.matmul(self._members, award.points, out=out.points)
            out.missing[...] = self._counting @ award.missing.astype(np.float32)
        leavers, units = award.leaves
        if len(units):
            at = self.leavers[leavers]
            cells = self._owners[at] * award.points.shape[1] + units  # some twice: a unit that two criteria leave out
            np.subtract.at(out.max_points.reshape(-1), cells, self.maxima[at])
            np.add.at(out.not_applicable.reshape(-1), cells, 1.0)


class Leaves(NamedTuple):
    """Where something is not applicable: m pairs of a leaver's place and a unit's."""

    leavers: Places
    units: Places


def leaving_units(left_out: Bools) -> Leaves:
    """The pairs of a mask (leavers, n)."""
    (found,) = left_out.ravel().nonzero()  # of two dimensions it takes many times as long
    return Leaves(*np.divmod(found, max(left_out.shape[1], 1)))


class Award(NamedTuple):
    """Points and statuses of the k criteria of a frame for n units."""

    frame: Frame
    points: Floats
    """(k, n) micropoints in the frame's rows, 0 where left out, below 0 for a penalty."""
    missing: Bools
    """(k, n) whether an answer is missing; never where left out."""
    left_out: Bools
    """(leavers, n) whether not applicable."""
    leaves: Leaves
    """The same as pairs: they are few."""

    def criterion(self, place: int) -> tuple[Floats, Floats]:
        """Points and applicable maximum (n,) of one criterion."""
        maximum = np.full(self.points.shape[1], self.frame.maxima[place])
        for mask in self.left_out[self.frame.leavers == place]:
            maximum[mask] = 0
        return self.points[self.frame.rows[place]], maximum

    def status(self) -> Statuses:
        """``Status`` (k, n) in the set's order."""
        status = self.missing[self.frame.rows] + np.uint8(Status.SCORED)  # MISSING is one more
        status[self.frame.leavers] += self.left_out * np.uint8(Status.NOT_APPLICABLE - Status.SCORED)
        return status
