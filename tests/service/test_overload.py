"""A server under overload: which calls it refuses at once, and that it loses none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from harness import Refused, Service, refusal, serving
from hue_requests import late_call
from slow_calls import Gate, held, is_well_again, quick, retry_after, settings

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc
from scorer.service.call.access import ANONYMOUS
from scorer.service.call.admission import Admission
from scorer.service.call.errors import CallRefused

MANY = 1_000


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_a_call_beyond_the_limit_is_refused_before_its_request_arrives(gate: Gate) -> None:
    body = threading.Event()
    with serving(gate.sets(), settings(calls=1)) as service, ThreadPoolExecutor(1) as callers:
        call = callers.submit(held, service)
        assert gate.inside.acquire(timeout=10)
        late = late_call(service.channel, body)  # its head alone is sent
        with refusal() as caught:
            late.result(20)
        assert not body.is_set()
        assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_BUSY")
        assert retry_after(caught[0]) > 0
        assert caught[0].trailers["x-request-id"] == caught[0].info.metadata["request_id"]
        body.set()
        gate.open.set()
        assert call.result(10).scorecard.unit.id == "a"
        assert is_well_again(service)


def test_simultaneous_calls_on_one_connection_are_answered_or_told_to_retry(gate: Gate) -> None:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020")
    request.unit_answers.unit.id, request.unit_answers.unit.tier = "a", "district"
    with serving(gate.sets(), settings(calls=8, scoring=2)) as service:
        quick(service)
        score = scorer_pb2_grpc.ScorerServiceStub(service.channel).ScoreUnit
        calls = [score.future(request, timeout=60) for _ in range(MANY)]
        answered = [call for call in calls if call.code() is grpc.StatusCode.OK]
        assert answered
        # UNAVAILABLE comes from gRPC, which counts calls until their handlers have ended.
        others = [call for call in calls if call.code() not in (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE)]
        refused = [Refused(call.exception()) for call in others]
        assert {one.info.reason for one in refused} <= {"TOO_BUSY"}, {one.details for one in refused}
        assert all(retry_after(one) > 0 for one in refused)
        assert is_well_again(service)


def test_no_call_within_the_limit_is_refused(gate: Gate) -> None:
    with serving(gate.sets(), settings(calls=4)) as service, ThreadPoolExecutor(4) as callers:
        answered = callers.map(lambda _: quick(service).scorecard.unit.id, range(2 * MANY))
        assert list(answered) == ["a"] * (2 * MANY)


def test_calls_without_bodies_do_not_use_the_share_of_others(gate: Gate) -> None:
    body = threading.Event()
    with serving(gate.sets(), settings(calls=1)) as service, own_channel(service) as channel:
        late = [late_call(connection, body) for connection in (channel, service.channel) for _ in range(50)]
        for _ in range(20):
            assert quick(service).scorecard.unit.id == "a"
            assert quick(Service("", channel)).scorecard.unit.id == "a"
        for call in late:
            call.cancel()
        body.set()


def test_a_request_that_does_not_arrive_in_time_ends_its_call(gate: Gate) -> None:
    body = threading.Event()
    with serving(gate.sets(), settings(transfer_seconds=0.3)) as service:
        late = late_call(service.channel, body)
        with refusal() as caught:
            late.result(20)
        body.set()
        assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_INCOMPLETE")
        assert caught[0].details == "the request did not arrive in time"


@contextmanager
def own_channel(service: Service) -> Iterator[grpc.Channel]:
    """A new connection."""
    with grpc.insecure_channel(service.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield channel


def admission(calls: int = 8, calls_each: int = 8, held_bytes: int = 800) -> Admission:
    return Admission(calls, calls_each, held_bytes)


def reason(admit: Callable[[], object]) -> str:
    """The setting that refuses a call; empty when it is admitted."""
    try:
        admit()
    except CallRefused as refused:
        return refused.metadata["setting"].removeprefix("limits.")
    return ""


def test_a_single_connection_may_use_all_calls() -> None:
    calls = admission()
    slots = [calls.admit("one", ANONYMOUS) for _ in range(8)]
    assert reason(lambda: calls.admit("one", ANONYMOUS)) == "calls"
    slots.pop().release()
    assert reason(lambda: calls.admit("one", ANONYMOUS)) == ""


def test_each_connection_always_has_its_share_of_calls() -> None:
    calls = admission(calls_each=100)
    for _ in range(8):
        calls.admit("greedy", ANONYMOUS)
    for _ in range(4):
        assert reason(lambda: calls.admit("modest", ANONYMOUS)) == ""
    assert reason(lambda: calls.admit("modest", ANONYMOUS)) == "calls"
    assert reason(lambda: calls.admit("greedy", ANONYMOUS)) == "calls"
    for n in range(100):
        assert reason(lambda n=n: calls.admit(f"other {n}", ANONYMOUS)) == ""  # one call in any case


def test_an_identity_has_a_limit_over_all_its_connections() -> None:
    calls = admission(calls_each=2)
    first = calls.admit("one", "token:portal")
    calls.admit("two", "token:portal")
    assert reason(lambda: calls.admit("three", "token:portal")) == "calls_each"
    assert reason(lambda: calls.admit("three", "token:statistics")) == ""
    assert [reason(lambda n=n: calls.admit(f"{n}", ANONYMOUS)) for n in range(4)] == [
        ""
    ] * 4  # told apart by connection
    first.release()
    assert reason(lambda: calls.admit("three", "token:portal")) == ""


def test_held_bytes_are_limited_and_shared_between_connections() -> None:
    calls = admission()
    slot = calls.admit("one", ANONYMOUS)
    slot.hold_request(100)
    slot.hold_reply(900)
    assert reason(lambda: calls.admit("one", ANONYMOUS)) == "held_bytes"
    other = calls.admit("two", ANONYMOUS)
    assert reason(lambda: other.hold_request(401)) == "held_bytes"
    assert reason(lambda: other.hold_request(400)) == ""
    slot.release()
    third = calls.admit("one", ANONYMOUS)
    third.hold_request(400)
    assert reason(lambda: calls.admit("three", ANONYMOUS).hold_request(1)) == ""
