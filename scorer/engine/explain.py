"""Why a unit has its level: the gates of the next better level that it fails; and counts of these over a ranking.

``units`` selects the units to count: an array (m,) of their indices, or a slice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.engine.scoring import Assessment, CategoryScores
from scorer.model.fixed_point import Ints
from scorer.plugins.group import Status

MANY_CELLS_PER_UNIT = 16
"""Above this many cells per unit, failing gates are counted unit by unit instead of cell by cell."""


def failing_gates(category: CategoryScores) -> NDArray[np.uint64]:
    """(n,) for all units: bit i is set when gate i fails and belongs to the next better level.

    For a unit without a level, that is the lowest level.
    """
    failed = category.failed(slice(None))
    return failed & category.plan.next_gates.take(category.level) if category.plan.levels else failed


def units_by_level(category: CategoryScores, units: Ints | slice) -> Ints:
    """(levels,) how many units have each level."""
    levels = list(category.plan.levels)
    return np.bincount(category.level[units], minlength=max(levels, default=0) + 1)[levels]


def units_failing(category: CategoryScores, units: Ints | slice) -> list[int]:
    """(gates,) how many units fail each gate."""
    cells, cell = category.plan.cells, category.cell[units]
    if cells is None:
        return []
    if MANY_CELLS_PER_UNIT * len(cell) < cells.fails.shape[1]:  # such as one unit, and thousands of cells
        return _set_bits(cells.failed.take(cell), len(category.plan.gates))
    in_cell = np.bincount(cell, minlength=cells.fails.shape[1])
    counts: list[int] = (cells.fails @ in_cell.astype(np.float64)).astype(np.int64).tolist()
    return counts


def _set_bits(gate_bits: NDArray[np.uint64], gates: int) -> list[int]:
    """(gates,) how often each bit is set."""
    counts = [0] * gates
    for bits in gate_bits.tolist():
        while bits:
            lowest = bits & -bits
            counts[lowest.bit_length() - 1] += 1
            bits ^= lowest
    return counts


def unranked_by_gate(assessment: Assessment, units: Ints | slice) -> list[tuple[str, str, int]]:
    """Category, measure, and number of units that fail this gate of a lowest level; only gates that some unit fails."""
    missed = []
    for category in assessment.categories:
        plan = category.plan
        if not plan.levels or not (category.failed(units) & plan.next_gates[0]).any():
            continue
        for gate, count in zip(plan.gates, units_failing(category, units), strict=True):
            if count and gate.level_index == len(plan.levels) - 1:
                missed.append((plan.code, plan.measures[gate.measure].name, count))
    return missed


class CriterionCount(NamedTuple):
    """How many units got what in one criterion."""

    criterion: str
    applicable: int
    """Units to which it applies."""
    full: int
    """Units with the most points that it can give; of a penalty: units from which it takes nothing."""
    none: int
    """Units with the fewest points that it can give, for whatever reason. 0 if it gives all units the same."""
    missing: int
    """Units that lack an answer for it."""


def criterion_counts(category: CategoryScores, units: Ints | slice) -> list[CriterionCount]:
    """Counts for each criterion of the category, in the set's order."""
    counts = []
    for group in category.groups:
        plan, points, status = group.plan, group.points[:, units], group.status[:, units]
        applies = status != Status.NOT_APPLICABLE
        fewest = (points == plan.lowest) & (plan.lowest < plan.highest)
        found = applies, applies & (points == plan.highest), applies & fewest, status == Status.MISSING
        columns = (np.count_nonzero(units_with, axis=1).tolist() for units_with in found)
        ids = (criterion.id for criterion in plan.criteria)
        counts += [CriterionCount(*count) for count in zip(ids, *columns, strict=True)]
    return counts


def ranked_count(category: CategoryScores, units: Ints | slice) -> int:
    """How many units are ranked."""
    return int(np.count_nonzero(category.ranked[units]))
