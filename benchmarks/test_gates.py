"""Times the gate table, compared with one call of durable-rules per unit, which the scorer avoids after loading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alternate_timing import in_turn
from kernel_totals import cell_finder
from numpy.typing import NDArray
from province import Province
from result_columns import rule_keys

from scorer.engine.gate_process import Conjunctions
from scorer.engine.rules import RulePlan

SIZES = (1, 1_000, 10_000, 100_000)
ENGINE_LIMIT = 1_000
"""Largest number of units for durable-rules, which takes about 20 microseconds per unit and rule."""
REPETITIONS = 200
"""Number of look-ups per round when the table is compared with durable-rules. One look-up takes about 20 microseconds,
less than the noise of a measurement."""


def test_table(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int) -> None:
    rule, keys = rule_keys(province(units))
    holds = look_up(rule)
    expected = [all(test.holds(value) for test, value in zip(rule.rule.root.tests(), unit, strict=True))
                for unit in keys.T.astype(np.int64).tolist()]  # fmt: skip
    assert holds(keys).tolist() == expected
    in_turn(benchmark, pytestconfig, {"gate table": lambda: holds(keys)})


def look_up(rule: RulePlan) -> Callable[[NDArray[np.float64]], NDArray[np.bool_]]:
    """A function that returns whether a rule holds (n,) for keys (keys, n)."""
    table = rule.table
    assert table is not None
    kinds = ["points"] * len(rule.keys)  # because keys are whole numbers
    find = cell_finder(table, kinds)
    return lambda keys: table.holds[find(keys, np.ones_like(keys))]


def test_durable_rules_one_by_one(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int
) -> None:
    if units > ENGINE_LIMIT:
        pytest.skip(f"durable-rules is timed up to {ENGINE_LIMIT:,} units")
    ruleset = pytest.importorskip("durable.engine").Ruleset
    rule, keys = rule_keys(province(units))
    holds = look_up(rule)
    tests = [[(test.key, test.ranges[0][0] or 0) for test in rule.rule.root.tests()]]
    facts = list(map(tuple, keys.T.astype(np.int64).tolist()))

    def decide() -> list[bool]:
        engine = Conjunctions(
            ruleset, tests
        )  # a new engine per round, because an engine evaluates equal facts only once
        return [bool(engine.fired(fact)) for fact in facts]

    assert decide() == holds(keys).tolist()
    variants = {"durable-rules, one by one": decide, "gate table": lambda: [holds(keys) for _ in range(REPETITIONS)]}
    engine_seconds, table_seconds = in_turn(benchmark, pytestconfig, variants).values()
    benchmark.extra_info["ratios"] = {"gate table : durable-rules": table_seconds / REPETITIONS / engine_seconds}
