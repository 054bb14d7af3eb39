"""Requests that arrive and replies that leave: those that take too long are ended, with their calls."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import grpc

GARBAGE = 0.1
"""Seconds after which the tasks of calls that were ended can be collected."""


class Transfers:
    """Ends calls whose callers send their requests, or read their replies, too slowly.

    A reply that nobody reads would stay in memory for as long as its connection lasts, and gRPC's asyncio server has no
    method to cancel a call. It runs a handler in a task that was created by the task which owns the call: when both are
    cancelled and collected as garbage, gRPC cancels the call and frees the reply.

    Args:
        loop: the event loop; its tasks are tracked from now on.
        seconds: that a transfer may take.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._seconds = seconds
        self._arriving: dict[asyncio.Task[Any], float] = {}
        self._leaving: dict[asyncio.Task[Any], float] = {}
        """When they have to end, by the task of their call's handler."""
        loop.set_task_factory(_create)

    async def receive(self, context: grpc.aio.ServicerContext[bytes, bytes], seconds: float) -> bytes | None:
        """The message that a call's caller sends; None when there is none.

        To be called by the task of its handler.

        Raises:
            TimeoutError: it did not arrive within so many seconds, or those of all transfers.
        """
        handler = current_task()
        self._arriving[handler] = time.monotonic() + min(seconds, self._seconds)
        try:
            message = await context.read()
        except asyncio.CancelledError:
            if handler in self._arriving:
                raise
            handler.uncancel()
            raise TimeoutError from None
        finally:
            self._arriving.pop(handler, None)
        return message if isinstance(message, bytes) else None  # or grpc.aio.EOF

    def send(self, handler: asyncio.Task[Any]) -> None:
        """A handler hands its reply to gRPC now."""
        self._leaving[handler] = time.monotonic() + self._seconds

    def sent(self, handler: asyncio.Task[Any]) -> None:
        """The call of a handler has ended."""
        self._leaving.pop(handler, None)

    def end_overdue(self) -> int:
        """Ends what has taken too long, and gives the number of replies among it. To be called now and then."""
        now = time.monotonic()
        for handler in [handler for handler, ends in self._arriving.items() if ends < now]:
            del self._arriving[handler]
            handler.cancel()
        overdue = [handler for handler, ends in self._leaving.items() if ends < now]
        for handler in overdue:
            del self._leaving[handler]
            handler.cancel()
            if isinstance(handler, _Task) and handler.creator is not None:
                handler.creator.cancel()
        if overdue:
            asyncio.get_running_loop().call_later(GARBAGE, gc.collect)
        return len(overdue)


def current_task() -> asyncio.Task[Any]:
    """The task in which gRPC runs this handler."""
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
