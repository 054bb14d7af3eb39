"""Compiles the levels and limits of a category into rules for one tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scorer.criteria.conditions import AnswerGate, Combination, Gate, LevelGate, MeasureGate, Negation, Normal, in_tier
from scorer.criteria.model import Category
from scorer.engine.gates import AtLeast, RangeTest, Rule, threshold
from scorer.engine.rules import GatePlan, Key, KeyKind, Node, RulePlan
from scorer.model.indicators import Indicator, IndicatorKind

Ranges = tuple[tuple[int | None, int | None], ...]


@dataclass
class RuleCompiler:
    """Collects the measures, keys, gates and rules of one category in one tier.

    Args:
        tier: the tier.
        categories: the categories that the tier has, in the set's order.
        indicators: all indicators of the set.
        rows: the matrix row of each indicator.
    """

    tier: str
    categories: Sequence[Category]
    indicators: Mapping[str, Indicator]
    rows: Mapping[str, int]
    measures: list[str] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    gates: list[GatePlan] = field(default_factory=list)
    rules: list[RulePlan] = field(default_factory=list)

    def add_all(self, category: Category) -> None:
        """Adds the levels and limits of a category."""
        levels = [level.level for level in category.levels]
        for index, level in enumerate(category.levels):
            condition = in_tier(level.condition, self.tier)
            assert condition is not None  # lint refuses such sets
            self._add(condition, level.level, 0, range(index, index + 1))
        for number, limit in enumerate(category.limits, start=1):
            condition = in_tier(Negation(limit.condition), self.tier)
            if condition is not None:
                forbidden = levels.index(limit.no_better_than) if limit.no_better_than else max(len(levels), 1)
                self._add(condition, 0, number, range(forbidden), excludes=not limit.no_better_than)

    def _add(self, condition: Normal, level: int, limit: int, outcomes: range, *, excludes: bool = False) -> None:
        first = len(self.gates)
        root = self._node(
            condition if isinstance(condition, Combination) else Combination(1, (condition,)), level, limit
        )
        keys = tuple(dict.fromkeys(gate.key for gate in self.gates[first:]))
        rule = Rule(self._test(root, keys), len(keys))
        self.rules.append(RulePlan(level, limit, outcomes, root, keys, rule, excludes=excludes))

    def _node(self, condition: Combination, level: int, limit: int) -> Node:
        of: list[int | Node] = []
        for inner in condition.of:
            if isinstance(inner, Combination):
                of.append(self._node(inner, level, limit))
                continue
            assert not isinstance(inner, Negation)  # in_tier removes them
            key, ranges = self._compared(inner)
            minimum = inner.minimum.of(self.tier) if isinstance(inner, MeasureGate) else 0
            self.gates.append(GatePlan(inner, level, limit, self._index(key), ranges, minimum or 0))
            of.append(len(self.gates) - 1)
        return Node(condition.at_least, tuple(of))

    def _test(self, node: Node, keys: Sequence[int]) -> AtLeast:
        of = (
            self._test(inner, keys)
            if isinstance(inner, Node)
            else RangeTest(keys.index(self.gates[inner].key), self.gates[inner].test)
            for inner in node.of
        )
        return AtLeast(node.at_least, tuple(of))

    def _index(self, key: Key) -> int:
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key)

    def _compared(self, gate: Gate) -> tuple[Key, Ranges]:
        """The key that a gate compares, and the ranges in which it holds."""
        if isinstance(gate, MeasureGate):
            if gate.measure not in self.measures:
                self.measures.append(gate.measure)
            minimum = gate.minimum.of(self.tier)
            assert minimum is not None  # in_tier leaves such gates out
            edge = threshold(gate.unit, minimum, strict=gate.strict != gate.upper)
            ranges: Ranges = ((None, edge - 1),) if gate.upper else ((edge, None),)
            return Key(KeyKind(gate.unit), self.measures.index(gate.measure)), ranges
        if isinstance(gate, LevelGate):
            index = next(n for n, category in enumerate(self.categories) if category.code == gate.category)
            levels = [level.level for level in self.categories[index].levels]
            edge = len(levels) - levels.index(gate.level)
            return Key(KeyKind.LEVEL, index), ((None, edge - 1),) if gate.excluded else ((edge, None),)
        return Key(KeyKind.ANSWER, self.rows[gate.indicator]), self._answers(gate)

    def _answers(self, gate: AnswerGate) -> Ranges:
        """The ranges of option indices; an answer that was not reported is below all of them."""
        indicator = self.indicators[gate.indicator]
        options = ("false", "true") if indicator.kind is IndicatorKind.FLAG else tuple(indicator.options)
        inside = [(option in gate.options) != gate.excluded for option in options]
        ranges: list[tuple[int | None, int | None]] = [(None, -1)] if gate.excluded else []
        for index, holds in enumerate(inside):
            if holds and ranges and ranges[-1][1] == index - 1:
                ranges[-1] = (ranges[-1][0], index)
            elif holds:
                ranges.append((index, index))
        return tuple(ranges)
