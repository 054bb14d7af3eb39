"""Threads for long work and for code of plugins, which would block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from scorer.engine.plan import SetPlan
from scorer.plugins.calls_in_flight import MAX_CALLS
from scorer.service.call.context import CallContext, deadline_exceeded
from scorer.service.call.errors import CallRefused

Result = TypeVar("Result")

MAX_WAIT_SECONDS = 5.0
"""Maximum time that a call waits for earlier calls of its criteria set. After this time, it runs in an additional
thread, so that a plugin that hangs does not stop calls that do not need it. A plugin has at most ``MAX_CALLS`` calls
at the same time."""


class ScoringThreads:
    """Runs the work of calls in threads.

    Work without code of plugins always ends, so all such work shares a few threads. Each criteria set that runs code of
    plugins has its own threads. If a plugin hangs, only threads of the sets that use it are blocked.

    Args:
        threads: number of shared threads. Also, for each set that runs code of plugins, the number of its calls that
            run at the same time. Further calls wait, those of sets with plugins at most ``MAX_WAIT_SECONDS``.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._shared = ThreadPoolExecutor(threads, "scorer")

    async def run(self, call: CallContext, work: Callable[[], Result]) -> Result:
        """Runs the work of a call in a thread and returns its result.

        If the call is cancelled or times out, the thread continues until the work calls ``call.check_cancelled``.

        Raises:
            CallRefused: the work raised it, or the deadline has passed (DEADLINE_EXCEEDED).
        """
        if call.plan is None or call.plan.runs_no_plugin_code:
            return await _run(self._shared, call, work)
        threads = call.plan.derived(self._make_plugin_threads)
        try:
            async with asyncio.timeout(min(MAX_WAIT_SECONDS, call.seconds)):
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
        # Twice MAX_CALLS: a plugin that hangs gets no more than MAX_CALLS calls, so it cannot occupy all threads.
        self.pool = ThreadPoolExecutor(2 * MAX_CALLS, "plugins")


async def _run(pool: ThreadPoolExecutor, call: CallContext, work: Callable[[], Result]) -> Result:
    try:
        async with asyncio.timeout(call.seconds):
            return await asyncio.get_running_loop().run_in_executor(pool, _without_frames, work)
    except (TimeoutError, asyncio.CancelledError) as error:
        call.abandoned = True  # the next call.check_cancelled() in the thread ends the work
        if isinstance(error, TimeoutError):
            raise deadline_exceeded() from None
        raise


def _without_frames(work: Callable[[], Result]) -> Result:
    """Does work. Removes the traceback of a CallRefused, which would keep the request in memory until the reply."""
    try:
        return work()
    except CallRefused as refusal:
        refusal.__context__ = None
        raise refusal.with_traceback(None) from refusal.__cause__
