"""Why a unit has the level it has: what its next better level asks and it does not reach; counts over a ranking.

What counts takes the units to be counted: m places of the category's units, or a slice of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.engine.scoring import Assessment, CategoryScores
from scorer.model.fixed_point import Ints
from scorer.plugins.group import Status

FEW = 16
"""Cells a unit from which on it takes less time to look at each unit's than at all."""


def failing_gates(category: CategoryScores) -> NDArray[np.uint64]:
    """Words of all units (n,): bit i is set when gate i does not hold and is one of the next better level's.

    Of the lowest level's, when none is reached.
    """
    failed = category.failed(slice(None))
    return failed & category.plan.next_gates.take(category.level) if category.plan.levels else failed


def units_by_level(category: CategoryScores, units: Ints | slice) -> Ints:
    """(levels,) how many units reached each level as their best."""
    levels = list(category.plan.levels)
    return np.bincount(category.level[units], minlength=max(levels, default=0) + 1)[levels]


def units_failing(category: CategoryScores, units: Ints | slice) -> list[int]:
    """(gates,) how many units do not pass each gate."""
    cells, cell = category.plan.cells, category.cell[units]
    if cells is None:
        return []
    if FEW * len(cell) < cells.fails.shape[1]:  # maybe one unit, and thousands of cells
        return _set_bits(cells.failed.take(cell), len(category.plan.gates))
    in_cell = np.bincount(cell, minlength=cells.fails.shape[1])
    counts: list[int] = (cells.fails @ in_cell.astype(np.float64)).astype(np.int64).tolist()
    return counts


def _set_bits(words: NDArray[np.uint64], bits: int) -> list[int]:
    """In how many words each of the first bits is set, and no other one is."""
    counts = [0] * bits
    for word in words.tolist():
        while word:
            first = word & -word
            counts[first.bit_length() - 1] += 1
            word ^= first
    return counts


def unranked_by_gate(assessment: Assessment, units: Ints | slice) -> list[tuple[str, str, int]]:
    """Category, measure, and how many units miss that gate of the lowest level; without gates that nobody misses."""
    missed = []
    for category in assessment.categories:
        plan = category.plan
        if not plan.levels or not (category.failed(units) & plan.next_gates[0]).any():
            continue
        for gate, count in zip(plan.gates, units_failing(category, units), strict=True):
            if count and gate.level_place == len(plan.levels) - 1:
                missed.append((plan.code, plan.measures[gate.measure].name, count))
    return missed


class CriterionCount(NamedTuple):
    """What units reached in one criterion."""

    criterion: str
    applicable: int
    full: int
    """Units with all its points."""
    none: int
    """Units with none of its points, for whatever reason."""
    missing: int


def criterion_counts(category: CategoryScores, units: Ints | slice) -> list[CriterionCount]:
    """Each criterion of the category, in the set's order."""
    counts = []
    for group in category.groups:
        plan, points, status = group.plan, group.points[:, units], group.status[:, units]
        most = np.where(-plan.lowest > plan.highest, plan.lowest, plan.highest)
        applies = status != Status.NOT_APPLICABLE
        found = applies, applies & (points == most), applies & (points == 0), status == Status.MISSING
        columns = (np.count_nonzero(units_with, axis=1).tolist() for units_with in found)
        ids = (criterion.id for criterion in plan.criteria)
        counts += [CriterionCount(*count) for count in zip(ids, *columns, strict=True)]
    return counts


def ranked_count(category: CategoryScores, units: Ints | slice) -> int:
    """How many units are ranked."""
    return int(np.count_nonzero(category.ranked[units]))
