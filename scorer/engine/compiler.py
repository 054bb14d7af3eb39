"""Makes plans: what a criteria set fixes for one tier, out of the set and the plugins that score its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Effect, Group
from scorer.engine.gates import GateTable, threshold
from scorer.engine.kernel import CategoryGates, Kernel
from scorer.engine.plan import (
    CategoryPlan,
    GatePlan,
    GroupPlan,
    MeasurePlan,
    Provider,
    SumsPlan,
    TierPlan,
    group_maxima,
)
from scorer.formulas.line_table import CriterionLine, Line
from scorer.model.fixed_point import Ints
from scorer.model.units import Cohort
from scorer.plugins.group import CriterionGroup
from scorer.plugins.plugin import Plugin


def compile_tier(criteria_set: CriteriaSet, tier: str, plugins: Mapping[str, Plugin]) -> TierPlan:
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
    sums, decimals = _plan_sums(categories, ordered), criteria_set.points_decimals
    return TierPlan(
        tier=tier,
        categories=categories,
        requires=tuple(codes.index(code) for code in requires),
        decimals=decimals,
        indicators=criteria_set.indicators,
        rows=rows,
        ranges=ranges,
        checks=tuple(checks),
        cohort_criteria=tuple(criterion.id for criterion in criteria if criterion.formula.needs_cohort),
        groups=ordered,
        sums=sums,
        kernel=_kernel(categories, ordered, sums, tier, decimals),
    )


def indicator_rows(criteria_set: CriteriaSet) -> dict[str, int]:
    """The matrix row of each indicator."""
    return {code: row for row, code in enumerate(criteria_set.indicators)}


def with_tables(plan: TierPlan, tables: Sequence[GateTable | None]) -> TierPlan:
    """The plan with the table of each category."""
    pairs = zip(plan.categories, tables, strict=True)
    categories = tuple(replace(category, table=table) for category, table in pairs)
    kernel = _kernel(categories, plan.groups, plan.sums, plan.tier, plan.decimals)
    return replace(plan, categories=categories, kernel=kernel)


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


def _kernel(
    categories: Sequence[CategoryPlan], groups: Sequence[GroupPlan], sums: SumsPlan, tier: str, decimals: int
) -> Kernel:
    measures = {criterion: len(groups) + n for n, criterion in enumerate(sums.criteria)}
    criteria, exclusions = list[CriterionLine](), dict[str, int]()
    for place, group in enumerate(groups):
        for at, (criterion, line) in enumerate(zip(group.criteria, group.lines, strict=True) if group.lines else ()):
            if criterion.may_be_not_applicable:
                exclusions[criterion.id] = len(exclusions)
            criteria.append(
                CriterionLine(
                    line,
                    group=place,
                    measure=measures.get((place, at), -1),
                    maximum=criterion.maximum(tier),
                    exclusion=exclusions.get(criterion.id, -1),
                    missing_excludes=criterion.missing_leaves_out,
                    penalty=criterion.effect is Effect.PENALTY,
                )
            )
    gates = [
        CategoryGates(category.table, keys, [unit for _, unit in category.keys], category.cells.level)
        if category.table and category.cells
        else None
        for category, keys in zip(categories, sums.keys, strict=True)
    ]
    return Kernel(criteria, exclusions, group_maxima(groups, sums), sums.members, sums.nominal, gates, decimals)


def _plan_sums(categories: Sequence[CategoryPlan], groups: Sequence[GroupPlan]) -> SumsPlan:
    codes = [group.code for group in groups]
    here = [[codes.index(group.code) for group in category.groups] for category in categories]
    added = [*here, list(range(len(groups)))]
    measures, criteria = list[tuple[int, ...]](), list[tuple[int, int]]()
    for at, category in enumerate(categories):
        rows = []
        for measure in category.measures:
            if measure.name == TOTAL:
                rows.append(at)
                continue
            rows.append(len(added))
            if measure.criterion is None:
                added.append([here[at][place] for place in measure.groups])
            else:
                place, row = measure.criterion
                added.append([len(groups) + len(criteria)])
                criteria.append((here[at][place], row))
        measures.append(tuple(rows))
    members = np.zeros((len(added), len(groups) + len(criteria)), dtype=np.bool_)
    for row, places in enumerate(added):
        members[row, places] = True
    keys = tuple(
        tuple(rows[m] + (0 if unit == "percent" else len(added)) for m, unit in category.keys)
        for rows, category in zip(measures, categories, strict=True)
    )
    return SumsPlan(
        members=members,
        nominal=[*(category.nominal for category in categories), sum(category.nominal for category in categories)],
        measures=tuple(measures),
        criteria=tuple(criteria),
        keys=keys,
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
