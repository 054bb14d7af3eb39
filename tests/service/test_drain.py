"""A server that stops keeps a connection until its caller has read the last reply."""

from __future__ import annotations

import socket
import struct
import threading
import time

import attackers as http
from attackers import frame
from slow_calls import Gate

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.service import background_server
from scorer.service.runtime.settings import Settings
from scorer.service.server import Server

UNITS = 3_000
"""Their reply has about a megabyte, more than the caller's machine takes before it is read."""


class SlowReader:
    """A caller with large windows and a small buffer that reads only on request."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        self._socket.connect(("127.0.0.1", port))
        self._received = bytearray()
        self.reply_bytes, self.trailers, self.leaving = 0, b"", 0
        windows = frame(http.SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31 - 1)) + self._window_update(2**30)
        self._socket.sendall(http.PREFACE + windows)

    def rank(self, request: pb.RankProvinceRequest) -> None:
        body = request.SerializeToString()
        data = struct.pack(">BI", 0, len(body)) + body
        assert len(data) < 2**16, "the server has not granted more yet"
        self._socket.sendall(frame(http.HEADERS, http.END_HEADERS, 1, http.header_block(http.RANK_PROVINCE)))
        parts = [data[at : at + 2**14] for at in range(0, len(data), 2**14)]
        for part in parts:
            self._socket.sendall(frame(http.DATA, http.END_STREAM if part is parts[-1] else 0, 1, part))

    def update_window(self) -> None:
        self._socket.sendall(self._window_update(1))

    def read(self) -> bool:
        """Reads some bytes. Returns False if the connection has ended."""
        data = self._socket.recv(2**14)
        self._received += data
        while len(self._received) >= 9 + (length := int.from_bytes(self._received[:3], "big")):
            kind, flags = self._received[3:5]
            payload = bytes(self._received[9 : 9 + length])
            del self._received[: 9 + length]
            if kind == http.PING and not flags & http.ACK:
                self._socket.sendall(frame(http.PING, http.ACK, 0, payload))
            elif kind == http.SETTINGS and not flags & http.ACK:
                self._socket.sendall(frame(http.SETTINGS, http.ACK, 0))
            elif kind == http.GOAWAY:
                self.leaving += 1
            elif kind == http.DATA:
                self.reply_bytes += length
            elif kind == http.HEADERS and flags & http.END_STREAM:
                self.trailers = payload
        return bool(data)

    def close(self) -> None:
        self._socket.close()

    def _window_update(self, size: int) -> bytes:
        return frame(http.WINDOW_UPDATE, 0, 0, struct.pack(">I", size))


def test_a_slowly_read_reply_arrives_complete_while_the_server_stops() -> None:
    gate = Gate()
    sets = gate.sets()

    async def start() -> Server:
        server = Server(lambda: sets, Settings(address="127.0.0.1:0"))
        await server.start()
        return server

    server = background_server.run(start())
    units = [pb.UnitAnswers(unit=pb.Unit(id=f"u{n}", tier="district")) for n in range(UNITS)]
    request = pb.RankProvinceRequest(
        criteria_set="water-2020", rows=pb.UnitRows(units=units), view=pb.SCORECARD_VIEW_FULL
    )
    caller = SlowReader(server.port)
    caller.rank(request)
    assert gate.inside.acquire(timeout=30)
    stopping = threading.Thread(target=lambda: background_server.run(server.stop(20.0)))
    stopping.start()
    while caller.leaving < 2:  # gRPC will close the connection at the end of the call
        assert caller.read()
    gate.open.set()
    for _ in range(10):
        time.sleep(0.1)
        caller.update_window()
    while caller.read():
        if not caller.trailers:
            caller.update_window()
    assert b"grpc-status\x010" in caller.trailers
    assert caller.reply_bytes > 100 * UNITS
    stopping.join()
    caller.close()
