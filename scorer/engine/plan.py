"""Plans: all that a criteria set determines for a tier, computed once on loading: maxima, measures, gate tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import CriteriaSet, Criterion, Rounding
from scorer.criteria.ranking_method import RankKey, Ties
from scorer.engine.composition import Composition
from scorer.engine.kernel import Kernel
from scorer.engine.plugin_checks import PluginCheck
from scorer.engine.rules import Cells, GatePlan, Key, KeyKind, RulePlan, bit, cells_of
from scorer.formulas.native_table import Line
from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.model.indicators import Indicator, IndicatorKind, Source
from scorer.plugins.group import CriterionGroup, PartOf
from scorer.plugins.plugin import Provider

Made = TypeVar("Made")


@dataclass(frozen=True)
class GroupPlan:
    """One criterion group in one tier: k criteria."""

    code: str
    plugin: CriterionGroup
    provider: Provider
    criteria: tuple[Criterion, ...]
    maxima: Ints
    """(k, 1) micropoints that each criterion adds to the maximum."""
    lowest: Ints
    """(k, 1) fewest micropoints that each criterion can give."""
    highest: Ints
    """(k, 1) most micropoints that each criterion can give."""
    lines: tuple[Line, ...] | None
    """One per criterion, for the kernel. None: ``score`` has to be called, because the plugin overrides it or a formula
    cannot be a line."""
    cap: float = math.inf
    """Upper limit of the group's points and of its maximum, in micropoints."""
    runs: tuple[str, ...] = ()
    """The plugins whose code runs when the group is scored in Python: its own, or those that add its formula kinds."""
    kinds: Mapping[str, Provider] = field(default_factory=dict)
    """By criterion: the plugin that adds its formula kind. The scorer's own kinds are left out."""

    @property
    def nominal(self) -> int:
        """Maximum if every criterion applied, in micropoints."""
        return int(min(self.maxima.sum(), self.cap))


@dataclass(frozen=True)
class MeasurePlan:
    """A sum of points that gates compare. It covers the whole category, some of its groups, or one criterion."""

    name: str
    groups: tuple[int, ...] = ()
    """Indices of the groups that the measure adds up; empty for the category's total and for a criterion."""
    criterion: tuple[int, int] | None = None
    """A pair: the index of the group, and the index of the criterion in the group."""


@dataclass(frozen=True)
class CategoryPlan:
    """One category in one tier."""

    code: str
    groups: tuple[GroupPlan, ...]
    nominal: int
    levels: tuple[int, ...]
    """Best first; empty when units are ranked without a level."""
    level_codes: Mapping[int, str]
    """What people call each level, such as "A"; may be empty."""
    measures: tuple[MeasurePlan, ...]
    keys: tuple[Key, ...]
    gates: tuple[GatePlan, ...]
    """The gates of its levels, best first, then those of its limits."""
    rules: tuple[RulePlan, ...]
    """The rules of the levels, best first, then those of the limits."""

    @property
    def outcomes(self) -> tuple[int, ...]:
        """The levels that a ranked unit can have, best first; 0 in a category without levels."""
        return self.levels or (0,)

    @cached_property
    def next_gates(self) -> NDArray[np.uint64]:
        """By the level that a unit has (0: none): bit i is set if a rule of the next better level has gate i."""
        gate_bits = np.zeros(max(self.outcomes) + 1, dtype=np.uint64)
        for worse, outcome in zip((*self.outcomes[1:], 0), range(len(self.outcomes)), strict=True):
            for rule in self.rules:
                if outcome in rule.outcomes:
                    gate_bits[worse] |= np.bitwise_or.reduce([bit(gate) for gate in rule.root.gates()])
        return gate_bits

    @cached_property
    def cells(self) -> tuple[Cells, ...]:
        """The ``Cells`` of each rule."""
        return tuple(cells_of(rule, self.gates) for rule in self.rules)


@dataclass(frozen=True)
class SumsPlan:
    """Which groups each sum of a tier adds up. The sums are the categories, the overall score, the measures that
    rankings compare, and the measures that gates compare, in this order."""

    members: Bools
    """(sums, groups + criteria) whether the sum includes the group, or the criterion of ``criteria``."""
    nominal: list[int]
    """Maximum of each category, of the overall score, and of each measure that rankings compare, if every criterion
    applied; in micropoints."""
    ranked: Mapping[RankKey, int]
    """For each measure that rankings compare: the index of its sum."""
    measures: tuple[tuple[int, ...], ...]
    """For each category, the index of the sum of each of its measures."""
    compositions: tuple[Composition, ...]
    """For each category, how its groups are combined; last, how the categories are combined into the overall score."""
    criteria: tuple[tuple[int, int], ...]
    """A pair for each criterion that is a measure: the index of the group, and the index of the criterion in it."""
    keys: tuple[tuple[int, ...], ...]
    """For each category, the number that each of its keys stands for: see ``compared`` in native/layout.h."""


@dataclass(frozen=True)
class SubtotalsPlan:
    """The s subtotals of a tier: sums of criteria across groups."""

    codes: tuple[str, ...]
    members: tuple[Floats, ...]
    """One matrix (s, k) per group of k criteria: 1 where a criterion belongs to a subtotal, otherwise 0."""
    nominal: Floats
    """(s,) maxima if every criterion applied, in micropoints."""


def group_maxima(groups: Sequence[GroupPlan], sums: SumsPlan) -> list[int]:
    """See ``TierPlan.group_maxima``."""
    return [group.nominal for group in groups] + [int(groups[group].maxima[row, 0]) for group, row in sums.criteria]


