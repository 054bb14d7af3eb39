"""Texts of gates in tables, which people and programs can read. docs/tables.md describes them."""

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
"""What separates the parts of a text, and the sign of percent-encoding."""

SIGNS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}


def gate_text(gate: Gate, minimum: int) -> str:
    """The text of a gate, such as ``total >= 80%``. Only gates on measures use ``minimum``."""
    if isinstance(gate, MeasureGate):
        amount = f"{plain(minimum * 100)}%" if gate.unit == "percent" else plain(minimum)
        return f"{gate.measure} {SIGNS[gate.bound]} {amount}"
    if isinstance(gate, LevelGate):
        return f"level({gate.category}) {'>' if gate.excluded else '<='} {gate.level}"
    return f"{gate.indicator} {'!=' if gate.excluded else '='} {'|'.join(map(_encoded, gate.options))}"


def _encoded(option: str) -> str:
    return NOT_IN_OPTIONS.sub(lambda match: quote(match[0]), option)


class GateTexts(dict[int, str]):
    """The text for each combination of lacking gates (bit i: gate i), rule by rule; built when first needed.

    Args:
        plan: the category.
        flat: whether to list the gates of combinations like all others.
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
        """The text for lacking gates; ``orders`` has the order of the parts of combinations, if not that of the set."""
        texts = []
        for rule in self._rules:
            parts = [text for text in (self._part(part, bits, orders) for part in self._parts(rule.root)) if text]
            if parts:
                name = f"level {rule.level}" if rule.level else f"limit {rule.limit}"
                texts.append(f"{name}: {', '.join(parts)}")
        return "; ".join(texts)

    def _parts(self, root: Node) -> Iterable[int | Node]:
        return root.gates() if self._flat else root.parts()

    def _part(self, part: int | Node, bits: int, orders: Mapping[Node, Sequence[int]]) -> str:
        """What a unit lacks for a gate or a combination; empty if it lacks nothing."""
        if not isinstance(part, Node):
            return self._gates[part] if bits >> part & 1 else ""
        order = orders.get(part, range(len(part.of)))
        inner = [text for text in (self._part(part.of[index], bits, orders) for index in order) if text]
        return f"{part.at_least} of {len(part.of)} ({', '.join(inner)})" if inner else ""


def gate_metadata(category: CategoryPlan) -> list[dict[str, Any]]:
    """The gates of a category for the metadata of a table's schema."""
    return [_metadata(gate) for gate in category.gates]


def _metadata(plan: GatePlan) -> dict[str, Any]:
    gate: Gate = plan.gate
    whose = {"level": plan.level} if plan.level else {"limit": plan.limit}
    if isinstance(gate, MeasureGate):
        minimum = plan.minimum / (PERCENT if gate.unit == "percent" else MICRO)
        upper = {"upper": True} if gate.upper else {}
        return whose | {
            "measure": gate.measure,
            "unit": gate.unit,
            "minimum": minimum,
            "strict": gate.strict,
            **upper,
        }
    if isinstance(gate, LevelGate):
        return whose | {"category": gate.category, "category_level": gate.level, "excluded": gate.excluded}
    return whose | {"indicator": gate.indicator, "options": list(gate.options), "excluded": gate.excluded}
