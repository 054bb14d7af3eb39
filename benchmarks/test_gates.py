"""Levels by the decision table, beside durable-rules asked unit by unit: why the engine works at load only."""

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
"""Units up to which the engine is asked one by one: some 60 microseconds each."""


def test_table(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int) -> None:
    category, keys = gate_keys(province(units))
    best_level = look_up(category)
    level = best_level(keys)
    passed = [
        np.logical_and.reduce(
            [keys[gate.key] >= gate.threshold for gate in category.gates if gate.level_place == place]
        )
        for place in range(len(category.levels))
    ]
    assert np.array_equal(level, np.select(passed, range(len(passed)), len(passed)))
    in_turn(benchmark, pytestconfig, {"decision table": lambda: best_level(keys)})


def look_up(category: CategoryPlan) -> Callable[[NDArray[np.float64]], NDArray[np.int64]]:
    """Places (n,) of the best levels, by keys (measures, n)."""
    table = category.table
    assert table is not None
    units = ["points"] * len(category.keys)  # as keys are whole numbers
    find = cell_finder(table, units)
    return lambda keys: table.best[find(keys, np.ones_like(keys))]


def test_durable_rules_one_by_one(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int
) -> None:
    if units > ENGINE_LIMIT:
        pytest.skip(f"the engine is asked up to {ENGINE_LIMIT:,} times")
    ruleset = pytest.importorskip("durable.engine").Ruleset
    category, keys = gate_keys(province(units))
    rules, best_level = category.rules(), look_up(category)
    assert rules is not None
    engine = GateEngine(ruleset, [list(level) for level in rules.levels])
    facts = keys.T.astype(np.int64).tolist()

    def ask() -> list[int]:
        return [engine.passed(fact) for fact in facts]

    none = len(rules.levels)
    decided = [(bits & -bits).bit_length() - 1 if bits else none for bits in ask()]
    assert decided == best_level(keys).tolist()
    ways = {"durable-rules, one by one": ask, "decision table": lambda: best_level(keys)}
    theirs, ours = in_turn(benchmark, pytestconfig, ways).values()
    benchmark.extra_info["ratios"] = {"decision table : durable-rules": ours / theirs}
