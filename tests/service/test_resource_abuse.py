"""Callers that waste shared resources: idle calls, endless lists, changed page tokens, signals."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2_grpc
from harness import Refused, Service, catalogue, good, group, host, refusal, serving
from processes import PATIENCE, until

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator
from scorer.service.methods.health_and_reflection import MAX_CALLS
from scorer.service.server import MAX_STREAMS

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


def test_calls_without_bodies_do_not_block_others(service: Service) -> None:
    """Forty-eight of them, and as many open reflection streams."""
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


def test_watchers_of_health_do_not_block_calls_or_other_watchers(service: Service) -> None:
    alone = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(service.address, options=alone) for _ in range(18)]
    watching = health_pb2.HealthCheckRequest()
    streams = [
        health_pb2_grpc.HealthStub(channel).Watch(watching, timeout=60)
        for _ in range(MAX_STREAMS)
        for channel in channels
    ]
    answered = 0
    for stream in streams:
        try:
            answered += next(stream).status == health_pb2.HealthCheckResponse.SERVING
        except grpc.RpcError as error:
            refused = Refused(error)
            assert (refused.code, refused.info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_BUSY")
    assert MAX_CALLS <= answered < len(streams)
    assert still_answers(service)
    health = health_pb2_grpc.HealthStub(service.channel)
    assert health.Check(watching, timeout=10).status == health_pb2.HealthCheckResponse.SERVING
    assert next(health.Watch(watching, timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
    for channel in channels:
        channel.close()


def traced_bytes_of_the_server() -> int:
    """Bytes that Python has allocated, without messages: the client, which is in this process, keeps those it sent."""
    messages = tracemalloc.Filter(False, "*/grpc/_common.py")
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([messages]).traces)


def test_invented_service_names_of_health_watchers_are_refused_or_dropped(service: Service) -> None:
    stub, size = health_pb2_grpc.HealthStub(service.channel), 60_000
    with pytest.raises(grpc.RpcError) as caught:
        next(stub.Watch(health_pb2.HealthCheckRequest(service="x" * 2**20), timeout=10))
    assert Refused(caught.value).info.reason == "REQUEST_TOO_LARGE"
    tracemalloc.start()
    try:
        requests = [health_pb2.HealthCheckRequest(service=f"{n:x<{size}}") for n in range(80)]
        streams = [stub.Watch(request, timeout=2 * PATIENCE) for request in requests]
        for stream in streams:
            assert next(stream).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        until(lambda: traced_bytes_of_the_server() < 40 * size, "the names are still there")
        for stream in streams:
            stream.cancel()
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("many", [100, 300_000])
def test_a_list_longer_than_all_possible_entries_is_one_violation(service: Service, many: int) -> None:
    row = unit("a")
    row.not_applicable_criteria.extend([""] * many)
    answers = unit("b")
    for n in range(min(many, 5_000)):
        answers.answers[f"x{n}"].number = 1
    rows = pb.RankProvinceRequest(criteria_set="tested", rows=pb.UnitRows(units=[row, answers]))
    with refusal() as caught:
        service.scorer.RankProvince(rows)
    assert caught[0].fields == {
        "rows.units[0].not_applicable_criteria": "TOO_MANY",
        "rows.units[1].answers": "TOO_MANY",
    }
    assert still_answers(service)


def test_a_page_token_with_a_changed_position_is_refused(service: Service) -> None:
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


@pytest.mark.usefixtures("patient")
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
        assert server.wait(PATIENCE) == 1  # long before the grace ends
        ended.set()
        call.cancel()
        channel.close()
