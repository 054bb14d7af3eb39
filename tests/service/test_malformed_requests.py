"""Thousands of malformed requests do not disturb a well-behaved caller."""

from __future__ import annotations

import os
import random
import re
import socket
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
import h2.config
import h2.connection
import h2.exceptions
import pytest
from malformed_messages import MESSAGES, hue, large
from processes import PATIENCE, resident, started, until

from egov.scorer.v1 import scorer_pb2_grpc

KEPT = 64 * 2**20
"""Bytes by which the service's memory may have grown afterwards."""

SLOWER = 10.0
"""How many times longer a neighbour may wait than a caller of a server that gets good requests only."""

REQUESTS = int(os.environ.get("TEST_HOSTILE", "1500"))
"""Malformed requests; 10,000 for the long run."""

METHODS = [
    "/egov.scorer.v1.ScorerService/ScoreUnit",
    "/egov.scorer.v1.ScorerService/RankProvince",
    "/egov.scorer.v1.CriteriaService/ListCriteriaSets",
    "/egov.scorer.v1.CriteriaService/GetCriteriaSet",
    "/egov.scorer.v1.ScorerService/Nothing",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
]
ANSWERS = {
    grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}  # fmt: skip
"""The status codes that malformed messages may get: never INTERNAL or UNKNOWN."""


def send_messages(address: str, seed: int, count: int, codes: Counter[grpc.StatusCode]) -> None:
    rng = random.Random(seed)
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        for n in range(count):
            data, path = rng.choice(MESSAGES)(rng), rng.choice(METHODS)
            if n % 200 == 199:
                data = large(rng.choice([2**20, 8 * 2**20]))
            elif n % 1_000 == 75:
                data, path = large(100 * 2**20), rng.choice(METHODS[:4])
            call = channel.unary_unary(path)
            try:
                call(data, timeout=PATIENCE)
                codes[grpc.StatusCode.OK] += 1
            except grpc.RpcError as error:
                codes[error.code()] += 1


class Raw:
    """A connection that can violate HTTP/2."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=5)
        self.http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, validate_outbound_headers=False)
        )
        self.http.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def open(self, path: str = METHODS[0], **more: str) -> int:
        stream = self.http.get_next_available_stream_id()
        headers = {
            ":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "te": "trailers",
            "content-type": "application/grpc", **more,
        }  # fmt: skip
        self.http.send_headers(stream, list(headers.items()))
        self.flush()
        return stream

    def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        self.http.send_data(stream, data, end_stream=end)
        self.flush()

    def close(self) -> None:
        self.socket.close()


def framed(data: bytes, length: int | None = None, compressed: int = 0) -> bytes:
    return bytes([compressed]) + (len(data) if length is None else length).to_bytes(4, "big") + data


def abuse_frames(address: str, seed: int) -> None:
    """Makes one connection that violates HTTP/2."""
    rng = random.Random(seed)
    data = hue().SerializeToString()
    raw = Raw(address)

    def garbage() -> None:
        raw.socket.sendall(rng.randbytes(300))

    def truncated() -> None:
        raw.send(raw.open(), framed(data)[: rng.randrange(len(data))], end=True)

    def longer_than_said() -> None:
        raw.send(raw.open(), framed(data, 3), end=True)

    def shorter_than_said() -> None:
        raw.send(raw.open(), framed(data, 2**31), end=True)

    def said_to_be_compressed() -> None:
        raw.send(raw.open(), framed(data, compressed=1), end=True)

    def no_body() -> None:
        raw.http.end_stream(raw.open())
        raw.flush()

    def abandoned() -> None:
        for _ in range(20):
            raw.open()

    def reset() -> None:
        for _ in range(20):
            raw.http.reset_stream(raw.open())
        raw.flush()

    def wrong_type() -> None:
        raw.send(raw.open(**{"content-type": "text/html"}), framed(data), end=True)

    def wrong_path() -> None:
        raw.send(raw.open("/../../etc/passwd"), framed(data), end=True)

    def wrong_timeout() -> None:
        raw.send(raw.open(**{"grpc-timeout": "soon"}), framed(data), end=True)

    def two_messages() -> None:
        raw.send(raw.open(), framed(data) * 2, end=True)

    ways = [
        garbage, truncated, longer_than_said, shorter_than_said, said_to_be_compressed, no_body, abandoned, reset,
        wrong_type, wrong_path, wrong_timeout, two_messages,
    ]  # fmt: skip
    with suppress(OSError, h2.exceptions.H2Error):  # the server hangs up
        rng.choice(ways)()
        if rng.random() < 0.5:
            raw.socket.settimeout(0.05)
            raw.socket.recv(4096)
    raw.close()


class Neighbour(threading.Thread):
    """A well-behaved caller that records the duration of each call."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._channel = grpc.insecure_channel(address)
        self._stub = scorer_pb2_grpc.ScorerServiceStub(self._channel)
        self._stopped = threading.Event()
        self.seconds: list[float] = []
        self.failures: list[grpc.RpcError] = []

    def run(self) -> None:
        while not self._stopped.is_set():
            started = time.perf_counter()
            try:
                reply = self._stub.ScoreUnit(hue(), timeout=PATIENCE)
                assert reply.scorecard.overall.score.points == 25.5
            except grpc.RpcError as error:
                self.failures.append(error)
            self.seconds.append(time.perf_counter() - started)
            time.sleep(0.02)

    def stop(self) -> None:
        self._stopped.set()
        self.join(PATIENCE)
        self._channel.close()


