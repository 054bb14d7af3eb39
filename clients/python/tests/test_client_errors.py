"""What the service refuses, and servers that fail."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from client_units import BEST, ROWS, SET, TWO, refused, unit
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from egov.scorer.v1 import criteria_pb2
from scorer_client import Client


def test_a_refused_unit_is_named_with_all_its_violations(client: Client) -> None:
    rows = [BEST, unit("hue", computers=12.5, services_points=31), unit("best", head="chairmen")]
    error = refused(lambda: client.rank_province(SET, rows))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert {(v.field, v.reason) for v in error.violations} == {
        ('rows.units[1].answers["computers"]', "WRONG_KIND"),
        ('rows.units[1].answers["services_points"]', "OUT_OF_RANGE"),
        ('rows.units[2].answers["head"]', "UNKNOWN_CHOICE"),
        ("rows.units[2].unit.id", "DUPLICATE_UNIT_ID"),
    }
    assert error.violations_total == 4
    assert error.message.startswith(f"{error.violations[0].field}: {error.violations[0].description}")
    assert error.message.endswith("(and 3 more)")
    assert str(error) == f"INVALID_ARGUMENT: {error.message}"
    assert len(error.metadata["request_id"]) == 36
    (choice,) = (v for v in error.violations if v.reason == "UNKNOWN_CHOICE")
    assert choice.description == (
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?"
    )


def test_the_first_of_many_violations_are_listed_and_all_counted(client: Client, local: Client) -> None:
    rows = [unit(f"u{n}", services_points=31) for n in range(300)]
    near, far = refused(lambda: local.rank_province(SET, rows)), refused(lambda: client.rank_province(SET, rows))
    assert near.violations_total == far.violations_total == len(near.violations) == 300
    assert 0 < len(far.violations) < 300
    assert far.violations == near.violations[: len(far.violations)]
    assert far.message == near.message


def test_violations_of_a_file_have_row_and_column(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("id,tier,services_points\na,district,30\nb,district,31\n", encoding="utf-8")
    error = refused(lambda: client.rank_file(SET, file))
    assert [(v.field, v.reason) for v in error.violations] == [("row 3, column C (services_points)", "OUT_OF_RANGE")]
    assert error.message == (
        "row 3, column C (services_points): must be from 0 to 30 in tier 'district', not 31"
    )  # fmt: skip
    assert (error.code, error.reason, error.violations_total) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        1,
    )
    assert error.metadata["request_id"]


class FakeServer:
    """Answers every call with the result of ``answer``, and counts the calls."""

    def __init__(self, answer: Callable[[int, grpc.ServicerContext], bytes]) -> None:
        self.calls = 0
        self._answer = answer
        self._server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method.startswith("/grpc.health."):
            return None
        return grpc.unary_unary_rpc_method_handler(self._handle)

    def _handle(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        self.calls += 1
        return self._answer(self.calls, context)

    def stop(self) -> None:
        self._server.stop(0).wait()


@contextlib.contextmanager
def fake(answer: Callable[[int, grpc.ServicerContext], bytes]) -> Iterator[FakeServer]:
    server = FakeServer(answer)
    try:
        yield server
    finally:
        server.stop()


def failing(code: grpc.StatusCode, times: int) -> Callable[[int, grpc.ServicerContext], bytes]:
    def answer(call: int, context: grpc.ServicerContext) -> bytes:
        if call <= times:
            context.abort(code, "not now")
        return criteria_pb2.ListCriteriaSetsResponse(criteria_sets=[{"code": SET}]).SerializeToString()

    return answer


@pytest.mark.parametrize("times", [1, 3])
def test_a_call_is_retried_if_the_server_is_unreachable(times: int) -> None:
    with fake(failing(grpc.StatusCode.UNAVAILABLE, times)) as server, Client(server.address) as client:
        assert [summary.code for summary in client.criteria_sets()] == [SET]
        assert server.calls == times + 1


def test_a_call_is_tried_at_most_four_times() -> None:
    with fake(failing(grpc.StatusCode.UNAVAILABLE, 100)) as server, Client(server.address) as client:
        error = refused(lambda: client.rank_province(SET, ROWS))
        assert (error.code, error.message) == (grpc.StatusCode.UNAVAILABLE, "not now")
        assert (error.reason, error.metadata, error.violations, error.violations_total) == ("", {}, (), 0)
        assert server.calls == 4


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "INTERNAL", "RESOURCE_EXHAUSTED", "NOT_FOUND", "UNKNOWN"])
def test_a_call_with_an_answer_is_never_retried(code: str) -> None:
    with fake(failing(grpc.StatusCode[code], 1)) as server, Client(server.address) as client:
        assert refused(client.criteria_sets).code is grpc.StatusCode[code]
        assert server.calls == 1


def test_a_call_ends_at_its_deadline() -> None:
    done = threading.Event()

    def slow(call: int, context: grpc.ServicerContext) -> bytes:
        done.wait(10)
        return b""

    with fake(slow) as server:
        try:
            with Client(server.address) as patient, Client(server.address, timeout=0.1) as hasty:
                for call in (
                    lambda: patient.score_unit(SET, BEST, timeout=0.1),
                    lambda: patient.rank_province(SET, ROWS, timeout=0.1),
                    lambda: patient.rank_table(SET, TWO, timeout=0.1),
                    hasty.criteria_sets,
                    lambda: hasty.criteria_set(SET),
                ):
                    assert refused(call).code is grpc.StatusCode.DEADLINE_EXCEEDED
        finally:
            done.set()


def test_a_call_without_a_server_is_unavailable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # taken, but nobody listens
        with Client(f"127.0.0.1:{reserved.getsockname()[1]}", timeout=10) as client:
            error = refused(client.criteria_sets)
    assert (error.code, error.reason, error.violations) == (grpc.StatusCode.UNAVAILABLE, "", ())
    assert error.message


def status(*details: tuple[str, bytes]) -> bytes:
    packed = [any_pb2.Any(type_url=f"type.googleapis.com/{kind}", value=value) for kind, value in details]
    return status_pb2.Status(code=3, message="x", details=packed).SerializeToString()


TOTAL = error_details_pb2.ErrorInfo(reason="R", metadata={"violations_total": "many"}).SerializeToString()


@pytest.mark.parametrize(
    "details",
    [
        b"\xff",
        status(("google.rpc.ErrorInfo", b"\xff")),
        status(("google.rpc.ErrorInfo", TOTAL)),
        status(("a.B", b"x")),
    ],
    ids=["no status", "no detail", "no number", "unknown"],
)
def test_an_error_with_details_of_another_service_keeps_its_status(details: bytes) -> None:
    def answer(call: int, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "wrong")

    with fake(answer) as server, Client(server.address) as client:
        error = refused(client.criteria_sets)
    assert (error.code, error.message, error.violations) == (grpc.StatusCode.INVALID_ARGUMENT, "wrong", ())


def test_an_empty_reply_raises_an_error() -> None:
    with fake(lambda call, context: b"") as server, Client(server.address) as client:
        for call, part in (
            (lambda: client.score_unit(SET, BEST), "scorecard"),
            (lambda: client.rank_province(SET, ROWS), "provenance"),
            (lambda: client.form(SET), "criteria_set"),
        ):
            assert refused(call).message == f"the reply has no {part}: is this server a scorer?"


def test_an_error_is_not_its_own_cause(client: Client, tmp_path: Path) -> None:
    """Otherwise, code that follows the causes of an exception would never end."""
    file = tmp_path / "answers.csv"
    file.write_text("id,tier\na,district\n", encoding="utf-8")
    table = client.read_file(SET, file)
    with fake(failing(grpc.StatusCode.INTERNAL, 1)) as server, Client(server.address) as broken:
        error = refused(lambda: broken.rank_file(SET, table))
    assert error.code is grpc.StatusCode.INTERNAL
    assert isinstance(error.__cause__, grpc.RpcError)
