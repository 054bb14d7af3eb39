"""A server that is asked for more than it can do: what it refuses at once, and what it does not lose."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from harness import Refused, refusal, serving
from scorer.service.limits import ARRIVAL, MOST_REST, RETRY_AFTER, Admission
from test_limits import Gate, held, is_well_again, quick, retry_after, settings
from test_workers import late_call

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc
from scorer.settings import Limits

MANY = 1_000


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_a_call_is_refused_before_its_bytes_come_when_there_is_no_room(gate: Gate) -> None:
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


def test_calls_begun_all_at_once_on_one_connection_are_answered_or_told_to_come_again(gate: Gate) -> None:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="beside-2020")
    request.unit_answers.unit.id, request.unit_answers.unit.tier = "a", "district"
    with serving(gate.sets(), settings(calls=8, scoring=2)) as service:
        quick(service)
        score = scorer_pb2_grpc.ScorerServiceStub(service.channel).ScoreUnit
        calls = [score.future(request, timeout=60) for _ in range(MANY)]
        answered = [call for call in calls if call.code() is grpc.StatusCode.OK]
        refused = [Refused(call.exception()) for call in calls if call.code() is not grpc.StatusCode.OK]
        assert answered
        assert {one.info.reason for one in refused} <= {"TOO_BUSY"}, {one.details for one in refused}
        assert all(retry_after(one) > 0 for one in refused)
        assert is_well_again(service)


def test_nobody_is_refused_while_no_more_are_under_way_than_may_be(gate: Gate) -> None:
    with serving(gate.sets(), settings(calls=4)) as service, ThreadPoolExecutor(4) as callers:
        answered = callers.map(lambda _: quick(service).scorecard.unit.id, range(2 * MANY))
        assert list(answered) == ["a"] * (2 * MANY)


def test_a_call_that_has_begun_is_counted_until_its_bytes_are_overdue(gate: Gate) -> None:
    body = threading.Event()
    with serving(gate.sets(), settings(calls=1)) as service:
        quick(service)

        def is_refused_behind_a_late_one() -> bool:
            late = late_call(service.channel, body)
            try:
                quick(service)
            except grpc.RpcError as error:
                return Refused(error).info.reason == "TOO_BUSY"
            finally:
                late.cancel()
            return False

        assert any(is_refused_behind_a_late_one() for _ in range(20))  # slow machines may begin the other one too late
        late = late_call(service.channel, body)
        time.sleep(2 * ARRIVAL)
        assert is_well_again(service)
        late.cancel()
        body.set()


def busy(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


def test_a_call_that_ends_leaves_refusals_as_much_time_as_they_took() -> None:
    admission = Admission(Limits(calls=1))

    def refuse(seconds: float) -> None:
        with admission.place("one", 1):
            assert not admission.has_room()
            busy(seconds)
            assert not admission.has_room()

    assert admission.has_room()
    with admission.place("one", 1):
        pass
    assert admission.has_room()  # nobody was refused
    assert MOST_REST < RETRY_AFTER  # so that who comes again as told is taken
    for seconds, least in ((0.02, 0.02), (1.0, MOST_REST)):
        refuse(seconds)
        ended = time.monotonic()
        while not admission.has_room():
            time.sleep(0.001)
        assert time.monotonic() - ended >= least


def test_a_call_that_ends_does_not_cut_the_rest_of_another_short() -> None:
    admission = Admission(Limits(calls=2))
    assert admission.has_room()
    with admission.place("one", 1):
        with admission.place("other", 1):
            assert not admission.has_room()
            busy(0.03)
            assert not admission.has_room()
        ended = time.monotonic()
        assert not admission.has_room()  # and a little more to rest for when the first one ends
    while not admission.has_room():
        time.sleep(0.001)
    assert time.monotonic() - ended >= 0.03
