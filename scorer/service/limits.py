"""How much is taken at once: what is more is refused before it can make the others wait."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import grpc

from scorer.service.errors import Refusal
from scorer.settings import Limits

RETRY_AFTER = 0.2
"""Seconds after which a caller that was refused may try again; the rest of a place that became free is over by then."""

ARRIVAL = 0.05
"""Seconds within which the bytes of a call that has begun are most likely here. A call takes its place with them, as it
may have 100 MB or never send any; so long it is counted, or all that begin meanwhile would count on the same place."""

EXPECTED = 1 / 8
"""Of all places, those that are kept for them at most, but one: who never sends any bytes shall not keep others out."""

REST = 1.6
"""Seconds for each that refusals have taken: some of it goes to what else the process and its machine do."""

MOST_REST = 0.05
"""Seconds: however many have to be refused, a call is taken now and then."""


class Admission:
    """Calls at work or waiting, and the bytes of their requests.

    Refusals take time too, of the same interpreter. When there is too much to do, a call that ends leaves them some:
    the place that it frees is taken after a rest, as long as the refusals since the last one took. Otherwise they would
    fall behind, and then a call waits longer for its refusal than for its answer.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._calls: Counter[str] = Counter()
        self._taken = self._held = 0
        self._expected: deque[float] = deque()
        """Until when each call is expected that has begun."""
        self._most_expected = max(int(EXPECTED * limits.calls), 1)
        self._spent = self._refusing = 0.0
        """Processor seconds of the thread that refuses: until it was last asked for room; of them for refusals since a
        call has ended."""
        self._rests_until = 0.0

    def has_room(self) -> bool:
        """Whether a call that begins now will find a place; if not, it is refused by the thread that asks, at once."""
        with self._lock:
            now, spent = time.monotonic(), time.thread_time()
            while self._expected and self._expected[0] < now:
                self._expected.popleft()
            expected = min(len(self._expected), self._most_expected)
            room = self._taken + expected < self._limits.calls and now >= self._rests_until
            if not room:
                self._refusing += spent - self._spent
            self._spent = spent
        return room

    def expect(self) -> None:
        """A call has begun whose bytes will soon be here."""
        with self._lock:
            self._expected.append(time.monotonic() + ARRIVAL)

    @contextmanager
    def place(self, identity: str, size: int) -> Iterator[None]:
        """A place for a call of ``size`` bytes.

        Raises:
            Refusal: there is none (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        with self._lock:
            if self._expected:
                self._expected.popleft()
            self._check(identity, size)
            self._taken += 1
            self._calls[identity] += 1
            self._held += size
        try:
            yield
        finally:
            with self._lock:
                if self._refusing:
                    rest = min(REST * self._refusing, MOST_REST)
                    self._rests_until = max(self._rests_until, time.monotonic() + rest)
                    self._refusing = 0.0
                self._held -= size
                self._taken -= 1
                self._calls[identity] -= 1
                if not self._calls[identity]:
                    del self._calls[identity]  # identities are many over time

    def refusal(self) -> Refusal:
        """What a call is told that finds no place."""
        return self._refusal("calls", self._limits.calls)

    def _check(self, identity: str, size: int) -> None:
        limits = self._limits
        if self._taken >= limits.calls:
            raise self.refusal()
        if self._calls[identity] >= limits.calls_each:
            raise self._refusal("calls_each", limits.calls_each, of=f"of {identity} ")
        if self._held + size > limits.held_bytes:
            raise self._refusal("held_bytes", limits.held_bytes, what="bytes of requests")

    def _refusal(self, name: str, limit: int, *, what: str = "calls", of: str = "") -> Refusal:
        return Refusal(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "TOO_BUSY",
            f"{limit} {what} {of}are at work or waiting, no more are taken; try again",
            {"limit": str(limit), "setting": f"limits.{name}"},
            retry_after=RETRY_AFTER,
        )
