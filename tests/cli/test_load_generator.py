"""The load generator with real servers: its units are accepted, and its counts are right."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arrow_tables import column
from harness import Service, catalogue, good, group, host, installed_catalogue, serving
from load import PATHS, Method, figures, frame, text
from load_clients import NOT_MADE, Load, run
from load_requests import POOL, NotDrawn, Requests

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator, PartOf
from scorer_client import Client

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "plugins" / "scorer_plugins" / "answers"

SET = """
criteria_set: tested
title: {en: Tested}
provenance: published
tiers: [district, commune]
categories:
  readiness:
    groups:
      water:
        criteria:
          - {id: W.1, formula: ratio, numerator: clean, denominator: wells, when_zero: zero, points: 10}
          - {id: W.2, formula: count, indicator: dry, each: 1, points: {district: 5}}
          - {id: W.3, formula: awarded, indicator: bonus, points: 5, may_be_not_applicable: true}
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


@pytest.fixture
def selective() -> Iterator[Service]:
    """A server with a set whose plugin refuses some answers that its ranges allow."""
    indicators = [Indicator(code, "count", maximum=50) for code in ("wells", "clean", "dry")]
    water = group("water", *indicators, Indicator("bonus", "number"), checks=[PartOf("dry", "wells")])
    with serving(good(catalogue(host(water), SET))) as running:
        yield running


def command(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "benchmarks" / "load.py"), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def requests(service: Service, *given: Any) -> Requests:
    with Client(service.address) as client:
        return Requests.of(client, *given)


def free_port() -> int:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return int(reserved.getsockname()[1])


def test_two_processes_load_the_server_with_single_units(service: Service) -> None:
    bodies = requests(service, "hue-2020").single()
    progress: list[int] = []
    started = time.monotonic()
    outcome = run(Load(service.address, PATHS[Method.SCORE_UNIT], bodies, 2, 5, 1.2), progress.append)
    took = time.monotonic() - started
    assert outcome.rate > 0
    assert not outcome.errors
    assert len(outcome.latencies) == pytest.approx(outcome.rate * outcome.seconds)
    assert 0 < outcome.latency(0.5) <= outcome.latency(0.99) <= outcome.latency(1.0) <= outcome.seconds
    assert 1.2 <= outcome.seconds < took
    assert progress == sorted(progress)
    assert 0 < progress[-1] <= len(outcome.latencies)
    smallest = service.scorer.ScoreUnit(pb.ScoreUnitRequest.FromString(bodies[0])).ByteSize()
    assert outcome.reply_bytes > smallest / 2 * len(outcome.latencies)


@pytest.mark.long
def test_more_processes_than_calls_in_flight_are_not_started(service: Service) -> None:
    outcome = run(Load(service.address, PATHS[Method.SCORE_UNIT], requests(service, "hue-2020").single(), 3, 1, 0.2))
    assert sum(outcome.latencies) <= outcome.seconds  # one at a time


def test_refusals_are_counted_by_code_and_not_as_throughput(service: Service) -> None:
    body = pb.ScoreUnitRequest(criteria_set="no-such-set").SerializeToString()
    outcome = run(Load(service.address, PATHS[Method.SCORE_UNIT], [body], 1, 4, 0.5))
    assert set(outcome.errors) == {"NOT_FOUND"}
    assert outcome.errors["NOT_FOUND"] > 4
    assert outcome.rate == 0
    found = figures(outcome)
    assert (found["latency_ms"], found["reply_bytes"]) == (None, None)
    asked = {"method": "ScoreUnit", "criteria_set": "", "units": 1, "request_bytes": 1, "in_flight": 4, "processes": 1}
    assert f"NOT_FOUND {outcome.errors['NOT_FOUND']:,}" in text(asked | found)


@pytest.mark.long
def test_calls_to_a_stopped_server_are_counted(service: Service) -> None:
    outcome = run(Load(f"127.0.0.1:{free_port()}", PATHS[Method.SCORE_UNIT], [b""], 1, 2, 0.3, timeout=1.0))
    assert not outcome.latencies
    assert outcome.errors["UNAVAILABLE"] > 0


