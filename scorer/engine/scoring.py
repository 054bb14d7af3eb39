"""The method: answers -> points -> totals -> gates -> levels. One path for one unit and for a million.

Sums are exact in whole micropoints; percent and converted scores are rounded down, once, from the sums; nothing is
rounded for display between steps. Ranks come last and stand in ``scorer.engine.ranking``, as they need all units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.engine.kernel import Results
from scorer.engine.plan import CategoryPlan, GroupPlan, MeasurePlan, TierPlan
from scorer.engine.plugin_scoring import PluginGroup, score_group
from scorer.engine.score_table import Scores, ScoreTable
from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.model.units import Cohort
from scorer.plugins.calls_in_flight import PluginCalls
from scorer.plugins.group import Statuses

CHUNK = 20_000
"""Units scored in one call, after which the caller may stop the work."""


class Standing(IntEnum):
    """Whether a unit is ranked in a category."""

    RANKED = native.RANKED
    BELOW_MINIMUM = native.BELOW_MINIMUM
    """Not even the lowest level's gates all hold."""
    NOTHING_APPLICABLE = native.NOTHING_APPLICABLE
    """No criterion of the category applies to the unit."""


RANKED = np.uint8(Standing.RANKED)
"""Arrays are compared with a member of an enumeration ten times as slowly."""


class GroupScores(NamedTuple):
    """One criterion group: its k criteria and their sum."""

    plan: GroupPlan
    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n) of ``Status``."""
    scores: Scores


class MeasureScores(NamedTuple):
    """One measure of n units."""

    plan: MeasurePlan
    points: Floats
    max_points: Floats
    percent: Floats


class CategoryScores(NamedTuple):
    """One category of n units."""

    plan: CategoryPlan
    table: ScoreTable
    rows: tuple[int, ...]
    """Rows of the table: the category's own, and those of its measures."""
    cell: Ints
    """(n,) the cell of the gate table; 0 for all without one."""
    level: Ints
    """(n,) level reached; 0: none."""
    standing: NDArray[np.uint8]
    """(n,) of ``Standing``."""
    groups: tuple[GroupScores, ...] = ()
    """When asked for."""

    @property
    def ranked(self) -> Bools:
        """(n,) whether a unit is ranked."""
        ranked: Bools = self.standing == RANKED
        return ranked

    @property
    def scores(self) -> Scores:
        """Its points, and what follows from them."""
        return self.table.scores(self.rows[0])

    @property
    def measures(self) -> tuple[MeasureScores, ...]:
        """What its gates compare."""
        table = self.table
        return tuple(
            MeasureScores(measure, table.points[row], table.max_points[row], table.percent[row])
            for measure, row in zip(self.plan.measures, self.rows[1:], strict=True)
        )

    def failed(self, units: Ints | slice) -> NDArray[np.uint64]:
        """Words of some units (m,): bit i is set when gate i does not hold."""
        cell = self.cell[units]
        if self.plan.cells is None:
            return np.zeros(len(cell), dtype=np.uint64)
        return self.plan.cells.failed.take(cell)


@dataclass(frozen=True)
class Assessment:
    """Everything about the units of one tier but their ranks."""

    plan: TierPlan
    cohort: Cohort
    categories: tuple[CategoryScores, ...]
    standings: NDArray[np.uint8]
    """(categories, n), of all categories: see there."""
    levels: Ints
    """The same."""
    eligible: Bools
    """(n,) ranked in every required category."""
    sums: ScoreTable
    """The categories' scores, those of all together, and the measures', as ``SumsPlan`` has them."""
    group_sums: ScoreTable | None
    """The groups', when asked for."""

    @property
    def overall(self) -> Scores:
        """All categories together."""
        return self.sums.scores(len(self.categories))


