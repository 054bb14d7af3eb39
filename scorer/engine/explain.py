"""Explains levels: the gates of the next better level that a unit fails, and the numbers of units that fail each gate.

``units`` selects the units to count: an array (m,) of their indices, or a slice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.engine.rules import bit
from scorer.engine.scoring import Assessment, CategoryScores
from scorer.model.fixed_point import Ints
from scorer.plugins.group import Status


def failing_gates(category: CategoryScores) -> NDArray[np.uint64]:
    """(n,) for all units: bit i is set when gate i fails and keeps the unit from its next better level.

    For a unit without a level, the next better level is the lowest one. The bits of the gates in a combination such as
    "2 of 3" are set only if the combination fails.
    """
    return category.lacking(slice(None)) & category.plan.next_gates.take(category.level)


def measure_levels(category: CategoryScores) -> list[Ints]:
    """For each measure: (n,) the best level whose gates on the measure all hold; 0: none.

    Levels without a gate on the measure do not count.
    """
    plan, by_measure = category.plan, []
    for measure in plan.measures:
        levels = np.zeros(len(category.level), dtype=np.int64)
        for rule, cells, cell in reversed(list(zip(plan.rules, plan.cells, category.cells, strict=True))):
            if rule.level and measure.name in cells.measures:  # a better level overwrites a worse one
                levels[cells.measures[measure.name].take(cell)] = rule.level
        by_measure.append(levels)
    return by_measure


def units_by_level(category: CategoryScores, units: Ints | slice) -> Ints:
    """(levels,) how many units have each level."""
    levels = list(category.plan.levels)
    return np.bincount(category.level[units], minlength=max(levels, default=0) + 1)[levels]


def units_failing(category: CategoryScores, units: Ints | slice) -> list[int]:
    """(gates,) how many units fail each gate."""
    counts = [0] * len(category.plan.gates)
    for rule, cells, cell in zip(category.plan.rules, category.plan.cells, category.cells, strict=True):
        in_cell = np.bincount(cell[units], minlength=cells.fails.shape[1])
        failing: list[int] = (cells.fails @ in_cell.astype(np.float64)).astype(np.int64).tolist()
        for gate, count in zip(rule.root.gates(), failing, strict=True):
            counts[gate] = count
    return counts


def unranked_by_gate(assessment: Assessment, units: Ints | slice) -> list[tuple[str, str, int]]:
    """The gates of lowest levels that units fail. For each gate: category, measure, and number of units that fail it.

    For a gate that compares an answer or a level, the indicator or category takes the place of the measure.
    """
    missed = []
    for category in assessment.categories:
        plan = category.plan
        if not plan.rules or not (category.failed(units) & plan.next_gates[0]).any():
            continue
        for index, (gate, count) in enumerate(zip(plan.gates, units_failing(category, units), strict=True)):
            if count and plan.next_gates[0] & bit(index):
                missed.append((plan.code, gate.name, count))
    return missed


class CriterionCount(NamedTuple):
    """Counts of units by their points in one criterion."""

    criterion: str
    applicable: int
    """Number of units to which the criterion applies."""
    full: int
    """Number of units with the most points that the criterion can give. For a penalty: units that lose no points."""
    none: int
    """Number of units with the fewest points that the criterion can give, for any reason; 0 if it can give only one
    number of points."""
    missing: int
    """Number of units that lack an answer for the criterion."""


def criterion_counts(category: CategoryScores, units: Ints | slice) -> list[CriterionCount]:
    """Counts for each criterion of the category, in the set's order."""
    counts = []
    for group in category.groups:
        plan, points, status = group.plan, group.points[:, units], group.status[:, units]
        applies = status != Status.NOT_APPLICABLE
        fewest = (points == plan.lowest) & (plan.lowest < plan.highest)
        masks = applies, applies & (points == plan.highest), applies & fewest, status == Status.MISSING
        columns = (np.count_nonzero(mask, axis=1).tolist() for mask in masks)
        ids = (criterion.id for criterion in plan.criteria)
        counts += [CriterionCount(*count) for count in zip(ids, *columns, strict=True)]
    return counts


def ranked_count(category: CategoryScores, units: Ints | slice) -> int:
    """How many units are ranked."""
    return int(np.count_nonzero(category.ranked[units]))
