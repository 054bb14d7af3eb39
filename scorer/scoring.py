"""The method: answers -> points -> totals -> gates -> levels. One path for one unit and for a hundred thousand.

Sums are exact in whole micropoints; percent and converted scores are rounded down, once, from the sums; nothing is
rounded for display between steps. Ranks come last and stand in ``scorer.ranking``, as they need all units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from scorer.cohort import Cohort
from scorer.gates import percent_key
from scorer.groups import CriterionFault, Status
from scorer.plan import CategoryPlan, GroupPlan, MeasurePlan, TierPlan
from scorer.points import Bools, Ints, converted, half_up, parts_per_million


class Standing(IntEnum):
    """Whether a unit is ranked in a category."""

    RANKED = 1
    BELOW_MINIMUM = 2
    """Not even the lowest level's gates all hold."""
    NOTHING_APPLICABLE = 3
    """No criterion of the category applies to the unit."""


class PluginFault(Exception):
    """A plugin broke, or gave points that cannot be, while scoring."""

    def __init__(self, group: str, criterion: str, what: str) -> None:
        super().__init__(f"plugin of group {group!r}{f', criterion {criterion}' if criterion else ''}: {what}")
        self.group, self.criterion = group, criterion


@dataclass(frozen=True)
class Scores:
    """Points of one sum of criteria for n units, and what follows from them. All arrays (n,), micropoints."""

    points: Ints
    max_points: Ints
    """Without what is not applicable."""
    nominal: int
    percent: Ints
    """Parts per million, rounded down."""
    converted: Ints
    """points x nominal / max_points, rounded down."""
    published: Ints
    """converted, half up at the set's published precision."""
    missing: Ints
    """Criteria that miss an answer."""
    not_applicable: Ints
    """Criteria left out."""


@dataclass(frozen=True)
class GroupScores:
    """One criterion group: its k criteria and their sum."""

    plan: GroupPlan
    points: Ints
    """(k, n) micropoints."""
    status: NDArray[np.uint8]
    """(k, n) of ``Status``."""
    scores: Scores


@dataclass(frozen=True)
class MeasureScores:
    """One measure of n units."""

    plan: MeasurePlan
    points: Ints
    max_points: Ints
    percent: Ints
    level: Ints
    """Best level all of whose gates on this measure hold; 0: none."""


@dataclass(frozen=True)
class CategoryScores:
    """One category of n units."""

    plan: CategoryPlan
    groups: tuple[GroupScores, ...]
    scores: Scores
    measures: tuple[MeasureScores, ...]
    failed: Bools
    """(gates, n) which gates do not hold, by the plain comparison."""
    level_place: Ints
    """Place of the level reached; the number of levels where none is."""
    level: Ints
    """Level reached; 0: none."""
    standing: NDArray[np.uint8]
    """(n,) of ``Standing``."""


@dataclass(frozen=True)
class Assessment:
    """Everything about the units of one tier but their ranks."""

    plan: TierPlan
    cohort: Cohort
    categories: tuple[CategoryScores, ...]
    overall: Scores
    eligible: Bools
    """(n,) ranked in every required category."""


def assess(plan: TierPlan, cohort: Cohort) -> Assessment:
    """Scores the units of one tier.

    Args:
        plan: what the criteria set fixes for the tier.
        cohort: the tier's units, whose answers were validated.

    Raises:
        PluginFault: a plugin broke or gave points that cannot be.
    """
    categories = []
    for category in plan.categories:
        groups = tuple(award_points(group, cohort, plan.decimals) for group in category.groups)
        scores = total([group.scores for group in groups], plan.decimals)
        measures, keys = measure(category, groups, scores)
        categories.append(decide_level(category, groups, scores, measures, keys))
    overall = total([category.scores for category in categories], plan.decimals)
    eligible = np.logical_and.reduce([categories[place].standing == Standing.RANKED for place in plan.requires])
    return Assessment(plan, cohort, tuple(categories), overall, eligible)


def award_points(group: GroupPlan, cohort: Cohort, decimals: int) -> GroupScores:
    """Lets the group's plugin score, checks what it gives, and leaves out what is not applicable."""
    points, status = _checked(group, cohort)
    for row, criterion in enumerate(group.criteria):
        if criterion.missing_leaves_out:
            status[row, status[row] == Status.MISSING] = Status.NOT_APPLICABLE
        if criterion.id in cohort.excluded:  # exclusion wins over an answer
            status[row, cohort.excluded[criterion.id]] = Status.NOT_APPLICABLE
    left_out = status == Status.NOT_APPLICABLE
    points[left_out] = 0
    scores = _scores(
        points.sum(axis=0),
        np.where(left_out, 0, group.maxima).sum(axis=0),
        group.nominal,
        decimals,
        missing=(status == Status.MISSING).sum(axis=0),
        not_applicable=left_out.sum(axis=0),
    )
    return GroupScores(group, points, status, scores)


def total(parts: Sequence[Scores], decimals: int) -> Scores:
    """The sum of groups to a category, or of categories to all, never below 0 (penalties)."""
    return _scores(
        np.maximum(np.add.reduce([part.points for part in parts]), 0),
        np.add.reduce([part.max_points for part in parts]),
        sum(part.nominal for part in parts),
        decimals,
        missing=np.add.reduce([part.missing for part in parts]),
        not_applicable=np.add.reduce([part.not_applicable for part in parts]),
    )


