"""The rules of a category in one tier: its levels and limits as trees of gates, and the gates that fail in each cell of
their tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scorer.criteria.conditions import AnswerGate, Gate, MeasureGate
from scorer.engine.gates import GateTable, Rule
from scorer.model.fixed_point import Bools, Floats, Ints


class KeyKind(StrEnum):
    """The kind of number that a key stands for."""

    PERCENT = "percent"
    """The percentage of a measure, with its fraction."""
    POINTS = "points"
    """The points of a measure."""
    ANSWER = "answer"
    """The answer to a flag or a choice: the index of the option. An answer that was not reported reaches no
    threshold."""
    LEVEL = "level"
    """The level of another category, counted from its worst level, 1; 0: none."""


@dataclass(frozen=True)
class Key:
    """A number of each unit that rules compare."""

    kind: KeyKind
    index: int
    """PERCENT and POINTS: index of the measure in its category; ANSWER: matrix row of the indicator; LEVEL: index of
    the category among those of the tier."""


@dataclass(frozen=True)
class GatePlan:
    """A gate with the values of one tier."""

    gate: Gate
    level: int
    """The level whose condition has the gate; 0: it belongs to a limit."""
    limit: int
    """The number of its limit, from 1; 0: it belongs to a level."""
    key: int
    """Index of the key that the gate compares."""
    test: tuple[tuple[int | None, int | None], ...]
    """The ranges of the key in which the gate holds; see ``RangeTest``."""
    minimum: int = 0
    """The minimum of a gate on a measure, in parts per million or micropoints."""

    @property
    def measure(self) -> str:
        """The measure that the gate compares; empty for gates on answers and levels."""
        return self.gate.measure if isinstance(self.gate, MeasureGate) else ""

    @property
    def name(self) -> str:
        """The measure, indicator or category that the gate reads."""
        gate = self.gate
        if isinstance(gate, MeasureGate):
            return gate.measure
        return gate.indicator if isinstance(gate, AnswerGate) else gate.category


@dataclass(frozen=True)
class Node:
    """A combination: at least ``at_least`` of its conditions must hold: indices of gates, or nodes."""

    at_least: int
    of: tuple[int | Node, ...]

    def gates(self) -> Iterator[int]:
        """The indices of its gates, from left to right."""
        for inner in self.of:
            if isinstance(inner, Node):
                yield from inner.gates()
            else:
                yield inner

    def required(self) -> tuple[int | Node, ...]:
        """The conditions that must each hold: the node's own if it needs all of them, otherwise the node itself."""
        return self.of if self.at_least == len(self.of) else (self,)

    def holds(self, gates: Mapping[int, Bools]) -> Bools:
        """(n,) whether the combination holds. ``gates`` says for each gate, by index: (n,) whether it holds."""
        inner = [each.holds(gates) if isinstance(each, Node) else gates[each] for each in self.of]
        held: Bools = np.sum(inner, axis=0) >= self.at_least
        return held


@dataclass(frozen=True)
class RulePlan:
    """The condition of a level. For a limit: that the limit does not apply. All levels that the limit forbids require
    this.
    """

    level: int
    """The level; 0 for a limit."""
    limit: int
    """The number of the limit, from 1; 0 for a level."""
    outcomes: range
    """Indices of the levels, best first, that a unit can only reach if the rule holds."""
    root: Node
    keys: tuple[int, ...]
    """The keys that the rule compares, as indices of the category's keys."""
    rule: Rule
    """The rule in numbers, from which the table is compiled."""
    table: GateTable | None = None
    """Whether the rule holds in each cell; None until the rules are compiled."""
    excludes: bool = False
    """True for a limit that excludes units from the ranking: those for which the rule does not hold."""


@dataclass(frozen=True)
class Cells:
    """The gates that fail in each cell of the table of a rule.

    A cell is one combination of thresholds reached, so all units of a cell pass the same gates of the rule.
    """

    failed: NDArray[np.uint64]
    """(cells,) bit i is set when gate i of the category fails; computed by comparing numbers, without the gate
    table."""
    lacking: NDArray[np.uint64]
    """(cells,) bit i is set when gate i is lacking: the gate and all combinations that contain it fail. To make
    the rule hold, at least one of the lacking gates must be passed."""
    fails: Floats
    """(gates, cells) 1.0 where a gate of the rule fails: multiplied by the units per cell, it counts failing units."""
    measures: Mapping[str, Bools]
    """For each measure: (cells,) whether all gates on the measure in the rule hold."""


def cells_of(plan: RulePlan, gates: Sequence[GatePlan]) -> Cells:
    """See ``Cells``; ``gates`` are those of the category."""
    values = np.array(plan.rule.cells, dtype=np.int64).T
    own = list(plan.root.gates())
    holds = {index: holding(values[plan.keys.index(gates[index].key)], gates[index].test) for index in own}
    failed = np.zeros(values.shape[1], dtype=np.uint64)
    measures: dict[str, Bools] = {}
    for index, passed in holds.items():
        failed |= np.where(passed, np.uint64(0), bit(index))
        if name := gates[index].measure:
            measures[name] = measures[name] & passed if name in measures else passed
    return Cells(failed, _lacking(plan.root, holds)[1], 1.0 - np.array([holds[index] for index in own]), measures)


def holding(values: Ints, ranges: Sequence[tuple[int | None, int | None]]) -> Bools:
    """(n,) whether each value is in one of the ranges, see ``RangeTest``."""
    holds = np.zeros(len(values), dtype=np.bool_)
    for low, high in ranges:
        holds |= (True if low is None else values >= low) & (True if high is None else values <= high)
    return holds


def bit(gate: int) -> np.uint64:
    """The number in which only the bit of a gate is set."""
    return np.uint64(1) << np.uint64(gate)


def _lacking(node: int | Node, holds: Mapping[int, Bools]) -> tuple[Bools, NDArray[np.uint64]]:
    """(cells,) whether a node holds, and the bits of its lacking gates; see ``Cells.lacking``."""
    if not isinstance(node, Node):
        return holds[node], np.where(holds[node], np.uint64(0), bit(node))
    inner = [_lacking(each, holds) for each in node.of]
    held = np.sum([holding for holding, _ in inner], axis=0) >= node.at_least
    return held, np.where(held, np.uint64(0), np.bitwise_or.reduce([bits for _, bits in inner]))
