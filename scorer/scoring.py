"""The method: answers -> points -> totals -> gates -> levels. One path for one unit and for a million.

Sums are exact in whole micropoints; percent and converted scores are rounded down, once, from the sums; nothing is
rounded for display between steps. Ranks come last and stand in ``scorer.ranking``, as they need all units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.asked import AskedGroup, ask
from scorer.awards import Award, GroupSums, Places, Statuses
from scorer.cohort import Cohort
from scorer.plan import CategoryPlan, GroupPlan, MeasurePlan, TierPlan
from scorer.plugin_calls import PluginCalls
from scorer.points import Bools, Floats, Ints
from scorer.scores import Scores, ScoreTable

CHUNK = 20_000
"""Units that go through all steps together: fewer spend their time on calls, more fall out of the cache."""


class Standing(IntEnum):
    """Whether a unit is ranked in a category."""

    RANKED = 1
    BELOW_MINIMUM = 2
    """Not even the lowest level's gates all hold."""
    NOTHING_APPLICABLE = 3
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
    cell: Places
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
    keep_on: Callable[[], None] = lambda: None,
) -> Assessment:
    """Scores the units of one tier.

    Args:
        plan: what the criteria set fixes for the tier.
        cohort: the tier's units, whose answers were validated.
        full: whether to keep what each criterion gave.
        plugin_calls: the calls that plugins score for; a service has one for all its calls.
        keep_on: called before each chunk; what it raises ends the work.

    Raises:
        PluginFault: a plugin broke or gave points that cannot be.
        PluginBusy: a plugin has not ended too many earlier calls.
    """
    sheet, plugin_calls = _Sheet(plan, cohort, full=full), plugin_calls or PluginCalls()
    with np.errstate(all="ignore"):  # threads do not inherit it; NaN means not reported
        asked = [ask(group, cohort, plugin_calls) for group in plan.groups if group.lines is None]
        for units in _chunks(len(cohort)):
            keep_on()
            awards = award_points(plan, asked, cohort, units, keep=full or bool(plan.sums.criteria))
            measures = sheet.total(awards, units)
            sheet.decide_levels(measures, units)
            if full:
                sheet.keep(awards, units)
    return sheet.assessment()


