"""Why a unit has the level it has: what its next better level asks and it does not reach; counts over a ranking."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scorer.groups import Status
from scorer.points import Ints
from scorer.scoring import Assessment, CategoryScores, Standing


def failing(category: CategoryScores, unit: int) -> list[int]:
    """Places of the failed gates of a unit's next better level; of the lowest level when none is reached."""
    cells = category.plan.cells
    if cells is None:
        return []
    wanted, word = int(category.level_place[unit]) - 1, int(cells.failed[category.cell[unit]])
    return [at for at, gate in enumerate(category.plan.gates) if gate.level_place == wanted and word >> at & 1]


def units_by_level(category: CategoryScores) -> Ints:
    """(levels,) how many units reached each level as their best."""
    return np.bincount(category.level_place, minlength=len(category.plan.levels) + 1)[: len(category.plan.levels)]


def units_failing(category: CategoryScores) -> Ints:
    """(gates,) how many units do not pass each gate."""
    cells = category.plan.cells
    if cells is None:
        return np.zeros(0, dtype=np.int64)
    units: Ints = np.bincount(category.cell, minlength=cells.fails.shape[1])
    return cells.fails @ units


def unranked_by_gate(assessment: Assessment) -> list[tuple[str, str, int]]:
    """Category, measure, and how many units miss that gate of the lowest level; without gates that nobody misses."""
    missed = []
    for category in assessment.categories:
        plan, lowest = category.plan, len(category.plan.levels) - 1
        for gate, units in zip(plan.gates, units_failing(category).tolist(), strict=True):
            if units and gate.level_place == lowest:
                missed.append((plan.code, plan.measures[gate.measure].name, units))
    return missed


class CriterionCount(NamedTuple):
    """What n units reached in one criterion."""

    criterion: str
    applicable: int
    full: int
    """Units with all its points."""
    none: int
    """Units with none of its points, for whatever reason."""
    missing: int


def criterion_counts(category: CategoryScores) -> list[CriterionCount]:
    """Each criterion of the category, in the set's order."""
    counts = []
    for group in category.groups:
        for row, criterion in enumerate(group.plan.criteria):
            applies = group.status[row] != Status.NOT_APPLICABLE
            points = group.points[row][applies]
            most = max(int(group.plan.lowest[row, 0]), int(group.plan.highest[row, 0]), key=abs)
            counts.append(
                CriterionCount(
                    criterion.id,
                    len(points),
                    int((points == most).sum()),
                    int((points == 0).sum()),
                    int((group.status[row] == Status.MISSING).sum()),
                )
            )
    return counts


def ranked_count(category: CategoryScores) -> int:
    """How many units are ranked."""
    return int((category.standing == Standing.RANKED).sum())
