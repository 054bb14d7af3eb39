"""Gates as decision tables: a rule engine that dies, hangs or answers wrongly refuses only its set."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import grpc
import numpy as np
import pytest
from examples import times
from harness import COMPILER, Service, catalogue, good, group, host, refusal, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from sums import cells

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.engine import gate_process
from scorer.engine.gates import (
    ENGINE_MISSING,
    MAX_EXACT_INTEGER,
    AtLeast,
    EngineMissing,
    GateCompiler,
    GateCompilerError,
    GateTable,
    RangeTest,
    Rule,
    threshold,
)  # fmt: skip
from scorer.model.fixed_point import MAX_MICROPOINTS
from scorer.plugin_api import Indicator

# --- an engine that misbehaves -------------------------------------------------------------------------------------

TRIGGER = 66
"""A minimum in percent; the fake engine misbehaves for gates with it."""


def document(code: str, *minima: int) -> str:
    """A set of one criterion of 10 points; its levels ask for so many percent, best first."""
    levels = "\n".join(
        f"      - {{level: {n}, gates: [{{measure: total, at_least: {minimum}%}}]}}"
        for n, minimum in enumerate(minima, start=1)
    )
    return f"""
criteria_set: {code}
title: {{en: Wells}}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {{id: W.1, formula: awarded, indicator: wells, points: 10}}
    levels:
{levels}
"""


WATER = group("water", Indicator("wells", kind="number"))

ENGINE = """
    import io, json, os, pathlib, signal, sys, time
    from scorer.engine import gate_process

    def answers():
        sys.stdin, sys.stdout, stdout = io.StringIO(text), io.StringIO(), sys.stdout
        gate_process.main()
        said, sys.stdout = sys.stdout.getvalue(), stdout
        return json.loads(said)

    with open(sys.argv[1], "a") as starts:
        starts.write("started\\n")
    text = sys.stdin.read()
    if "[[{threshold}, null]]" in text:
        {misbehaviour}
    else:
        print(json.dumps(answers()))