def _chunks(units: int) -> Iterator[slice]:
    """Chunks of about the same size: a small last one would cost as many calls as a large one."""
    chunks = -(-units // CHUNK)
    return (slice(units * n // chunks, units * (n + 1) // chunks) for n in range(chunks))


class Awards:
    """What all groups gave a chunk of n units: their sums, and on demand what each criterion gave.

    Args:
        sums: of all groups.
        awards: in the order of the tier's groups.
    """

    def __init__(self, sums: GroupSums, awards: Sequence[Award]) -> None:
        self.sums, self._awards = sums, awards
        self._places = [(award, places) for award in awards for places in award.frame.places]

    def criterion(self, group: int, at: int) -> tuple[Floats, Floats]:
        """Points and applicable maximum (n,) of a group's criterion."""
        award, places = self._places[group]
        return award.criterion(places.start + at)

    def groups(self) -> Iterator[tuple[Floats, Statuses]]:
        """Points and status (k, n) of each group's criteria."""
        for award in self._awards:
            status = award.status()
            for places in award.frame.places:
                yield award.points[places], status[places]


def award_points(plan: TierPlan, asked: Sequence[AskedGroup], cohort: Cohort, units: slice, *, keep: bool) -> Awards:
    """What the criteria give some units: by the kernel, and as the plugins said that were asked."""
    sums = GroupSums.before(plan.nominal, units.stop - units.start)
    excluded = {code: mask[units] for code, mask in cohort.excluded.items()}
    own = plan.kernel.award(cohort.matrix[:, units], excluded, sums, keep=keep)
    awards = [] if own is None else [own]
    for place, group in enumerate(asked, plan.kernel.groups):
        award = group.of(units)
        award.add_up(sums.of(slice(place, place + 1)))
        awards.append(award)
    return Awards(sums, awards)


class _Sheet:
    """Results of n units of a tier, filled chunk by chunk."""

    def __init__(self, plan: TierPlan, cohort: Cohort, *, full: bool) -> None:
        self._plan, self._cohort, self._full = plan, cohort, full
        units, sums = len(cohort), plan.sums
        self._table = ScoreTable(sums.nominal, len(sums.members) - len(sums.nominal), units, plan.decimals)
        self._cells = np.zeros((len(plan.categories), units), dtype=np.intp)
        self._standing = np.empty((len(plan.categories), units), dtype=np.uint8)
        self._levels = np.zeros((len(plan.categories), units), dtype=np.int64)
        if full:
            self._groups = ScoreTable([group.nominal for group in plan.groups], 0, units, plan.decimals)
            self._points = [np.empty((len(group.criteria), units)) for group in plan.groups]
            self._status = [np.empty(points.shape, dtype=np.uint8) for points in self._points]

    def total(self, awards: Awards, units: slice) -> Floats:
        """Sums of groups to categories, to all, and to measures; the same (rows, n) as gates compare them.

        The sum of a category, and of all, is never below 0, whatever penalties take.
        """
        plan, groups, categories = self._plan.sums, awards.sums, len(self._plan.categories)
        added, counted = self._table.added(units), self._table.counted(units)
        plan.add_up(groups.sums[:2], added)
        plan.add_up(groups.sums[2:], counted)
        points, maximum = added
        for row, group, at in plan.criteria:
            points[row], maximum[row] = awards.criterion(group, at)
        if plan.penalties:
            np.maximum(points[:categories], 0, out=points[:categories])
            np.add.reduce(points[:categories], axis=0, out=points[categories])
        points += 0.0  # -0.0 becomes 0.0: it is equal and has other bytes
        percent = self._table.fill(units)
        return np.concatenate([percent, points]) if plan.points_gates else percent

    def decide_levels(self, measures: Floats, units: slice) -> None:
        """The best level whose gates all hold (the table knows), and whether that makes a unit ranked."""
        cells = iter(self._plan.gates.cells(measures))
        self._standing[:, units] = RANKED
        for at, category in enumerate(self._plan.categories):
            standing, levels = self._standing[at, units], self._levels[at, units]
            if category.cells is not None:
                self._cells[at, units] = cell = next(cells)
                category.cells.level.take(cell, out=levels, mode="clip")  # "raise" would fill a copy first
                standing += category.cells.unranked.take(cell)  # BELOW_MINIMUM is one more
            if self._table.some_nothing:
                nothing = self._table.max_points[at, units] == 0
                standing[nothing], levels[nothing] = Standing.NOTHING_APPLICABLE, 0

    def keep(self, awards: Awards, units: slice) -> None:
        """Notes what every group and criterion gave."""
        np.add(awards.sums.points, 0.0, out=self._groups.points[:, units])
        self._groups.max_points[:, units] = awards.sums.max_points
        self._groups.counted(units)[...] = awards.sums.sums[2:]
        self._groups.fill(units)
        for at, (points, status) in enumerate(awards.groups()):
            self._points[at][:, units], self._status[at][:, units] = points + 0.0, status

    def assessment(self) -> Assessment:
        """All of it, by category."""
        plan, categories = self._plan, []
        for at, category in enumerate(plan.categories):
            rows = (at, *plan.sums.measures[at])
            groups = self._group_scores(category) if self._full else ()
            levels = self._cells[at], self._levels[at], self._standing[at]
            categories.append(CategoryScores(category, self._table, rows, *levels, groups))
        eligible = categories[plan.requires[0]].ranked
        for at in plan.requires[1:]:
            eligible &= categories[at].ranked
        groups_table = self._groups if self._full else None
        scores = tuple(categories), self._standing, self._levels, eligible
        return Assessment(plan, self._cohort, *scores, self._table, groups_table)

    def _group_scores(self, category: CategoryPlan) -> tuple[GroupScores, ...]:
        return tuple(
            GroupScores(self._plan.groups[g], self._points[g], self._status[g], self._groups.scores(g))
            for g in self._plan.places(category)
        )
