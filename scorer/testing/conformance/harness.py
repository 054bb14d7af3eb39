"""Scores one group of a criteria set in one tier with generated answers, for the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import Category, CriteriaSet, Criterion, Group
from scorer.criteria.ranking_method import CategoryRanking, RankingMethod, RankKey
from scorer.engine.compiler import compile_tier
from scorer.engine.plan import GroupPlan, TierPlan
from scorer.engine.plugin_fault import PluginFault
from scorer.engine.scoring import assess
from scorer.formulas import Formula
from scorer.formulas.sum_and_best import nested_formulas
from scorer.model import untrusted
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, Floats, plain
from scorer.plugins.group import CriterionGroup, GroupPoints, Status, Statuses, overrides_score
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, generate, show_answer

RANDOM_UNITS = 2_000
"""Number of units of the cohort in which answers may be missing and criteria not applicable."""
COMPLETE_UNITS = 300
"""Number of units of the cohort in which all answers are reported and all criteria apply."""


class GroupOutput(NamedTuple):
    """Points and statuses of the group's k criteria for n units, as the service computes them."""

    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n)"""
    max_points: Floats
    """(n,) applicable maximum of the group, in micropoints."""

    def describe(self, row: int, condition: str = "") -> Callable[[int], str]:
        """Returns a function that, given the index of a unit, describes its status and points in the criterion in
        ``row``.
        """

        def text(unit: int) -> str:
            status = Status(int(self.status[row, unit]))
            points = plain(int(self.points[row, unit]))
            return f"{condition}{': ' if condition else ''}{status.name}, {points} points"

        return text

    def differs(self, other: GroupOutput, row: int) -> Bools:
        """(n,) whether the criterion in ``row`` has other points or another status in ``other``."""
        differs: Bools = (self.points[row] != other.points[row]) | (self.status[row] != other.status[row])
        return differs

    def select(self, units: NDArray[np.intp]) -> GroupOutput:
        """The output of the units with these indices (m,), in the order of the indices."""
        return GroupOutput(self.points[:, units], self.status[:, units], self.max_points[units])


Description = str | Callable[[int], str]
"""A text, or a function from the index of a unit to a text."""


@dataclass(frozen=True)
class GroupHarness:
    """Scores the criteria of one group in one tier of one criteria set."""

    source: str
    """Name of the set's document."""
    group: GroupPlan
    rows: tuple[int, ...]
    """Rows of the criteria under test: all, if the plugin provides the group; otherwise those with a formula of the
    plugin."""
    plan: TierPlan
    """Plan of the group alone, without levels. Impossible points are corrected before they are scored."""
    formula_kinds: frozenset[type[Formula]]
    """The formula kinds that the plugin adds."""

    @classmethod
    def create(
        cls,
        source: str,
        criteria_set: CriteriaSet,
        group: Group,
        tier: str,
        plugins: Mapping[str, Plugin],
        formula_kinds: frozenset[type[Formula]],
        *,
        provides_group: bool,
    ) -> GroupHarness | None:
        """The harness of a group in a tier; None if the tier has no criterion under test.

        Args:
            source: name of the set's document.
            criteria_set: the set.
            group: the group.
            tier: the tier.
            plugins: the plugin that scores each group, by group code.
            formula_kinds: the formula kinds of the plugin under test.
            provides_group: whether the plugin under test provides the group.
        """
        if not group.of(tier):
            return None
        full_plan = compile_tier(criteria_set, tier, plugins)
        # The plugin must support that any criterion is not applicable, because other sets may allow it.
        criteria = tuple(replace(criterion, may_be_not_applicable=True) for criterion in group.criteria)
        category = Category(group.code, {}, (replace(group, criteria=criteria),))
        order = CategoryRanking("competition", exact=False, by=(RankKey("score", category.code),))
        ranking = RankingMethod(
            categories={category.code: order}
        )  # not the set's own method, which names categories that are not in this plan
        group_set = replace(criteria_set, categories=(category,), requires=(category.code,), ranking=ranking)
        plan = compile_tier(group_set, tier, plugins)
        (group_plan,) = plan.groups
        rows = tuple(
            row
            for row, criterion in enumerate(group_plan.criteria)
            if provides_group or any(type(formula) in formula_kinds for formula, _ in formula_parts(criterion, tier))
        )
        if group_plan.lines is None:
            corrected = replace(plugins[group.code], group=_CorrectedGroup(group_plan.plugin))
            plan = compile_tier(group_set, tier, {group.code: corrected})
        plan = replace(plan, ranges=full_plan.ranges, checks=full_plan.checks)
        return cls(source, group_plan, rows, plan, formula_kinds) if rows else None

    @property
    def service_plan(self) -> TierPlan:
        """The plan that the service uses: impossible points are refused, not corrected."""
        return replace(self.plan, groups=(self.group,))

    @property
    def calls_score(self) -> bool:
        """Whether the group's ``score`` is called; otherwise native code evaluates the formulas."""
        return self.group.lines is None

    @property
    def overrides_score(self) -> bool:
        """Whether the group overrides ``CriterionGroup.score``."""
        return overrides_score(self.group.plugin)

    @property
    def criteria(self) -> Iterator[tuple[int, Criterion]]:
        """The criteria under test, each with its row."""
        return ((row, self.group.criteria[row]) for row in self.rows)

    @cached_property
    def read_indicators(self) -> tuple[str, ...]:
        """Indicators that the criteria under test read; if the group overrides ``score``, all that it declares too."""
        codes = [read.indicator for _, criterion in self.criteria for read in criterion.formula.reads()]
        if self.overrides_score:
            codes += [indicator.code for indicator in self.group.plugin.indicators]
        return tuple(code for code in dict.fromkeys(codes) if code in self.plan.rows)

    def formulas(self) -> Iterator[tuple[Criterion, Formula, int]]:
        """Every formula of the plugin's kinds, also nested ones, as (criterion, formula, maximum in micropoints)."""
        for _, criterion in self.criteria:
            for formula, maximum in formula_parts(criterion, self.plan.tier):
                if type(formula) in self.formula_kinds:
                    yield criterion, formula, maximum

    @cached_property
    def random_cohort(self) -> Cohort:
        """A cohort of ``RANDOM_UNITS`` units; some answers are missing and some criteria do not apply."""
        return self._generate(RANDOM_UNITS, complete=False)

    @cached_property
    def complete_cohort(self) -> Cohort:
        """A cohort of ``COMPLETE_UNITS`` units, in which all answers are reported and all criteria apply."""
        return self._generate(COMPLETE_UNITS, complete=True)

    def _generate(self, units: int, *, complete: bool) -> Cohort:
        return generate(self.plan, units, f"{self.source} {self.plan.tier} {units}", complete=complete)

    def score(self, cohort: Cohort) -> GroupOutput:
        """Scores a cohort as the service does, but with impossible points corrected.

        Raises:
            Unscorable: the plugin raised, or returned arrays of another shape.
        """
        try:
            assessment = assess(self.plan, cohort, full=True)
        except PluginFault as fault:
            raise Unscorable(f"{self.where()}, {count_units(len(cohort))}: {fault}") from fault
        (group,) = assessment.categories[0].groups
        return GroupOutput(group.points, group.status, group.scores.max_points)

    def call_score(self, cohort: Cohort) -> GroupPoints:
        """Calls the plugin's ``score``; the arrays that it returns can have any shape and type.

        Raises:
            Unscorable: ``score`` raised, or did not return ``GroupPoints``.
        """
        try:
            with np.errstate(all="ignore"):  # as in the service
                output = self.group.plugin.score(self.group.criteria, cohort)
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            where = f", in {line}" if (line := untrusted.raised_at(error)) else ""
            raise Unscorable(f"{self.where()}, {count_units(len(cohort))}: score() raised {error!r}{where}") from error
        if not isinstance(output, GroupPoints):
            raise Unscorable(
                f"{self.where()}, {count_units(len(cohort))}: "
                f"score() gives {untrusted.safe_repr(output)}, not GroupPoints"
            )
        return GroupPoints(np.asarray(output.points), np.asarray(output.status))

    def output_bytes(self, cohort: Cohort) -> tuple[bytes, bytes]:
        """The points and the statuses of a cohort, each as one byte string: NumPy's type code, then the bytes."""
        output = self.call_score(copy_cohort(cohort)) if self.calls_score else self.score(cohort)
        points, status = output.points, output.status
        return points.dtype.char.encode() + points.tobytes(), status.dtype.char.encode() + status.tobytes()

    def where(self) -> str:
        """The set, the tier and the group, for messages."""
        return f"{self.source}, tier {self.plan.tier}, group {self.group.code}"

    def fail_if_any(
        self,
        bad: Bools,
        message: str,
        fix: str,
        *,
        row: int,
        cohort: Cohort,
        expected: Description,
        actual: Description,
    ) -> None:
        """Fails the check if any of the units (n,) is bad.

        Raises:
            Failure: a unit is bad; the message shows the criterion in ``row`` and the first bad unit.
        """
        if not bad.any():
            return
        unit, criterion = int(np.flatnonzero(bad)[0]), self.group.criteria[row]
        reads = dict.fromkeys(read.indicator for read in criterion.formula.reads())
        answers = ", ".join(show_answer(cohort, code, unit) for code in reads)
        others = int(np.count_nonzero(bad)) - 1
        raise failure(
            message,
            where=self.where(),
            criterion=f"{criterion.id}, formula {criterion.formula.kind} {criterion.parameters}",
            unit=f"{cohort.unit_ids[unit]}: {answers}"
            + (f" (and {others} of the {len(cohort) - 1} other units)" if others else ""),
            expected=expected if isinstance(expected, str) else expected(unit),
            actual=actual if isinstance(actual, str) else actual(unit),
            fix=fix,
        )


