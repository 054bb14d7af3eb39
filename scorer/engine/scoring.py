"""The method: answers -> points -> totals -> gates -> levels. One path for one unit and for a million.

Sums are exact, in whole micropoints. Percent and converted scores are rounded down once, from the sums; nothing is
rounded between steps. ``scorer.engine.ranking`` ranks the units afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.engine.kernel import Results
from scorer.engine.plan import CategoryPlan, GroupPlan, MeasurePlan, TierPlan
from scorer.engine.plugin_scoring import PluginGroup, score_group
from scorer.engine.score_table import Scores, ScoreTable
from scorer.engine.subtotals import add_up
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.plugins.calls_in_flight import PluginCalls
from scorer.plugins.group import Statuses

MAX_CHUNK_UNITS = 20_000
"""Maximum number of units per call of the kernel. The caller can cancel between two chunks."""


class Standing(IntEnum):
    """Whether a unit is ranked in a category."""

    RANKED = native.RANKED
    BELOW_MINIMUM = native.BELOW_MINIMUM
    """The unit does not reach the lowest level."""
    NOTHING_APPLICABLE = native.NOTHING_APPLICABLE
    """No criterion of the category applies to the unit."""
    EXCLUDED = native.EXCLUDED_BY_LIMIT
    """A limit says that the unit is not ranked, whatever its points."""


RANKED = np.uint8(Standing.RANKED)
"""The standing as a NumPy number: comparing an array with an enum member takes ten times as long."""


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
    """Indices of rows of the table: first the category's own sum, then its measures."""
    cells: tuple[Ints, ...]
    """For each rule: (n,) the unit's cell in the rule's table."""
    level: Ints
    """(n,) level reached; 0: none."""
    standing: NDArray[np.uint8]
    """(n,) of ``Standing``."""
    groups: tuple[GroupScores, ...] = ()
    """Empty unless ``assess`` was called with ``full``."""

    @property
    def ranked(self) -> Bools:
        """(n,) whether a unit is ranked."""
        ranked: Bools = self.standing == RANKED
        return ranked

    @property
    def scores(self) -> Scores:
        """The category's own sum."""
        return self.table.scores(self.rows[0])

    @property
    def measures(self) -> tuple[MeasureScores, ...]:
        """The measures that the gates of the category compare."""
        table = self.table
        return tuple(
            MeasureScores(measure, table.points[row], table.max_points[row], table.percent[row])
            for measure, row in zip(self.plan.measures, self.rows[1:], strict=True)
        )

    def failed(self, units: Ints | slice) -> NDArray[np.uint64]:
        """(m,) for the given units: bit i is set when gate i fails."""
        return self._gate_bits((cells.failed for cells in self.plan.cells), units)

    def lacking(self, units: Ints | slice) -> NDArray[np.uint64]:
        """(m,) for the given units: bit i is set when gate i is lacking; see ``Cells.lacking``."""
        return self._gate_bits((cells.lacking for cells in self.plan.cells), units)

    def _gate_bits(self, tables: Iterator[NDArray[np.uint64]], units: Ints | slice) -> NDArray[np.uint64]:
        """(m,) all bits that the tables of the rules have for the units' cells."""
        bits = np.zeros(len(self.level[units]), dtype=np.uint64)
        for table, cell in zip(tables, self.cells, strict=True):
            bits |= table.take(cell[units])
        return bits


@dataclass(frozen=True)
class Assessment:
    """The scores and levels of the units of one tier; everything but ranks."""

    plan: TierPlan
    cohort: Cohort
    categories: tuple[CategoryScores, ...]
    standings: NDArray[np.uint8]
    """(categories, n) of ``Standing``."""
    levels: Ints
    """(categories, n) levels reached; 0: none."""
    eligible: Bools
    """(n,) whether the unit is ranked in every required category."""
    sums: ScoreTable
    """One row per sum, in the order of ``SumsPlan``: the categories, the overall score, then the measures."""
    group_sums: ScoreTable | None
    """A row per group; None unless ``assess`` was called with ``full``."""
    subtotals: ScoreTable | None
    """A row per subtotal; None if the tier has none, and unless ``assess`` was called with ``full``."""
    self_reported: Assessment | None = None
    """The assessment of the same units by the answers that they reported themselves; None if no other answers count."""

    @property
    def overall(self) -> Scores:
        """All categories together."""
        return self.sums.scores(len(self.categories))


