"""Calls beyond a limit are refused at once, and abandoned work stops."""

from __future__ import annotations

import gc
import logging
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from arrow_tables import unit_table
from credentials import AUDIENCE, ISSUER, Signer, key_set
from google.protobuf.message import Message
from harness import catalogue, good, host, refusal, serving
from hue_requests import one_unit
from processes import serve, until
from slow_calls import Gate, held, is_well_again, quick, retry_after, settings
from small_set import INFRASTRUCTURE, OTHER_SET, logged, number, row

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc
from scorer.engine import scoring
from scorer.engine.kernel import Kernel
from scorer.service.call import pipeline
from scorer.service.call.pipeline import MAX_LOOP_BYTES
from scorer.service.call.request_parsing import parse
from scorer.service.runtime.settings import Limits, Role, Settings, Tokens


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


def test_calls_beyond_the_limit_are_refused_until_others_end(gate: Gate) -> None:
    with serving(gate.sets(), settings(calls=3, scoring=3)) as service, ThreadPoolExecutor(3) as callers:
        calls = [callers.submit(held, service) for _ in range(3)]
        for _ in calls:
            assert gate.inside.acquire(timeout=10)
        with refusal() as caught:
            quick(service)
        found = caught[0]
        assert (found.code, found.info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_BUSY")
        assert dict(found.info.metadata)["setting"] == "limits.calls"
        assert 0 < retry_after(found) <= 1
        gate.open.set()
        assert all(call.result(10).scorecard.unit.id == "a" for call in calls)
        assert is_well_again(service)


def test_one_identity_cannot_use_the_share_of_others(gate: Gate, tmp_path: Path) -> None:
    signer, file = Signer("k"), tmp_path / "keys.json"
    file.write_text(key_set(signer))
    limited = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=file, issuer=ISSUER, audience=AUDIENCE),
        access={f"token:{name}": frozenset([Role.SCORER]) for name in ("portal", "warehouse")},
        limits=Limits(calls=10, calls_each=1),
    )
    portal, warehouse = ([("authorization", f"Bearer {signer.token(n)}")] for n in ("portal", "warehouse"))
    with serving(gate.sets(), limited) as service, ThreadPoolExecutor(1) as callers:
        call = callers.submit(held, service, portal)
        assert gate.inside.acquire(timeout=10)
        with refusal() as caught:
            quick(service, portal)
        assert caught[0].info.metadata["setting"] == "limits.calls_each"
        assert retry_after(caught[0]) > 0
        assert quick(service, warehouse).scorecard.unit.id == "a"
        gate.open.set()
        assert call.result(10).scorecard.unit.id == "a"


def test_requests_beyond_the_limit_of_held_bytes_are_refused(gate: Gate) -> None:
    with (
        serving(gate.sets(), settings(held_bytes=1024, request_bytes=1024)) as service,
        ThreadPoolExecutor(1) as callers,
    ):
        call = callers.submit(held, service)
        assert gate.inside.acquire(timeout=10)
        with refusal() as caught:
            service.scorer.ScoreUnit(
                scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020", unit_answers=row("a" * 128), period="x" * 900)
            )
        assert caught[0].info.metadata["setting"] == "limits.held_bytes"
        assert quick(service).scorecard.unit.id == "a"
        gate.open.set()
        call.result(10)


def test_a_call_without_deadline_gets_one(gate: Gate) -> None:
    with serving(gate.sets(), settings(seconds=0.3)) as service:
        threading.Timer(1, gate.open.set).start()
        request = scorer_pb2.ScoreUnitRequest(criteria_set="water-2020", unit_answers=row("a"))
        with refusal() as caught:
            service.scorer.ScoreUnit(request)
        assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


def test_a_request_that_was_compressed_is_refused(gate: Gate) -> None:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="water-2020", period=" " * 10_000)
    with serving(gate.sets()) as service, refusal() as caught:
        service.scorer.ScoreUnit(request, compression=grpc.Compression.Gzip)
    assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.UNIMPLEMENTED, "COMPRESSED_REQUEST")


