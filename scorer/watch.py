"""Which plugins are being asked just now, and for how long: what a service has to know that cannot end them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MOST = 24
"""Calls that may be in one plugin at once: one that ends none gets no more, and whatever does not need it is served.
More than there are places for scoring, so that only a plugin that takes seconds a call can come to it."""


class Crowded(Exception):
    """A plugin still works on so many calls that it gets no more."""

    def __init__(self, asked: str, count: int) -> None:
        super().__init__(f"{asked} is still scoring for {count} earlier calls")


@dataclass(eq=False)
class Asking:
    """One call that a plugin scores for."""

    asked: str
    """The group and its plugin, for people."""
    thread: int = field(default_factory=threading.get_ident)
    since: float = field(default_factory=time.monotonic)
    reported: float = 0.0
    """Seconds at which it was last said that it takes long."""

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.since


class Watch:
    """The calls that plugins score for just now.

    Args:
        most: how many one plugin may have at once.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._under_way: list[Asking] = []

    @contextmanager
    def over(self, asked: str) -> Iterator[Asking]:
        """While a plugin scores in this thread.

        Raises:
            Crowded: it has too many calls already.
        """
        asking = Asking(asked)
        with self._lock:
            count = sum(other.asked == asked for other in self._under_way)
            if count >= self._most:
                raise Crowded(asked, count)
            self._under_way.append(asking)
        try:
            yield asking
        finally:
            with self._lock:
                self._under_way.remove(asking)

    def under_way(self) -> list[Asking]:
        """All of them, longest first."""
        with self._lock:
            return list(self._under_way)
