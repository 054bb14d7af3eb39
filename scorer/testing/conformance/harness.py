"""One group of a criteria set in one tier, with drawn answers: what the checks score again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import Category, CriteriaSet, Criterion, Group
from scorer.engine.compiler import compile_tier
from scorer.engine.plan import GroupPlan, TierPlan
from scorer.engine.plugin_scoring import PluginFault
from scorer.engine.scoring import assess
from scorer.formulas import Formula
from scorer.model import untrusted
from scorer.model.fixed_point import Bools, Floats, plain
from scorer.model.units import Cohort
from scorer.plugins.group import CriterionGroup, GroupPoints, Status, Statuses
from scorer.plugins.plugin import Plugin
from scorer.testing.conformance.faults import Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, generate, show_answer

UNITS = 2_000
"""Units that are drawn with everything that can happen."""
COMPLETE = 300
"""Units that report everything."""


class GroupOutput(NamedTuple):
    """What the group's k criteria give n units, as the service sees it."""

    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n)"""
    max_points: Floats
    """(n,) maximum of the group, without what is not applicable."""

    def told(self, place: int, when: str = "") -> Callable[[int], str]:
        """Status and points of a criterion, by unit."""

        def words(unit: int) -> str:
            status = Status(int(self.status[place, unit]))
            points = plain(int(self.points[place, unit]))
            return f"{when}{': ' if when else ''}{status.name}, {points} points"

        return words

    def differs(self, other: GroupOutput, place: int) -> Bools:
        """Where a criterion has other points or another status (n,)."""
        differs: Bools = (self.points[place] != other.points[place]) | (self.status[place] != other.status[place])
        return differs

    def of(self, units: NDArray[np.intp]) -> GroupOutput:
        """Some of the units, in this order."""
        return GroupOutput(self.points[:, units], self.status[:, units], self.max_points[units])


Told = str | Callable[[int], str]
"""Words, or those about a unit."""


@dataclass(frozen=True)
class GroupHarness:
    """The criteria of one group in one tier of one criteria set."""

    source: str
    """The set's document."""
    group: GroupPlan
    places: tuple[int, ...]
    """Those of the group's criteria that are the plugin's: all of its group, or those that use its formula kinds."""
    plan: TierPlan
    """Of the group alone, without levels."""
    kinds: frozenset[type[Formula]]
    """The plugin's."""

    @classmethod
    def of(
        cls,
        source: str,
        criteria_set: CriteriaSet,
        group: Group,
        tier: str,
        plugins: Mapping[str, Plugin],
        kinds: frozenset[type[Formula]],
        *,
        whole: bool,
    ) -> GroupHarness | None:
        """None when the tier has no criterion to try; with ``whole``, all criteria of the group are the plugin's."""
        if not group.of(tier):
            return None
        everything = compile_tier(criteria_set, tier, plugins)
        # Any set may let a criterion be not applicable, and may do without levels.
        open_to_all = tuple(replace(criterion, may_be_not_applicable=True) for criterion in group.criteria)
        alone = Category(group.code, {}, (replace(group, criteria=open_to_all),))
        only = replace(criteria_set, categories=(alone,), requires=(alone.code,))
        plan = compile_tier(only, tier, plugins)
        (planned,) = plan.groups
        places = tuple(
            n
            for n, c in enumerate(planned.criteria)
            if whole or any(type(f) in kinds for f, _ in formula_parts(c, tier))
        )
        if planned.lines is None:
            plan = compile_tier(only, tier, {group.code: replace(plugins[group.code], group=_Mended(planned.plugin))})
        plan = replace(plan, ranges=everything.ranges, checks=everything.checks)
        return cls(source, planned, places, plan, kinds) if places else None

    @property
    def served(self) -> TierPlan:
        """The plan as the service has it: what the plugin gives is refused where it cannot be, not mended."""
        return replace(self.plan, groups=(self.group,))

    @property
    def asked(self) -> bool:
        """Whether ``score`` is called, as the formulas alone do not give the points."""
        return self.group.lines is None

    @property
    def overrides(self) -> bool:
        """Whether the group scores in a way of its own."""
        return getattr(self.group.plugin.score, "__func__", None) is not CriterionGroup.score

    @property
    def criteria(self) -> Iterator[tuple[int, Criterion]]:
        """The plugin's criteria, with their rows in arrays."""
        return ((place, self.group.criteria[place]) for place in self.places)

    @cached_property
    def read(self) -> tuple[str, ...]:
        """Indicators that the criteria read; for a group with its own scoring also all others that it declares."""
        codes = [read.indicator for _, criterion in self.criteria for read in criterion.formula.reads()]
        if self.overrides:
            codes += [indicator.code for indicator in self.group.plugin.indicators]
        return tuple(code for code in dict.fromkeys(codes) if code in self.plan.rows)

    def formulas(self) -> Iterator[tuple[Criterion, Formula, int]]:
        """The plugin's own formulas, within sums and alternatives too, each with its most micropoints."""
        for _, criterion in self.criteria:
            for formula, most in formula_parts(criterion, self.plan.tier):
                if type(formula) in self.kinds:
                    yield criterion, formula, most

    @cached_property
    def drawn(self) -> Cohort:
        """Units with everything that can happen; the first ones answer nothing, the ends of all ranges, and zero."""
        return self._draw(UNITS, complete=False)

    @cached_property
    def complete(self) -> Cohort:
        """Units that report everything, and to which all applies."""
        return self._draw(COMPLETE, complete=True)

    def _draw(self, units: int, *, complete: bool) -> Cohort:
        return generate(self.plan, units, f"{self.source} {self.plan.tier} {units}", complete=complete)

    def score(self, cohort: Cohort) -> GroupOutput:
        """What the service gives.

        Raises:
            Unscorable: the plugin raised, or gave arrays of another shape.
        """
        try:
            assessment = assess(self.plan, cohort, full=True)
        except PluginFault as fault:
            raise Unscorable(f"{self.where()}, {len(cohort)} units: {fault}") from fault
        (group,) = assessment.categories[0].groups
        return GroupOutput(group.points, group.status, group.scores.max_points)

    def raw(self, cohort: Cohort) -> GroupPoints:
        """What ``score`` itself gives, of any shape and type.

        Raises:
            Unscorable: it raised, or gives something else than points and statuses.
        """
        try:
            with np.errstate(all="ignore"):  # as in the service
                given = self.group.plugin.score(self.group.criteria, cohort)
        except (Exception, SystemExit) as error:  # a stranger's code: anything can come
            where = f", in {line}" if (line := untrusted.raised_at(error)) else ""
            raise Unscorable(f"{self.where()}, {len(cohort)} units: score() raised {error!r}{where}") from error
        if not isinstance(given, GroupPoints):
            raise Unscorable(
                f"{self.where()}, {len(cohort)} units: score() gives {untrusted.safe_repr(given)}, not GroupPoints"
            )
        return GroupPoints(np.asarray(given.points), np.asarray(given.status))

    def bytes(self, cohort: Cohort) -> tuple[bytes, bytes]:
        """Type and bytes of the points and statuses that ``score`` gives; of what comes out, where it is not asked."""
        given = self.raw(copy_cohort(cohort)) if self.asked else self.score(cohort)
        points, status = given.points, given.status
        return points.dtype.char.encode() + points.tobytes(), status.dtype.char.encode() + status.tobytes()

    def where(self) -> str:
        """The set, the tier and the group."""
        return f"{self.source}, tier {self.plan.tier}, group {self.group.code}"

    def refuse(
        self, bad: Bools, what: str, mend: str, *, place: int, cohort: Cohort, expected: Told, actual: Told
    ) -> None:
        """Nothing where none of the units (n,) is bad.

        Raises:
            Failure: what is wrong with a criterion, told by the first bad unit.
        """
        if not bad.any():
            return
        unit, criterion = int(np.flatnonzero(bad)[0]), self.group.criteria[place]
        reads = dict.fromkeys(read.indicator for read in criterion.formula.reads())
        answers = ", ".join(show_answer(cohort, code, unit) for code in reads)
        others = int(np.count_nonzero(bad)) - 1
        raise failure(
            what,
            where=self.where(),
            criterion=f"{criterion.id}, formula {criterion.formula.kind} {criterion.parameters}",
            unit=f"{cohort.unit_ids[unit]}: {answers}"
            + (f" (and {others} of {len(cohort) - 1} others)" if others else ""),
            expected=expected if isinstance(expected, str) else expected(unit),
            actual=actual if isinstance(actual, str) else actual(unit),
            mend=mend,
        )


