"""Threads beside the event loop: for long work of our own, and for plugins, which may never end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from scorer.engine.plan import SetPlan
from scorer.plugins.calls_in_flight import MAX_CALLS
from scorer.service.call.context import CallContext, deadline_exceeded

Result = TypeVar("Result")

SLOW = 5.0
"""Seconds after which a call no longer waits for calls that its plugins do not end: it runs beside them, until a plugin
has ``MAX_CALLS`` of them."""


class ScoringThreads:
    """Runs work of calls in threads.

    Work of our own ends, and shares a few threads. Work that asks plugins has threads of its own for each criteria set:
    a plugin that hangs keeps its threads, which no other set needs.

    Args:
        threads: how many calls run at once, of our own work and of each set that asks plugins; the others wait.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._own = ThreadPoolExecutor(threads, "scorer")

    async def run(self, call: CallContext, work: Callable[[], Result]) -> Result:
        """The result of a call's work. When nobody waits for it any more, ``call.check_cancelled`` ends it.

        Raises:
            Refusal: the work's, or DEADLINE_EXCEEDED.
        """
        if call.plan is None or call.plan.asks_nobody:
            return await _run(self._own, call, work)
        plugins = call.plan.derived(self._for_plugins)
        try:
            async with asyncio.timeout(min(SLOW, call.seconds)):
                await plugins.free.acquire()
        except TimeoutError:
            call.check_cancelled()
            return await _run(plugins.pool, call, work)
        try:
            return await _run(plugins.pool, call, work)
        finally:
            plugins.free.release()  # also of a call that was abandoned, whose thread goes on

    def _for_plugins(self, plan: SetPlan) -> _PluginThreads:
        del plan
        return _PluginThreads(self._threads)


class _PluginThreads:
    """The threads of a criteria set that asks plugins."""

    def __init__(self, threads: int) -> None:
        self.free = asyncio.Semaphore(threads)
        self.pool = ThreadPoolExecutor(2 * MAX_CALLS, "plugins")  # one that hangs refuses more calls before it has all


async def _run(pool: ThreadPoolExecutor, call: CallContext, work: Callable[[], Result]) -> Result:
    try:
        async with asyncio.timeout(call.seconds):
            return await asyncio.get_running_loop().run_in_executor(pool, work)
    except (TimeoutError, asyncio.CancelledError) as error:
        call.abandoned = True  # tells the thread
        if isinstance(error, TimeoutError):
            raise deadline_exceeded() from None
        raise