def assess(
    plan: TierPlan,
    cohort: Cohort,
    *,
    self_reported: Cohort | None = None,
    full: bool = False,
    plugin_calls: PluginCalls | None = None,
    check_cancelled: Callable[[], None] = lambda: None,
) -> Assessment:
    """Scores the units of one tier.

    Args:
        plan: the plan of the tier.
        cohort: the tier's units, whose answers were validated.
        self_reported: the same units with the answers that they reported themselves; scored too, if given.
        full: whether to keep the points and status of every criterion.
        plugin_calls: counts the plugin calls in flight; a service shares one between all its calls.
        check_cancelled: called before each chunk; may raise to stop the work.

    Raises:
        PluginFault: a plugin raised, or returned impossible points.
        PluginBusy: too many earlier calls of a plugin are still running.
    """
    plugin_calls = plugin_calls or PluginCalls()
    with np.errstate(all="ignore"):  # a setting of the thread: NaN, which means not reported, must not warn
        plugin_scored = {
            index: score_group(group, cohort, plugin_calls)
            for index, group in enumerate(plan.groups)
            if group.lines is None
        }
    results = _results(plan, len(cohort), plugin_scored, full=full)
    answers, excluded = np.ascontiguousarray(cohort.matrix), plan.kernel.excluded(cohort.excluded, len(cohort))
    for units in _chunks(len(cohort)):
        check_cancelled()
        plan.kernel.score(answers, excluded, results, units)
    _mark_excluded(plan, results)
    assessment = _assessment(plan, cohort, results, plugin_scored)
    if self_reported is None:
        return assessment
    by_own_answers = assess(plan, self_reported, full=full, plugin_calls=plugin_calls, check_cancelled=check_cancelled)
    return replace(assessment, self_reported=by_own_answers)


def _chunks(units: int) -> Iterator[slice]:
    """Chunks of about equal size: a small last chunk would cost nearly as much as a full one."""
    chunks = -(-units // MAX_CHUNK_UNITS)
    return (slice(units * n // chunks, units * (n + 1) // chunks) for n in range(chunks))


def _results(plan: TierPlan, units: int, plugin_scored: Mapping[int, PluginGroup], *, full: bool) -> Results:
    """Creates the arrays for the results of n units. The sums of groups that a plugin has scored are already filled in.

    There are sums of groups if ``full``, or if a plugin has scored a group, because the kernel then needs its sums.
    """
    sums, groups = plan.sums, ScoreTable(plan.group_maxima, 0, units) if full or plugin_scored else None
    if groups is not None:
        for index, group in plugin_scored.items():
            group.add_up(slice(None), groups, index)
        for measure, (index, row) in enumerate(sums.criteria, len(plan.groups)):
            if index in plugin_scored:
                plugin_scored[index].add_up(slice(row, row + 1), groups, measure)
    levels = np.empty((len(plan.categories), units), dtype=np.int64)
    cells = np.empty((plan.kernel.rules, units), dtype=np.int64)
    standings = np.empty(levels.shape, dtype=np.uint8)
    table = ScoreTable(sums.nominal, len(sums.members) - len(sums.nominal), units)
    if not full:
        return Results(table, cells, levels, standings, groups)
    shape = plan.kernel.criteria, units
    return Results(table, cells, levels, standings, groups, np.empty(shape), np.empty(shape, dtype=np.uint8))


def _mark_excluded(plan: TierPlan, results: Results) -> None:
    """Sets the standing of units that a limit excludes. The kernel has marked them as below the minimum."""
    cells = iter(results.cells)
    for category, standings in zip(plan.categories, results.standings, strict=True):
        for rule, cell in zip(category.rules, cells, strict=False):
            if rule.excludes and rule.table is not None:
                in_limit = ~rule.table.holds.take(cell)
                standings[in_limit & (standings == Standing.BELOW_MINIMUM)] = Standing.EXCLUDED


def _assessment(
    plan: TierPlan, cohort: Cohort, results: Results, plugin_scored: Mapping[int, PluginGroup]
) -> Assessment:
    """The assessment of the n units of a cohort, from the results of the kernel and of plugins."""
    groups, cells = _group_scores(plan, results, plugin_scored), iter(results.cells)
    categories = tuple(
        CategoryScores(
            category,
            results.sums,
            (index, *plan.sums.measures[index]),
            tuple(islice(cells, len(category.rules))),
            results.levels[index],
            results.standings[index],
            tuple(groups[group] for group in plan.group_indices(category)) if groups else (),
        )
        for index, category in enumerate(plan.categories)
    )
    eligible = categories[plan.requires[0]].ranked
    for index in plan.requires[1:]:
        eligible &= categories[index].ranked
    points, status = [group.points for group in groups], [group.status for group in groups]
    return Assessment(
        plan,
        cohort,
        categories,
        results.standings,
        results.levels,
        eligible,
        results.sums,
        results.groups if groups else None,
        add_up(plan, points, status, len(cohort)) if groups and plan.subtotals.codes else None,
    )


def _group_scores(plan: TierPlan, results: Results, plugin_scored: Mapping[int, PluginGroup]) -> list[GroupScores]:
    """The scores of all groups; an empty list if the results have no points of single criteria."""
    scores, first = list[GroupScores](), 0
    if results.groups is None or results.points is None or results.status is None:
        return scores
    for index, group in enumerate(plan.groups):
        if index in plugin_scored:
            points, status = plugin_scored[index].points, plugin_scored[index].status
        else:
            rows = slice(first, first := first + len(group.criteria))
            points, status = results.points[rows], results.status[rows]
        scores.append(GroupScores(group, points, status, results.groups.scores(index)))
    return scores
