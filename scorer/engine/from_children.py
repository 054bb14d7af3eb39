"""Computes answers of a unit from the answers of its children: the units of the same call that name it as parent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from scorer.engine.plan import SetPlan
from scorer.model.fixed_point import MICRO, Floats, Ints, round_to_micro
from scorer.model.indicators import MAX_ANSWER

_RADIX = 2.0**26
"""Answers in millionths are split by this into a high and a low part, so that sums of many answers are exact
doubles."""


def computed_answers(
    plan: SetPlan, ids: Sequence[str], tiers: Sequence[str], parents: Sequence[str], matrix: Floats
) -> list[tuple[str, Ints]]:
    """Writes the computed answers of n units with children to the matrix.

    A unit without children keeps its own answer. If a child lacks an answer, the result is missing.

    Args:
        plan: the plan of the criteria set.
        ids: (n,) ids of the units.
        tiers: (n,) tiers of the units; empty where a tier is not known.
        parents: (n,) ids of the units' parents; or no entries, if no unit has a parent.
        matrix: (indicators, n) answers, changed in place.

    Returns:
        For each computed indicator, the units that have children and an answer of their own, which is not allowed.
    """
    refused = list[tuple[str, Ints]]()
    rules = plan.criteria_set.from_children
    if not rules or not parents:
        return refused
    index = {code: unit for unit, code in enumerate(ids)}
    parent_index = np.array([index.get(parent, -1) for parent in parents], dtype=np.int64)
    children = np.flatnonzero(parent_index >= 0)
    count = np.bincount(parent_index[children], minlength=len(ids))
    of_tier = np.array(tiers, dtype=object)
    for rule in rules:
        units = np.flatnonzero((of_tier == rule.tier) & (count > 0))
        answers = matrix[plan.rows[rule.indicator]]
        refused.append((rule.indicator, units[~np.isnan(answers[units])]))
        child_answers = matrix[plan.rows[rule.reads]][children]
        known = np.abs(child_answers) <= MAX_ANSWER
        micro = round_to_micro(np.where(known, child_answers, 0.0))
        high = np.floor(micro / _RADIX)
        sums = [np.bincount(parent_index[children], part, len(ids)) for part in (high, micro - high * _RADIX)]
        lacking = np.bincount(parent_index[children], ~known, len(ids)) > 0
        for unit in units.tolist():
            total = int(sums[0][unit]) * int(_RADIX) + int(sums[1][unit])
            exact = Fraction(total, int(count[unit]) if rule.is_mean else 1)
            answers[unit] = np.nan if lacking[unit] else round(exact) / MICRO
    return refused
