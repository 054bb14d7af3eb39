"""Waiting without missing a signal."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event

HEED = 0.5
"""Seconds that the main thread sleeps at most. The kernel may give a signal to any thread, and Python heeds it when the
main thread runs again: asleep for good, that would be never."""


def wait_for(event: Event) -> None:
    """Waits; signals are heeded."""
    while not event.wait(HEED):
        pass


class Order:
    """An order to end. Signals may give it at any moment, and again.

    An event that a signal sets while its thread is about to wait for it would lock that thread up for good.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[None] = SimpleQueue()
        self.given = False

    def give(self) -> None:
        """Gives it; by signals too."""
        self.given = True
        self._orders.put(None)

    def wait(self) -> None:
        """Until it is given; signals are heeded."""
        while not self.given:
            with suppress(Empty):
                self._orders.get(timeout=HEED)