@dataclass(frozen=True)
class RankKeyPlan:
    """A value by which units are ordered, in one tier."""

    is_level: bool
    index: int
    """Index of a sum that has scores; if ``is_level``, index of a category."""


@dataclass(frozen=True)
class OrderPlan:
    """How units are ordered in a category, or overall."""

    ties: Ties
    exact: bool
    """Whether converted scores are compared; otherwise published scores."""
    by: tuple[RankKeyPlan, ...]
    """The keys that are compared: the first one, then the second one for units with an equal first one, and so on."""


class DerivedValues:
    """Caches values that other layers derive from a plan, such as messages."""

    def derived(self, make: Callable[[Self], Made]) -> Made:
        """Returns ``make(self)``, which is called only once."""
        made: dict[object, Made] = self.__dict__.setdefault("_made", {})
        if make not in made:
            made[make] = make(self)
        return made[make]

    def __getstate__(self) -> dict[str, object]:
        """Leaves out the cache, because its values may not support pickling."""
        return {name: value for name, value in self.__dict__.items() if name != "_made"}


@dataclass(frozen=True)
class TierPlan(DerivedValues):
    """Everything that is needed to score the units of one tier, except their answers."""

    tier: str
    categories: tuple[CategoryPlan, ...]
    requires: tuple[int, ...]
    """Indices of the categories in which a unit must be ranked to be ranked overall."""
    decimals: int
    """Published decimals of converted scores."""
    rounding: Rounding
    """How converted scores are rounded to published ones."""
    indicators: Mapping[str, Indicator]
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    ranges: Mapping[str, tuple[float, float]]
    """Smallest and largest answer (inclusive) by indicator."""
    checks: tuple[PluginCheck, ...]
    """The checks between several answers of a unit."""
    cohort_criteria: tuple[str, ...]
    """Ids of the criteria whose formula compares units, so that a single unit cannot be scored."""
    groups: tuple[GroupPlan, ...]
    """The groups of all categories: first those that the kernel scores, then those whose ``score`` is called."""
    sums: SumsPlan
    subtotals: SubtotalsPlan
    orders: tuple[OrderPlan, ...]
    """How units are ordered in each category, then overall."""
    kernel: Kernel
    """The plan as arrays for native code."""
    other_sources: Mapping[str, tuple[Source, ...]]
    """The second and later sources of each indicator that has several, by indicator code."""
    has_sources: bool
    """Whether self-reported points can differ from the points that count."""

    @property
    def group_maxima(self) -> list[int]:
        """Micropoints: the maximum of each group, then of each criterion that is a measure. All criteria count."""
        return group_maxima(self.groups, self.sums)

    @cached_property
    def bounds(self) -> Floats:
        """(2, rows) smallest and largest answers, by matrix row."""
        return np.ascontiguousarray(np.array([self.ranges[code] for code in self.rows], dtype=np.float64).T)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """(rows,) whether answers are whole numbers, by matrix row."""
        return np.array([self.indicators[code].kind is not IndicatorKind.NUMBER for code in self.rows])

    @cached_property
    def plain_parts(self) -> list[int]:
        """Indices (p,) of the checks that only compare a part with its whole: native code does them."""
        return [
            index
            for index, check in enumerate(self.checks)
            if isinstance(check.check, PartOf) and type(check.check).violated is PartOf.violated
        ]

    @cached_property
    def other_checks(self) -> list[int]:
        """Indices of the checks that are not in ``plain_parts``: Python runs them."""
        return [index for index in range(len(self.checks)) if index not in self.plain_parts]

    @cached_property
    def parts(self) -> Ints:
        """(2, p) matrix rows of the parts and wholes of ``plain_parts``."""
        reads = [[self.rows[code] for code in self.checks[index].check.reads()] for index in self.plain_parts]
        return np.ascontiguousarray(np.array(reads, dtype=np.int64).reshape(-1, 2).T)

    @cached_property
    def gated(self) -> frozenset[str]:
        """The indicators that conditions of levels and limits read."""
        codes = {row: code for code, row in self.rows.items()}
        keys = (key for category in self.categories for key in category.keys)
        return frozenset(codes[key.index] for key in keys if key.kind is KeyKind.ANSWER)

    def group_indices(self, category: CategoryPlan) -> list[int]:
        """Indices of the category's groups among all groups."""
        codes = [group.code for group in self.groups]
        return [codes.index(group.code) for group in category.groups]


@dataclass(frozen=True)
class SetPlan(DerivedValues):
    """A criteria set, ready to score with."""

    criteria_set: CriteriaSet
    tiers: Mapping[str, TierPlan]
    """The plan of each tier, by tier, in the set's order of tiers."""
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    providers: tuple[Provider, ...]
    """One per group, in document order."""

    @cached_property
    def runs_no_plugin_code(self) -> bool:
        """True if validating and scoring do not call code of plugins, which may be slow or hang."""
        tiers = self.tiers.values()
        return all(
            all(group.lines is not None for group in tier.groups) and len(tier.plain_parts) == len(tier.checks)
            for tier in tiers
        )

    def needs(self, plugin: str) -> bool:
        """Whether a plugin (as ``str(Plugin)``) scores one of the set's groups or adds one of its formula kinds."""
        groups = [group for tier in self.tiers.values() for group in tier.groups]
        return any(plugin in (group.provider.plugin_label, *group.runs) for group in groups)

    @cached_property
    def checkers(self) -> tuple[str, ...]:
        """The plugins whose own checks run when answers are validated."""
        tiers = [tier for tier in self.tiers.values() if tier.other_checks]
        groups = [group for tier in tiers for group in tier.groups if group.plugin.checks]
        return tuple(dict.fromkeys(group.provider.plugin_label for group in groups))
