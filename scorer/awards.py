"""What the criteria of some groups were awarded in a chunk of units, and their sums a group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import Criterion
from scorer.formulas.blocks import column
from scorer.groups import Status
from scorer.points import Bools, Floats

Places = NDArray[np.intp]
Statuses = NDArray[np.uint8]

MANY = 500
"""From so many units on, adding rows is faster than one product of matrices."""


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

    def of(self, groups: slice) -> GroupSums:
        """Some of the groups."""
        return GroupSums(self.sums[:, groups])


class Frame:
    """What k criteria of g groups add to the sums: worked out once for a tier.

    Args:
        criteria: each group's, in the set's order; k in all.
        tier: whose points count.
        rows: (k,) the row of points in which each criterion stands, group by group in the set's order.
        size: how many rows there are; parts of criteria have some too.
        leavers: the places of criteria that can be not applicable.
    """

    def __init__(
        self, criteria: Sequence[Sequence[Criterion]], tier: str, rows: Places, size: int, leavers: Sequence[int]
    ) -> None:
        owners = [g for g, group in enumerate(criteria) for _ in group]
        self.groups, self.rows = len(criteria), rows
        self.leavers: Places = np.array(leavers, dtype=np.intp)
        self.maxima = np.array([c.maximum(tier) for group in criteria for c in group], dtype=np.float64)
        ends = np.cumsum([len(group) for group in criteria]).tolist()
        self.places = [slice(end - len(group), end) for end, group in zip(ends, criteria, strict=True)]
        """Each group's criteria."""
        self._owners, self._counts = np.array(owners), np.min_scalar_type(len(owners))
        self._members = np.array([[owner == g for owner in owners] for g in range(self.groups)], dtype=np.float64)
        self._nominal = column((self._members @ self.maxima).tolist())
        self._by_row = np.zeros((self.groups, size))
        self._by_row[:, rows] = self._members
        of_row = dict(zip(rows.tolist(), owners, strict=True))
        runs = [(owner, list(some)) for owner, some in groupby(range(size), key=of_row.get) if owner is not None]
        seen = [owner for owner, _ in runs]
        self._runs = [(g, slice(run[0], run[-1] + 1), g not in seen[:n]) for n, (g, run) in enumerate(runs)]
        """Rows of one group that follow each other, and whether they are its first ones."""

    def add_up(self, award: Award, out: GroupSums) -> None:
        """Fills ``out`` with the sums of the groups."""
        if award.points.shape[1] < MANY:
            np.matmul(self._by_row, award.points, out=out.points)
            np.matmul(self._members, award.missing.astype(np.float64), out=out.missing)
        else:  # five times as fast, but many calls
            for owner, run, first in self._runs:
                total = out.points[owner]
                if first:
                    np.add.reduce(award.points[run], out=total)
                else:
                    total += award.points[run.start] if run.stop == run.start + 1 else np.add.reduce(award.points[run])
            for group, places in enumerate(self.places):
                out.missing[group] = np.add.reduce(award.missing[places].view(np.uint8), axis=0, dtype=self._counts)
        out.max_points[...] = self._nominal
        out.not_applicable[...] = 0
        for at in np.flatnonzero(award.left_out.any(axis=1)).tolist():
            place = self.leavers[at]
            out.max_points[self._owners[place]] -= award.left_out[at] * self.maxima[place]
            out.not_applicable[self._owners[place]] += award.left_out[at]


class Award(NamedTuple):
    """Points and statuses of the k criteria of a frame for n units."""

    frame: Frame
    points: Floats
    """(k, n) micropoints in the frame's rows, 0 where left out, below 0 for a penalty."""
    missing: Bools
    """(k, n) whether an answer is missing, in the set's order; never where left out."""
    left_out: Bools
    """(leavers, n) whether not applicable."""

    def criterion(self, place: int) -> tuple[Floats, Floats]:
        """Points and applicable maximum (n,) of one criterion."""
        maximum = np.full(self.points.shape[1], self.frame.maxima[place])
        for mask in self.left_out[self.frame.leavers == place]:
            maximum[mask] = 0
        return self.points[self.frame.rows[place]], maximum

    def status(self) -> Statuses:
        """``Status`` (k, n) in the set's order."""
        status = self.missing + np.uint8(Status.SCORED)  # MISSING is one more
        status[self.frame.leavers] += self.left_out * np.uint8(Status.NOT_APPLICABLE - Status.SCORED)
        return status
