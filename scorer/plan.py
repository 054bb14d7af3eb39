"""What a criteria set fixes for one tier, worked out once while it loads: maxima, measures, thresholds, tables."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorer.cohort import Cohort
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Group
from scorer.formulas.blocks import Line
from scorer.gates import GateTable, GateTables, Rules, threshold
from scorer.groups import CriterionGroup, PartOf
from scorer.indicators import Indicator, IndicatorKind
from scorer.kernel import Kernel
from scorer.points import Floats, Ints


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
    lines: tuple[Line, ...] | None
    """Its criteria's, for the kernel; None: the plugin has to be asked, as it scores in a way of its own."""

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
class Cells:
    """What each cell of a gate table means."""

    level_place: Ints
    """(cells,) place of the best level passed; the number of levels where none is."""
    failed: NDArray[np.uint64]
    """(cells,) words: bit i is set when gate i does not hold, by the plain comparison."""
    measure_levels: Ints
    """(measures, cells) best level all of whose gates on the measure hold; 0: none."""


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

    @cached_property
    def level_of(self) -> Ints:
        """(levels + 1,) the level at each place; 0 after the last."""
        return np.array([*self.levels, 0], dtype=np.int64)

    @cached_property
    def cells(self) -> Cells | None:
        """What the table's cells mean; None without a table."""
        rules = self.rules()
        if rules is None or self.table is None:
            return None
        values = np.array(rules.cells(), dtype=np.int64).T
        holds = [values[gate.key] >= gate.threshold for gate in self.gates]
        failed = np.zeros(values.shape[1], dtype=np.uint64)
        for bit, passed in enumerate(holds):
            failed |= (~passed).astype(np.uint64) << np.uint64(bit)
        levels = np.zeros((len(self.measures), values.shape[1]), dtype=np.int64)
        for place in range(len(self.levels) - 1, -1, -1):
            for at in range(len(self.measures)):
                mine = [p for p, g in zip(holds, self.gates, strict=True) if (g.level_place, g.measure) == (place, at)]
                if mine:
                    levels[at, np.logical_and.reduce(mine)] = self.levels[place]
        return Cells(self.table.best, failed, levels)


@dataclass(frozen=True)
class SumsPlan:
    """Which groups each sum of a tier adds up: its categories, all together, then the other measures."""

    members: Floats
    """(sums, groups) 1 where a group takes part."""
    nominal: list[int]
    """Maximum of each category, and of all, if everything applied, in micropoints."""
    measures: tuple[tuple[int, ...], ...]
    """The sum of each category's measures."""
    criteria: tuple[tuple[int, int, int], ...]
    """Sums that are one criterion: the sum, its group and its place there."""
    keys: tuple[tuple[int, ...], ...]
    """A category's keys: the sum whose percent they are, or its points, which come after all percentages."""
    points_gates: bool
    """Whether any gate compares points."""
    penalties: bool
    """Whether points can be below 0."""


@dataclass(frozen=True)
class TierPlan:
    """One tier: everything that scoring its units takes."""

    tier: str
    categories: tuple[CategoryPlan, ...]
    requires: tuple[int, ...]
    """Places of the categories in which a unit must be ranked to be ranked overall."""
    decimals: int
    """Published decimals of converted scores."""
    indicators: Mapping[str, Indicator]
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    ranges: Mapping[str, tuple[float, float]]
    """Smallest and largest answer (inclusive) by indicator."""
    checks: tuple[PartOf, ...]
    """What must hold between answers."""
    cohort_criteria: tuple[str, ...]
    """Ids of criteria that cannot be scored for one unit alone."""
    groups: tuple[GroupPlan, ...]
    """Of all categories: those that the kernel scores, then those whose plugins are asked."""
    kernel: Kernel | None
    """None when all plugins are asked."""
    sums: SumsPlan

    @cached_property
    def gates(self) -> GateTables:
        """The tables of all categories that have levels, in their order."""
        pairs = zip(self.categories, self.sums.keys, strict=True)
        return GateTables([(category.table, keys) for category, keys in pairs if category.table is not None])

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Smallest and largest answer (rows,), in the rows of the matrix."""
        low, high = np.array([self.ranges[code] for code in self.rows]).T
        return low, high

    @cached_property
    def parts(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Matrix rows (checks,) of the parts and wholes of the checks."""
        part, whole = (
            [self.rows[check.part] for check in self.checks],
            [self.rows[check.whole] for check in self.checks],
        )
        return np.array(part, dtype=np.intp), np.array(whole, dtype=np.intp)

    @cached_property
    def decimals_in(self) -> NDArray[np.intp]:
        """Matrix rows of the indicators whose answers may have decimals."""
        kinds = [self.indicators[code].kind for code in self.rows]
        return np.flatnonzero([kind is IndicatorKind.NUMBER for kind in kinds])

    def places(self, category: CategoryPlan) -> list[int]:
        """Where the category's groups stand among all groups."""
        codes = [group.code for group in self.groups]
        return [codes.index(group.code) for group in category.groups]


