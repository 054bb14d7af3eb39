"""Compiles a criteria set and the plugins that score its groups into plans, one per tier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from types import MappingProxyType

import numpy as np

from scorer.criteria.model import Category, CriteriaSet, Criterion, Effect, Group, Rounding
from scorer.engine.gates import GateTable
from scorer.engine.kernel import Decision, Kernel, RuleTable
from scorer.engine.plan import CategoryPlan, GroupPlan, SumsPlan, TierPlan, group_maxima
from scorer.engine.plugin_checks import PluginCheck
from scorer.engine.rule_compiler import RuleCompiler
from scorer.engine.rules import KeyKind
from scorer.engine.subtotals import plan_subtotals
from scorer.engine.sum_compiler import cap_in, plan_measure, plan_orders, plan_sums
from scorer.formulas import Formula
from scorer.formulas.native_table import CriterionLine, Line
from scorer.formulas.sum_and_best import nested_formulas
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Ints
from scorer.model.indicators import source_column
from scorer.plugins.group import overrides_score
from scorer.plugins.plugin import Plugin, Provider


def compile_tier(
    criteria_set: CriteriaSet,
    tier: str,
    plugins: Mapping[str, Plugin],
    formula_plugins: Mapping[type[Formula], Plugin] = MappingProxyType({}),
) -> TierPlan:
    """The plan of one tier, without its gate tables; ``with_tables`` adds them.

    Args:
        criteria_set: the criteria set.
        tier: one of its tiers.
        plugins: the plugin that scores each group, by group code.
        formula_plugins: the plugin that adds each formula kind, by class of the kind; without the scorer's own kinds.
    """
    of_tier = [category for category in criteria_set.categories if category.tiers((tier,))]
    rows = indicator_rows(criteria_set)
    empty_cohort = Cohort(tier, (), criteria_set.indicators, rows, np.empty((len(rows), 0)), {}).read_only()
    categories = tuple(
        _plan_category(
            category,
            RuleCompiler(tier, of_tier, criteria_set.indicators, rows),
            empty_cohort,
            plugins,
            formula_plugins,
        )
        for category in of_tier
    )
    codes = [category.code for category in of_tier]
    criteria = [criterion for category in of_tier for group in category.groups for criterion in group.of(tier)]
    ranges = {code: indicator.range() for code, indicator in criteria_set.indicators.items()}
    for criterion in criteria:
        for code, (low, high) in criterion.formula.limits(tier, criterion.points.of(tier) or 0).items():
            ranges[code] = (max(low, ranges[code][0]), min(high, ranges[code][1]))
    for code, sources in criteria_set.other_sources.items():
        ranges |= dict.fromkeys((source_column(code, source) for source in sources), ranges[code])
    groups = [group for category in categories for group in category.groups]
    ordered = tuple(sorted(groups, key=lambda group: group.lines is None))
    checks = [
        PluginCheck(check, group.provider)
        for group in groups
        for check in group.plugin.checks
        if all(code in criteria_set.indicators for code in check.reads())
    ]
    requires = [code for code in criteria_set.requires if code in codes] or codes
    sums, decimals = plan_sums(criteria_set, tier, categories, ordered), criteria_set.points_decimals
    return TierPlan(
        tier=tier,
        categories=categories,
        requires=tuple(codes.index(code) for code in requires),
        decimals=decimals,
        rounding=criteria_set.rounding,
        indicators=criteria_set.indicators,
        rows=rows,
        ranges=ranges,
        checks=tuple(checks),
        cohort_criteria=tuple(criterion.id for criterion in criteria if criterion.formula.needs_cohort),
        groups=ordered,
        sums=sums,
        subtotals=plan_subtotals(criteria_set, ordered),
        orders=plan_orders(criteria_set, codes, sums),
        kernel=_kernel(categories, ordered, sums, tier, decimals, criteria_set.rounding),
        other_sources=criteria_set.other_sources,
        has_sources=criteria_set.has_sources,
    )


def indicator_rows(criteria_set: CriteriaSet) -> dict[str, int]:
    """The matrix row of each indicator."""
    return {code: row for row, code in enumerate(criteria_set.indicators)}


def with_tables(plan: TierPlan, tables: Iterator[GateTable]) -> TierPlan:
    """A copy of the plan with gate tables: one per rule, in the order of the categories and their rules."""
    categories = tuple(
        replace(category, rules=tuple(replace(rule, table=next(tables)) for rule in category.rules))
        for category in plan.categories
    )
    kernel = _kernel(categories, plan.groups, plan.sums, plan.tier, plan.decimals, plan.rounding)
    return replace(plan, categories=categories, kernel=kernel)


def _plan_category(
    category: Category,
    rules: RuleCompiler,
    empty_cohort: Cohort,
    plugins: Mapping[str, Plugin],
    formula_plugins: Mapping[type[Formula], Plugin],
) -> CategoryPlan:
    tier = empty_cohort.tier
    groups = tuple(
        _plan_group(group, empty_cohort, plugins[group.code], formula_plugins)
        for group in category.groups
        if group.of(tier)
    )
    rules.add_all(category)
    return CategoryPlan(
        code=category.code,
        groups=groups,
        nominal=category.maximum(tier),
        levels=tuple(level.level for level in category.levels),
        level_codes={level.level: level.code for level in category.levels},
        measures=tuple(measure for name in rules.measures if (measure := plan_measure(name, groups))),
        keys=tuple(rules.keys),
        gates=tuple(rules.gates),
        rules=tuple(rules.rules),
    )


def _plan_group(
    group: Group, empty_cohort: Cohort, plugin: Plugin, formula_plugins: Mapping[type[Formula], Plugin]
) -> GroupPlan:
    tier, criteria = empty_cohort.tier, group.of(empty_cohort.tier)
    bounds = [criterion.bounds(tier) for criterion in criteria]
    criterion_group = plugin.group
    assert criterion_group is not None  # plugins are looked up by their groups

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)[:, np.newaxis]

    overrides = overrides_score(criterion_group)
    return GroupPlan(
        code=group.code,
        plugin=criterion_group,
        provider=Provider.of(group.code, plugin),
        criteria=criteria,
        maxima=column([criterion.maximum(tier) for criterion in criteria]),
        lowest=column([low for low, _ in bounds]),
        highest=column([high for _, high in bounds]),
        lines=None if overrides else _lines(criteria, empty_cohort),
        cap=cap_in(tier, group.cap),
        runs=(str(plugin),) if overrides else _plugins_of_kinds(criteria, formula_plugins),
        kinds={
            criterion.id: Provider.of(group.code, formula_plugins[type(formula)], formula.kind)
            for criterion in criteria
            for formula in reversed([*_with_nested(criterion.formula)])  # the outermost one is the last, and counts
            if type(formula) in formula_plugins
        },
    )


def _plugins_of_kinds(
    criteria: Sequence[Criterion], formula_plugins: Mapping[type[Formula], Plugin]
) -> tuple[str, ...]:
    """The plugins that add the formula kinds of the criteria."""
    kinds = {type(formula): None for criterion in criteria for formula in _with_nested(criterion.formula)}
    return tuple(dict.fromkeys(str(formula_plugins[kind]) for kind in kinds if kind in formula_plugins))


def _with_nested(formula: Formula) -> Iterator[Formula]:
    yield formula
    for inner in nested_formulas(formula):
        yield from _with_nested(inner.formula)


def _lines(criteria: Sequence[Criterion], empty_cohort: Cohort) -> tuple[Line, ...] | None:
    """The formulas of the criteria as lines; None if one of them must be evaluated in Python."""
    lines = [
        criterion.formula.line(criterion.points.of(empty_cohort.tier) or 0, empty_cohort) for criterion in criteria
    ]
    known = tuple(line for line in lines if line is not None)
    return known if len(known) == len(lines) else None


def _kernel(
    categories: Sequence[CategoryPlan],
    groups: Sequence[GroupPlan],
    sums: SumsPlan,
    tier: str,
    decimals: int,
    rounding: Rounding,
) -> Kernel:
    measures = {criterion: len(groups) + n for n, criterion in enumerate(sums.criteria)}
    criteria, exclusions = list[CriterionLine](), dict[str, int]()
    for group_index, group in enumerate(groups):
        for row, (criterion, line) in enumerate(zip(group.criteria, group.lines, strict=True) if group.lines else ()):
            if criterion.may_be_not_applicable or not criterion.is_self_reported:
                exclusions[criterion.id] = len(exclusions)
            criteria.append(
                CriterionLine(
                    line,
                    group=group_index,
                    measure=measures.get((group_index, row), -1),
                    maximum=criterion.maximum(tier),
                    exclusion=exclusions.get(criterion.id, -1),
                    missing_excludes=criterion.missing_leaves_out,
                    penalty=criterion.effect is Effect.PENALTY,
                )
            )
    decisions = [
        Decision(
            category.outcomes,
            [
                RuleTable(
                    rule.table,
                    [keys[key] for key in rule.keys],
                    [category.keys[key].kind for key in rule.keys],
                    rule.outcomes,
                )
                for rule in category.rules
                if rule.table
            ],
        )
        for category, keys in zip(categories, sums.keys, strict=True)
    ]
    maxima = [int(group.maxima.sum()) for group in groups] + group_maxima(groups, sums)[len(groups) :]
    caps = [group.cap for group in groups] + [math.inf] * len(sums.criteria)
    return Kernel(
        criteria,
        exclusions,
        maxima,
        caps,
        sums.members,
        sums.compositions,
        sums.nominal,
        decisions,
        _decision_order(categories),
        decimals,
        rounding,
    )


def _decision_order(categories: Sequence[CategoryPlan]) -> list[int]:
    """Indices of the categories, each after the categories whose levels its gates compare. Lint refuses cycles."""
    needed = {
        index: [key.index for key in category.keys if key.kind is KeyKind.LEVEL]
        for index, category in enumerate(categories)
    }
    return list(TopologicalSorter(needed).static_order())
