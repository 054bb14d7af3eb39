"""Every call has a request id, from the caller or created by the service."""

from __future__ import annotations

import logging
import re

import pytest
from harness import Service, refusal
from small_set import choice, logged, number, row, score

from egov.scorer.v1 import scorer_pb2

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def request_id_of_a_reply(service: Service, *metadata: tuple[str, str]) -> str:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020", unit_answers=row("hue"))
    _, call = service.scorer.ScoreUnit.with_call(request, metadata=metadata)
    return dict(call.trailing_metadata())["x-request-id"]


def test_the_callers_request_id_comes_back_with_a_reply(service: Service) -> None:
    assert request_id_of_a_reply(service, ("x-request-id", "tinh-46/2020:7")) == "tinh-46/2020:7"


def test_a_missing_request_id_is_created(service: Service) -> None:
    first, second = request_id_of_a_reply(service), request_id_of_a_reply(service)
    assert UUID.fullmatch(first)
    assert UUID.fullmatch(second)
    assert first != second


@pytest.mark.parametrize("given", ["with space", "i" * 129, ""])
def test_a_request_id_that_could_spoil_the_log_is_replaced(service: Service, given: str) -> None:
    assert UUID.fullmatch(request_id_of_a_reply(service, ("x-request-id", given)))


def test_a_refusal_carries_the_callers_request_id_and_so_does_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    request = scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020", unit_answers=row(""))
    with refusal() as caught:
        service.scorer.ScoreUnit(request, metadata=[("x-request-id", "tinh-46")])
    assert caught[0].trailers["x-request-id"] == "tinh-46"
    assert caught[0].info.metadata["request_id"] == "tinh-46"
    (call,) = logged(caplog, "call")
    assert call.pop("milliseconds") > 0
    assert len(call.pop("revision")) == 12
    assert call == {
        "request_id": "tinh-46", "identity": "anonymous", "method": "ScoreUnit", "code": "INVALID_ARGUMENT", "units": 0,
        "criteria_set": "tested-2020", "reason": "INVALID_REQUEST", "violations": 1,
    }  # fmt: skip
    assert logged(caplog, "violation") == [
        {"request_id": "tinh-46", "field": "unit_answers.unit.id", "reason": "BAD_UNIT_ID"}
    ]


def test_no_answer_of_a_unit_is_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with refusal():
        score(service, row("xa-1", computers=number(123456.25), staff=number(-987654), zebra=number(55555)))
    with refusal():
        score(service, row("xa-1", computers=choice("s3cret choice"), firewall=number(0.77777)))
    said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "UNKNOWN_INDICATOR" in said
    assert not [value for value in ("123456", "987654", "55555", "s3cret", "77777") if value in said]


def test_a_refusal_without_a_request_id_gets_one(service: Service) -> None:
    with refusal() as caught:
        score(service, row("hue"), "nowhere-2020")
    assert UUID.fullmatch(caught[0].info.metadata["request_id"])
    assert caught[0].trailers["x-request-id"] == caught[0].info.metadata["request_id"]
