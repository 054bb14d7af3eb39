"""Bounds the calls under way. Calls beyond the bounds are refused at once, before their bodies are read."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from scorer.service.call.access import ANONYMOUS
from scorer.service.call.errors import CallRefused

RETRY_AFTER = 0.2
"""Seconds after which a refused caller may try again."""


class Admission:
    """Counts the calls under way, and the bytes of their requests and replies.

    When a bound is reached, each connection still has its fair share: the bound divided by the number of connections
    that have calls, and at least one call. A caller who begins many calls and ends none leaves room for all others.

    Only the event loop may use it.

    Args:
        calls: calls under way.
        calls_each: calls under way of one identity; callers without credentials are told apart by connection.
        held_bytes: bytes of their requests and replies.
    """

    def __init__(self, calls: int, calls_each: int, held_bytes: int) -> None:
        self._max_calls, self._max_calls_each, self._max_bytes = calls, calls_each, held_bytes
        self._calls = self._bytes = 0
        self._connections: dict[str, _Connection] = {}
        self._identities: dict[str, int] = {}
        """Calls of each."""

    def admit(self, connection: str, identity: str) -> Slot:
        """A slot for a call that has just begun.

        Raises:
            CallRefused: there is none (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        self.check(connection, identity)
        identity = connection if identity == ANONYMOUS else identity
        own = self._connections.setdefault(connection, _Connection(connection))
        self._identities[identity] = self._identities.get(identity, 0) + 1
        own.calls += 1
        self._calls += 1
        return Slot(self, own, identity)

    def check(self, connection: str, identity: str) -> None:
        """Checks that there is a slot.

        Raises:
            CallRefused: there is none (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        own = self._connections.get(connection)
        if own and self._calls >= self._max_calls and own.calls >= self._share(self._max_calls):
            raise _refusal("calls", self._max_calls, "calls are under way")
        if self._identities.get(connection if identity == ANONYMOUS else identity, 0) >= self._max_calls_each:
            raise _refusal("calls_each", self._max_calls_each, "calls of this caller are under way")
        if own:
            self._check_bytes(own, 1)

    def hold(self, slot: Slot, size: int, *, check: bool) -> None:
        """Counts the bytes of a call, in place of those that were counted for it before.

        Raises:
            CallRefused: they are too many (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        more = size - slot.held
        if check:
            self._check_bytes(slot.connection, more)
        slot.held = size
        slot.connection.held += more
        self._bytes += more

    def leave(self, slot: Slot) -> None:
        """A call has ended."""
        self.hold(slot, 0, check=False)
        self._calls -= 1
        slot.connection.calls -= 1
        if not slot.connection.calls:
            del self._connections[slot.connection.peer]
        self._identities[slot.identity] -= 1
        if not self._identities[slot.identity]:
            del self._identities[slot.identity]

    def _check_bytes(self, connection: _Connection, more: int) -> None:
        if self._bytes + more > self._max_bytes and connection.held + more > self._share(self._max_bytes):
            raise _refusal("held_bytes", self._max_bytes, "bytes of requests and unread replies are held")

    def _share(self, bound: int) -> float:
        return bound / max(len(self._connections), 1)


@dataclass(slots=True)
class _Connection:
    """A connection that has calls."""

    peer: str
    calls: int = 0
    held: int = 0
    """Bytes."""


@dataclass(slots=True)
class Slot:
    """One admitted call."""

    admission: Admission
    connection: _Connection
    identity: str
    held: int = 0
    """Bytes."""

    def hold_request(self, size: int) -> None:
        """Counts a request that has arrived.

        Raises:
            CallRefused: requests and replies hold too many bytes (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        self.admission.hold(self, size, check=True)

    def hold_reply(self, size: int) -> None:
        """Counts a reply in place of the request."""
        self.admission.hold(self, size, check=False)

    def release(self) -> None:
        """The call has ended, and its reply has been sent."""
        self.admission.leave(self)


def _refusal(name: str, limit: int, what: str) -> CallRefused:
    return CallRefused(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "TOO_BUSY",
        f"{limit} {what}, no more are taken; try again",
        {"limit": str(limit), "setting": f"limits.{name}"},
        retry_after=RETRY_AFTER,
    )
