"""Makes plans: what a criteria set fixes for one tier, out of the set and the plugins that score its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scorer.cohort import Cohort
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Group
from scorer.formulas.table import Line
from scorer.gates import GateTable, threshold
from scorer.groups import CriterionGroup
from scorer.kernel import Kernel
from scorer.plan import CategoryPlan, GatePlan, GroupPlan, MeasurePlan, Provider, SumsPlan, TierPlan
from scorer.plugins import Plugin
from scorer.points import Ints


def plan_tier(criteria_set: CriteriaSet, tier: str, plugins: Mapping[str, Plugin]) -> TierPlan:
    """The plan of one tier, its gate tables still to be compiled."""
    here = [category for category in criteria_set.categories if category.tiers((tier,))]
    rows = indicator_rows(criteria_set)
    nobody = Cohort(tier, (), criteria_set.indicators, rows, np.empty((len(rows), 0)), {})
    categories = tuple(_plan_category(category, nobody, plugins) for category in here)
    codes = [category.code for category in here]
    criteria = [criterion for category in here for group in category.groups for criterion in group.of(tier)]
    ranges = {code: indicator.range() for code, indicator in criteria_set.indicators.items()}
    for criterion in criteria:
        for code, (low, high) in criterion.formula.limits(tier, criterion.points.of(tier) or 0).items():
            ranges[code] = (max(low, ranges[code][0]), min(high, ranges[code][1]))
    groups = [group for category in categories for group in category.groups]
    ordered = tuple(sorted(groups, key=lambda group: group.lines is None))
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
        indicators=criteria_set.indicators,
        rows=rows,
        ranges=ranges,
        checks=tuple(checks),
        cohort_criteria=tuple(criterion.id for criterion in criteria if criterion.formula.needs_cohort),
        groups=ordered,
        sums=_plan_sums(categories, ordered),
        kernel=_kernel(ordered, tier),
    )


def indicator_rows(criteria_set: CriteriaSet) -> dict[str, int]:
    """The matrix row of each indicator."""
    return {code: row for row, code in enumerate(criteria_set.indicators)}


def with_tables(plan: TierPlan, tables: Sequence[GateTable | None]) -> TierPlan:
    """The plan with the table of each category."""
    pairs = zip(plan.categories, tables, strict=True)
    return replace(plan, categories=tuple(replace(category, table=table) for category, table in pairs))


def _plan_category(category: Category, nobody: Cohort, plugins: Mapping[str, Plugin]) -> CategoryPlan:
    tier = nobody.tier
    groups = tuple(_plan_group(group, nobody, plugins[group.code]) for group in category.groups if group.of(tier))
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


def _plan_group(group: Group, nobody: Cohort, plugin: Plugin) -> GroupPlan:
    tier, criteria = nobody.tier, group.of(nobody.tier)
    bounds = [criterion.bounds(tier) for criterion in criteria]
    scorer = plugin.group
    assert scorer is not None  # it is found by its group

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)[:, np.newaxis]

    return GroupPlan(
        code=group.code,
        plugin=scorer,
        provider=Provider(group.code, plugin.name, plugin.distribution, plugin.version),
        criteria=criteria,
        maxima=column([criterion.maximum(tier) for criterion in criteria]),
        lowest=column([low for low, _ in bounds]),
        highest=column([high for _, high in bounds]),
        lines=_lines(criteria, nobody) if getattr(scorer.score, "__func__", None) is CriterionGroup.score else None,
    )


def _lines(criteria: Sequence[Criterion], nobody: Cohort) -> tuple[Line, ...] | None:
    """The formulas as lines; None when one of them has to be evaluated."""
    lines = [criterion.formula.line(criterion.points.of(nobody.tier) or 0, nobody) for criterion in criteria]
    found = tuple(line for line in lines if line is not None)
    return found if len(found) == len(lines) else None


def _kernel(groups: Sequence[GroupPlan], tier: str) -> Kernel:
    return Kernel(
        [list(zip(group.criteria, group.lines, strict=True)) for group in groups if group.lines is not None], tier
    )


def _plan_sums(categories: Sequence[CategoryPlan], groups: Sequence[GroupPlan]) -> SumsPlan:
    codes = [group.code for group in groups]
    members = [[code in [g.code for g in category.groups] for code in codes] for category in categories]
    members.append([True] * len(groups))
    measures: list[tuple[int, ...]] = []
    criteria = []
    for at, category in enumerate(categories):
        rows = []
        for measure in category.measures:
            if measure.name == TOTAL:
                rows.append(at)
                continue
            rows.append(len(members))
            added = [category.groups[place].code for place in measure.groups]
            members.append([code in added for code in codes])
            if measure.criterion is not None:
                place, row = measure.criterion
                criteria.append((rows[-1], codes.index(category.groups[place].code), row))
        measures.append(tuple(rows))
    keys = tuple(
        tuple(rows[m] + (0 if unit == "percent" else len(members)) for m, unit in category.keys)
        for rows, category in zip(measures, categories, strict=True)
    )
    return SumsPlan(
        members=np.array(members, dtype=np.bool_),
        nominal=[*(category.nominal for category in categories), sum(category.nominal for category in categories)],
        measures=tuple(measures),
        criteria=tuple(criteria),
        keys=keys,
        points_gates=any(unit == "points" for category in categories for _, unit in category.keys),
        penalties=any((group.lowest < 0).any() for group in groups),
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
