"""The log has one line per call that programs can read, without answers of units."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import grpc
import h2.config
import h2.connection
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hue_requests import one_unit, request
from load_clients import Load, run
from processes import PATIENCE, SCORER, Serving, serve, until

from egov.scorer.v1 import scorer_pb2, scorer_pb2_grpc

ID = "tinh-46/2020:7"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")


@pytest.fixture(scope="module", params=[pytest.param("1", marks=pytest.mark.long), "2"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serve(tmp_path_factory.mktemp("logs"), "--workers", request.param, "--log", "json") as running:
        yield running


def lines(running: Serving, request_id: str) -> list[dict[str, Any]]:
    """The parsed log lines of a call."""

    def read() -> list[dict[str, Any]]:
        logged = running.log.partition("\nserving ")[2] or running.log.partition("serving ")[2]
        found = [json.loads(line) for line in logged.splitlines()[1:]]
        return [line for line in found if line.get("request_id") == request_id]

    until(lambda: read(), "it is not logged")
    return read()


def test_a_call_is_one_line_with_identity_method_duration_and_id(running: Serving) -> None:
    with running.channel() as channel:
        rank = scorer_pb2_grpc.ScorerServiceStub(channel).RankProvince
        _, call = rank.with_call(request(5), metadata=[("x-request-id", ID)], timeout=PATIENCE)
    assert dict(call.trailing_metadata())["x-request-id"] == ID
    (line,) = lines(running, ID)
    assert line.pop("milliseconds") > 0
    assert len(line.pop("revision")) == 12
    assert STAMP.fullmatch(line.pop("time"))
    assert line.pop("pid", None) in (running.workers or {None})
    assert line == {
        "level": "INFO", "logger": "scorer.calls", "message": "call", "request_id": ID, "identity": "anonymous",
        "method": "RankProvince", "code": "OK", "units": 5, "criteria_set": "hue-2020",
    }  # fmt: skip


def test_a_refusal_is_one_line_and_one_per_field_without_answers(running: Serving) -> None:
    wrong = one_unit()
    wrong.unit_answers.answers["infrastructure_awarded"].number = 987654.25
    wrong.unit_answers.answers["zebra"].number = 3
    with running.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            wrong, metadata=[("x-request-id", "refused")], timeout=PATIENCE
        )
    assert dict(caught.value.trailing_metadata())["x-request-id"] == "refused"
    call, *violations = lines(running, "refused")
    assert (call["code"], call["reason"], call["violations"]) == ("INVALID_ARGUMENT", "INVALID_REQUEST", 2)
    assert {line["field"] for line in violations} == {
        'unit_answers.answers["infrastructure_awarded"]', 'unit_answers.answers["zebra"]',
    }  # fmt: skip
    assert "987654" not in running.log


def test_answers_and_names_of_units_are_not_logged(running: Serving) -> None:
    told = one_unit()
    told.unit_answers.unit.name = "huyện Bí Mật"
    told.unit_answers.answers["infrastructure_awarded"].number = 7.654321
    with running.channel() as channel:
        reply = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            told, metadata=[("x-request-id", "secret")], timeout=PATIENCE
        )
    assert reply.scorecard.unit.name == "huyện Bí Mật"
    assert len(lines(running, "secret")) == 1
    assert "7.65" not in running.log
    assert "Mật" not in running.log
    assert "M\\u1eadt" not in running.log


def test_names_that_have_probably_lost_letters_are_counted(running: Serving) -> None:
    province = request(3)
    province.rows.units[0].unit.name, province.rows.units[2].unit.name = "huy?n Ba B?", "huyện Ba Bể?"
    alone = one_unit()
    alone.unit_answers.unit.name = "huy\ufffdn"
    with running.channel() as channel:
        service = scorer_pb2_grpc.ScorerServiceStub(channel)
        service.RankProvince(province, metadata=[("x-request-id", "lost-1")], timeout=PATIENCE)
        service.ScoreUnit(alone, metadata=[("x-request-id", "lost-2")], timeout=PATIENCE)
    for call in ("lost-1", "lost-2"):
        assert [line["doubtful_names"] for line in lines(running, call)] == [1]


def test_a_request_id_that_could_break_a_line_is_replaced(running: Serving) -> None:
    with running.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(
            scorer_pb2.ScoreUnitRequest(criteria_set="none"), metadata=[("x-request-id", "a b")], timeout=PATIENCE
        )
    given = dict(caught.value.trailing_metadata())["x-request-id"]
    assert given != "a b"
    assert len(lines(running, given)) == 1


def test_the_text_format_has_the_same_fields_on_one_line(tmp_path: Path) -> None:
    with serve(tmp_path, "--log", "text") as running:
        with running.channel() as channel:
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            score(one_unit(), metadata=[("x-request-id", ID)], timeout=PATIENCE)
        until(lambda: ID in running.log, "it is not logged")
        (line,) = [line for line in running.log.splitlines() if ID in line]
    for said in ("identity=anonymous", "method=ScoreUnit", "code=OK", "units=1", "criteria_set=hue-2020", "revision="):
        assert f" {said}" in line
    assert STAMP.match(line)


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.long), "2"])
def test_a_service_that_ends_has_written_every_line(tmp_path: Path, workers: str) -> None:
    with serve(tmp_path, "--workers", workers) as running:
        with running.channel() as channel:
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            for n in range(50):
                score(one_unit(), metadata=[("x-request-id", f"call-{n:02}")], timeout=PATIENCE)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        logged = [line for line in running.log.splitlines() if "x-request" in line or "request_id=call-" in line]
    assert [f"request_id=call-{n:02}" in line for n, line in enumerate(logged)] == [True] * 50


# --- a log that nobody reads, or that cannot be written ------------------------------------------------------------

FEW, MANY = (int(os.environ.get("TEST_LOG_CALLS", default)) for default in ("1000", "12000"))
"""Calls; many write more lines than may wait in two processes. 50,000 for the long run."""


@contextmanager
def serving_into(stderr: int, folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Runs a service that logs to the file descriptor ``stderr``. Yields the process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [SCORER, "serve", "--address", address, *arguments]
    process = subprocess.Popen(command, stderr=stderr, cwd=folder)
    try:
        with grpc.insecure_channel(address) as channel:
            grpc.channel_ready_future(channel).result(PATIENCE)
        yield process, address
    finally:
        process.kill()
        process.wait()


def call_many(address: str, count: int) -> None:
    """Calls that each write a line, all of which must be answered."""
    refused = scorer_pb2.ScoreUnitRequest(criteria_set="none").SerializeToString()
    load = Load(address, "/egov.scorer.v1.ScorerService/ScoreUnit", [refused], 1, 32, 0.5)
    answered = 0
    while answered < count:
        outcome = run(load)
        assert set(outcome.errors) == {"NOT_FOUND"}, outcome.errors
        answered += outcome.errors.total()
    with grpc.insecure_channel(address) as channel:
        score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
        assert score(one_unit(), timeout=PATIENCE).scorecard.unit.id == one_unit().unit_answers.unit.id
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        assert health.status == health_pb2.HealthCheckResponse.SERVING


def lost_lines(address: str) -> float:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
        found = re.search(r"^scorer_lost_log_lines_total (\S+)", reply.read().decode(), re.M)
    assert found
    return float(found[1])


@contextmanager
def unread_pipe(folder: Path) -> Iterator[int]:
    reading, writing = os.pipe()
    yield writing
    os.close(reading)
    os.close(writing)


@contextmanager
def full_device(folder: Path) -> Iterator[int]:
    with Path("/dev/full").open("wb", buffering=0) as device:
        yield device.fileno()


@contextmanager
def closed(folder: Path) -> Iterator[int]:
    """A pipe whose reading end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize(
    ("log", "calls"),
    [
        pytest.param(unread_pipe, MANY, marks=pytest.mark.long),
        (full_device, FEW),
        pytest.param(closed, FEW, marks=pytest.mark.long),
    ],
)
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_blocked_log_blocks_neither_calls_nor_health_nor_shutdown(
    tmp_path: Path, log: Callable[[Path], AbstractContextManager[int]], calls: int, workers: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ("--workers", workers, "--metrics", metrics)
    with log(tmp_path) as stderr, serving_into(stderr, tmp_path, *arguments) as (process, address):
        call_many(address, calls)
        assert lost_lines(metrics) > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0  # long before the grace ends


def test_a_service_without_standard_error_serves_and_ends(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["sh", "-c", 'exec "$0" "$@" 2>&-', SCORER, "serve", "--address", address]
    with subprocess.Popen(words, cwd=tmp_path) as process, grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(PATIENCE)
            score = scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit
            for _ in range(3):
                assert score(one_unit(), timeout=PATIENCE).scorecard.unit.id == one_unit().unit_answers.unit.id
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_with_a_long_message_is_shortened(form: str) -> None:
    code = f"""
import logging
from scorer.service.call.logs import Log
log = Log("{form}", several=False)
try:
    raise RuntimeError("the beginning" + 10_000_000 * "x" + "the end")
except RuntimeError:
    logging.exception("a plugin failed")
log.stop(10)
"""
    written = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert len(written) < 30_000
    assert all(text in written for text in ("a plugin failed", "Traceback", "the beginning", "the end"))


def test_lines_are_written_while_records_arrive_constantly() -> None:
    script = """
import logging
from scorer.service.call.logs import Log
Log("text", several=False)
for number in range(10**9):
    logging.info("record %d", number)
"""
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            assert select.select([process.stderr], [], [], PATIENCE)[0]
        finally:
            process.kill()


def test_grpc_adds_no_line_about_a_call_that_ends_while_it_is_answered() -> None:
    """It does so rarely, when the deadline passes just then."""
    script = """
import logging
from scorer.service.call.logs import Log
log = Log("text", several=False)
grpc = logging.getLogger("grpc._cython.cygrpc")
grpc.error("ExecuteBatchError raised in core by servicer method [/egov.scorer.v1.ScorerService/ScoreUnit]")
grpc.error("Unexpected [ValueError] raised by servicer method [/egov.scorer.v1.ScorerService/ScoreUnit]")
log.stop(10)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert "ERROR Unexpected [ValueError] raised by" in line


# --- tokens --------------------------------------------------------------------------------------------------------


def test_grpc_logs_no_part_of_a_token(running: Serving) -> None:
    """gRPC itself logs metadata that is not ASCII."""
    token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwb3J0YWwifQ.c2lnbmF0dXJlLXRoYXQtc3RheXMtc2VjcmV0"
    host, _, port = running.address.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding=None, validate_outbound_headers=False)
        )
        http.initiate_connection()
        headers = [
            (b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"x"), (b"te", b"trailers"),
            (b":path", b"/egov.scorer.v1.ScorerService/ScoreUnit"), (b"content-type", b"application/grpc"),
            (b"authorization", f"Bearer {token}\xa0".encode("latin-1")), (b"x-request-id", b"with-a-token"),
        ]  # fmt: skip
        http.send_headers(1, headers)
        http.send_data(1, b"\0\0\0\0\0", end_stream=True)
        connection.sendall(http.data_to_send())
        until(lambda: "with-a-token" in running.log, "it is not logged")
    said = running.log
    assert not [part for part in token.split(".") if part[:12] in said]
    assert "Traceback" not in said
    assert all(line.startswith("{") for line in said.partition("\nserving ")[2].splitlines()[1:])
