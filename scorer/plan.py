"""What a criteria set fixes for one tier, worked out once while it loads: maxima, measures, thresholds, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Group
from scorer.gates import GateTable, Rules, threshold
from scorer.groups import CriterionGroup, PartOf
from scorer.points import Ints


@dataclass(frozen=True)
class GroupPlan:
    """One criterion group in one tier: k criteria."""

    code: str
    plugin: CriterionGroup
    criteria: tuple[Criterion, ...]
    maxima: Ints
    """(k, 1) micropoints that each criterion adds to the maximum."""
    lowest: Ints
    """(k, 1) fewest micropoints a criterion can give."""
    highest: Ints
    """(k, 1) most micropoints a criterion can give."""

    @property
    def nominal(self) -> int:
        """Maximum if everything applied, in micropoints."""
        return int(self.maxima.sum())


@dataclass(frozen=True)
class MeasurePlan:
    """A sum that gates compare: the whole category, or some groups, or one criterion."""

    name: str
    groups: tuple[int, ...] = ()
    """Places of the groups it adds up; empty for the category's total and for a criterion."""
    criterion: tuple[int, int] | None = None
    """Place of the group and row of the criterion."""


@dataclass(frozen=True)
class GatePlan:
    """A gate as one tier has it."""

    level: int
    level_place: int
    """Place of its level, best first."""
    measure: int
    """Place of its measure."""
    unit: str
    minimum: int
    """Parts per million or micropoints."""
    strict: bool
    key: int
    """Place of the key it compares: a measure in one unit."""
    threshold: int
    """What the key must reach."""


@dataclass(frozen=True)
class CategoryPlan:
    """One category in one tier."""

    code: str
    groups: tuple[GroupPlan, ...]
    nominal: int
    levels: tuple[int, ...]
    """Best first; empty when every unit is ranked."""
    measures: tuple[MeasurePlan, ...]
    keys: tuple[tuple[int, str], ...]
    """Place of the measure and unit of every key that gates compare."""
    gates: tuple[GatePlan, ...]
    """Best level first."""
    table: GateTable | None = None
    """Which level each combination of keys reaches; None without levels, and until the rules are compiled."""

    def rules(self) -> Rules | None:
        """What the table is to decide; None without levels."""
        if not self.levels:
            return None
        by_level = tuple(
            tuple((gate.key, gate.threshold) for gate in self.gates if gate.level_place == place)
            for place in range(len(self.levels))
        )
        return Rules(by_level, len(self.keys))


@dataclass(frozen=True)
class TierPlan:
    """One tier: everything that scoring its units takes."""

    tier: str
    categories: tuple[CategoryPlan, ...]
    requires: tuple[int, ...]
    """Places of the categories in which a unit must be ranked to be ranked overall."""
    decimals: int
    """Published decimals of converted scores."""
    ranges: Mapping[str, tuple[float, float]]
    """Smallest and largest answer (inclusive) by indicator."""
    checks: tuple[PartOf, ...]
    """What must hold between answers."""
    cohort_criteria: tuple[str, ...]
    """Ids of criteria that cannot be scored for one unit alone."""


def plan_tier(criteria_set: CriteriaSet, tier: str, plugins: Mapping[str, CriterionGroup]) -> TierPlan:
    """The plan of one tier, its gate tables still to be compiled."""
    here = [category for category in criteria_set.categories if category.tiers((tier,))]
    categories = tuple(_plan_category(category, tier, plugins) for category in here)
    codes = [category.code for category in here]
    criteria = [criterion for category in here for group in category.groups for criterion in group.of(tier)]
    ranges = {code: indicator.range() for code, indicator in criteria_set.indicators.items()}
    for criterion in criteria:
        for code, (low, high) in criterion.formula.limits(tier, criterion.points.of(tier) or 0).items():
            ranges[code] = (max(low, ranges[code][0]), min(high, ranges[code][1]))
    groups = [group for category in categories for group in category.groups]
    checks = [
        check
        for group in groups
        for check in group.plugin.checks
        if all(code in criteria_set.indicators for code in check.reads())
    ]
    requires = [code for code in criteria_set.requires if code in codes] or codes
    return TierPlan(
        tier=tier,
        categories=categories,
        requires=tuple(codes.index(code) for code in requires),
        decimals=criteria_set.points_decimals,
        ranges=ranges,
        checks=tuple(checks),
        cohort_criteria=tuple(criterion.id for criterion in criteria if criterion.formula.needs_cohort),
    )


def with_tables(plan: TierPlan, tables: Sequence[GateTable | None]) -> TierPlan:
    """The plan with the table of each category."""
    pairs = zip(plan.categories, tables, strict=True)
    return replace(plan, categories=tuple(replace(category, table=table) for category, table in pairs))


def _plan_category(category: Category, tier: str, plugins: Mapping[str, CriterionGroup]) -> CategoryPlan:
    groups = tuple(_plan_group(group, tier, plugins[group.code]) for group in category.groups if group.of(tier))
    names = list(dict.fromkeys(gate.measure for level in category.levels for gate in level.gates))
    keys = list(
        dict.fromkeys((names.index(gate.measure), gate.unit) for level in category.levels for gate in level.gates)
    )
    gates = []
    for place, level in enumerate(category.levels):
        for gate in level.gates:
            minimum = gate.minimum.of(tier)
            assert minimum is not None  # lint has seen to it
            gates.append(
                GatePlan(
                    level=level.level,
                    level_place=place,
                    measure=names.index(gate.measure),
                    unit=gate.unit,
                    minimum=minimum,
                    strict=gate.strict,
                    key=keys.index((names.index(gate.measure), gate.unit)),
                    threshold=threshold(gate.unit, minimum, strict=gate.strict),
                )
            )
    return CategoryPlan(
        code=category.code,
        groups=groups,
        nominal=sum(group.nominal for group in groups),
        levels=tuple(level.level for level in category.levels),
        measures=tuple(_plan_measure(name, groups) for name in names),
        keys=tuple(keys),
        gates=tuple(gates),
    )


def _plan_group(group: Group, tier: str, plugin: CriterionGroup) -> GroupPlan:
    criteria = group.of(tier)
    bounds = [criterion.bounds(tier) for criterion in criteria]

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)[:, np.newaxis]

    return GroupPlan(
        code=group.code,
        plugin=plugin,
        criteria=criteria,
        maxima=column([criterion.maximum(tier) for criterion in criteria]),
        lowest=column([low for low, _ in bounds]),
        highest=column([high for _, high in bounds]),
    )


def _plan_measure(name: str, groups: Sequence[GroupPlan]) -> MeasurePlan:
    if name == TOTAL:
        return MeasurePlan(name)
    codes = [group.code for group in groups]
    terms = name.split("+")
    if all(term in codes for term in terms):
        return MeasurePlan(name, groups=tuple(codes.index(term) for term in terms))
    for place, group in enumerate(groups):
        for row, criterion in enumerate(group.criteria):
            if criterion.id == name:
                return MeasurePlan(name, criterion=(place, row))
    raise LookupError(name)


@dataclass(frozen=True)
class Provider:
    """The plugin that scores a group."""

    group: str
    distribution: str
    version: str


@dataclass(frozen=True)
class SetPlan:
    """A criteria set ready to score with."""

    criteria_set: CriteriaSet
    tiers: Mapping[str, TierPlan]
    """In the set's order."""
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    providers: tuple[Provider, ...]
    """By group."""
