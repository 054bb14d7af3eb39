"""Why a unit has the level it has: what its next better level asks and it does not reach; counts over a ranking."""

from __future__ import annotations

import numpy as np

from scorer.points import Ints
from scorer.scoring import CategoryScores, Standing


def failing(category: CategoryScores, unit: int) -> list[int]:
    """Places of the failed gates of a unit's next better level; of the lowest level when none is reached."""
    wanted = int(category.level_place[unit]) - 1
    return [
        at for at, gate in enumerate(category.plan.gates) if gate.level_place == wanted and category.failed[at, unit]
    ]


def units_by_level(category: CategoryScores) -> Ints:
    """(levels,) how many units reached each level as their best."""
    return np.bincount(category.level_place, minlength=len(category.plan.levels) + 1)[: len(category.plan.levels)]


def units_failing(category: CategoryScores) -> Ints:
    """(gates,) how many units do not pass each gate."""
    return np.asarray(category.failed.sum(axis=1), dtype=np.int64)


def ranked_count(category: CategoryScores) -> int:
    """How many units are ranked."""
    return int((category.standing == Standing.RANKED).sum())
