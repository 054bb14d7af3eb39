"""While the server stops, keeps connections open until callers have read their replies.

When a server stops, gRPC closes a connection as soon as its last call has ended. The kernel may then still have to send
megabytes of the reply. If the caller sends anything meanwhile, the kernel resets the connection and drops the rest of
the reply. A caller that reads a large reply sends window updates all the time. Therefore the server sends the status,
which ends a call, only after the caller's machine has acknowledged the reply.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

POLL_SECONDS = 0.1
"""Interval at which the server checks whether a reply has been acknowledged."""

CACHE_SECONDS = POLL_SECONDS / 2
"""Calls that wait use the list of the system's connections that another call has read, if it is not older than this."""

READ_SECONDS = 0.2
"""Time that a caller's program has to read a reply after its machine has acknowledged the reply."""

CONNECTION_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of connections. On other systems, callers have ``POLL_SECONDS + READ_SECONDS`` to read a reply."""


class Drain:
    """Lets calls wait until their callers have read the replies, while the server stops."""

    def __init__(self) -> None:
        self._end: float | None = None
        """When the server ends all calls, in seconds of ``time.monotonic()``; None until the server stops."""
        self._queues: dict[int, int] = {}
        """See ``send_queues``."""
        self._queues_read = 0.0
        """When ``_queues`` were read, in seconds of ``time.monotonic()``."""

    def begin(self, seconds: float) -> None:
        """Must be called when the server begins to stop. All calls end within ``seconds``."""
        self._end = time.monotonic() + seconds

    async def wait(self, peer: str) -> None:
        """Waits until a caller has read its reply. Returns at once if the server is not stopping.

        Args:
            peer: address and port of the caller, in gRPC's form, such as ``ipv4:127.0.0.1:50000``.
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
        if now > self._queues_read + CACHE_SECONDS:
            self._queues, self._queues_read = send_queues(), now
        return self._queues.get(port, 0)


def send_queues() -> dict[int, int]:
    """Number of bytes that other machines have not acknowledged, by remote port. They may not have been sent yet."""
    queues: dict[int, int] = {}
    for table in CONNECTION_TABLES:
        if table.exists():
            for line in table.read_text(encoding="ascii").splitlines()[1:]:
                _, _, remote, _, sizes, *_ = line.split()
                port, size = int(remote.rpartition(":")[2], 16), int(sizes.partition(":")[0], 16)
                queues[port] = queues.get(port, 0) + size
    return queues
