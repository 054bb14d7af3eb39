"""Subtotals: sums of the points of criteria across groups. They are shown only: levels and ranks do not use them.

A subtotal adds up the points of its criteria. Caps, floors and means of groups and categories do not change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scorer.criteria.combine import Combine
from scorer.criteria.model import CriteriaSet
from scorer.engine.composition import Composition
from scorer.engine.kernel import Kernel, Results
from scorer.engine.plan import GroupPlan, SubtotalsPlan, TierPlan
from scorer.engine.score_table import ScoreTable
from scorer.model.fixed_point import Floats
from scorer.plugins.group import Status, Statuses


def plan_subtotals(criteria_set: CriteriaSet, groups: Sequence[GroupPlan]) -> SubtotalsPlan:
    """The subtotals of a tier with these groups, in the set's order. Subtotals without criteria are left out."""
    used = {criterion.subtotal for group in groups for criterion in group.criteria}
    codes = tuple(code for code in criteria_set.subtotals if code in used)
    members, nominal = list[Floats](), np.zeros(len(codes))
    for group in groups:
        in_subtotal = [[float(criterion.subtotal == code) for criterion in group.criteria] for code in codes]
        members.append(np.array(in_subtotal).reshape(len(codes), len(group.criteria)))
        nominal += members[-1] @ group.maxima[:, 0]
    return SubtotalsPlan(codes, tuple(members), nominal)


def add_up(plan: TierPlan, points: Sequence[Floats], status: Sequence[Statuses], units: int) -> ScoreTable:
    """The subtotals of n units: one row per subtotal.

    Args:
        plan: the plan of the tier.
        points: for each group, (k, n) micropoints of its criteria.
        status: for each group, (k, n) of ``Status``.
        units: n, the number of units.
    """
    table = ScoreTable(plan.subtotals.nominal.astype(np.int64).tolist(), 0, units)
    table.sums[:], table.wholes[:] = 0, 0
    table.max_points += plan.subtotals.nominal[:, np.newaxis]
    for group, in_subtotal, own_points, own_status in zip(
        plan.groups, plan.subtotals.members, points, status, strict=True
    ):
        excluded = (own_status == Status.NOT_APPLICABLE).astype(np.float64)
        table.points += in_subtotal @ own_points  # exact: sums of whole numbers below 2^53
        table.max_points -= (in_subtotal * group.maxima[:, 0]) @ excluded
        table.missing += in_subtotal @ (own_status == Status.MISSING).astype(np.float64)
        table.not_applicable += in_subtotal @ excluded
    _fill_scores(plan, table, units)
    return table


def _fill_scores(plan: TierPlan, table: ScoreTable, units: int) -> None:
    """Fills percent, converted and published scores. To the kernel, subtotals look like groups that a plugin has
    scored.
    """
    nothing = np.empty((0, units))
    levels, standings = np.empty((0, units), dtype=np.int64), np.empty((0, units), dtype=np.uint8)
    results = Results(ScoreTable([0], 0, units), levels, levels, standings, table)
    plan.derived(_kernel).score(nothing, nothing.astype(np.bool_), results, slice(0, units))


def _kernel(plan: TierPlan) -> Kernel:
    """A kernel whose groups are the subtotals; it has no criteria, categories and rules."""
    count = len(plan.subtotals.codes)
    return Kernel(
        criteria=[],
        exclusions={},
        maxima=plan.subtotals.nominal.tolist(),
        caps=[math.inf] * count,
        members=np.zeros((1, count), dtype=np.bool_),
        compositions=[Composition(Combine.SUM, 0, ())],
        nominal=[0],
        decisions=[],
        order=[],
        decimals=plan.decimals,
        rounding=plan.rounding,
    )
