"""Ends calls whose requests take too long to arrive, or whose replies take too long to be read."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import grpc

COLLECT_DELAY = 0.1
"""Seconds after the end of a call when its tasks can be collected as garbage."""


class Transfers:
    """Ends calls whose callers send their requests, or read their replies, too slowly.

    A reply that is not read would stay in memory as long as its connection, and gRPC's asyncio server has no method to
    cancel a call. gRPC runs each handler in a task, which was created by the task that owns the call. If both tasks are
    cancelled and collected as garbage, gRPC cancels the call and frees the reply.

    Args:
        loop: the event loop. Its task factory is replaced, so that each task knows its creator.
        seconds: maximum duration of a transfer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._seconds = seconds
        self._requests: dict[asyncio.Task[Any], float] = {}
        """Deadlines of requests that are arriving, by the task of the call's handler."""
        self._replies: dict[asyncio.Task[Any], float] = {}
        """Deadlines of replies that are being sent, by the task of the call's handler."""
        loop.set_task_factory(_create)

    async def receive(self, context: grpc.aio.ServicerContext[bytes, bytes], seconds: float) -> bytes | None:
        """Reads a message of a call; None if there is none. Must be called in the task of the call's handler.

        Raises:
            TimeoutError: the message did not arrive within ``seconds``, or within the maximum for all transfers.
        """
        handler = current_task()
        self._requests[handler] = time.monotonic() + min(seconds, self._seconds)
        try:
            message = await context.read()
        except asyncio.CancelledError:
            if handler in self._requests:
                raise
            handler.uncancel()
            raise TimeoutError from None
        finally:
            self._requests.pop(handler, None)
        return message if isinstance(message, bytes) else None  # otherwise it is grpc.aio.EOF

    def begin_reply(self, handler: asyncio.Task[Any]) -> None:
        """Must be called before a handler gives its reply to gRPC: its transfer time starts."""
        self._replies[handler] = time.monotonic() + self._seconds

    def end_reply(self, handler: asyncio.Task[Any]) -> None:
        """Must be called when the call of a handler has ended."""
        self._replies.pop(handler, None)

    def end_overdue(self) -> int:
        """Ends calls with overdue transfers, and returns how many of them had a reply. Must be called regularly."""
        now = time.monotonic()
        for handler in [handler for handler, deadline in self._requests.items() if deadline < now]:
            del self._requests[handler]
            handler.cancel()
        overdue = [handler for handler, deadline in self._replies.items() if deadline < now]
        for handler in overdue:
            del self._replies[handler]
            handler.cancel()
            if isinstance(handler, _Task) and handler.creator is not None:
                handler.creator.cancel()
        if overdue:
            asyncio.get_running_loop().call_later(COLLECT_DELAY, gc.collect)
        return len(overdue)


def current_task() -> asyncio.Task[Any]:
    """The task of the handler that calls this function."""
    task = asyncio.current_task()
    assert task is not None
    return task


class _Task(asyncio.Task[Any]):
    """A task that knows which task created it."""

    creator: asyncio.Task[Any] | None = None


def _create(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> _Task:
    task = _Task(coroutine, loop=loop, **options)
    task.creator = asyncio.current_task(loop)
    return task
