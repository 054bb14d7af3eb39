"""Subtotals: sums of the points of criteria across groups. They are shown, and decide nothing.

A subtotal adds up the points of its criteria as they are, before caps, floors and means of groups and categories.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from scorer.criteria.model import Combine, CriteriaSet
from scorer.engine.combining import Composition
from scorer.engine.kernel import Kernel, Results
from scorer.engine.plan import GroupPlan, SubtotalPlan, TierPlan
from scorer.engine.score_table import ScoreTable
from scorer.model.fixed_point import Floats
from scorer.plugins.group import Statuses


def plan_subtotals(criteria_set: CriteriaSet, groups: Sequence[GroupPlan]) -> tuple[SubtotalPlan, ...]:
    """The subtotals of a tier with these groups, in the set's order. Subtotals without criteria are left out."""
    plans = []
    for code in criteria_set.subtotals:
        named = [[row for row, own in enumerate(group.criteria) if own.subtotal == code] for group in groups]
        criteria = tuple((index, tuple(rows)) for index, rows in enumerate(named) if rows)
        maxima = [groups[index].maxima[list(rows), 0] for index, rows in criteria]
        if criteria:
            plans.append(SubtotalPlan(code, criteria, np.concatenate(maxima).astype(np.float64)))
    return tuple(plans)


def add_up(plan: TierPlan, points: Sequence[Floats], status: Sequence[Statuses], units: int) -> ScoreTable:
    """The subtotals of n units: one row per subtotal.

    Args:
        plan: the plan of the tier.
        points: by group, (k, n) micropoints of its criteria.
        status: by group, (k, n) of ``Status``.
        units: n.
    """
    table = ScoreTable([subtotal.nominal for subtotal in plan.subtotals], 0, units)
    for row, subtotal in enumerate(plan.subtotals):
        table.add_up(
            row,
            subtotal.maxima,
            np.concatenate([points[group][list(rows)] for group, rows in subtotal.criteria]),
            np.concatenate([status[group][list(rows)] for group, rows in subtotal.criteria]),
        )
    _fill_scores(plan, table, units)
    return table


def _fill_scores(plan: TierPlan, table: ScoreTable, units: int) -> None:
    """Fills percent, converted and published scores: for the kernel, subtotals are groups whose sums are known."""
    nothing = np.empty((0, units))
    levels, standings = np.empty((0, units), dtype=np.int64), np.empty((0, units), dtype=np.uint8)
    results = Results(ScoreTable([0], 0, units), levels, levels, standings, table)
    plan.derived(_kernel).score(nothing, nothing.astype(np.bool_), results, slice(0, units))


def _kernel(plan: TierPlan) -> Kernel:
    """A kernel without criteria, categories and rules."""
    count = len(plan.subtotals)
    return Kernel(
        criteria=[],
        exclusions={},
        maxima=[subtotal.nominal for subtotal in plan.subtotals],
        caps=[math.inf] * count,
        members=np.zeros((1, count), dtype=np.bool_),
        compositions=[Composition(Combine.SUM, 0, tuple[Fraction, ...]())],
        nominal=[0],
        decisions=[],
        order=[],
        decimals=plan.decimals,
        rounding=plan.rounding,
    )
