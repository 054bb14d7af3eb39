"""How much is taken at once: what is more is refused before it can make the others wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import grpc

from scorer.service.errors import Refusal
from scorer.settings import Limits

RETRY_AFTER = 0.2
"""Seconds after which a caller that was refused may try again; a place is free as soon as a call ends."""


class Admission:
    """Calls at work or waiting, and the bytes of their requests."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._calls: Counter[str] = Counter()
        self._taken = self._held = 0

    @property
    def full(self) -> bool:
        """Whether a call that arrives now will hardly find a place."""
        return self._taken >= self._limits.calls

    @contextmanager
    def place(self, identity: str, size: int) -> Iterator[None]:
        """A place for a call of ``size`` bytes.

        Raises:
            Refusal: there is none (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        with self._lock:
            self._check(identity, size)
            self._taken += 1
            self._calls[identity] += 1
            self._held += size
        try:
            yield
        finally:
            with self._lock:
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
        if self.full:
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
