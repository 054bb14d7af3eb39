"""Calls of client processes, kept in flight or begun at a rate: what loads a server, and what became of the calls."""

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
NOT_MADE = "not made"
"""Stands among the errors for calls that were due when too many were under way."""
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
    """Calls under way at once, over all processes; with a rate, at most."""
    seconds: float = 10.0
    """How long calls are begun; those then under way are waited for and counted."""
    timeout: float = 60.0
    """Seconds that a call may take."""
    rate: float | None = None
    """Calls begun a second, over all processes, however slow the server is; None: each as another one ends."""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    latencies: Sequence[float]
    """Seconds of every call that was answered, ascending. With a rate, from the moment at which it was due."""
    refused: Sequence[float]
    """The same of those that were refused for want of room (RESOURCE_EXHAUSTED)."""
    errors: Counter[str]
    """Calls that were not answered, by status code."""
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
        return _within(self.latencies, share)

    def refusal(self, share: float) -> float:
        """Seconds within which this share of the refused calls was refused; NaN when none was."""
        return _within(self.refused, share)


def _within(latencies: Sequence[float], share: float) -> float:
    calls = len(latencies)
    return latencies[min(int(share * calls), calls - 1)] if calls else float("nan")


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
        refused=sorted(latency for part in parts for latency in part.refused),
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
    return asyncio.run(_Calls(load, process, in_flight).make())


class _Calls:
    """The calls of one client process."""

    def __init__(self, load: Load, process: int, in_flight: int) -> None:
        self._load, self._process, self._in_flight = load, process, in_flight
        self._begun = process  # each starts at another body
        self._latencies, self._refused, self._errors = list[float](), list[float](), Counter[str]()
        self._reply_bytes = 0

    async def make(self) -> Outcome:
        load = self._load
        async with grpc.aio.insecure_channel(load.target, LARGE) as channel:
            self._method = channel.unary_unary(load.path)
            with contextlib.suppress(TimeoutError):  # then every call says that there is no server
                await asyncio.wait_for(channel.channel_ready(), min(load.timeout, CONNECT))
            _shared["ready"].wait(START)
            start, cpu = time.perf_counter(), time.process_time()
            end = start + load.seconds
            if load.rate is None:
                await asyncio.gather(*(self._keep_on(end) for _ in range(self._in_flight)))
            else:
                await self._at_rate(load.rate * self._in_flight / load.in_flight, start, end)
            seconds = time.perf_counter() - start
        return Outcome(
            self._latencies,
            self._refused,
            self._errors,
            seconds,
            self._reply_bytes,
            (time.process_time() - cpu) / seconds,
        )

    async def _keep_on(self, end: float) -> None:
        """One call after the other."""
        while (now := time.perf_counter()) < end:
            if not await self._call(now):
                await asyncio.sleep(AFTER_ERROR)

    async def _at_rate(self, rate: float, start: float, end: float) -> None:
        """Each when it is due; those for which there is no room among the calls under way are not made, and counted."""
        due, under_way = start, set[asyncio.Task[bool]]()
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            if len(under_way) < self._in_flight:
                task = asyncio.create_task(self._call(due))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            else:
                self._errors[NOT_MADE] += 1
            due += 1 / rate
        await asyncio.gather(*under_way)

    async def _call(self, since: float) -> bool:
        """Whether it was answered."""
        body = self._load.bodies[self._begun % len(self._load.bodies)]
        self._begun += 1
        try:
            reply = await self._method(body, timeout=self._load.timeout)
        except grpc.aio.AioRpcError as error:
            self._errors[error.code().name] += 1
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                self._refused.append(time.perf_counter() - since)
        else:
            self._latencies.append(time.perf_counter() - since)
            self._reply_bytes += len(reply)
            return True
        finally:
            _shared["counts"][self._process] += 1
        return False