def count_units(count: int) -> str:
    """The number of units as text: 1 unit, 2 units."""
    return "1 unit" if count == 1 else f"{count} units"


def formula_parts(criterion: Criterion, tier: str) -> Iterator[tuple[Formula, int]]:
    """A criterion's formula and all formulas nested in it, each with its maximum in micropoints."""
    pending = [(criterion.formula, criterion.points.of(tier) or 0)]
    while pending:
        formula, maximum = pending.pop(0)
        yield formula, maximum
        pending += [(inner.formula, inner.points.of(tier) or 0) for inner in nested_formulas(formula)]


class _CorrectedGroup(CriterionGroup):
    """A group whose input is copied and whose impossible points are corrected, so that one mistake fails one check."""

    def __init__(self, group: CriterionGroup) -> None:
        self._group = group
        self.name, self.checks = group.name, group.checks  # type: ignore[misc]

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        """The output of the group, with whole points within bounds. Arrays of a wrong shape are returned unchanged."""
        output = self._group.score(criteria, copy_cohort(cohort))
        points, status = np.asarray(output.points), np.asarray(output.status)
        if points.shape != (len(criteria), len(cohort)):
            return output
        bounds = [criterion.bounds(cohort.tier) for criterion in criteria]
        low, high = np.array(bounds, dtype=np.float64).T[:, :, np.newaxis]
        points = np.clip(np.rint(np.nan_to_num(points.astype(np.float64))), low, high)
        known = np.isin(status, list(Status))
        return GroupPoints(points, np.where(known, status, Status.SCORED).astype(np.uint8))
