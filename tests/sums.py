"""Scores of sums, as the scorer fills them in."""

from __future__ import annotations

from typing import NamedTuple

from scorer.points import Floats
from scorer.scores import ScoreTable


class Followed(NamedTuple):
    """What follows from one sum of n units."""

    percent: Floats
    quotient: Floats
    converted: Floats
    published: Floats


def follow(points: Floats, maximum: Floats, nominal: int = 1, decimals: int = 2) -> Followed:
    """From points and maxima (n,), in micropoints."""
    table = ScoreTable([nominal], 0, len(points), decimals)
    table.added(slice(None))[:, 0] = points, maximum
    (quotient,) = table.fill(slice(None))
    scores = table.scores(0)
    assert (scores.points == points).all()
    assert (scores.max_points == maximum).all()
    return Followed(scores.percent, quotient, scores.converted, scores.published)