def plan_tier(criteria_set: CriteriaSet, tier: str, plugins: Mapping[str, CriterionGroup]) -> TierPlan:
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
    """The matrix row of each indicator: those that a block of formulas reads together follow each other."""
    codes = list(criteria_set.indicators)
    some_rows = {code: row for row, code in enumerate(codes)}
    alike: dict[Hashable, list[Line]] = {}
    # Criteria that few tiers have come last, so that they leave no holes in the others' rows.
    everywhere_first = sorted(
        criteria_set.criteria.values(), key=lambda c: -len(c.points.tiers() or criteria_set.tiers)
    )
    for criterion in everywhere_first:
        tier = (criterion.points.tiers() or criteria_set.tiers)[0]
        nobody = Cohort(tier, (), criteria_set.indicators, some_rows, np.empty((len(codes), 0)), {})
        if line := criterion.formula.line(criterion.points.of(tier) or 0, nobody):
            alike.setdefault(line.alike, []).append(line)
    rows: dict[str, int] = {}
    for lines in alike.values():
        lines.sort(key=lambda line: line.variant)
        for place in range(max(len(line.reads) for line in lines)):
            for line in lines:
                if place < len(line.reads):
                    rows.setdefault(codes[line.reads[place]], len(rows))
    for code in codes:  # what only evaluated formulas read
        rows.setdefault(code, len(rows))
    return rows


def with_tables(plan: TierPlan, tables: Sequence[GateTable | None]) -> TierPlan:
    """The plan with the table of each category."""
    pairs = zip(plan.categories, tables, strict=True)
    return replace(plan, categories=tuple(replace(category, table=table) for category, table in pairs))


def _plan_category(category: Category, nobody: Cohort, plugins: Mapping[str, CriterionGroup]) -> CategoryPlan:
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


def _plan_group(group: Group, nobody: Cohort, plugin: CriterionGroup) -> GroupPlan:
    tier, criteria = nobody.tier, group.of(nobody.tier)
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
        lines=_lines(criteria, nobody) if type(plugin).score is CriterionGroup.score else None,
    )


def _lines(criteria: Sequence[Criterion], nobody: Cohort) -> tuple[Line, ...] | None:
    """The formulas as lines; None when one of them has to be evaluated."""
    lines = [criterion.formula.line(criterion.points.of(nobody.tier) or 0, nobody) for criterion in criteria]
    found = tuple(line for line in lines if line is not None)
    return found if len(found) == len(lines) else None


def _kernel(groups: Sequence[GroupPlan], tier: str) -> Kernel | None:
    compiled = [list(zip(group.criteria, group.lines, strict=True)) for group in groups if group.lines is not None]
    return Kernel(compiled, tier) if compiled else None


def _plan_sums(categories: Sequence[CategoryPlan], groups: Sequence[GroupPlan]) -> SumsPlan:
    codes = [group.code for group in groups]
    members = [[float(code in [g.code for g in category.groups]) for code in codes] for category in categories]
    members.append([1.0] * len(groups))
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
            members.append([float(code in added) for code in codes])
            if measure.criterion is not None:
                place, row = measure.criterion
                criteria.append((rows[-1], codes.index(category.groups[place].code), row))
        measures.append(tuple(rows))
    keys = tuple(
        tuple(rows[m] + (0 if unit == "percent" else len(members)) for m, unit in category.keys)
        for rows, category in zip(measures, categories, strict=True)
    )
    return SumsPlan(
        members=np.array(members),
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

    @cached_property
    def asked(self) -> Mapping[str, tuple[int, Indicator, bool]]:
        """Of each indicator, by code: its matrix row, itself, and whether its answers are numbers."""
        found = {}
        for code, row in self.rows.items():
            indicator = self.criteria_set.indicators[code]
            found[code] = row, indicator, indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER)
        return found