"""


class Engine:
    """A fake process of the rule engine, which misbehaves only for gates with the TRIGGER."""

    def __init__(self, folder: Path, misbehaviour: str) -> None:
        self.script, self.log = folder / "engine.py", folder / "starts"
        text = textwrap.dedent(ENGINE).format(
            threshold=2 * TRIGGER * 10_000, misbehaviour=textwrap.indent(misbehaviour, "    ").strip()
        )
        self.script.write_text(text, encoding="utf-8")
        self.command = (sys.executable, "-P", "-W", "ignore", str(self.script), str(self.log))

    @property
    def starts(self) -> int:
        """The number of processes that were started."""
        return len(self.log.read_text(encoding="utf-8").splitlines()) if self.log.exists() else 0

    def compiler(self, time_limit: float = 60.0) -> GateCompiler:
        return GateCompiler(self.command, time_limit)


NO_ANSWER = "the rule engine gave no readable answer"
LEFT_OUT = "the rule engine left out cells of the gate table"

MISBEHAVIOURS: dict[str, tuple[str, str]] = {
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", "the rule engine died of signal 11"),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", "the rule engine died of signal 9"),
    "aborts and says why": (
        "sys.stderr.write('double free or corruption\\n'); sys.stderr.flush(); os.abort()",
        "the rule engine died of signal 6: double free or corruption",
    ),
    "ends with a code": ("sys.exit(7)", "the rule engine ended with code 7"),
    "ends with words": ("sys.exit('hết bộ nhớ')", "the rule engine ended with code 1: hết bộ nhớ"),
    "raises": ("raise gate_process.IncompleteAnswer('half way')", "IncompleteAnswer: half way"),
    "says nothing": ("pass", NO_ANSWER),
    "prints words": ("print('all passed')", NO_ANSWER),
    "prints bytes that are no text": ("sys.stdout.buffer.write(bytes([0xff, 0xfe, 0]))", NO_ANSWER),
    "complains in bytes that are no text": (
        "sys.stderr.buffer.write(bytes([0xff, 0xfe, 0])); sys.exit(1)",
        "the rule engine ended with code 1",
    ),
    "prints brackets without end": ("print('[' * 200_000)", NO_ANSWER),
    "prints half of its answer": ("print(json.dumps(answers())[:-2])", NO_ANSWER),
    "answers twice": ("print(json.dumps(answers() * 2))", NO_ANSWER),
    "answers nothing": ("print('[]')", NO_ANSWER),
    "answers null": ("print('[null]')", LEFT_OUT),
    "leaves the last cell out": ("print(json.dumps([a[:-1] for a in answers()]))", LEFT_OUT),
    "adds a cell": ("print(json.dumps([[*a, 0] for a in answers()]))", LEFT_OUT),
    "lies in the last cell": (
        "print(json.dumps([[*a[:-1], not a[-1]] for a in answers()]))",
        "the rule engine decided wrongly for keys (1320000,): False instead of True",
    ),
    "lies in the first cell": (
        "print(json.dumps([[not a[0], *a[1:]] for a in answers()]))",
        "the rule engine decided wrongly for keys (1319999,): True instead of False",
    ),
    "answers a cell with a number": (
        "print(json.dumps([[*a[:-1], 1] for a in answers()]))",
        "the rule engine decided wrongly for keys (1320000,): 1 instead of True",
    ),
    "answers a cell with words": (
        "print(json.dumps([[*a[:-1], 'yes'] for a in answers()]))",
        "the rule engine decided wrongly for keys (1320000,): yes instead of True",
    ),
}


def score(service: Service, code: str, wells: float = 7.0) -> scorer_pb2.CategoryScore:
    row = scorer_pb2.UnitAnswers(
        unit=scorer_pb2.Unit(id="hue", tier="district"), answers={"wells": scorer_pb2.Answer(number=wells)}
    )
    request = scorer_pb2.ScoreUnitRequest(criteria_set=code, unit_answers=row)
    return service.scorer.ScoreUnit(request, timeout=30).scorecard.categories[0]


@pytest.mark.parametrize("case", MISBEHAVIOURS.values(), ids=MISBEHAVIOURS)
def test_an_engine_that_misbehaves_refuses_its_set_and_no_other(tmp_path: Path, case: tuple[str, str]) -> None:
    misbehaviour, what = case
    compiler = Engine(tmp_path, misbehaviour).compiler()
    texts = [document("before-2020", 50), document("broken-2020", TRIGGER), document("after-2020", 60)]
    sets = catalogue(host(WATER), *texts, compiler=compiler)
    assert list(sets.sets) == ["after-2020", "before-2020"]
    with serving(sets) as service:
        with refusal() as caught:
            score(service, "broken-2020")
        refused = caught[0]
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.info.reason == "CRITERIA_SET_REFUSED"
        assert refused.details.startswith(
            "criteria set 'broken-2020' was refused when it was loaded: categories.supply.levels: "
            "the gates of tier 'district' could not be compiled: "
        )
        assert what in refused.details
        assert refused.details.endswith("fix it, see 'scorer criteria check set1.yaml' and 'scorer plugins list'")
        assert [score(service, code).level for code in ("before-2020", "after-2020")] == [1, 1]
        listed = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest()).criteria_sets
        problems = {summary.code: list(summary.problems) for summary in listed}
        assert problems["after-2020"] == problems["before-2020"] == []
        (problem,) = problems["broken-2020"]
        assert problem.startswith("set1.yaml:13:")
        assert what in problem


def test_an_engine_that_hangs_refuses_its_set_and_no_other(tmp_path: Path) -> None:
    compiler = Engine(tmp_path, "time.sleep(600)").compiler(time_limit=2)
    sets = catalogue(host(WATER), document("broken-2020", TRIGGER), document("good-2020", 60), compiler=compiler)
    with serving(sets) as service:
        with refusal() as caught:
            score(service, "broken-2020")
        assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
        assert "could not be compiled: the rule engine gave no answer within 2 seconds; fix it" in caught[0].details
        assert score(service, "good-2020").level == 1


def test_an_engine_that_cannot_be_started_refuses_sets_with_gates_only(tmp_path: Path) -> None:
    without = document("without-2020", 50).partition("    levels:")[0]
    compiler = GateCompiler([str(tmp_path / "nowhere")])
    sets = catalogue(host(WATER), document("gated-2020", 50), without, compiler=compiler)
    assert list(sets.sets) == ["without-2020"]
    assert "the rule engine could not be started: " in str(sets.refusal("gated-2020").problems[0])


def test_an_engine_that_failed_once_is_started_again(tmp_path: Path) -> None:
    once = f"pathlib.Path({str(tmp_path / 'once')!r}).touch(exist_ok=False); print(json.dumps(answers()))"
    (tmp_path / "once").touch()
    engine = Engine(tmp_path, once)
    compiler = engine.compiler()
    assert catalogue(host(WATER), document("a", TRIGGER), compiler=compiler).sets == {}
    (tmp_path / "once").unlink()
    assert list(good(catalogue(host(WATER), document("a", TRIGGER), compiler=compiler)).sets) == ["a"]
    assert engine.starts == 2


# --- what is compiled, and how often -------------------------------------------------------------------------------


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


# --- a better level easier than a worse one ------------------------------------------------------------------------

TWO_GROUPS = """
criteria_set: odd-2020
title: {en: Odd}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water: {criteria: [{id: W.1, formula: awarded, indicator: wells, points: 10}]}
      power: {criteria: [{id: P.1, formula: awarded, indicator: poles, points: 10}]}
    levels:
      - level: 1
        gates: [{measure: total, at_least: 90%}, {measure: water, at_least: 90%}]
      - level: 2
        gates: [{measure: total, at_least: 80%}, {measure: water, at_least: 95%}]
      - level: 3
        gates: [{measure: total, at_least: 70%}, {measure: water, at_least: 70%}]
