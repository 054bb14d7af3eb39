"""A caller without a token causes at most one log line per call."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import h2.config
import h2.connection
import h2.exceptions
import pytest
from attackers import END_HEADERS, HEADERS, RESET, Connection, frame
from credentials import AUDIENCE, ISSUER, Signer, key_set
from harness import catalogue, good, host, serving
from processes import PATIENCE, Serving, serve, until
from small_set import INFRASTRUCTURE, OTHER_SET, logged, number, row

from egov.scorer.v1 import scorer_pb2
from scorer.service.call.logs import MAX_VIOLATION_LINES
from scorer.service.runtime.settings import Role, Settings, Tokens

SCORE_UNIT = b"/egov.scorer.v1.ScorerService/ScoreUnit"
CHECK, LIST = b"/grpc.health.v1.Health/Check", b"/grpc.health.v1.Health/List"
REFLECT = b"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
EMPTY = struct.pack(">BI", 0, 0)

NOT_UTF8 = [(f"x-{n}".encode(), b"\xff\xfe\xa0") for n in range(3)]

CALLS: dict[str, tuple[bytes, list[tuple[bytes, bytes]], bytes]] = {
    "plain": (SCORE_UNIT, [], EMPTY),
    "three headers that are not UTF-8": (SCORE_UNIT, NOT_UTF8, EMPTY),
    "the same, of health": (CHECK, NOT_UTF8, EMPTY),
    "the same, of reflection": (REFLECT, NOT_UTF8, EMPTY),
    "the same, of no method": (b"/none/None", NOT_UTF8, EMPTY),
    "a method that is not UTF-8": (b"/none/\xff\xfe", NOT_UTF8, EMPTY),
    "lines in a header": (SCORE_UNIT, [(b"x-a", b"a b\tc"), (b"x-request-id", b"a\xc2\x85b")], EMPTY),
    "a token that is not UTF-8": (SCORE_UNIT, [(b"authorization", b"Bearer a\xffb.c.d")], EMPTY),
    "many headers": (SCORE_UNIT, [(f"x-{n}".encode(), b"\xff" * 20) for n in range(60)], EMPTY),
    "no base64": (SCORE_UNIT, [(b"x-a-bin", b"\xff not base64")], EMPTY),
    "no timeout": (SCORE_UNIT, [(b"grpc-timeout", b"soon")], EMPTY),
    "a timeout that has passed": (SCORE_UNIT, [(b"grpc-timeout", b"1n")], EMPTY),
    "an unknown encoding": (SCORE_UNIT, [(b"grpc-encoding", b"zebra")], struct.pack(">BI", 1, 4) + b"abcd"),
    "no gzip": (CHECK, [(b"grpc-encoding", b"gzip")], struct.pack(">BI", 1, 4) + b"abcd"),
    "no message": (CHECK, [], struct.pack(">BI", 0, 4) + b"\xff\xff\xff\xff"),
    "half a message": (CHECK, [], struct.pack(">BI", 0, 400) + b"\xff"),
    "a huge message": (CHECK, [], struct.pack(">BI", 0, 2**31) + b"\xff"),
    "no message at all": (CHECK, [], b""),
    "two messages": (CHECK, [], EMPTY + EMPTY),
    "no list of health": (LIST, [], struct.pack(">BI", 0, 1) + b"\xff"),
}
"""Calls without a good token: path, further headers, body."""


@pytest.fixture(scope="module", params=["text", pytest.param("json", marks=pytest.mark.long)])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("lines")
    (folder / "keys.json").write_text(key_set(Signer("key-1")))
    (folder / "scorer.toml").write_text(
        f'log = "{request.param}"\n[tokens]\nkeys = "keys.json"\nissuer = "{ISSUER}"\naudience = "{AUDIENCE}"\n'
        '[access]\n"token:portal" = ["scorer"]\n'
    )
    with serve(folder, "--settings", str(folder / "scorer.toml")) as running:
        yield running


def call(address: str, path: bytes, more: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Starts a call over a raw connection, and waits until the server ends it, for at most half a second."""
    host, _, port = address.rpartition(":")
    headers = [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"), (b"te", b"trailers"),
        (b"content-type", b"application/grpc"), *more,
    ]  # fmt: skip
    config = h2.config.H2Configuration(
        client_side=True, header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False
    )
    with socket.create_connection((host, int(port))) as connection:
        http = h2.connection.H2Connection(config)
        http.initiate_connection()
        http.send_headers(1, headers)
        http.send_data(1, body, end_stream=True)
        connection.sendall(http.data_to_send())
        connection.settimeout(0.5)
        try:
            while data := connection.recv(65536):
                if any(
                    isinstance(event, h2.events.StreamEnded | h2.events.StreamReset)
                    for event in http.receive_data(data)
                ):
                    return
        except TimeoutError:
            pass


