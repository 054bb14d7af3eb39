"""Gate tables: when they are compiled, and that they equal a plain comparison."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from example_counts import scaled
from gate_engine import WATER, Engine, document, minimum, score
from harness import COMPILER, catalogue, good, host, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_totals import cells

from scorer.engine.gates import MAX_EXACT_INTEGER, AtLeast, GateCompilerError, GateTable, RangeTest, Rule, threshold
from scorer.model.fixed_point import MAX_MICROPOINTS

thresholds = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**31) - 2, 2**31 + 2),
    st.sampled_from(
        [
            0,
            2 * 900_000,
            2 * 900_000 + 1,
            2**31,
            MAX_EXACT_INTEGER - 3,
            MAX_EXACT_INTEGER - 2,
            1 - MAX_EXACT_INTEGER,
            10**15,
        ]
    ),
)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An engine that works and counts its starts."""
    return Engine(tmp_path, "print(json.dumps(answers()))")


def test_equal_gates_are_compiled_once(engine: Engine) -> None:
    compiler = engine.compiler()
    texts = [document("huyen-2019", 90, 70), document("huyen-2020", 90, 70), document("huyen-2021", 90, 75)]
    first = good(catalogue(host(WATER), *texts, compiler=compiler))
    assert engine.starts == 2
    again = good(catalogue(host(WATER), *texts, compiler=compiler))
    assert engine.starts == 2
    tables = [sets.sets["huyen-2020"].tiers["district"].categories[0].rules[0].table for sets in (first, again)]
    assert tables[0] is tables[1] is not None


def test_the_same_gates_in_every_tier_are_compiled_once(engine: Engine) -> None:
    text = document("huyen-2020", 90, 70).replace("tiers: [district]", "tiers: [department, district, commune]")
    good(catalogue(host(WATER), text, compiler=engine.compiler()))
    assert engine.starts == 1


def test_a_set_without_levels_needs_no_engine(engine: Engine) -> None:
    text = document("huyen-2020", 90).partition("    levels:")[0]
    assert list(good(catalogue(host(WATER), text, compiler=engine.compiler())).sets) == ["huyen-2020"]
    assert engine.starts == 0


def test_no_request_starts_the_engine(engine: Engine) -> None:
    with serving(good(catalogue(host(WATER), document("huyen-2020", 90, 70), compiler=engine.compiler()))) as service:
        started = engine.starts
        assert [score(service, "huyen-2020", wells).level for wells in (9.0, 8.999999, 7.0, 6.999999)] == [1, 2, 2, 0]
        assert engine.starts == started == 1


def test_several_rules_are_compiled_by_one_process(engine: Engine) -> None:
    rules = [minimum(n) for n in range(20)]
    tables = engine.compiler().compile([*rules, rules[3]])
    assert engine.starts == 1
    assert [int(table.thresholds[0][0]) for table in tables] == [*range(20), 3]


@st.composite
def range_tests(draw: st.DrawFn, keys: int) -> RangeTest:
    """A comparison of a key: at least, at most, between, or on either side."""
    low, high = sorted(draw(st.lists(thresholds, min_size=2, max_size=2)))
    shapes = [((low, None),), ((None, high),), ((low, high),)]
    if high - low > 1:
        shapes.append(((None, low), (high, None)))
    return RangeTest(draw(st.integers(0, keys - 1)), draw(st.sampled_from(shapes)))


def combinations(inner: st.SearchStrategy[RangeTest | AtLeast]) -> st.SearchStrategy[AtLeast]:
    """All of, any of, or a number of some nodes."""
    nodes = st.lists(inner, min_size=1, max_size=3)
    return nodes.flatmap(lambda of: st.integers(1, len(of)).map(lambda at_least: AtLeast(at_least, tuple(of))))


@st.composite
def some_rules(draw: st.DrawFn) -> Rule:
    """A tree of up to six comparisons of up to three keys, all of which it compares."""
    root = draw(st.recursive(range_tests(3), combinations, max_leaves=6).filter(lambda node: isinstance(node, AtLeast)))
    used = sorted({test.key for test in root.tests()})

    def renumbered(node: RangeTest | AtLeast) -> RangeTest | AtLeast:
        if isinstance(node, RangeTest):
            return RangeTest(used.index(node.key), node.ranges)
        return AtLeast(node.at_least, tuple(map(renumbered, node.of)))

    return Rule(renumbered(root), len(used))


