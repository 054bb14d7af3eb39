"""Sums of points, and what follows from them: percent, converted and published scores."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scorer.compiled import fill_scores
from scorer.points import Floats


class Scores(NamedTuple):
    """Points of one sum of criteria for n units, and what follows from them. All arrays (n,), micropoints."""

    points: Floats
    max_points: Floats
    """Without what is not applicable."""
    nominal: int
    percent: Floats
    """Parts per million, rounded down."""
    converted: Floats
    """points x nominal / max_points, rounded down."""
    published: Floats
    """converted, half up at the set's published precision."""
    missing: Floats
    """Criteria that miss an answer."""
    not_applicable: Floats
    """Criteria left out."""


class ScoreTable:
    """Scores of several sums of n units, filled chunk by chunk.

    Args:
        nominal: maximum of each sum if everything applied, in micropoints.
        measures: how many more sums have only points, maximum and percent; they come after the others.
        units: n.
        decimals: published ones.
    """

    def __init__(self, nominal: list[int], measures: int, units: int, decimals: int) -> None:
        whole = len(nominal)
        self._nominal, self._nominals = nominal, np.array(nominal, dtype=np.float64)
        self._step = 10.0 ** (6 - decimals)
        self._added, self._counted = np.empty((2, whole + measures, units)), np.empty((2, whole, units))
        (self.points, self.max_points), (self._missing, self._not_applicable) = self._added, self._counted
        self.percent = np.empty((whole + measures, units))
        self._converted, self._published = np.empty((2, whole, units))
        self.some_nothing = False
        """Whether of some sum nothing applies to some unit."""

    def added(self, units: slice) -> Floats:
        """Where a chunk's points and maxima (2, sums, n) are to be written."""
        return self._added[:, :, units]

    def counted(self, units: slice) -> Floats:
        """Where a chunk's counts of what is missing and what is not applicable (2, sums, n) are to be written."""
        return self._counted[:, :, units]

    def fill(self, units: slice) -> Floats:
        """What follows from a chunk's points and maxima.

        Returns:
            Its parts per million (sums, n), not rounded: infinite where the maximum is 0, otherwise so near to the
            exact ones that comparing them with whole numbers is exact.
        """
        points, maximum = self.added(units)
        percent, quotient = self.percent[:, units], np.empty(points.shape)
        converted, published = self._converted[:, units], self._published[:, units]
        found = fill_scores(points, maximum, self._nominals, self._step, percent, quotient, converted, published)
        self.some_nothing |= found
        return quotient

    @property
    def columns(self) -> tuple[Floats, ...]:
        """All of it as ``Scores`` has it, without nominal maxima: a row (n,) a sum; after percent without measures."""
        counts = self._missing, self._not_applicable
        return self.points, self.max_points, self.percent, self._converted, self._published, *counts

    def scores(self, row: int) -> Scores:
        """One sum's scores."""
        return Scores(
            points=self.points[row],
            max_points=self.max_points[row],
            nominal=self._nominal[row],
            percent=self.percent[row],
            converted=self._converted[row],
            published=self._published[row],
            missing=self._missing[row],
            not_applicable=self._not_applicable[row],
        )
