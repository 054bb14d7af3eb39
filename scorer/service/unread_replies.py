"""Ends calls whose callers do not read their replies, which would stay in memory for as long as a connection lasts."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any


class _Task(asyncio.Task[Any]):
    """A task that knows which task created it."""

    creator: asyncio.Task[Any] | None = None


class UnreadReplies:
    """The replies that were handed over to gRPC, and not yet sent as the caller takes nothing.

    gRPC's asyncio server has no method to cancel a call. It runs a handler in a task that was created by the task which
    owns the call: when both are cancelled and collected as garbage, gRPC cancels the call and frees the reply.

    Args:
        loop: the event loop; its tasks are tracked from now on.
        seconds: after which a call is ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[asyncio.Task[Any], float] = {}
        """When each was handed over, oldest first, by the task of its handler."""
        loop.set_task_factory(_create)

    def add(self, handler: asyncio.Task[Any]) -> None:
        """The reply of a handler is handed over."""
        self._since[handler] = time.monotonic()

    def discard(self, handler: asyncio.Task[Any]) -> None:
        """The call of a handler has ended."""
        self._since.pop(handler, None)

    def end_overdue(self) -> int:
        """Ends the calls whose time is over; gives their number. To be called now and then."""
        before = time.monotonic() - self._seconds
        overdue = [handler for handler, since in self._since.items() if since < before]
        for handler in overdue:
            self.discard(handler)
            handler.cancel()
            if isinstance(handler, _Task) and handler.creator is not None:
                handler.creator.cancel()
        if overdue:
            asyncio.get_running_loop().call_later(0.1, gc.collect)  # when the tasks have ended
        return len(overdue)


def _create(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> _Task:
    task = _Task(coroutine, loop=loop, **options)
    task.creator = asyncio.current_task(loop)
    return task