def test_a_request_that_a_thread_parses_is_ranked(gate: Gate) -> None:
    units = [row(f"u{n}", name="x" * 300, staff=number(1)) for n in range(1_000)]
    request = scorer_pb2.RankProvinceRequest(criteria_set="beside-2020", rows=scorer_pb2.UnitRows(units=units))
    assert request.ByteSize() > MAX_LOOP_BYTES
    with serving(gate.sets()) as service:
        assert service.scorer.RankProvince(request, timeout=30).rankings[0].unit_count == len(units)


def test_work_past_its_deadline_stops_between_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks, score = [], Kernel.score

    def slow(*given: object, **how: object) -> object:
        chunks.append(given)
        time.sleep(0.1)
        return score(*given, **how)

    monkeypatch.setattr(Kernel, "score", slow)
    monkeypatch.setattr(scoring, "MAX_CHUNK_UNITS", 1)
    units = [f"u{n}" for n in range(100)]
    table = unit_table(units, {"staff": [1.0] * len(units)})
    request = scorer_pb2.RankProvinceRequest(criteria_set="beside-2020", table=table)
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET))) as service:
        with pytest.raises(grpc.RpcError) as caught:
            service.scorer.RankProvince(request, timeout=2)  # a busy machine begins late
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        time.sleep(0.5)
        done = len(chunks)
        time.sleep(0.5)
        assert 0 < done == len(chunks) < len(units)


def test_a_call_that_its_caller_cancels_stops_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, score = threading.Event(), Kernel.score

    def slow(*given: object, **how: object) -> object:
        begun.set()
        time.sleep(0.05)
        return score(*given, **how)

    monkeypatch.setattr(Kernel, "score", slow)
    monkeypatch.setattr(scoring, "MAX_CHUNK_UNITS", 1)
    caplog.set_level(logging.INFO, logger="scorer.calls")
    request = scorer_pb2.RankProvinceRequest(
        criteria_set="beside-2020", table=unit_table([f"u{n}" for n in range(200)], {"staff": [1.0] * 200})
    )
    with serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET))) as service:
        call = service.scorer.RankProvince.future(request)
        assert begun.wait(10)
        call.cancel()
        until(lambda: logged(caplog, "call"), "the call is not logged")
    [line] = logged(caplog, "call")
    assert (line["code"], line["reason"]) == ("CANCELLED", "CANCELLED")


def test_a_cancelled_call_that_waits_for_a_thread_keeps_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    parsing, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Message:
        parsing.set()
        assert go_on.wait(30)
        return parse(*arguments)

    monkeypatch.setattr(pipeline, "parse", slow)
    sent = [b"\xff" * (MAX_LOOP_BYTES + number) for number in (1, 2)]

    def held(size: int) -> bool:
        """Whether a list of one item has a request of this size."""
        lists = [item for item in gc.get_objects() if type(item) is list and len(item) == 1]
        return any(type(item[0]) is bytes and len(item[0]) == size for item in lists)

    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
    with serving(sets, Settings(address="127.0.0.1:0", limits=Limits(scoring=1))) as service:
        send = service.channel.unary_unary("/egov.scorer.v1.ScorerService/RankProvince")
        at_work = send.future(sent[0], timeout=30)
        assert parsing.wait(30)
        waiting = send.future(sent[1], timeout=30)
        try:
            until(lambda: held(len(sent[1])), "the request does not arrive")
            waiting.cancel()
            until(lambda: not held(len(sent[1])), "the request is kept")
            assert not at_work.done()
        finally:
            go_on.set()
        assert at_work.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_idle_connections_do_not_lock_out_other_callers(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, limits[1]))  # the service starts with this limit
        try:
            running = stack.enter_context(serve(tmp_path))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        host, _, port = running.address.rpartition(":")
        for _ in range(150):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
        channel = stack.enter_context(running.channel())
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(one_unit(), timeout=10)
