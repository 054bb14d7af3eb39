"""Callers that waste what others need: idle calls, lists without end, tampered tokens, signals."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2_grpc
from harness import Service, catalogue, good, group, host, refusal, serving

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

SET = """
criteria_set: tested
title: {en: Tested}
provenance: published
tiers: [district]
categories:
  readiness:
    groups:
      water:
        criteria:
          - {id: W.1, formula: awarded, indicator: wells, points: 10, may_be_not_applicable: true}
"""


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(good(catalogue(host(group("water", Indicator("wells", "number"))), SET))) as running:
        yield running


def unit(code: str, points: float = 1.0) -> pb.UnitAnswers:
    return pb.UnitAnswers(unit=pb.Unit(id=code, tier="district"), answers={"wells": pb.Answer(number=points)})


def still_answers(service: Service) -> bool:
    request = pb.ScoreUnitRequest(criteria_set="tested", unit_answers=unit("a", 7))
    return service.scorer.ScoreUnit(request, timeout=10).scorecard.overall.score.points == 7


def test_calls_whose_bodies_never_come_leave_room_for_others(service: Service) -> None:
    """A call holds a thread from its first byte on; forty-eight of them, and as many open reflection streams."""
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait(60)
        yield from ()

    channel = grpc.insecure_channel(service.address)
    idle = channel.stream_unary("/egov.scorer.v1.ScorerService/ScoreUnit")
    calls = [idle.future(nothing()) for _ in range(48)]
    streams = reflection_pb2_grpc.ServerReflectionStub(channel)
    calls += [streams.ServerReflectionInfo(nothing()) for _ in range(48)]
    time.sleep(0.5)
    try:
        assert still_answers(service)
    finally:
        ended.set()
        for call in calls:
            call.cancel()
        channel.close()
    assert still_answers(service)


@pytest.mark.parametrize("many", [100, 300_000])
def test_a_list_longer_than_what_it_can_name_is_one_violation(service: Service, many: int) -> None:
    row = unit("a")
    row.not_applicable_criteria.extend([""] * many)
    answers = unit("b")
    for n in range(min(many, 5_000)):
        answers.answers[f"x{n}"].number = 1
    table = pb.UnitTable(units=[pb.Unit(id="a", tier="district")])
    table.columns.extend([pb.Column()] * many)
    table.exclusions.extend([pb.Exclusion()] * many)
    rows = pb.RankProvinceRequest(criteria_set="tested", rows=pb.UnitRows(units=[row, answers]))
    with refusal() as caught:
        service.scorer.RankProvince(rows)
    assert caught[0].fields == {
        "rows.units[0].not_applicable_criteria": "TOO_MANY",
        "rows.units[1].answers": "TOO_MANY",
    }
    with refusal() as caught:
        service.scorer.RankProvince(pb.RankProvinceRequest(criteria_set="tested", table=table))
    assert caught[0].fields == {"table.columns": "TOO_MANY", "table.exclusions": "TOO_MANY"}
    assert still_answers(service)


def test_a_page_token_with_another_place_in_it_is_refused(service: Service) -> None:
    request = pb.RankProvinceRequest(
        criteria_set="tested", rows=pb.UnitRows(units=[unit(f"u{n}") for n in range(9)]), page_size=2
    )
    request.page_token = service.scorer.RankProvince(request).next_page_token
    assert len(service.scorer.RankProvince(request).rankings[0].scorecards) == 2
    text = base64.urlsafe_b64decode(request.page_token).decode()
    for other in ("3", "999999999", "0"):
        request.page_token = base64.urlsafe_b64encode(f"{other}{text[1:]}".encode()).decode()
        with refusal() as caught:
            service.scorer.RankProvince(request)
        assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_second_signal_ends_the_server_at_once() -> None:
    command = [str(Path(sys.executable).parent / "scorer"), "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = next(line for line in server.stderr if line.startswith("serving")).split()[-1]
        channel = grpc.insecure_channel(address)
        ended = threading.Event()

        def nothing() -> Iterator[bytes]:
            ended.wait(60)
            yield from ()

        call = channel.stream_unary("/egov.scorer.v1.ScorerService/ScoreUnit").future(nothing())
        time.sleep(0.5)
        server.send_signal(signal.SIGTERM)  # waits for the call that is under way
        time.sleep(0.5)
        assert server.poll() is None
        server.send_signal(signal.SIGTERM)
        assert server.wait(5) == 1
        ended.set()
        call.cancel()
        channel.close()
