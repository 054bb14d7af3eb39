"""Times each formula kind: all criteria of the set that use it, for 10,000 units.

A built-in kind that the set does not use is timed with an example formula on the set's indicators. Kinds of plugins are
timed if the set uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from alternate_timing import in_turn
from province import Province, installed

from scorer.formulas import Formula
from scorer.formulas.ratios import RatioToBest
from scorer.formulas.single_indicator import Awarded, Linear
from scorer.model.fixed_point import MICRO
from scorer.model.indicators import IndicatorKind

UNITS = 10_000
POINTS = 2 * MICRO


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", list(installed().host.formulas))


def in_use(province: Province, kind: str) -> Iterator[tuple[Formula, int]]:
    """The set's formulas of one kind, each with its maximum in micropoints."""
    for category in province.plan.categories:
        for group in category.groups:
            for criterion in group.criteria:
                if criterion.formula.kind == kind:
                    yield criterion.formula, criterion.points.of(province.plan.tier) or 0


def example(province: Province, kind: str) -> Iterator[tuple[Formula, int]]:
    """An example formula of a built-in kind that the set does not use, for the set's indicators."""
    kinds = {code: indicator.kind for code, indicator in province.cohort.indicators.items()}
    numbers = [code for code, kind_of in kinds.items() if kind_of in (IndicatorKind.COUNT, IndicatorKind.NUMBER)]
    parts = [check.check.reads() for check in province.plan.checks if set(check.check.reads()) <= set(numbers)]
    if kind == RatioToBest.kind and parts:
        yield RatioToBest(numerator=parts[0][0], denominator=parts[0][1], when_zero="zero"), POINTS
    elif kind == Awarded.kind and numbers:
        yield Awarded(indicator=numbers[0]), POINTS
    elif kind == Linear.kind and numbers:
        yield Linear.model_validate({"indicator": numbers[0], "from": 0, "to": Decimal(100)}), POINTS


def test_formula(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], kind: str) -> None:
    units = 1_000 if pytestconfig.getoption("quick") else UNITS
    drawn = province(units)
    formulas = list(in_use(drawn, kind)) or list(example(drawn, kind))
    if not formulas:
        pytest.skip(f"{drawn.set_plan.criteria_set.code} has no {kind!r} and no indicators for an example")

    def evaluate() -> None:
        for formula, points in formulas:
            formula.evaluate(points, drawn.cohort, None)

    for formula, points in formulas:
        outcome = formula.evaluate(points, drawn.cohort, None)
        assert outcome.points.shape == (len(drawn),)
    evaluate()
    benchmark.group = f"formulas, {len(drawn):,} units"
    benchmark.extra_info |= {"units": len(drawn), "criteria": len(formulas)}
    (seconds,) = in_turn(benchmark, pytestconfig, {f"{kind}, {len(formulas)} criteria": evaluate}).values()
    benchmark.extra_info["microseconds_per_criterion_and_unit"] = seconds / len(drawn) / len(formulas) * 1e6
