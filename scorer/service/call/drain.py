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

CACHE_SECONDS = POLL_SECONDS / 2
"""Waiting calls share one reading of the system's connections for this time."""

READ_SECONDS = 0.2
"""Time that a caller's program has to read a reply after its machine has acknowledged the reply."""

CONNECTION_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of connections. Where there are none, callers only have ``POLL_SECONDS`` and ``READ_SECONDS``."""


class Drain:
    """Waits for callers while the server stops."""

    def __init__(self) -> None:
        self._end: float | None = None
        """When the server ends all calls, by the monotonic clock; None while it does not stop."""
        self._queues: dict[int, int] = {}
        """See ``send_queues``."""
        self._looked = 0.0
        """When ``_queues`` were read."""

    def begin(self, seconds: float) -> None:
        """Begins to wait for callers, because the server stops. All calls end after ``seconds``."""
        self._end = time.monotonic() + seconds

    async def wait(self, peer: str) -> None:
        """Waits until a caller has read its reply. Returns at once while the server does not stop.

        Args:
            peer: address and port of the caller, in gRPC's form.
        """
        if self._end is None:
            return
        port, last_check = int(peer.rpartition(":")[2]), self._end - 2 * POLL_SECONDS - READ_SECONDS
        acknowledged = False
        while not acknowledged and time.monotonic() < last_check:
            await asyncio.sleep(POLL_SECONDS)
            acknowledged = not self._unacknowledged(port)
        if acknowledged:
            await asyncio.sleep(READ_SECONDS)

    def _unacknowledged(self, port: int) -> int:
        now = time.monotonic()
        if now > self._looked + CACHE_SECONDS:
            self._queues, self._looked = send_queues(), now
        return self._queues.get(port, 0)


def send_queues() -> dict[int, int]:
    """Bytes that this machine has sent, or has to send, and that have not been acknowledged, by the remote port."""
    queues: dict[int, int] = {}
    for table in CONNECTION_TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                _, _, remote, _, sizes, *_ = line.split()
                port, size = int(remote.rpartition(":")[2], 16), int(sizes.partition(":")[0], 16)
                queues[port] = queues.get(port, 0) + size
    return queues