def near_edges(rule: Rule) -> Iterator[tuple[int, ...]]:
    """Every combination of values at each edge, one below and one above it."""
    around = [
        sorted({t + step for t in edges for step in (-1, 0, 1)} | {-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER})
        for edges in rule.thresholds
    ]
    return itertools.product(*around)


def plainly(node: RangeTest | AtLeast, values: Sequence[int]) -> bool:
    if isinstance(node, AtLeast):
        return sum(plainly(each, values) for each in node.of) >= node.at_least
    sides = [(-math.inf if low is None else low, math.inf if high is None else high) for low, high in node.ranges]
    return any(low <= values[node.key] <= high for low, high in sides)


def decided(table: GateTable, keys: np.ndarray) -> list[bool]:
    """Whether a rule holds for units, by their keys (keys, n)."""
    return table.holds[cells(table, ["points"] * len(keys), keys)].tolist()


@settings(max_examples=scaled(25), deadline=None)
@given(st.lists(some_rules(), min_size=4, max_size=12))
def test_the_gate_table_equals_plain_comparison(many: list[Rule]) -> None:
    for rule, table in zip(many, COMPILER.compile(many), strict=True):
        values = list(near_edges(rule))
        keys = np.array([np.array(column, dtype=np.int64) for column in zip(*values, strict=True)], dtype=np.float64)
        assert decided(table, keys) == [plainly(rule.root, unit) for unit in values]


def test_three_of_five_has_32_cells() -> None:
    rule = Rule(AtLeast(3, tuple(RangeTest(key, ((80, None),)) for key in range(5))), 5)
    (table,) = COMPILER.compile([rule])
    assert len(table.holds) == 32
    assert int(table.holds.sum()) == 10 + 5 + 1


def test_the_largest_allowed_gate_table_is_compiled() -> None:
    rule = Rule(
        AtLeast(
            4, tuple(AtLeast(2, tuple(RangeTest(m, ((10 * n + m, None),)) for n in range(1, 5))) for m in range(6))
        ),
        6,
    )
    assert len(rule.cells) == 5**6
    table = COMPILER.compile([rule])[0]
    units = np.random.default_rng(7).integers(5, 60, size=(6, 2_000))
    expected = [plainly(rule.root, unit) for unit in units.T.tolist()]
    assert set(expected) == {True, False}
    assert decided(table, units.astype(np.float64)) == expected


@pytest.mark.parametrize("strict", [False, True])
def test_a_percent_gate_compares_exact_quotients(strict: bool) -> None:
    """70 %, or more than that, of maxima up to the largest: one micropoint off is less than the gate asks."""
    (table,) = COMPILER.compile([minimum(threshold("percent", 700_000, strict=strict))])
    least = Fraction(7, 10)
    for maximum in (3, 7, 10, 48_000_000, MAX_MICROPOINTS // 2, MAX_MICROPOINTS):
        around = 7 * maximum // 10
        points = np.arange(max(around - 2, 0), around + 3)
        found = cells(table, ["percent"], points[np.newaxis], np.full_like(points, maximum)[np.newaxis])
        shares = [Fraction(each, maximum) for each in points.tolist()]
        passed = [share > least or (share == least and not strict) for share in shares]
        assert table.holds[found].tolist() == passed


def test_a_unit_to_which_nothing_applies_passes_every_percent_gate() -> None:
    (table,) = COMPILER.compile([minimum(threshold("percent", 1_000_000, strict=True))])
    points = np.array([[0, 5]])
    assert table.holds[cells(table, ["percent"], points, points)].tolist() == [True, False]


@pytest.mark.parametrize("threshold", [MAX_EXACT_INTEGER, -MAX_EXACT_INTEGER, 2**63])
def test_a_threshold_too_large_to_be_exact_is_refused(engine: Engine, threshold: int) -> None:
    with pytest.raises(GateCompilerError, match="out of range"):
        engine.compiler().compile([minimum(threshold)])
    assert engine.starts == 0


def test_a_rule_without_gates_is_refused(engine: Engine) -> None:
    with pytest.raises(GateCompilerError, match="a rule has no gates"):
        engine.compiler().compile([Rule(AtLeast(1, (RangeTest(0, ((None, None),)),)), 1)])
    assert engine.starts == 0
