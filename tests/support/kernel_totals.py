"""Computes totals and gate cells from the points of groups with the kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from scorer.criteria.combine import Combine
from scorer.criteria.model import Rounding
from scorer.engine.composition import Composition
from scorer.engine.gates import GateTable
from scorer.engine.kernel import Decision, Kernel, Results, RuleTable
from scorer.engine.score_table import Scores, ScoreTable
from scorer.model.fixed_point import Floats, Ints

TOTALS = [Composition(Combine.SUM, 1, (), floor) for floor in (0.0, -math.inf)]
"""One category, and the overall score."""
NO_LEVELS = Decision([0], [])
"""The decision of a category without levels."""


def scores_of(
    points: Floats, maximum: Floats, nominal: int = 1, decimals: int = 2, rounding: Rounding = "half_up"
) -> Scores:
    """The scores of one group with these points and maxima (n,), in micropoints."""
    members = np.ones((2, 1), dtype=np.bool_)
    kernel = Kernel([], {}, [nominal], [math.inf], members, TOTALS, [nominal] * 2, [NO_LEVELS], [0], decimals, rounding)
    groups = group_scores([nominal], points[np.newaxis], maximum[np.newaxis])
    score(kernel, groups, sums=2)
    scores = groups.scores(0)
    assert (scores.points == points).all()
    assert (scores.max_points == maximum).all()
    return scores


def cells(table: GateTable, units: Sequence[str], points: Floats, maximum: Floats | None = None) -> Ints:
    """The cells (n,) of a decision table whose measures are groups with points and maxima (k, n)."""
    return cell_finder(table, units)(points, np.ones_like(points) if maximum is None else maximum)


def cell_finder(table: GateTable, units: Sequence[str]) -> Callable[[Floats, Floats], Ints]:
    """Finds the cells (n,) of points and maxima (k, n)."""
    k = len(units)
    nothing = np.zeros((2, k), dtype=np.bool_)
    sums = [2 + measure + (0 if unit == "percent" else 2 + k) for measure, unit in enumerate(units)]
    decision = Decision([1], [RuleTable(table, sums, units, range(1))])
    members = np.vstack([nothing, np.eye(k, dtype=np.bool_)])
    kernel = Kernel([], {}, [1] * k, [math.inf] * k, members, TOTALS, [1, 1], [decision], [0], 2)
    return lambda points, maximum: score(kernel, group_scores([1] * k, points, maximum), 2 + k).cells[0]


def group_scores(nominal: Sequence[int], points: Floats, maximum: Floats) -> ScoreTable:
    """A score table with these points and maxima (k, n) of groups."""
    groups = ScoreTable(nominal, 0, points.shape[1])
    groups.points[...], groups.max_points[...] = points, maximum
    groups.missing[...], groups.not_applicable[...] = 0, 0
    return groups


def score(kernel: Kernel, groups: ScoreTable, sums: int) -> Results:
    units = groups.points.shape[1]
    cells, levels = np.empty((kernel.rules, units), dtype=np.int64), np.empty((1, units), dtype=np.int64)
    standings = np.empty((1, units), dtype=np.uint8)
    results = Results(ScoreTable([1, 1], sums - 2, units), cells, levels, standings, groups)
    kernel.score(np.empty((0, units)), kernel.excluded({}, units), results, slice(0, units))
    return results
