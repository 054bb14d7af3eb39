"""Sums of points, with the percent, converted and published scores that are computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from scorer.model.fixed_point import Floats


class Scores(NamedTuple):
    """One sum of criteria for n units. All arrays are (n,), in micropoints unless noted."""

    points: Floats
    max_points: Floats
    """Sum of the maxima of the criteria that apply."""
    nominal: int
    """Maximum if every criterion applied."""
    percent: Floats
    """Parts per million, rounded down."""
    converted: Floats
    """points x nominal / max_points, rounded down."""
    published: Floats
    """The converted score, rounded to the decimals that the criteria set publishes."""
    missing: Floats
    """Number of criteria that lack an answer."""
    not_applicable: Floats
    """Number of criteria that do not apply."""


class ScoreTable:
    """Several sums of n units, which the kernel fills.

    Args:
        nominal: maximum of each sum that has scores if every criterion applied, in micropoints. These sums come first.
        measures: number of further sums, for which only points, maximum and percent are kept.
        units: n, the number of units.
    """

    def __init__(self, nominal: Sequence[int], measures: int, units: int) -> None:
        self._nominal = nominal
        self.sums, self.wholes = np.empty((3, len(nominal) + measures, units)), np.empty((4, len(nominal), units))
        self.points, self.max_points, self.percent = self.sums
        self.converted, self.published, self.missing, self.not_applicable = self.wholes

    @cached_property
    def has_empty_sums(self) -> bool:
        """Whether, for at least one unit, none of the criteria of a sum applies."""
        return not self.max_points.all()

    def scores(self, row: int) -> Scores:
        """The scores of one sum."""
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
