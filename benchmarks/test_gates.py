"""Levels by the decision table, beside durable-rules asked unit by unit: why the engine works at load only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from province import Province

from scorer.gate_engine import GateEngine
from scorer.plan import CategoryPlan
from scorer.points import Ints
from scorer.scoring import assess, measure

ENGINE_LIMIT = 1_000
"""Units up to which the engine is asked one by one: some 60 microseconds each."""


def keys_of(province: Province) -> tuple[CategoryPlan, list[Ints]]:
    scored = assess(province.plan, province.cohort).categories[0]
    return scored.plan, measure(scored.plan, scored.groups, scored.scores)[1]


def test_table(benchmark: Any, province: Callable[[int], Province], units: int) -> None:
    category, keys = keys_of(province(units))
    assert category.table is not None
    best = benchmark(category.table.best_level, keys)
    assert len(best) == units


def test_durable_rules_one_by_one(benchmark: Any, province: Callable[[int], Province], units: int) -> None:
    if units > ENGINE_LIMIT:
        pytest.skip(f"the engine is asked up to {ENGINE_LIMIT:,} times")
    ruleset = pytest.importorskip("durable.engine").Ruleset
    category, keys = keys_of(province(units))
    rules = category.rules()
    assert rules is not None
    assert category.table is not None
    engine = GateEngine(ruleset, [list(level) for level in rules.levels])
    facts = [list(values) for values in zip(*(key.tolist() for key in keys), strict=True)]

    def ask() -> list[int]:
        return [engine.passed(fact) for fact in facts]

    none = len(rules.levels)
    decided = [(bits & -bits).bit_length() - 1 if bits else none for bits in ask()]
    assert decided == category.table.best_level(keys).tolist()
    benchmark.pedantic(ask, rounds=3)
