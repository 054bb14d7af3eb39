"""Times the gate table, compared with one call of durable-rules per unit, which the scorer avoids after loading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from columns import gate_keys
from numpy.typing import NDArray
from province import Province
from sums import cell_finder
from turns import in_turn

from scorer.engine.gate_process import GateEngine
from scorer.engine.plan import CategoryPlan

SIZES = (1, 1_000, 10_000, 100_000)
ENGINE_LIMIT = 1_000
"""Largest number of units for durable-rules, which takes about 60 microseconds per unit."""


def test_table(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int) -> None:
    category, keys = gate_keys(province(units))
    best_level = look_up(category)
    level = best_level(keys)
    passed = [
        np.logical_and.reduce(
            [keys[gate.key] >= gate.threshold for gate in category.gates if gate.level_index == index]
        )
        for index in range(len(category.levels))
    ]
    assert np.array_equal(level, np.select(passed, range(len(passed)), len(passed)))
    in_turn(benchmark, pytestconfig, {"gate table": lambda: best_level(keys)})


def look_up(category: CategoryPlan) -> Callable[[NDArray[np.float64]], NDArray[np.int64]]:
    """A function that returns indices (n,) of the best levels for keys (measures, n)."""
    table = category.table
    assert table is not None
    units = ["points"] * len(category.keys)  # because keys are whole numbers
    find = cell_finder(table, units)
    return lambda keys: table.best[find(keys, np.ones_like(keys))]


def test_durable_rules_one_by_one(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int
) -> None:
    if units > ENGINE_LIMIT:
        pytest.skip(f"durable-rules is timed up to {ENGINE_LIMIT:,} units")
    ruleset = pytest.importorskip("durable.engine").Ruleset
    category, keys = gate_keys(province(units))
    rules, best_level = category.rules(), look_up(category)
    assert rules is not None
    engine = GateEngine(ruleset, [list(level) for level in rules.levels])
    facts = keys.T.astype(np.int64).tolist()

    def decide() -> list[int]:
        return [engine.passed(fact) for fact in facts]

    none = len(rules.levels)
    decided = [(bits & -bits).bit_length() - 1 if bits else none for bits in decide()]
    assert decided == best_level(keys).tolist()
    variants = {"durable-rules, one by one": decide, "gate table": lambda: best_level(keys)}
    engine_seconds, table_seconds = in_turn(benchmark, pytestconfig, variants).values()
    benchmark.extra_info["ratios"] = {"gate table : durable-rules": table_seconds / engine_seconds}
