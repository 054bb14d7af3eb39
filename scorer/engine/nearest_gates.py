"""Which condition of a combination a unit misses by least, as a share of the measure's maximum."""

from __future__ import annotations

import numpy as np

from scorer.engine.rules import KeyKind, Node, bit
from scorer.engine.scoring import CategoryScores
from scorer.model.fixed_point import MICRO, Floats, Ints

Orders = dict[Node, Ints]
"""For each combination: (m, conditions) for each of m units, the indices of the combination's conditions, sorted.

The condition that the unit misses by least comes first. Conditions that hold come last, in the set's order.
"""


def condition_orders(category: CategoryScores, units: Ints) -> Orders:
    """The orders of the combinations of a category that the causes of units (m,) show.

    Conditions of a rule that must all hold are shown one by one, not as a combination.
    """
    shown = [node for rule in category.plan.rules for node in rule.root.required() if isinstance(node, Node)]
    orders: Orders = {}
    if shown:
        failed = category.failed(units)
        shortages = _gate_shortages(category, units)
        for node in shown:
            _shortage(node, [np.where(failed & bit(gate), own, 0) for gate, own in enumerate(shortages)], orders)
    return orders


def _shortage(condition: int | Node, gates: list[Floats], orders: Orders) -> Floats:
    """(m,) how much each unit lacks to meet a condition. Also adds to ``orders`` the combinations in the condition."""
    if not isinstance(condition, Node):
        return gates[condition]
    inner = np.stack([_shortage(each, gates, orders) for each in condition.of], axis=-1)
    orders[condition] = np.argsort(np.where(inner > 0, inner, np.inf), axis=-1, kind="stable")
    shortage: Floats = np.sort(inner, axis=-1)[:, : condition.at_least].sum(axis=-1)
    return shortage


def _gate_shortages(category: CategoryScores, units: Ints) -> list[Floats]:
    """For each gate: (m,) how much each unit lacks, as a share of the measure's maximum; answers and levels: infinity.

    Never 0, not even for a unit exactly at a minimum that it must exceed. Only meaningful where the gate fails.
    """
    plan, measures = category.plan, category.measures
    shortages = []
    for gate in plan.gates:
        key = plan.keys[gate.key]
        if key.kind not in (KeyKind.PERCENT, KeyKind.POINTS):
            shortages.append(np.full(len(units), np.inf))
            continue
        measure = measures[key.index]
        if key.kind is KeyKind.PERCENT:
            share = np.abs(gate.minimum - measure.percent[units]) / MICRO
        else:
            maximum = measure.max_points[units]
            share = np.abs(gate.minimum - measure.points[units]) / np.where(maximum > 0, maximum, np.nan)
        shortages.append(np.maximum(np.nan_to_num(share, nan=np.inf), np.finfo(np.float64).tiny))
    return shortages
