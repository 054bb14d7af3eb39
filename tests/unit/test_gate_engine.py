"""Rule engines that misbehave, or cannot be imported, refuse sets with gates only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from gate_engine import TRIGGER, WATER, Engine, document, minimum, score
from harness import catalogue, good, host, refusal, serving

from egov.scorer.v1 import criteria_pb2
from scorer.engine import gate_process
from scorer.engine.gates import ENGINE_MISSING, EngineMissing, GateCompiler

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


FURTHER = {
    "is killed",
    "ends with words",
    "prints words",
    "complains in bytes that are no text",
    "prints half of its answer",
    "answers twice",
    "answers nothing",
    "adds a cell",
    "lies in the first cell",
    "answers a cell with words",
}
"""Further variants of other misbehaviours, for the long run."""


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[pytest.mark.long] if name in FURTHER else [])
        for name, case in MISBEHAVIOURS.items()
    ],
)
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
