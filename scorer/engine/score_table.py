"""Sums of points, and what follows from them: percent, converted and published scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from scorer.model.fixed_point import Floats


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
    """Criteria that do not apply."""


class ScoreTable:
    """Scores of s sums of n units, which the kernel fills.

    Args:
        nominal: maximum of each of the first w sums if everything applied, in micropoints.
        measures: number of further sums, which have only points, maximum and percent.
        units: n.
    """

    def __init__(self, nominal: Sequence[int], measures: int, units: int) -> None:
        self._nominal = nominal
        self.sums, self.wholes = np.empty((3, len(nominal) + measures, units)), np.empty((4, len(nominal), units))
        self.points, self.max_points, self.percent = self.sums
        self.converted, self.published, self.missing, self.not_applicable = self.wholes

    @cached_property
    def some_nothing(self) -> bool:
        """Whether nothing applies to some unit in some sum."""
        return not self.max_points.all()

    @property
    def columns(self) -> tuple[Floats, ...]:
        """All of it as ``Scores`` has it, without nominal maxima: a row (n,) a sum; after percent without measures."""
        return *self.sums, *self.wholes

    def scores(self, row: int) -> Scores:
        """One sum's scores."""
        return Scores(
            points=self.points[row],
            max_points=self.max_points[row],
            nominal=self._nominal[row],
            percent=self.percent[row],
            converted=self.converted[row],
            published=self.published[row],
            missing=self.missing[row],
            not_applicable=self.not_applicable[row],
        )
