"""Tracks the calls for which plugins are scoring. Python code cannot be stopped, but further calls can be refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scorer.plugins.journal import PluginJournal

MAX_CALLS = 24
"""Maximum number of calls that one plugin scores for at the same time. A plugin that hangs in all of them gets no more
calls, and other plugins are not affected."""

SLOW_SECONDS = 5.0
"""A call that lasts at least this long counts as slow."""


class PluginBusy(Exception):
    """A plugin is still scoring for the maximum number of calls."""

    def __init__(self, plugin: str, count: int) -> None:
        super().__init__(f"{plugin} is still scoring for {count} earlier calls")


@dataclass(eq=False)
class _Call:
    """One call for which a plugin is scoring."""

    plugin: str
    """The group and its plugin, as messages name them."""
    runs: tuple[str, ...]
    """The plugins whose code runs, including plugins that add formula kinds."""
    thread: int = field(default_factory=threading.get_ident)
    began: float = field(default_factory=time.monotonic)
    reported: float = 0.0
    """Duration in seconds when the call was last reported as slow; 0 if it was not reported."""


class PluginCalls:
    """The calls for which plugins are scoring now. All methods are thread-safe.

    Args:
        max_calls: maximum number of calls for each plugin at the same time.
        journal: records the calls, so that the parent process can read them if this process dies.
    """

    def __init__(self, max_calls: int = MAX_CALLS, journal: PluginJournal | None = None) -> None:
        self._max_calls, self._journal = max_calls, journal
        self._lock = threading.Lock()
        self._calls: list[_Call] = []
        self._last: tuple[str, ...] = ()
        """The plugins whose code ran in the call that ended last."""

    @contextmanager
    def track(self, plugin: str, runs: tuple[str, ...] = (), *, limited: bool = True) -> Iterator[None]:
        """A context manager for the code in which a plugin scores in this thread.

        Args:
            plugin: the group and its plugin, as messages name them.
            runs: the plugins whose code runs.
            limited: whether the call is refused if the plugin is already scoring for ``max_calls`` calls.

        Raises:
            PluginBusy: the plugin is already scoring for ``max_calls`` calls.
        """
        call = _Call(plugin, runs)
        with self._lock:
            count = sum(other.plugin == plugin for other in self._calls)
            if limited and count >= self._max_calls:
                raise PluginBusy(plugin, count)
            self._calls.append(call)
            self._write()
        try:
            yield
        finally:
            with self._lock:
                self._calls.remove(call)
                self._last = call.runs
                self._write()

    def __str__(self) -> str:
        """The plugins that score now or scored last, such as "while plugin 'a' scored"; empty if there are none.

        It waits for no lock, because code that ends the process calls it.
        """
        plugins = tuple(dict.fromkeys(plugin for call in tuple(self._calls) for plugin in call.runs))
        when = "while" if plugins else "after"
        plugins = plugins or self._last
        return f"{when} {' or '.join(plugins)} scored" if plugins else ""

    def _write(self) -> None:
        if self._journal:
            self._journal.write([(call.thread, call.runs) for call in self._calls], self._last)

    def slow(self) -> Iterator[tuple[str, float]]:
        """Yields each slow call: the group and its plugin, and the duration in seconds so far.

        A call is yielded again only when its duration has doubled.
        """
        with self._lock:
            calls = list(self._calls)
        for call in calls:
            seconds = time.monotonic() - call.began
            if seconds >= max(SLOW_SECONDS, 2 * call.reported):
                call.reported = seconds
                yield call.plugin, seconds
