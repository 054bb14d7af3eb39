"""Answers that are computed from the answers of a unit's children, which are the units of the call below it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from scorer.engine.plan import SetPlan
from scorer.model.fixed_point import MICRO, Floats, Ints, round_to_micro
from scorer.model.indicators import MAX_ANSWER

_LOW = 2.0**26
"""Micropoints are added up in two parts, so that sums of 100,000 answers are exact in doubles."""


def computed_answers(
    plan: SetPlan, ids: Sequence[str], tiers: Sequence[str], parents: Sequence[str], matrix: Floats
) -> list[tuple[str, Ints]]:
    """Writes the computed answers of n units with children to the matrix.

    A unit without children keeps its own answer. If a child lacks an answer, the result is missing.

    Args:
        plan: the plan of the criteria set.
        ids: (n,) ids of the units.
        tiers: (n,) their tiers; or one entry, if all have the same tier.
        parents: (n,) ids of their parents; or no entries.
        matrix: (indicators, n) answers, changed in place.

    Returns:
        For each computed indicator, the units that have children and an answer of their own, which is not allowed.
    """
    refused = list[tuple[str, Ints]]()
    rules = plan.criteria_set.from_children
    if not rules or not parents:
        return refused
    index = {code: unit for unit, code in enumerate(ids)}
    above = np.array([index.get(parent, -1) for parent in parents], dtype=np.int64)
    children = np.flatnonzero(above >= 0)
    count = np.bincount(above[children], minlength=len(ids))
    of_tier = np.array(tiers if len(tiers) == len(ids) else list(tiers) * len(ids), dtype=object)
    for rule in rules:
        units = np.flatnonzero((of_tier == rule.tier) & (count > 0))
        answers = matrix[plan.rows[rule.indicator]]
        refused.append((rule.indicator, units[~np.isnan(answers[units])]))
        read = matrix[plan.rows[rule.reads]][children]
        known = np.abs(read) <= MAX_ANSWER
        micro = round_to_micro(np.where(known, read, 0.0))
        high = np.floor(micro / _LOW)
        sums = [np.bincount(above[children], part, len(ids)) for part in (high, micro - high * _LOW)]
        lacking = np.bincount(above[children], ~known, len(ids)) > 0
        for unit in units.tolist():
            total = int(sums[0][unit]) * int(_LOW) + int(sums[1][unit])
            exact = Fraction(total, int(count[unit]) if rule.is_mean else 1)
            answers[unit] = np.nan if lacking[unit] else round(exact) / MICRO
    return refused
