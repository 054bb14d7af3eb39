"""Limits the calls in flight and the memory of their messages. Calls beyond a limit are refused and do not wait."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from scorer.service.call.access import ANONYMOUS
from scorer.service.call.errors import CallRefused

RETRY_AFTER_SECONDS = 0.2
"""Seconds after which a refused caller should try again."""


class Admission:
    """Counts the calls in flight, and the bytes of their requests and replies.

    When ``calls`` or ``held_bytes`` is reached, a connection that uses less than its share is still admitted. Its share
    is the limit divided by the number of connections with calls. A connection without calls may always begin one. So a
    caller with many calls that never end cannot lock out other callers.

    This class is not thread-safe: only the event loop may use it.

    Args:
        calls: maximum number of calls in flight.
        calls_each: maximum number of calls in flight of one identity. Each connection of an anonymous caller counts as
            an identity of its own.
        held_bytes: maximum number of bytes of the requests and replies of calls in flight.
    """

    def __init__(self, calls: int, calls_each: int, held_bytes: int) -> None:
        self._max_calls, self._max_calls_each, self._max_bytes = calls, calls_each, held_bytes
        self._calls = self._bytes = 0
        self._connections: dict[str, _Connection] = {}
        self._identities: dict[str, int] = {}
        """Number of calls in flight by identity."""

    def admit(self, connection: str, identity: str) -> Slot:
        """Counts a new call and returns its slot.

        Raises:
            CallRefused: a limit is reached (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        self.check(connection, identity)
        identity = connection if identity == ANONYMOUS else identity
        own = self._connections.setdefault(connection, _Connection(connection))
        self._identities[identity] = self._identities.get(identity, 0) + 1
        own.calls += 1
        self._calls += 1
        return Slot(self, own, identity)

    def check(self, connection: str, identity: str) -> None:
        """Checks that a new call would be admitted.

        Raises:
            CallRefused: a limit is reached (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        own = self._connections.get(connection)
        if own and self._calls >= self._max_calls and own.calls >= self._share(self._max_calls):
            raise _refusal("calls", self._max_calls, "calls in flight")
        if self._identities.get(connection if identity == ANONYMOUS else identity, 0) >= self._max_calls_each:
            raise _refusal("calls_each", self._max_calls_each, "calls in flight for one caller")
        if own:
            self._check_bytes(own, 1)

    def hold(self, slot: Slot, size: int, *, check: bool) -> None:
        """Sets the number of bytes that a call holds.

        Raises:
            CallRefused: ``check`` is true and a limit is reached (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        more = size - slot.held
        if check:
            self._check_bytes(slot.connection, more)
        slot.held = size
        slot.connection.held += more
        self._bytes += more

    def leave(self, slot: Slot) -> None:
        """Removes a call that has ended from the counts."""
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
            raise _refusal("held_bytes", self._max_bytes, "bytes of requests and unread replies")

    def _share(self, limit: int) -> float:
        """The share of one connection in a limit, in calls or bytes."""
        return limit / max(len(self._connections), 1)


@dataclass(slots=True)
class _Connection:
    """A connection with calls in flight."""

    peer: str
    """Address of the caller."""
    calls: int = 0
    held: int = 0
    """Bytes of the requests and replies of its calls."""


@dataclass(slots=True)
class Slot:
    """One admitted call."""

    admission: Admission
    connection: _Connection
    identity: str
    held: int = 0
    """Size of the call's request in bytes; as soon as there is a reply, the size of the reply instead."""

    def hold_request(self, size: int) -> None:
        """Counts the bytes of a request that has arrived.

        Raises:
            CallRefused: requests and replies hold too many bytes (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        self.admission.hold(self, size, check=True)

    def hold_reply(self, size: int) -> None:
        """Counts the bytes of the reply instead of the bytes of the request."""
        self.admission.hold(self, size, check=False)

    def release(self) -> None:
        """Removes the call from the counts. Must be called once, after the reply has been sent or the call failed."""
        self.admission.leave(self)


def _refusal(setting: str, limit: int, counted: str) -> CallRefused:
    return CallRefused(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "TOO_BUSY",
        f"the limit of {limit} {counted} is reached; try again",
        {"limit": str(limit), "setting": f"limits.{setting}"},
        retry_after=RETRY_AFTER_SECONDS,
    )