def lines(running: Serving) -> list[str]:
    """The lines of the log, after all pending lines were written."""
    mark = f"/mark/{time.monotonic_ns()}"
    call(running.address, SCORE_UNIT, [(b"x-request-id", mark.encode())], EMPTY)
    until(lambda: mark in running.log, "the mark is not logged")
    said = running.log
    return said[said.index("serving ") :].splitlines()[1:]


@pytest.mark.parametrize("name", CALLS)
def test_a_call_without_a_token_writes_one_line_at_most(running: Serving, name: str) -> None:
    before = len(lines(running))
    for _ in range(3):
        call(running.address, *CALLS[name])
    time.sleep(0.3)
    found = lines(running)[before:-1]
    assert len(found) <= 3, found
    assert not any("\xff" in line or "\\xff" in line for line in found)


def literal(text: bytes) -> bytes:
    assert len(text) < 127
    return bytes([len(text)]) + text


@pytest.mark.parametrize("path", [SCORE_UNIT, CHECK, REFLECT, b"/none/None", b"/none/\xff"])
@pytest.mark.parametrize("resets", [True, False])
def test_cancelled_calls_write_at_most_one_line_each(running: Serving, path: bytes, resets: bool) -> None:
    before, count = len(lines(running)), 200
    headers = [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"), (b"te", b"trailers"),
        (b"content-type", b"application/grpc"), *NOT_UTF8,
    ]  # fmt: skip
    block = b"".join(b"\0" + literal(name) + literal(value) for name, value in headers)
    for n in range(count // 50):
        connection, cancel = Connection(running.address), (8).to_bytes(4, "big")
        for stream in range(1, 100, 2):
            connection.send(frame(HEADERS, END_HEADERS, stream, block))
            if resets:
                connection.send(frame(RESET, 0, stream, cancel))
        time.sleep(0.02 * n)
        connection.close()
    time.sleep(0.5)
    found = lines(running)[before:-1]
    assert len(found) <= count
    assert "Traceback" not in running.log
    assert running.process.poll() is None


@pytest.mark.parametrize("identity", ["anonymous", "token:portal"])
def test_violations_have_own_lines_only_for_identified_callers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, identity: str
) -> None:
    signer, keys = Signer("key-1"), tmp_path / "keys.json"
    keys.write_text(key_set(signer))
    settings = Settings(
        address="127.0.0.1:0",
        tokens=Tokens(keys=keys, issuer=ISSUER, audience=AUDIENCE),
        access={identity: frozenset([Role.RANKER])},
    )
    metadata = [("authorization", f"Bearer {signer.token('portal')}")] if identity != "anonymous" else []
    units = scorer_pb2.UnitRows(units=[row(f"u{n}", zebra=number(1)) for n in range(50)])
    request = scorer_pb2.RankProvinceRequest(criteria_set="beside-2020", rows=units)
    caplog.set_level("INFO")
    sets = good(catalogue(host(INFRASTRUCTURE), OTHER_SET))
    with serving(sets, settings) as service, pytest.raises(grpc.RpcError, match="zebra"):
        service.scorer.RankProvince(request, metadata=metadata, timeout=30)
    (line,) = logged(caplog, "call")
    assert (line["identity"], line["violations"]) == (identity, 50)
    assert len(logged(caplog, "violation")) == (0 if identity == "anonymous" else 50)


def test_one_call_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    units = scorer_pb2.UnitRows(units=[row("", "distrct") for _ in range(800)])
    caplog.set_level("INFO")
    with (
        serving(good(catalogue(host(INFRASTRUCTURE), OTHER_SET))) as service,
        pytest.raises(grpc.RpcError, match="1599 more"),
    ):
        service.scorer.RankProvince(scorer_pb2.RankProvinceRequest(criteria_set="beside-2020", rows=units), timeout=30)
    (line,) = logged(caplog, "call")
    assert line["violations"] == 1_600
    assert len(logged(caplog, "violation")) == MAX_VIOLATION_LINES


def test_a_call_cancelled_before_its_request_arrives_is_logged(tmp_path: Path) -> None:
    with serve(tmp_path) as running, running.channel() as channel:

        def never() -> Iterator[bytes]:
            ended.wait(PATIENCE)
            yield b""

        ended, metadata = threading.Event(), [("x-request-id", "given-up")]
        call = channel.stream_unary(SCORE_UNIT.decode()).future(never(), metadata=metadata, timeout=PATIENCE)
        time.sleep(0.5)
        call.cancel()
        until(lambda: "request_id=given-up" in running.log, "it is not logged")
        (line,) = [line for line in running.log.splitlines() if "request_id=given-up" in line]
        assert " code=CANCELLED " in line
        ended.set()