def measure(
    category: CategoryPlan, groups: Sequence[GroupScores], scores: Scores
) -> tuple[tuple[MeasureScores, ...], list[Ints]]:
    """The category's measures, and the whole number (n,) that gates compare for each measure and unit."""
    sums = [_measured(plan, groups, scores) for plan in category.measures]
    keys = [
        percent_key(*sums[place]) if unit == "percent" else sums[place][0] for place, unit in category.keys
    ]  # fmt: skip
    measures = []
    for place, (plan, (points, maximum)) in enumerate(zip(category.measures, sums, strict=True)):
        level = np.zeros_like(points)
        for level_place in range(len(category.levels) - 1, -1, -1):
            mine = [gate for gate in category.gates if (gate.level_place, gate.measure) == (level_place, place)]
            if mine:
                hold = np.logical_and.reduce([keys[gate.key] >= gate.threshold for gate in mine])
                level[hold] = category.levels[level_place]
        measures.append(MeasureScores(plan, points, maximum, parts_per_million(points, maximum)[0], level))
    return tuple(measures), keys


def decide_level(
    category: CategoryPlan,
    groups: tuple[GroupScores, ...],
    scores: Scores,
    measures: tuple[MeasureScores, ...],
    keys: Sequence[Ints],
) -> CategoryScores:
    """The best level whose gates all hold (the table knows), and the gates that do not hold, which say why."""
    units = len(scores.points)
    if category.table is None:
        place, level = np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
        reached = np.ones(units, dtype=np.bool_)
    else:
        place = category.table.best_level(keys)
        reached = place < len(category.levels)
    nothing = scores.max_points == 0
    if category.table is not None:
        place = np.where(nothing, len(category.levels), place)
        level = np.array([*category.levels, 0], dtype=np.int64)[place]
    standing = np.where(reached, Standing.RANKED, Standing.BELOW_MINIMUM).astype(np.uint8)
    standing[nothing] = Standing.NOTHING_APPLICABLE
    failed = np.array([keys[gate.key] < gate.threshold for gate in category.gates], dtype=np.bool_)
    failed = failed.reshape(len(category.gates), units)
    return CategoryScores(category, groups, scores, measures, failed, place, level, standing)


def _measured(plan: MeasurePlan, groups: Sequence[GroupScores], scores: Scores) -> tuple[Ints, Ints]:
    """Points and applicable maximum (n,) of a measure."""
    if plan.criterion is not None:
        place, row = plan.criterion
        group = groups[place]
        left_out = group.status[row] == Status.NOT_APPLICABLE
        return group.points[row], np.where(left_out, 0, group.plan.maxima[row])
    if plan.groups:
        parts = [groups[place].scores for place in plan.groups]
        return np.add.reduce([part.points for part in parts]), np.add.reduce([part.max_points for part in parts])
    return scores.points, scores.max_points


def _scores(points: Ints, maximum: Ints, nominal: int, decimals: int, *, missing: Ints, not_applicable: Ints) -> Scores:
    full = converted(points, maximum, nominal)
    return Scores(
        points=points,
        max_points=maximum,
        nominal=nominal,
        percent=parts_per_million(points, maximum)[0],
        converted=full,
        published=half_up(full, decimals),
        missing=missing,
        not_applicable=not_applicable,
    )


def _checked(group: GroupPlan, cohort: Cohort) -> tuple[Ints, NDArray[np.uint8]]:
    """What the plugin gives, as arrays of our own; a plugin is not trusted."""
    try:
        given = group.plugin.score(group.criteria, cohort)
        points, status = np.asarray(given.points), np.array(given.status)
    except CriterionFault as fault:
        raise PluginFault(group.code, fault.criterion, f"its formula raised {fault.__cause__!r}") from fault
    except (Exception, SystemExit) as error:  # a stranger's code: anything can come
        raise PluginFault(group.code, "", f"score() raised {error!r}") from error
    shape = (len(group.criteria), len(cohort))
    if points.shape != shape or status.shape != shape:
        raise PluginFault(group.code, "", f"points {points.shape} and status {status.shape} are not {shape}")
    if points.dtype not in (np.int64, np.float64) or status.dtype != np.uint8:
        raise PluginFault(group.code, "", f"points are {points.dtype} and status {status.dtype}, not int64 and uint8")
    with np.errstate(invalid="ignore"):
        whole = points.astype(np.int64)
    bad_points = (whole != points) | (whole < group.lowest) | (whole > group.highest)
    bad = (bad_points & (status != Status.NOT_APPLICABLE)) | (status < Status.SCORED) | (status > Status.NOT_APPLICABLE)
    if bad.any():
        row, unit = (int(place) for place in np.argwhere(bad)[0])
        low, high = int(group.lowest[row, 0]), int(group.highest[row, 0])
        what = (
            f"gives {points[row, unit]} with status {status[row, unit]}; whole micropoints from {low} to {high} can be"
        )
        raise PluginFault(group.code, group.criteria[row].id, what)
    return whole, status