"""
POWER = group("power", Indicator("poles", kind="number"))


def easier(text: str, worse: int, better: int) -> tuple[int, int, str]:
    """Line, column and path of the only problem of a set; it names both levels and the gate of the worse one."""
    sets = catalogue(host(WATER, POWER), text)
    assert sets.sets == {}
    ((problem,),) = (refusal.problems for refusal in sets.refused)
    asks = f"in tier 'district' level {worse} requires more of 'water' than the better level {better}"
    assert problem.message == asks
    return problem.line, problem.column, problem.path


def test_a_better_level_easier_in_one_measure_is_refused_at_its_line_and_column() -> None:
    assert easier(TWO_GROUPS, worse=2, better=1) == (12, 9, "categories.supply.levels[0]")


def test_a_better_level_without_a_gate_of_a_worse_one_is_refused() -> None:
    text = TWO_GROUPS.replace("at_least: 95%", "at_least: 80%").replace(", {measure: water, at_least: 80%}", "")
    assert easier(text, worse=3, better=2) == (14, 9, "categories.supply.levels[1]")


def test_a_strict_worse_level_is_harder_than_the_better_one_at_the_same_minimum() -> None:
    strict = TWO_GROUPS.replace("{measure: water, at_least: 95%}", "{measure: water, above: 90%}")
    assert easier(strict, worse=2, better=1) == (12, 9, "categories.supply.levels[0]")


def test_equal_minima_in_two_levels_are_not_easier() -> None:
    text = TWO_GROUPS.replace("at_least: 95%", "at_least: 90%")
    assert list(good(catalogue(host(WATER, POWER), text)).sets) == ["odd-2020"]


def test_a_level_that_every_unit_reaches_gives_a_warning_unless_lowest() -> None:
    bounds = ("at_least: 90%", "at_least: 95%", "at_least: 70%", "at_least: 80%")
    lowest = TWO_GROUPS.replace(bounds[1], bounds[3]).replace(bounds[2], "at_least: 0%")
    assert good(catalogue(host(WATER, POWER), lowest)).warnings == ()
    lowest_two = lowest.replace(bounds[3], "at_least: 0%")
    (warning,) = good(catalogue(host(WATER, POWER), lowest_two)).warnings
    assert (warning.path, warning.message) == (
        "categories.supply.levels[1]",
        "warning: always holds in tier 'district'",
    )


def test_an_easier_level_says_so_over_the_socket() -> None:
    with serving(catalogue(host(WATER, POWER), TWO_GROUPS, document("good-2020", 50))) as service:
        with refusal() as caught:
            score(service, "odd-2020")
        assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
        assert "categories.supply.levels[0]: in tier 'district' level 2 requires more of 'water'" in caught[0].details
        assert score(service, "good-2020").level == 1


# --- tables against the plain comparison ---------------------------------------------------------------------------

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


def minimum(*thresholds: int) -> Rule:
    """A rule that needs several keys to reach a threshold each."""
    return Rule(
        AtLeast(len(thresholds), tuple(RangeTest(key, ((each, None),)) for key, each in enumerate(thresholds))),
        len(thresholds),
    )


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


@settings(max_examples=times(25), deadline=None)
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


# --- durable-rules that cannot be imported -------------------------------------------------------------------------

REPAIR_COMMAND = (
    "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject "
    "pip install --force-reinstall --no-deps --no-cache-dir durable-rules==2.0.28"
)


@pytest.fixture
def broken_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that start afterwards find durable-rules as its default build leaves it on Python 3.13."""
    (tmp_path / "durable").mkdir()
    (tmp_path / "durable" / "__init__.py").touch()
    text = "raise ImportError('durable_rules_engine.so: undefined symbol: PyEval_CallObject')\n"
    (tmp_path / "durable" / "engine.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("broken_install")
def test_a_broken_durable_rules_is_named_with_the_command_that_mends_it() -> None:
    compiler = GateCompiler()
    calls: list[Callable[[], object]] = [compiler.check, lambda: compiler.compile([minimum(5)])]
    for call in calls:
        with pytest.raises(EngineMissing) as caught:
            call()
        assert str(caught.value) == (
            "durable-rules cannot be imported (durable_rules_engine.so: undefined symbol: PyEval_CallObject); "
            f"repair it with: {REPAIR_COMMAND}"
        )


@pytest.mark.usefixtures("broken_install")
def test_the_server_does_not_start_with_a_broken_durable_rules() -> None:
    command = [sys.executable, "-c", "from scorer.cli import main; main()", "serve", "--address", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (line,) = (line for line in done.stderr.splitlines() if " is quarantined: " not in line)
    assert line.startswith("scorer: durable-rules cannot be imported (")
    assert line.endswith(f"repair it with: {REPAIR_COMMAND}")


def test_the_exit_code_for_a_broken_engine_is_the_same_on_both_sides() -> None:
    assert gate_process.ENGINE_MISSING == ENGINE_MISSING


def test_the_installed_engine_works() -> None:
    GateCompiler().check()


@pytest.mark.usefixtures("broken_install")
def test_only_sets_with_gates_are_refused_with_a_broken_engine() -> None:
    without = document("without-2020", 50).partition("    levels:")[0]
    sets = catalogue(host(WATER), document("gated-2020", 50), without, compiler=GateCompiler())
    assert list(sets.sets) == ["without-2020"]
    assert REPAIR_COMMAND in str(sets.refusal("gated-2020").problems[0])
