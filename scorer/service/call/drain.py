"""Keeps the connections of a server that stops until callers have read their replies.

When a server stops, gRPC closes a connection as soon as its last call has ended. The kernel may then still have to send
megabytes of the reply. If the caller sends anything meanwhile, the kernel resets the connection and drops the rest. A
caller that reads a large reply sends window updates all the time. Therefore the status, which ends a call, is held back
until the caller's machine has acknowledged the reply.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

POLL_SECONDS = 0.1
"""Interval of the checks whether a reply has been acknowledged."""

READ_SECONDS = 0.2
"""Time that a caller has to read what its machine has acknowledged."""

SOCKET_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of connections. Where there are none, callers have only ``READ_SECONDS``."""


class Drain:
    """Waits for callers while the server stops."""

    def __init__(self) -> None:
        self._end: float | None = None
        """When the server ends all calls, by the monotonic clock; None while it does not stop."""

    def begin(self, seconds: float) -> None:
        """Notes that the server stops, and ends all calls after ``seconds``."""
        self._end = time.monotonic() + seconds

    async def wait(self, peer: str) -> None:
        """Waits until a caller has read its reply. Returns at once while the server does not stop.

        Args:
            peer: address and port of the caller, in gRPC's form.
        """
        if self._end is None:
            return
        port = int(peer.rpartition(":")[2])
        while unacknowledged_bytes(port) and time.monotonic() + POLL_SECONDS + READ_SECONDS < self._end:
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(READ_SECONDS)


def unacknowledged_bytes(port: int) -> int:
    """Bytes that this machine has sent, or has to send, to a port of other machines, and that have not arrived."""
    suffix, total = f":{port:04X}", 0
    for table in SOCKET_TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                _, _, remote, _, queues, *_ = line.split()
                if remote.endswith(suffix):
                    total += int(queues.partition(":")[0], 16)
    return total
