"""Places for scoring: how many calls are answered at once, and what becomes of those that a plugin does not end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Semaphore, Thread

from scorer.service.call import Call
from scorer.watch import Asking, Watch

LOST = 64
"""Calls that may go on in plugins without a place."""

LOST_BYTES = 512 * 2**20
"""Bytes that their requests may have together."""

LET_GO = 1.0
"""Seconds in a plugin after which a call loses its place if its caller has gone. (What is ours of a call ends soon.)"""

LOOK = 0.5
"""Seconds between looks at what plugins do."""

SLOW = 5.0
"""Seconds in a plugin after which a call loses its place anyway, so that a plugin that hangs leaves room for others.
The log says so, and again each time that it is twice as long."""

log = logging.getLogger("scorer.service")


@dataclass(eq=False)
class _Place:
    """The place of one call."""

    call: Call
    request_bytes: int
    lost: bool = False
    """Whether another call has it already."""


class Places:
    """Places for scoring, each held by the thread of one call.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = Semaphore(count)
        self._open = Event()
        self._open.set()
        self._lock = threading.Lock()
        self._held: dict[int, _Place] = {}
        """By thread."""

    @contextmanager
    def taken(self, call: Call, request_bytes: int) -> Iterator[None]:
        """Waits for a place and holds it.

        Raises:
            Refusal: the call's deadline came first, or its caller has gone.
        """
        self._wait(call)
        thread, place = threading.get_ident(), _Place(call, request_bytes)
        with self._lock:
            self._held[thread] = place
        try:
            yield
        finally:
            with self._lock:
                del self._held[thread]
            if not place.lost:
                self._free.release()

    def take_from(self, thread: int, *, gone: bool) -> None:
        """Gives the place of a thread's call to others, unless too many go on without one.

        Args:
            thread: that of the call.
            gone: only if its caller has gone.
        """
        with self._lock:
            place = self._held.get(thread)
            if place is None or place.lost or (gone and not place.call.has_gone()):
                return
            lost = [other.request_bytes for other in self._held.values() if other.lost]
            if len(lost) >= LOST or sum(lost) + place.request_bytes > LOST_BYTES:
                return
            place.lost = True
        self._free.release()

    def _wait(self, call: Call) -> None:
        while True:
            taken = self._free.acquire(timeout=call.seconds)
            if taken and self._open.is_set():
                return
            if taken:
                self._free.release()
                self._open.wait(call.seconds)
            call.keep_on()

    def rest(self, patience: float) -> None:
        """Lets nobody score until ``resume``; returns when nobody does, or after ``patience`` seconds."""
        self._open.clear()
        ends, held = time.monotonic() + patience, 0
        while held < self._count and self._free.acquire(timeout=max(ends - time.monotonic(), 0)):
            held += 1
        for _ in range(held):
            self._free.release()

    def resume(self) -> None:
        """Lets those who wait score."""
        self._open.set()


class Attendant(Thread):
    """Looks at what plugins do: names those that take long, and takes the places of their calls for others."""

    def __init__(self, watch: Watch, places: Places) -> None:
        super().__init__(name="attendant", daemon=True)
        self._watch, self._places = watch, places
        self._ended = Event()

    def run(self) -> None:
        """Until ``end``."""
        while not self._ended.wait(LOOK):
            for asking in self._watch.under_way():
                self._look_at(asking)

    def end(self) -> None:
        """Looks no more."""
        self._ended.set()

    def _look_at(self, asking: Asking) -> None:
        seconds = asking.seconds
        if seconds >= LET_GO:
            self._places.take_from(asking.thread, gone=seconds < SLOW)
        if seconds >= max(SLOW, 2 * asking.reported):
            asking.reported = seconds
            log.warning("%s has been scoring for %d s", asking.asked, seconds)
