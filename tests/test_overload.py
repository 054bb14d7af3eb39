"""A server that is asked for more than it can do: what it refuses at once, and what it does not lose."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from harness import Refused, refusal, serving
from test_limits import Gate, held, quick, retry_after, settings
from test_workers import late_call

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc

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
        assert quick(service).scorecard.unit.id == "a"


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
        assert quick(service).scorecard.unit.id == "a"  # well again
