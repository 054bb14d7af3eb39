"""Which plugins are scoring, and for how long: a service cannot end them, but it can refuse more calls and say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scorer.plugins.journal import PluginJournal

MAX_CALLS = 24
"""Calls that one plugin may score for at once. A plugin that ends none gets no more; others are not affected."""

SLOW = 5.0
"""Seconds after which a call counts as slow."""


class PluginBusy(Exception):
    """A plugin is still scoring for so many calls that it gets no more."""

    def __init__(self, plugin: str, count: int) -> None:
        super().__init__(f"{plugin} is still scoring for {count} earlier calls")


@dataclass(eq=False)
class _Call:
    """One call that a plugin scores for."""

    plugin: str
    """The group and its plugin, for people."""
    runs: tuple[str, ...]
    """The plugins whose code it runs: those of formula kinds too."""
    thread: int = field(default_factory=threading.get_ident)
    since: float = field(default_factory=time.monotonic)
    reported: float = 0.0
    """Seconds after which it was last reported as slow."""


class PluginCalls:
    """The calls that plugins score for; used by many threads.

    Args:
        max_calls: how many one plugin may have at once.
        journal: where they are written down, for whoever looks after this process, should it die.
    """

    def __init__(self, max_calls: int = MAX_CALLS, journal: PluginJournal | None = None) -> None:
        self._max_calls, self._journal = max_calls, journal
        self._lock = threading.Lock()
        self._calls: list[_Call] = []

    @contextmanager
    def track(self, plugin: str, runs: tuple[str, ...] = (), *, limited: bool = True) -> Iterator[None]:
        """While a plugin scores in this thread.

        Args:
            plugin: the group and its plugin, for people.
            runs: the plugins whose code runs.
            limited: whether it has ``max_calls`` at most.

        Raises:
            PluginBusy: it has too many calls already.
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
                self._write()

    def _write(self) -> None:
        if self._journal:
            self._journal.write([(call.thread, call.runs) for call in self._calls])

    def slow(self) -> Iterator[tuple[str, float]]:
        """Plugins and seconds of the calls that are slow; of each call again whenever the time has doubled."""
        with self._lock:
            calls = list(self._calls)
        for call in calls:
            seconds = time.monotonic() - call.since
            if seconds >= max(SLOW, 2 * call.reported):
                call.reported = seconds
                yield call.plugin, seconds
