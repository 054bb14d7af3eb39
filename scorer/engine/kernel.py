"""A tier compiled for native code, which scores a chunk of units in one call: from answers to levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.engine.gates import GateTable, least_reaching
from scorer.engine.score_table import ScoreTable
from scorer.formulas.line_table import CriterionLine, LineTable, record
from scorer.model.fixed_point import Bools, Floats, Ints

COMPARISON = record(native.COMPARISON)


@dataclass(frozen=True)
class CategoryGates:
    """The decision table of a category, and what it decides by."""

    table: GateTable
    sums: Sequence[int]
    """The sum that each measure of the table compares: its percentage, or s + k for the points of sum k."""
    units: Sequence[str]
    """``percent`` or ``points``, by measure."""
    levels: Ints
    """(cells,) the level of each cell; 0: none."""

    def strides(self) -> list[int]:
        """How many cells apart the neighbours of each measure are; the last measure runs fastest."""
        edges = self.table.edges
        return [prod(len(after) + 1 for after in edges[n + 1 :]) for n in range(len(edges))]


@dataclass(frozen=True)
class Results:
    """Where the results of n units go, all of them filled by the kernel."""

    sums: ScoreTable
    cells: Ints
    """(categories, n) cells of the decision tables; 0 without one."""
    levels: Ints
    """(categories, n) levels reached; 0: none."""
    standings: NDArray[np.uint8]
    """(categories, n) of ``Standing``."""
    groups: ScoreTable | None = None
    """Sums of the groups. Those that the kernel does not fill hold points, maxima and counts already."""
    points: Floats | None = None
    """(k, n) signed micropoints of the kernel's criteria."""
    status: NDArray[np.uint8] | None = None
    """(k, n) of ``Status``."""


class Kernel:
    """What is fixed for a tier, as native code takes it.

    Args:
        criteria: k criteria that are lines.
        exclusions: the row of units for which a criterion does not apply, by criterion id.
        maxima: (g,) of the groups in micropoints when every criterion applies.
        members: (s, g) which groups each sum adds up: the sums of c categories, the sum of all, and those of measures.
        nominal: maxima of the first c + 1 sums.
        gates: of each category; None: it has no levels.
        decimals: published ones.
    """

    def __init__(
        self,
        criteria: Sequence[CriterionLine],
        exclusions: Mapping[str, int],
        maxima: Sequence[int],
        members: Bools,
        nominal: Sequence[int],
        gates: Sequence[CategoryGates | None],
        decimals: int,
    ) -> None:
        self.criteria = len(criteria)
        self._table, self._exclusions = LineTable(criteria), exclusions
        filled = {criterion.group for criterion in criteria} | {criterion.measure for criterion in criteria}
        comparisons, level_tables, pool = list[tuple[int, ...]](), list[int](), self._table.pool.tolist()
        for category, decided in enumerate(gates):
            for sum_, unit, thresholds, stride in (
                zip(decided.sums, decided.units, decided.table.edges, decided.strides(), strict=True) if decided else ()
            ):
                comparisons.append((category, sum_, len(pool), len(thresholds), stride))
                pool += [least_reaching(unit, threshold) for threshold in thresholds]
            level_tables.append(len(pool) if decided else -1)
            pool += decided.levels.tolist() if decided else []
        self._pool = np.array(pool, dtype=np.float64)
        self._sums: native.Sums = (
            np.array(maxima, dtype=np.float64),
            np.array([group in filled for group in range(len(maxima))], dtype=np.bool_),
            np.ascontiguousarray(members),
            np.array(nominal, dtype=np.float64),
            10.0 ** (6 - decimals),
            np.array(comparisons, dtype=COMPARISON),
            np.array(level_tables, dtype=np.int64),
        )

    def excluded(self, excluded: Mapping[str, Bools], units: int) -> Bools:
        """Units for which criteria do not apply, (exclusions, n), from masks (n,) by criterion id."""
        rows = np.zeros((len(self._exclusions), units), dtype=np.bool_)
        for criterion, mask in excluded.items():
            if criterion in self._exclusions:
                rows[self._exclusions[criterion]] = mask
        return rows

    def score(self, answers: Floats, excluded: Bools, results: Results, units: slice) -> None:
        """Fills the results of some of the n units.

        Args:
            answers: (rows, n) of a cohort's matrix.
            excluded: see there.
            results: of all n units.
            units: which of them.
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
            partial(table.settle, answers),
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
