"""Client processes that put load on a server: a fixed number of calls at a time, or a fixed number per second."""

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

MESSAGE_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
START_SECONDS = 60.0
"""Maximum number of seconds for starting and connecting all client processes."""
CONNECT_SECONDS = 10.0
"""Seconds after which a client process starts to call even if it has no connection."""
PAUSE_AFTER_ERROR = 0.001
"""Seconds that a client waits after a failed call. Without this pause, calls to a stopped server would fail in a busy
loop."""
NOT_MADE = "not made"
"""The key in ``Outcome.errors`` for calls that were not started, because too many were running."""
PROGRESS_SECONDS = 0.5
"""Time between two progress reports."""


@dataclass(frozen=True)
class Load:
    """The calls that are made."""

    target: str
    path: str
    """Path of the method."""
    bodies: Sequence[bytes]
    """Request messages, sent in turn."""
    processes: int = 1
    in_flight: int = 1
    """Number of calls at a time, over all processes; with a rate, the maximum number."""
    seconds: float = 10.0
    """Time in which calls are started. Calls that are then running are awaited and counted."""
    timeout: float = 60.0
    """Seconds that a call may take."""
    rate: float | None = None
    """Calls started per second, over all processes. None: a call starts when another one ends."""


@dataclass(frozen=True)
class Outcome:
    """The results of a load."""

    latencies: Sequence[float]
    """Seconds of every answered call, ascending. With a rate, they count from the time at which the call was due."""
    refused: Sequence[float]
    """Seconds of every call that was refused with RESOURCE_EXHAUSTED, measured as in ``latencies``."""
    hinted: int
    """The number of refused calls that said when to try again: with RetryInfo or retry-after."""
    errors: Counter[str]
    """The number of failed calls, by status code."""
    seconds: float
    """Time from the start of the first call to the end of the last call."""
    reply_bytes: int
    """Size of all replies together."""
    client_cpu: float
    """CPU load of the busiest client process; 1: one core."""

    @property
    def rate(self) -> float:
        """Answered calls per second."""
        return len(self.latencies) / self.seconds

    def latency(self, share: float) -> float:
        """The latency that this share of the answered calls did not exceed, in seconds; NaN without answered calls."""
        return _quantile(self.latencies, share)

    def refusal(self, share: float) -> float:
        """The latency that this share of the refused calls did not exceed, in seconds; NaN without refused calls."""
        return _quantile(self.refused, share)


def _quantile(latencies: Sequence[float], share: float) -> float:
    calls = len(latencies)
    return latencies[min(int(share * calls), calls - 1)] if calls else float("nan")


def run(load: Load, show: Callable[[int], None] = lambda calls: None) -> Outcome:
    """Starts client processes, which begin to call when all are connected.

    Args:
        load: the calls to make.
        show: called repeatedly with the number of calls that have ended.
    """
    spawn = multiprocessing.get_context("spawn")
    calls_each, remainder = divmod(load.in_flight, load.processes)
    shares = [share for n in range(load.processes) if (share := calls_each + (n < remainder))]
    ready, counts = spawn.Barrier(len(shares)), spawn.Array("Q", len(shares), lock=False)
    with ProcessPoolExecutor(len(shares), spawn, _receive, (ready, counts)) as pool:
        clients = [pool.submit(_client, load, n, share) for n, share in enumerate(shares)]
        while wait(clients, PROGRESS_SECONDS).not_done:
            show(sum(counts))
        parts = [client.result() for client in clients]
    return Outcome(
        latencies=sorted(latency for part in parts for latency in part.latencies),
        refused=sorted(latency for part in parts for latency in part.refused),
        hinted=sum(part.hinted for part in parts),
        errors=sum((part.errors for part in parts), Counter()),
        seconds=max(part.seconds for part in parts),
        reply_bytes=sum(part.reply_bytes for part in parts),
        client_cpu=max(part.client_cpu for part in parts),
    )


# The rest runs in the client processes.

_shared: dict[str, Any] = {}


def _receive(ready: Any, counts: Any) -> None:
    """Stores the shared objects in a new client process, which can get them only at its start."""
    _shared.update(ready=ready, counts=counts)


def _client(load: Load, process: int, in_flight: int) -> Outcome:
    return asyncio.run(_Calls(load, process, in_flight).make())


class _Calls:
    """The calls of one client process."""

    def __init__(self, load: Load, process: int, in_flight: int) -> None:
        self._load, self._process, self._in_flight = load, process, in_flight
        self._begun = process  # each process starts with another request
        self._latencies, self._refused, self._errors = list[float](), list[float](), Counter[str]()
        self._hinted = self._reply_bytes = 0

    async def make(self) -> Outcome:
        load = self._load
        async with grpc.aio.insecure_channel(load.target, MESSAGE_LIMITS) as channel:
            self._method = channel.unary_unary(load.path)
            with contextlib.suppress(TimeoutError):  # if connecting fails, every call reports the error
                await asyncio.wait_for(channel.channel_ready(), min(load.timeout, CONNECT_SECONDS))
            _shared["ready"].wait(START_SECONDS)
            start, cpu = time.perf_counter(), time.process_time()
            end = start + load.seconds
            if load.rate is None:
                await asyncio.gather(*(self._call_repeatedly(end) for _ in range(self._in_flight)))
            else:
                await self._at_rate(load.rate * self._in_flight / load.in_flight, start, end)
            seconds = time.perf_counter() - start
        return Outcome(
            self._latencies,
            self._refused,
            self._hinted,
            self._errors,
            seconds,
            self._reply_bytes,
            (time.process_time() - cpu) / seconds,
        )

    async def _call_repeatedly(self, end: float) -> None:
        """Makes one call after the other."""
        while (now := time.perf_counter()) < end:
            if not await self._call(now):
                await asyncio.sleep(PAUSE_AFTER_ERROR)

    async def _at_rate(self, rate: float, start: float, end: float) -> None:
        """Starts each call when it is due. If too many calls are running, the call is not made, but counted."""
        due, running = start, set[asyncio.Task[bool]]()
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            if len(running) < self._in_flight:
                task = asyncio.create_task(self._call(due))
                running.add(task)
                task.add_done_callback(running.discard)
            else:
                self._errors[NOT_MADE] += 1
            due += 1 / rate
        await asyncio.gather(*running)

    async def _call(self, since: float) -> bool:
        """Makes one call; returns whether it was answered."""
        body = self._load.bodies[self._begun % len(self._load.bodies)]
        self._begun += 1
        try:
            reply = await self._method(body, timeout=self._load.timeout)
        except grpc.aio.AioRpcError as error:
            self._errors[error.code().name] += 1
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                self._refused.append(time.perf_counter() - since)
                self._hinted += _has_retry_hint(error)
        else:
            self._latencies.append(time.perf_counter() - since)
            self._reply_bytes += len(reply)
            return True
        finally:
            _shared["counts"][self._process] += 1
        return False


def _has_retry_hint(error: grpc.aio.AioRpcError) -> bool:
    trailers = dict(error.trailing_metadata() or ())
    return "retry-after" in trailers or b"google.rpc.RetryInfo" in trailers.get("grpc-status-details-bin", b"")