def assess(
    plan: TierPlan,
    cohort: Cohort,
    *,
    full: bool = False,
    plugin_calls: PluginCalls | None = None,
    check_cancelled: Callable[[], None] = lambda: None,
) -> Assessment:
    """Scores the units of one tier.

    Args:
        plan: what the criteria set fixes for the tier.
        cohort: the tier's units, whose answers were validated.
        full: whether to keep what each criterion gave.
        plugin_calls: the calls that plugins score for; a service has one for all its calls.
        check_cancelled: called before each chunk; what it raises ends the work.

    Raises:
        PluginFault: a plugin broke or gave points that cannot be.
        PluginBusy: a plugin has not ended too many earlier calls.
    """
    plugin_calls = plugin_calls or PluginCalls()
    with np.errstate(all="ignore"):  # threads do not inherit it; NaN means not reported
        asked = {
            place: score_group(group, cohort, plugin_calls)
            for place, group in enumerate(plan.groups)
            if group.lines is None
        }
    results = _results(plan, len(cohort), asked, full=full)
    answers, excluded = np.ascontiguousarray(cohort.matrix), plan.kernel.excluded(cohort.excluded, len(cohort))
    for units in _chunks(len(cohort)):
        check_cancelled()
        plan.kernel.score(answers, excluded, results, units)
    return _assessment(plan, cohort, results, asked)


def _chunks(units: int) -> Iterator[slice]:
    """Chunks of about the same size: a small last one would cost as many calls as a large one."""
    chunks = -(-units // CHUNK)
    return (slice(units * n // chunks, units * (n + 1) // chunks) for n in range(chunks))


def _results(plan: TierPlan, units: int, asked: Mapping[int, PluginGroup], *, full: bool) -> Results:
    """Room for the results of n units, with the sums of the groups whose plugins were asked.

    The groups' sums are kept when somebody wants to see them, or when the kernel has to read them.
    """
    sums, groups = plan.sums, ScoreTable(plan.group_maxima, 0, units) if full or asked else None
    if groups is not None:
        for place, group in asked.items():
            group.add_up(slice(None), groups, place)
        for measure, (place, at) in enumerate(sums.criteria, len(plan.groups)):
            if place in asked:
                asked[place].add_up(slice(at, at + 1), groups, measure)
    cells, levels = np.empty((2, len(plan.categories), units), dtype=np.int64)
    standings = np.empty(levels.shape, dtype=np.uint8)
    table = ScoreTable(sums.nominal, len(sums.members) - len(sums.nominal), units)
    if not full:
        return Results(table, cells, levels, standings, groups)
    shape = plan.kernel.criteria, units
    return Results(table, cells, levels, standings, groups, np.empty(shape), np.empty(shape, dtype=np.uint8))


def _assessment(plan: TierPlan, cohort: Cohort, results: Results, asked: Mapping[int, PluginGroup]) -> Assessment:
    """All of it, by category."""
    groups = _group_scores(plan, results, asked)
    categories = tuple(
        CategoryScores(
            category,
            results.sums,
            (at, *plan.sums.measures[at]),
            results.cells[at],
            results.levels[at],
            results.standings[at],
            tuple(groups[place] for place in plan.places(category)) if groups else (),
        )
        for at, category in enumerate(plan.categories)
    )
    eligible = categories[plan.requires[0]].ranked
    for at in plan.requires[1:]:
        eligible &= categories[at].ranked
    seen = results.groups if groups else None
    return Assessment(plan, cohort, categories, results.standings, results.levels, eligible, results.sums, seen)


def _group_scores(plan: TierPlan, results: Results, asked: Mapping[int, PluginGroup]) -> list[GroupScores]:
    """Of all groups, when criteria were kept."""
    scores, first = list[GroupScores](), 0
    if results.groups is None or results.points is None or results.status is None:
        return scores
    for place, group in enumerate(plan.groups):
        if place in asked:
            points, status = asked[place].points, asked[place].status
        else:
            here = slice(first, first := first + len(group.criteria))
            points, status = results.points[here], results.status[here]
        scores.append(GroupScores(group, points, status, results.groups.scores(place)))
    return scores
