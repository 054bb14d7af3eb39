"""Calls kept in flight by client processes: what loads a server, and what became of the calls."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import grpc

LARGE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
START = 60.0
"""Seconds that the slowest client process may take to start and connect."""
CONNECT = 10.0
"""Seconds that a client process waits for its connection before it begins all the same."""
AFTER_ERROR = 0.001
"""Seconds until the next call after one that failed: a server that is gone refuses as fast as it is asked."""
SHOWN = 0.5
"""Seconds between two looks at how many calls were answered."""


@dataclass(frozen=True)
class Load:
    """What is put on a server."""

    target: str
    path: str
    """Of the method."""
    bodies: Sequence[bytes]
    """Request messages, sent in turn."""
    processes: int = 1
    in_flight: int = 1
    """Calls under way at once, over all processes."""
    seconds: float = 10.0
    """How long calls are begun; those then under way are waited for and counted."""
    timeout: float = 60.0
    """Seconds that a call may take."""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    latencies: Sequence[float]
    """Seconds of every call that was answered, ascending."""
    errors: Counter[str]
    """Calls that were not, by status code."""
    seconds: float
    """From the first call's begin to the last one's end."""
    reply_bytes: int
    """Of all replies together."""
    client_cpu: float
    """Share of a core that the busiest client process took."""

    @property
    def rate(self) -> float:
        """Calls answered a second."""
        return len(self.latencies) / self.seconds

    def latency(self, share: float) -> float:
        """Seconds within which this share of the answered calls was answered; NaN when none was."""
        calls = len(self.latencies)
        return self.latencies[min(int(share * calls), calls - 1)] if calls else float("nan")


def run(load: Load, show: Callable[[int], None] = lambda calls: None) -> Outcome:
    """Puts the load on the server; processes are spawned, and begin together once all are connected.

    Args:
        load: what is put on it.
        show: is told now and then how many calls have ended.
    """
    spawn = multiprocessing.get_context("spawn")
    each, rest = divmod(load.in_flight, load.processes)
    shares = [share for n in range(load.processes) if (share := each + (n < rest))]
    ready, counts = spawn.Barrier(len(shares)), spawn.Array("Q", len(shares), lock=False)
    with ProcessPoolExecutor(len(shares), spawn, _take, (ready, counts)) as pool:
        clients = [pool.submit(_client, load, n, share) for n, share in enumerate(shares)]
        while wait(clients, SHOWN).not_done:
            show(sum(counts))
        parts = [client.result() for client in clients]
    return Outcome(
        latencies=sorted(latency for part in parts for latency in part.latencies),
        errors=sum((part.errors for part in parts), Counter()),
        seconds=max(part.seconds for part in parts),
        reply_bytes=sum(part.reply_bytes for part in parts),
        client_cpu=max(part.client_cpu for part in parts),
    )


# In a client process.

_shared: dict[str, Any] = {}


def _take(ready: Any, counts: Any) -> None:
    """Takes what a process can only be given while it starts."""
    _shared.update(ready=ready, counts=counts)


def _client(load: Load, process: int, in_flight: int) -> Outcome:
    return asyncio.run(_keep_in_flight(load, process, in_flight))


async def _keep_in_flight(load: Load, process: int, in_flight: int) -> Outcome:
    latencies, errors, reply_bytes, at, end = list[float](), Counter[str](), 0, process, 0.0
    counts = _shared["counts"]

    async def caller() -> None:
        nonlocal reply_bytes, at
        while (begun := time.perf_counter()) < end:
            body, at = load.bodies[at % len(load.bodies)], at + 1
            try:
                reply = await method(body, timeout=load.timeout)
            except grpc.aio.AioRpcError as error:
                errors[error.code().name] += 1
                await asyncio.sleep(AFTER_ERROR)
            else:
                latencies.append(time.perf_counter() - begun)
                reply_bytes += len(reply)
            counts[process] += 1

    async with grpc.aio.insecure_channel(load.target, LARGE) as channel:
        method = channel.unary_unary(load.path)
        with contextlib.suppress(TimeoutError):  # then every call says that there is no server
            await asyncio.wait_for(channel.channel_ready(), min(load.timeout, CONNECT))
        _shared["ready"].wait(START)
        start, cpu = time.perf_counter(), time.process_time()
        end = start + load.seconds
        await asyncio.gather(*(caller() for _ in range(in_flight)))
        seconds = time.perf_counter() - start
    return Outcome(latencies, errors, seconds, reply_bytes, (time.process_time() - cpu) / seconds)
