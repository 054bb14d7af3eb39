"""Requests that are too large, and bytes that are not a message."""

from __future__ import annotations

import logging
from pathlib import Path

import grpc
import pytest
from arrow_tables import read, unit_table
from harness import Service, refusal
from processes import Serving, serve
from small_set import logged, number, rank, rank_table, row, still_answers

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.service.runtime.settings import Limits
from scorer_client.requests import MAX_FULL_ROWS

MAX_UNITS = 100_000


def test_more_than_100_000_units_are_refused(service: Service) -> None:
    assert Limits().units == MAX_UNITS == 100_000
    with refusal() as caught:
        rank_table(service, unit_table([str(n) for n in range(MAX_UNITS + 1)]))
    refused = caught[0]
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (
        refused.details == "the request has 100001 units, at most 100000 are allowed: send one complete tier per call"
    )
    assert (refused.info.reason, refused.info.metadata["limit"]) == ("TOO_MANY_UNITS", "100000")
    assert still_answers(service)


def test_100_000_units_are_accepted(service: Service) -> None:
    table = unit_table([str(n) for n in range(MAX_UNITS)], {"staff": [1.0] * (MAX_UNITS - 1) + [-1.0]})
    with refusal() as caught:  # a reply would only cost time
        rank_table(service, table)
    assert caught[0].fields == {f'table["staff"][{MAX_UNITS - 1}]': "OUT_OF_RANGE"}


def test_more_than_5_000_full_rows_need_pages_or_tables(service: Service) -> None:
    assert MAX_FULL_ROWS == 5_000
    full = scorer_pb2.SCORECARD_VIEW_FULL
    rows = [row(str(n), tanks=number(1)) for n in range(MAX_FULL_ROWS + 1)]
    for page_size in (0, MAX_FULL_ROWS + 1, 2**31 - 1):
        with refusal() as caught:
            rank(service, *rows, criteria_set="water-2020", view=full, page_size=page_size)
        refused = caught[0]
        assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.details == (
            "the reply would have 5001 FULL scorecards, at most 5000 are allowed: "
            "set page_size to at most 5000, or send a table"
        )
        assert (refused.info.reason, refused.info.metadata["limit"]) == ("TOO_MANY_FULL_ROWS", "5000")
    page = rank(service, *rows, criteria_set="water-2020", view=full, page_size=MAX_FULL_ROWS)
    assert len(page.rankings[0].scorecards) == MAX_FULL_ROWS
    assert len(rank(service, *rows, criteria_set="water-2020").rankings[0].scorecards) == MAX_FULL_ROWS + 1
    reply = rank_table(service, unit_table([item.unit.id for item in rows]), "water-2020", view=full)
    assert len(read(reply.rankings[0])) == MAX_FULL_ROWS + 1


def send_bytes(service: Service, data: bytes, method: str = "ScorerService/RankProvince") -> bytes:
    return service.channel.unary_unary(f"/egov.scorer.v1.{method}")(data, timeout=60)


MIB = 2**20


def test_a_message_over_128_mib_is_refused_and_a_table_is_smaller(service: Service) -> None:
    with refusal() as caught:
        send_bytes(service, bytes(128 * MIB + 1))
    refused = caught[0]
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.details == (
        "the request has 134217729 bytes, at most 134217728 are allowed; "
        "a table is smaller than rows, and a province can be sent tier by tier"
    )
    assert (refused.info.reason, refused.info.metadata["limit"]) == ("REQUEST_TOO_LARGE", "134217728")
    assert still_answers(service)


def test_a_message_without_a_province_has_at_most_1_mib(service: Service) -> None:
    for method in ("ScorerService/ScoreUnit", "CriteriaService/ListCriteriaSets"):
        with refusal() as caught:
            send_bytes(service, bytes(MIB), method)
        assert caught[0].info.reason == "UNREADABLE_REQUEST"
        with refusal() as caught:
            send_bytes(service, bytes(MIB + 1), method)
        assert caught[0].details == "the request has 1048577 bytes, at most 1048576 are allowed"


def test_few_parsed_requests_are_in_memory_at_once(tmp_path: Path) -> None:
    units = b"\x0a\0" * 2_000_000  # each takes two bytes here, and 60 when it is parsed
    data = b"\x1a\x08hue-2020\x22" + size_prefix(len(units)) + units
    with serve(tmp_path) as running, running.channel() as channel:
        before = peak(running)
        send = channel.unary_unary("/egov.scorer.v1.ScorerService/RankProvince")
        calls = [send.future(data, timeout=60) for _ in range(24)]
        assert {call.code() for call in calls} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert all("2000000 units" in call.details() for call in calls)
        assert peak(running) - before < 500 * MIB  # all of them would take 3,000 MiB


def size_prefix(size: int) -> bytes:
    """A number as a varint."""
    return bytes([size & 127]) if size < 128 else bytes([size & 127 | 128]) + size_prefix(size >> 7)


def peak(running: Serving) -> int:
    """The peak memory of a process, in bytes."""
    status = Path(f"/proc/{running.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_a_message_of_exactly_128_mib_is_read(service: Service) -> None:
    with refusal() as caught:
        send_bytes(service, bytes(128 * MIB))
    assert caught[0].info.reason == "UNREADABLE_REQUEST"


def test_a_message_far_over_128_mib_is_refused_by_grpc(service: Service) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        send_bytes(service, bytes(160 * MIB))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert still_answers(service)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 9,
        b"\x12\x05ab",
        b"\0",
        b"GET / HTTP/1.1\r\n",
        b"\x0a\x02\xff\xfe\x12\x02\xff\xfe",  # fields 1 and 2, of which each request has one that is text
        b"\x0b" * 5_000,  # groups within groups
    ],
    ids=["ones", "cut off", "NUL", "HTTP", "not UTF-8", "nested"],
)
@pytest.mark.parametrize(
    "method",
    [
        "ScorerService/ScoreUnit",
        "ScorerService/RankProvince",
        "CriteriaService/ListCriteriaSets",
        "CriteriaService/GetCriteriaSet",
    ],
)
def test_unreadable_bytes_are_refused_without_a_traceback(
    service: Service, caplog: pytest.LogCaptureFixture, method: str, data: bytes
) -> None:
    caplog.set_level(logging.INFO)
    with refusal() as caught:
        send_bytes(service, data, method)
    refused = caught[0]
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.info.reason == "UNREADABLE_REQUEST"
    name = method.partition("/")[2]
    assert refused.details.startswith(f"the bytes are not a valid egov.scorer.v1.{name}Request: ")
    assert "Traceback" not in refused.details
    assert not any(record.exc_info or record.levelno >= logging.ERROR for record in caplog.records)
    assert [call["request_id"] for call in logged(caplog, "call")] == [refused.info.metadata["request_id"]]


def test_reload_without_a_directory_is_refused(service: Service) -> None:
    with refusal() as caught:
        service.criteria.ReloadCriteriaSets(criteria_pb2.ReloadCriteriaSetsRequest())
    assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_RELOADED")
    assert "--criteria DIR" in caught[0].details
