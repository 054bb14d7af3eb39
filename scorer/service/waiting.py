"""Waiting without missing a signal."""

from __future__ import annotations

from threading import Event

HEED = 0.5
"""Seconds that the main thread sleeps at most. The kernel may give a signal to any thread, and Python heeds it when the
main thread runs again: asleep for good, that would be never."""


def wait_for(event: Event) -> None:
    """Waits; signals are heeded."""
    while not event.wait(HEED):
        pass
