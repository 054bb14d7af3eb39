"""Ends calls whose requests take too long to arrive, or whose replies take too long to be read."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import grpc

COLLECT_SECONDS = 0.1
"""Seconds from the cancellation of overdue calls to the garbage collection that frees their replies."""


class Transfers:
    """Ends calls whose callers send their requests, or read their replies, too slowly.

    A reply that is not read would stay in memory until its connection ends, and gRPC's asyncio server has no method to
    cancel a call. gRPC runs each handler in a task, which was created by the task that owns the call. When both tasks
    have been cancelled and collected as garbage, gRPC cancels the call and frees the reply.

    Args:
        loop: the event loop. Its task factory is replaced, so that each task knows its creator.
        seconds: maximum duration of the transfer of one request or reply.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._seconds = seconds
        self._requests: dict[asyncio.Task[Any], float] = {}
        """Deadlines of requests that are arriving, by the task of the call's handler."""
        self._replies: dict[asyncio.Task[Any], float] = {}
        """Deadlines of replies that are being sent, by the task of the call's handler."""
        loop.set_task_factory(_create)

    async def receive(self, context: grpc.aio.ServicerContext[bytes, bytes], seconds: float) -> bytes | None:
        """Reads the next message of a call; None if the caller sent none. Must be called in the task of the handler.

        Raises:
            TimeoutError: the message did not arrive within ``seconds``, or within the maximum duration of a transfer.
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
        """Starts the transfer time of a reply. Must be called before the handler gives the reply to gRPC."""
        self._replies[handler] = time.monotonic() + self._seconds

    def end_reply(self, handler: asyncio.Task[Any]) -> None:
        """Ends the transfer time of a reply. Must be called when the call has ended."""
        self._replies.pop(handler, None)

    def end_overdue(self) -> int:
        """Ends calls with overdue transfers. Must be called regularly. Returns the number of overdue replies."""
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
            asyncio.get_running_loop().call_later(COLLECT_SECONDS, gc.collect)
        return len(overdue)


def current_task() -> asyncio.Task[Any]:
    """The task that calls this function."""
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
