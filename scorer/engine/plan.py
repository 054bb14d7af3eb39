"""What a criteria set fixes for one tier, worked out once while it loads: maxima, measures, thresholds, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.model import CriteriaSet, Criterion
from scorer.engine.gates import GateTable, Rules
from scorer.engine.kernel import Kernel
from scorer.formulas.line_table import Line
from scorer.model.fixed_point import Bools, Floats, Ints
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.plugins.group import Check, CriterionGroup, PartOf
from scorer.plugins.plugin import label

Made = TypeVar("Made")


@dataclass(frozen=True)
class Provider:
    """The plugin that scores a group."""

    group: str
    plugin: str
    """Name of its entry point."""
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"group {self.group!r} of {label(self.plugin, self.distribution, self.version)}"


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

    level: Ints
    """(cells,) the best level passed; 0: none."""
    unranked: NDArray[np.uint8]
    """(cells,) 1 where no level is passed."""
    failed: NDArray[np.uint64]
    """(cells,) words: bit i is set when gate i does not hold, by the plain comparison."""
    fails: Floats
    """(gates, cells) the same, a row a gate: 1 where it does not hold, to be multiplied by how many units there are."""
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
    def next_gates(self) -> NDArray[np.uint64]:
        """Words by the number of a level, 0 for none: bit i is set when gate i is of the next better level."""
        words = np.zeros(max(self.levels) + 1, dtype=np.uint64)
        for bit, gate in enumerate(self.gates):
            words[self.level_of[gate.level_place + 1]] |= np.uint64(1) << np.uint64(bit)
        return words

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
        level = self.level_of.take(self.table.best)
        return Cells(level, (level == 0).astype(np.uint8), failed, 1.0 - np.array(holds), levels)


@dataclass(frozen=True)
class SumsPlan:
    """Which groups each sum of a tier adds up: its categories, all together, then the other measures."""

    members: Bools
    """(sums, groups) whether a group takes part; each of ``criteria`` is a group of its own after all others."""
    nominal: list[int]
    """Maximum of each category, and of all, if everything applied, in micropoints."""
    measures: tuple[tuple[int, ...], ...]
    """The sum of each category's measures."""
    criteria: tuple[tuple[int, int], ...]
    """Criteria that are measures: the group, and the place there."""
    keys: tuple[tuple[int, ...], ...]
    """A category's keys: the sum whose percent they are, or its points, which come after all percentages."""


def group_maxima(groups: Sequence[GroupPlan], sums: SumsPlan) -> list[int]:
    """See ``TierPlan.group_maxima``."""
    return [group.nominal for group in groups] + [int(groups[group].maxima[at, 0]) for group, at in sums.criteria]


class DerivedValues:
    """A plan that keeps what others work out from it, of which it knows nothing, such as messages made of it."""

    def derived(self, make: Callable[[Self], Made]) -> Made:
        """What ``make`` makes of the plan; it is asked the first time only."""
        made: dict[object, Made] = self.__dict__.setdefault("_made", {})
        if make not in made:
            made[make] = make(self)
        return made[make]


@dataclass(frozen=True)
class TierPlan(DerivedValues):
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
    checks: tuple[Check, ...]
    """What must hold between answers."""
    cohort_criteria: tuple[str, ...]
    """Ids of criteria that cannot be scored for one unit alone."""
    groups: tuple[GroupPlan, ...]
    """Of all categories: those that the kernel scores, then those whose plugins are asked."""
    sums: SumsPlan
    kernel: Kernel
    """All of it, for native code."""

    @property
    def group_maxima(self) -> list[int]:
        """Maximum of each group if everything applied, and of each criterion that is a measure, in micropoints."""
        return group_maxima(self.groups, self.sums)

    @cached_property
    def bounds(self) -> Floats:
        """Smallest and largest answers (2, rows), in the rows of the matrix."""
        return np.ascontiguousarray(np.array([self.ranges[code] for code in self.rows], dtype=np.float64).T)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Matrix rows (rows,) of the indicators whose answers are whole numbers."""
        return np.array([self.indicators[code].kind is not IndicatorKind.NUMBER for code in self.rows])

    @cached_property
    def plain_parts(self) -> list[int]:
        """Places (p,) among the checks of those that compare a part with its whole and nothing else."""
        return [
            place
            for place, check in enumerate(self.checks)
            if isinstance(check, PartOf) and type(check).violated is PartOf.violated
        ]

    @cached_property
    def other_checks(self) -> list[int]:
        """Places of the other checks."""
        return [place for place in range(len(self.checks)) if place not in self.plain_parts]

    @cached_property
    def parts(self) -> Ints:
        """Matrix rows (2, p) of their parts and wholes."""
        reads = [[self.rows[code] for code in self.checks[place].reads()] for place in self.plain_parts]
        return np.ascontiguousarray(np.array(reads, dtype=np.int64).reshape(-1, 2).T)

    def places(self, category: CategoryPlan) -> list[int]:
        """Where the category's groups stand among all groups."""
        codes = [group.code for group in self.groups]
        return [codes.index(group.code) for group in category.groups]


@dataclass(frozen=True)
class SetPlan(DerivedValues):
    """A criteria set ready to score with."""

    criteria_set: CriteriaSet
    tiers: Mapping[str, TierPlan]
    """In the set's order."""
    rows: Mapping[str, int]
    """The matrix row of each indicator."""
    providers: tuple[Provider, ...]
    """By group."""

    @cached_property
    def asks_nobody(self) -> bool:
        """Whether validating and scoring run no code of plugins, which may take its time."""
        tiers = self.tiers.values()
        return all(
            all(group.lines is not None for group in tier.groups) and len(tier.plain_parts) == len(tier.checks)
            for tier in tiers
        )

    @cached_property
    def number_rows(self) -> Mapping[str, int]:
        """The matrix rows of the indicators whose answers are given as numbers: of all but choices."""
        indicators = self.criteria_set.indicators
        return {code: row for code, row in self.rows.items() if indicators[code].kind is not IndicatorKind.CHOICE}
