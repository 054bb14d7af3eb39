"""A tier in the form that native code takes: one call scores a chunk of units, from answers to levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.criteria.model import Rounding
from scorer.engine.composition import METHODS, Composition
from scorer.engine.gates import GateTable, least_reaching
from scorer.engine.score_table import ScoreTable
from scorer.formulas.native_table import CriterionLine, LineTable, record
from scorer.model.fixed_point import Bools, Floats, Ints

COMPARISON, COMPOSITION = record(native.COMPARISON), record(native.COMPOSITION)
RULE, DECISION = record(native.RULE), record(native.DECISION)
ROUNDINGS = {"half_up": native.HALF_UP, "half_even": native.HALF_EVEN, "down": native.DOWN, "up": native.UP}


@dataclass(frozen=True)
class RuleTable:
    """The table of a rule, the numbers that the rule compares, and the outcomes that it decides."""

    table: GateTable
    compared: Sequence[int]
    """The number that each key stands for: see ``compared`` in native/layout.h."""
    kinds: Sequence[str]
    """The ``KeyKind`` of each key."""
    outcomes: range
    """Indices of the outcomes of the category that need the rule to hold."""

    def strides(self) -> list[int]:
        """The stride of each key: the distance between cells that differ by one reached threshold of the key. The index
        of a unit's cell is the sum over keys of (thresholds reached) x stride.
        """
        edges = self.table.thresholds
        return [prod(len(after) + 1 for after in edges[n + 1 :]) for n in range(len(edges))]

    def allowed(self) -> Ints:
        """(cells,) bit i is set if the rule allows outcome i: if the rule holds, or outcome i does not need it."""
        needed = sum(1 << outcome for outcome in self.outcomes)
        return np.where(self.table.holds, np.int64(-1), np.int64(~needed))


@dataclass(frozen=True)
class Decision:
    """How the outcome of a category is decided: the best outcome that all rules allow."""

    outcomes: Sequence[int]
    """The levels, best first; 0 alone if units are ranked without a level."""
    rules: Sequence[RuleTable]


@dataclass(frozen=True)
class Results:
    """Arrays for the results of n units, which the kernel fills."""

    sums: ScoreTable
    cells: Ints
    """(rules, n) cells of the gate tables."""
    levels: Ints
    """(categories, n) levels reached; 0: none."""
    standings: NDArray[np.uint8]
    """(categories, n) of ``Standing``."""
    groups: ScoreTable | None = None
    """Sums of the groups. Groups that a plugin scores itself are already filled in."""
    points: Floats | None = None
    """(k, n) signed micropoints of the kernel's criteria."""
    status: NDArray[np.uint8] | None = None
    """(k, n) of ``Status``."""


class Kernel:
    """Everything of a tier that does not depend on answers, as arrays for native code.

    Args:
        criteria: the k criteria that are lines.
        exclusions: for each criterion that can be excluded, by id: its row in the masks that ``excluded`` returns.
        maxima: (g,) maxima of the groups if every criterion applied, in micropoints, before caps.
        caps: (g,) the most micropoints of each group; infinity: no cap.
        members: (s, g) whether each sum includes each group. The sums are those of the c categories, the overall sum,
            and those of measures.
        compositions: (c + 1) how the groups of each category, and last how the categories are combined.
        nominal: in micropoints, the maxima of the first sums, at least c + 1, which have scores, if every criterion
            applied.
        decisions: (c) how the outcome of each category is decided.
        order: indices of the categories, each after those whose levels its rules compare.
        decimals: number of decimals of published scores.
        rounding: how converted scores are rounded to published ones.
    """

    def __init__(
        self,
        criteria: Sequence[CriterionLine],
        exclusions: Mapping[str, int],
        maxima: Sequence[int],
        caps: Sequence[float],
        members: Bools,
        compositions: Sequence[Composition],
        nominal: Sequence[int],
        decisions: Sequence[Decision],
        order: Sequence[int],
        decimals: int,
        rounding: Rounding = "half_up",
    ) -> None:
        self.criteria = len(criteria)
        self._table, self._exclusions = LineTable(criteria), exclusions
        filled = {criterion.group for criterion in criteria} | {criterion.measure for criterion in criteria}
        comparisons, rules, tables = list[tuple[int, ...]](), list[tuple[int, ...]](), list[Ints]()
        decided, pool, cells = list[tuple[int, ...]](), self._table.pool.tolist(), 0
        for category, decision in enumerate(decisions):
            decided.append((category, len(rules), len(decision.rules), len(pool), len(decision.outcomes)))
            pool += decision.outcomes
            for rule in decision.rules:
                rules.append((len(comparisons), len(rule.compared), cells))
                for compared, kind, thresholds, stride in zip(
                    rule.compared, rule.kinds, rule.table.thresholds, rule.strides(), strict=True
                ):
                    comparisons.append((compared, len(pool), len(thresholds), stride))
                    pool += [least_reaching(kind, threshold) for threshold in thresholds]
                tables.append(rule.allowed())
                cells += len(tables[-1])
        self.rules = len(rules)
        combined = list[tuple[float, ...]]()
        for composition in compositions:
            combined.append(
                (METHODS[composition.combine], len(pool), composition.points, composition.floor, composition.cap)
            )
            pool += map(float, composition.weights)
        self._pool = np.array(pool, dtype=np.float64)
        self._sums: native.Sums = (
            np.array(maxima, dtype=np.float64),
            np.array([group in filled for group in range(len(maxima))], dtype=np.bool_),
            np.ascontiguousarray(members),
            np.array(nominal, dtype=np.float64),
            10.0 ** (6 - decimals),
            ROUNDINGS[rounding],
            np.array(caps, dtype=np.float64),
            np.array(combined, dtype=COMPOSITION),
            partial(_mean_exactly, compositions),
            np.array([decided[category] for category in order], dtype=DECISION),
            np.array(rules, dtype=RULE),
            np.array(comparisons, dtype=COMPARISON),
            np.concatenate([np.empty(0, dtype=np.int64), *tables]),
        )

    def excluded(self, excluded: Mapping[str, Bools], units: int) -> Bools:
        """(exclusions, n) whether each criterion does not apply to each unit, from masks (n,) by criterion id."""
        rows = np.zeros((len(self._exclusions), units), dtype=np.bool_)
        for criterion, mask in excluded.items():
            if criterion in self._exclusions:
                rows[self._exclusions[criterion]] = mask
        return rows

    def score(self, answers: Floats, excluded: Bools, results: Results, units: slice) -> None:
        """Scores a slice of the n units.

        Args:
            answers: (rows, n) the matrix of a cohort.
            excluded: (exclusions, n), see ``excluded``.
            results: the results of all n units; filled for the slice.
            units: the slice.
        """
        table, groups = self._table, results.groups
        native.score(
            table.lines,
            self._pool,
            table.slots,
            answers,
            excluded,
            results.points,
            results.status,
            None,
            partial(table.round_exactly, answers),
            *self._sums,
            results.sums.sums,
            results.sums.wholes,
            None if groups is None else groups.sums,
            None if groups is None else groups.wholes,
            results.cells,
            results.levels,
            results.standings,
            units.start,
            units.stop,
        )


def _mean_exactly(compositions: Sequence[Composition], index: int, values: tuple[float, ...]) -> float:
    return compositions[index].exact_mean(values)
