"""Threads for long work and for plugins, which could block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from scorer.engine.plan import SetPlan
from scorer.plugins.calls_in_flight import MAX_CALLS
from scorer.service.call.context import CallContext, deadline_exceeded

Result = TypeVar("Result")

MAX_WAIT = 5.0
"""Maximum time in seconds that a call waits for slow plugins of its criteria set. Then it runs in one more thread. Each
plugin can have ``MAX_CALLS`` calls."""


class ScoringThreads:
    """Runs the work of calls in threads.

    Work without code of plugins always ends, so it shares a few threads. Each criteria set that runs code of plugins
    has its own threads. If a plugin hangs, only threads of these sets are blocked.

    Args:
        threads: number of shared threads, and of calls that run at the same time for each set with code of plugins.
            Further calls wait.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._shared = ThreadPoolExecutor(threads, "scorer")

    async def run(self, call: CallContext, work: Callable[[], Result]) -> Result:
        """Runs the work of a call in a thread and returns its result.

        If the call is cancelled or times out, the thread goes on until the work calls ``call.check_cancelled``.

        Raises:
            CallRefused: the work raised it, or the deadline has passed (DEADLINE_EXCEEDED).
        """
        if call.plan is None or call.plan.runs_no_plugin_code:
            return await _run(self._shared, call, work)
        threads = call.plan.derived(self._make_plugin_threads)
        try:
            async with asyncio.timeout(min(MAX_WAIT, call.seconds)):
                await threads.free.acquire()
        except TimeoutError:
            call.check_cancelled()
            return await _run(threads.pool, call, work)
        try:
            return await _run(threads.pool, call, work)
        finally:
            threads.free.release()  # even if the call was abandoned and its thread is still running

    def _make_plugin_threads(self, plan: SetPlan) -> _PluginThreads:
        del plan
        return _PluginThreads(self._threads)


class _PluginThreads:
    """The threads of one criteria set that runs code of plugins."""

    def __init__(self, threads: int) -> None:
        self.free = asyncio.Semaphore(threads)
        # Twice MAX_CALLS: a plugin that hangs is refused more calls before it occupies all threads.
        self.pool = ThreadPoolExecutor(2 * MAX_CALLS, "plugins")


async def _run(pool: ThreadPoolExecutor, call: CallContext, work: Callable[[], Result]) -> Result:
    try:
        async with asyncio.timeout(call.seconds):
            return await asyncio.get_running_loop().run_in_executor(pool, work)
    except (TimeoutError, asyncio.CancelledError) as error:
        call.abandoned = True  # so that the thread ends at its next check
        if isinstance(error, TimeoutError):
            raise deadline_exceeded() from None
        raise