def test_the_command_prints_figures_for_machines(service: Service) -> None:
    done = command(service.address, "--criteria-set", "hue-2020", "--seconds", "0.5", "--in-flight", "3", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["method"], found["criteria_set"], found["in_flight"], found["errors"]) == (
        "ScoreUnit", "hue-2020", 3, {},
    )  # fmt: skip
    assert found["calls_per_second"] > 0
    latency = found["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]


@pytest.mark.long
def test_the_command_ranks_the_units_of_a_file(service: Service) -> None:
    words = ("--method", "RankProvince", "--criteria-set", "bac-kan-2020", "--data", str(ANSWERS / "bac-kan-2020.csv"))
    done = command(service.address, *words, "--seconds", "0.5", "--in-flight", "1", "--processes", "1")
    assert done.returncode == 0, done.stderr
    assert "RankProvince of 140 units, bac-kan-2020" in done.stdout
    for name in ("calls/s", "units/s", "p50", "p90", "p99", "max", "errors       none"):
        assert name in done.stdout


def test_a_recorded_request_is_a_frame_that_the_server_takes(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    done = command(service.address, "--criteria-set", "hue-2020", "--record", str(file))
    assert done.returncode == 0, done.stderr
    body = file.read_bytes()
    assert body[0] == 0
    assert int.from_bytes(body[1:5], "big") == len(body) - 5
    reply = service.scorer.ScoreUnit(pb.ScoreUnitRequest.FromString(body[5:]))
    assert reply.scorecard.unit.id == "unit-000000"
    assert PATHS[Method.SCORE_UNIT] in done.stdout
    assert f"{reply.ByteSize() + 5} bytes" in done.stdout
    assert frame(body[5:]) == body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--criteria-set", "hue-2021"], "did you mean 'hue-2020'?"),
        (["--criteria-set", "hue-2020", "--tier", "ward"], "hue-2020 has no tier 'ward'; it has district"),
        (["--data", "no-such-file.csv"], "No such file"),
    ],
)
def test_units_that_cannot_be_sent_give_one_line_and_exit_code_2(service: Service, words: list[str], said: str) -> None:
    done = command(service.address, *words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert done.stdout == ""


@pytest.mark.long
def test_a_missing_server_gives_one_line_and_exit_code_2() -> None:
    done = command(f"127.0.0.1:{free_port()}", "--timeout", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("load: UNAVAILABLE")


@pytest.mark.long
@pytest.mark.parametrize("tier", ["department", "district", "commune"])
def test_generated_units_are_accepted_and_score(service: Service, tier: str) -> None:
    drawn = requests(service, "bac-kan-2020", tier)
    assert len(drawn.single()) == POOL
    for body in drawn.single()[:10]:
        service.scorer.ScoreUnit(pb.ScoreUnitRequest.FromString(body))
    (ranking,) = service.scorer.RankProvince(pb.RankProvinceRequest.FromString(drawn.province(250))).rankings
    assert (ranking.tier, ranking.unit_count) == (tier, 250)
    points = [points for name in ("readiness", "achievement") for points in column(ranking, f"{name}.points")]
    assert len(set(points)) > POOL
    assert requests(service, "bac-kan-2020", tier) == drawn  # from a seed


def test_the_first_set_is_the_default(service: Service) -> None:
    assert requests(service).criteria_set == "bac-kan-2020"


def test_answers_that_a_plugin_refuses_are_left_out(selective: Service) -> None:
    drawn = requests(selective)
    for row in drawn.rows:
        answers = {code: float(value) for code, value in row.answers.items()}  # type: ignore[arg-type]
        assert answers.get("clean", 0) <= answers.get("wells", 50)
        assert answers.get("dry", 0) <= answers.get("wells", 50)
    some = sum("dry" in row.answers for row in drawn.rows)
    assert 0 < some < POOL
    assert all("dry" not in row.answers for row in requests(selective, "tested", "commune").rows)  # not asked there
    with pytest.raises(NotDrawn, match="no tier 'ward'"):
        requests(selective, "tested", "ward")


@pytest.mark.long
@pytest.mark.alone
def test_calls_start_at_the_given_rate_even_if_others_have_not_ended(service: Service) -> None:
    body = requests(service, "hue-2020").single()
    outcome = run(Load(service.address, PATHS[Method.SCORE_UNIT], body, 2, 100, 1.0, rate=40))
    assert 30 <= len(outcome.latencies) + sum(outcome.errors.values()) <= 42
    province = [requests(service, "hue-2020").province(5_000)]
    one = run(Load(service.address, PATHS[Method.RANK_PROVINCE], province, 1, 1, 1.0, rate=1_000))
    assert one.errors[NOT_MADE] > len(one.latencies) > 0  # there is room for one at a time


@pytest.mark.long
def test_an_overloaded_server_answers_some_and_refuses_others(service: Service) -> None:
    words = [sys.executable, "-W", "error", str(ROOT / "benchmarks" / "overload.py")]
    options = ["--criteria-set", "hue-2020", "--units", "5", "--seconds", "1", "--times", "2", "--json"]
    done = subprocess.run([*words, service.address, *options], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["unloaded", "capacity", "overloaded", "afterwards"]
    assert all(step["answered_per_second"] > 0 and step["p50_ms"] <= step["p99_ms"] for step in found.values())
    gone = subprocess.run(
        [*words, f"127.0.0.1:{free_port()}"], capture_output=True, text=True, timeout=120, check=False
    )
    assert gone.returncode == 2
    assert gone.stderr.startswith("overload: UNAVAILABLE")