def peak(pid: int) -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.M)
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize("how", [grpc.Compression.Gzip, pytest.param(grpc.Compression.Deflate, marks=pytest.mark.long)])
def test_a_small_message_that_would_unpack_to_much_takes_no_memory(tmp_path: Path, how: grpc.Compression) -> None:
    with started(tmp_path / "stderr") as (process, address), grpc.insecure_channel(address) as channel:
        before = peak(process.pid)
        for path in METHODS[:4]:
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(path)(bytes(96 * 2**20), compression=how, timeout=PATIENCE)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert "send them uncompressed" in caught.value.details()
        assert peak(process.pid) - before < 16 * 2**20
        assert scorer_pb2_grpc.ScorerServiceStub(channel).ScoreUnit(hue(), timeout=PATIENCE).scorecard.unit.id == "hue"


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(900)
def test_thousands_of_malformed_requests_have_no_after_effects(tmp_path: Path) -> None:
    """Memory and a neighbour's latency stay, every call gets a fitting code, and the log holds no traceback."""
    log = tmp_path / "stderr"
    with started(log) as (process, address), started(tmp_path / "spared") as (_, spared_address):
        codes: Counter[grpc.StatusCode] = Counter()
        send_messages(address, 0, 450, codes)  # large ones too: what is kept for later calls is there
        quiet = Neighbour(address)
        quiet.start()
        time.sleep(2)
        quiet.stop()
        before = resident(process.pid)

        slow = [Raw(address) for _ in range(20)]
        writers = [(raw, raw.open()) for raw in slow for _ in range(5)]
        neighbour, spared = Neighbour(address), Neighbour(spared_address)
        neighbour.start()
        spared.start()
        frames = REQUESTS // 5
        with ThreadPoolExecutor(4) as callers:
            done = [callers.submit(send_messages, address, n, (REQUESTS - frames) // 2, codes) for n in (1, 2)]
            done += [callers.submit(abuse_frames, address, seed) for seed in range(frames)]
            while not all(call.done() for call in done):
                for raw, stream in writers:  # a byte now and then
                    with suppress(OSError, h2.exceptions.H2Error):
                        raw.send(stream, b"\x00")
                time.sleep(0.5)
            for call in done:
                call.result()
        neighbour.stop()
        spared.stop()
        for raw in slow:
            raw.close()

        assert set(codes) <= ANSWERS, codes
        assert codes[grpc.StatusCode.INVALID_ARGUMENT] > REQUESTS // 4
        assert neighbour.failures == []
        assert "Traceback" not in log.read_text()
        assert process.poll() is None
        after_use, spared_too = Neighbour(address), Neighbour(spared_address)
        for one in (after_use, spared_too):
            one.start()
        time.sleep(1)
        for one in (after_use, spared_too):
            one.stop()
        assert after_use.failures == []
        # The callers above share the machine with both servers: they take a part of it, and must not take what is more.
        then, later = (
            statistics.median(one.seconds) / statistics.median(other.seconds)
            for one, other in ((neighbour, spared), (after_use, spared_too))
        )
        print(f"median {then:.1f} times the spared one's beside, {later:.1f} times after, {codes}")
        assert then < SLOWER
        assert later < SLOWER
        until(lambda: resident(process.pid) - before < KEPT, "memory does not come back")
