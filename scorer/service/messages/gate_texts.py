"""Writes gates in tables as texts that people and programs can read. docs/tables.md describes the texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from scorer.criteria.conditions import Gate, LevelGate, MeasureGate
from scorer.engine.plan import CategoryPlan
from scorer.engine.rules import GatePlan, Node
from scorer.model.fixed_point import MICRO, PERCENT, plain

NOT_IN_OPTIONS = re.compile(r"[\s,;|()%]")
"""Characters that are percent-encoded in options: those that separate conditions, and the percent sign."""

SIGNS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}


def gate_text(gate: Gate, minimum: int) -> str:
    """The text of a gate, such as ``total >= 80%``. Only a MeasureGate uses ``minimum`` (see ``GatePlan``)."""
    if isinstance(gate, MeasureGate):
        amount = f"{plain(minimum * 100)}%" if gate.unit == "percent" else plain(minimum)
        return f"{gate.measure} {SIGNS[gate.bound]} {amount}"
    if isinstance(gate, LevelGate):
        return f"level({gate.category}) {'>' if gate.excluded else '<='} {gate.level}"
    return f"{gate.indicator} {'!=' if gate.excluded else '='} {'|'.join(map(_encoded, gate.options))}"


def _encoded(option: str) -> str:
    return NOT_IN_OPTIONS.sub(lambda match: quote(match[0]), option)


class GateTexts(dict[int, str]):
    """What a unit lacks, as text, by the set of gates that it lacks (bit i: gate i). Texts are built when first needed.

    Args:
        plan: the category.
        flat: whether to list each gate of a combination, without the combination.
    """

    def __init__(self, plan: CategoryPlan, *, flat: bool = False) -> None:
        super().__init__()
        self._flat = flat
        self._rules = plan.rules
        self._gates = [gate_text(gate.gate, gate.minimum) for gate in plan.gates]

    def __missing__(self, bits: int) -> str:
        self[bits] = self.text(bits, {})
        return self[bits]

    def text(self, bits: int, orders: Mapping[Node, Sequence[int]]) -> str:
        """The text for the gates that a unit lacks, rule by rule.

        Args:
            bits: the gates (bit i: gate i).
            orders: the order of the conditions of each combination; combinations that are absent have the set's order.
        """
        texts = []
        for rule in self._rules:
            conditions = (self._condition(condition, bits, orders) for condition in self._conditions(rule.root))
            lacking = [text for text in conditions if text]
            if lacking:
                name = f"level {rule.level}" if rule.level else f"limit {rule.limit}"
                texts.append(f"{name}: {', '.join(lacking)}")
        return "; ".join(texts)

    def _conditions(self, root: Node) -> Iterable[int | Node]:
        return root.gates() if self._flat else root.required()

    def _condition(self, condition: int | Node, bits: int, orders: Mapping[Node, Sequence[int]]) -> str:
        """What a unit lacks for a gate or a combination, as text; "" if it lacks nothing."""
        if not isinstance(condition, Node):
            return self._gates[condition] if bits >> condition & 1 else ""
        order = orders.get(condition, range(len(condition.of)))
        inner = [text for text in (self._condition(condition.of[index], bits, orders) for index in order) if text]
        return f"{condition.at_least} of {len(condition.of)} ({', '.join(inner)})" if inner else ""


def gate_metadata(category: CategoryPlan) -> list[dict[str, Any]]:
    """The gates of a category for the metadata of a table's schema."""
    return [_metadata(gate) for gate in category.gates]


def _metadata(plan: GatePlan) -> dict[str, Any]:
    gate: Gate = plan.gate
    owner = {"level": plan.level} if plan.level else {"limit": plan.limit}
    if isinstance(gate, MeasureGate):
        minimum = plan.minimum / (PERCENT if gate.unit == "percent" else MICRO)
        upper = {"upper": True} if gate.upper else {}
        return owner | {
            "measure": gate.measure,
            "unit": gate.unit,
            "minimum": minimum,
            "strict": gate.strict,
            **upper,
        }
    if isinstance(gate, LevelGate):
        return owner | {"category": gate.category, "category_level": gate.level, "excluded": gate.excluded}
    return owner | {"indicator": gate.indicator, "options": list(gate.options), "excluded": gate.excluded}