def formula_parts(criterion: Criterion, tier: str) -> Iterator[tuple[Formula, int]]:
    """A criterion's formula and all within it, each with its most micropoints."""
    waiting = [(criterion.formula, criterion.points.of(tier) or 0)]
    while waiting:
        formula, most = waiting.pop(0)
        yield formula, most
        parts: Sequence[Any] = getattr(formula, formula.nested) if formula.nested else ()
        waiting += [(part.formula, part.points.of(tier) or 0) for part in parts]


class _Mended(CriterionGroup):
    """A group that cannot spoil answers, and whose points are brought to what can be: one mistake fails one check."""

    def __init__(self, group: CriterionGroup) -> None:
        self._group = group
        self.name, self.checks = group.name, group.checks  # type: ignore[misc]

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        """The group's own, within bounds; shapes are left as they are."""
        given = self._group.score(criteria, copy_cohort(cohort))
        points, status = np.asarray(given.points), np.asarray(given.status)
        if points.shape != (len(criteria), len(cohort)):
            return given
        bounds = [criterion.bounds(cohort.tier) for criterion in criteria]
        low, high = np.array(bounds, dtype=np.float64).T[:, :, np.newaxis]
        points = np.clip(np.rint(np.nan_to_num(points.astype(np.float64))), low, high)
        known = np.isin(status, list(Status))
        return GroupPoints(points, np.where(known, status, Status.SCORED).astype(np.uint8))
