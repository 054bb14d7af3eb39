"""Bounds the calls under way. Calls beyond the bounds are refused at once, before their bodies are read."""

from __future__ import annotations

from collections import Counter

import grpc

from scorer.service.access import ANONYMOUS
from scorer.service.errors import Refusal

RETRY_AFTER = 0.2
"""Seconds after which a refused caller may try again."""


class Admission:
    """Counts the calls under way, and the bytes of their requests and replies.

    A call counts while its body arrives, while it is worked on, and until its caller has taken the whole reply. When a
    bound is reached, each connection still has its fair share: the bound divided by the number of connections that have
    calls, and at least one call. A caller who begins many calls and ends none leaves room for all others.

    Only the event loop may use it.

    Args:
        calls: calls under way.
        calls_each: calls under way of one identity; callers without credentials are told apart by connection.
        held_bytes: bytes of their requests and replies.
    """

    def __init__(self, calls: int, calls_each: int, held_bytes: int) -> None:
        self._calls, self._calls_each, self._held_bytes = calls, calls_each, held_bytes
        self._calls_of_connection, self._calls_of_identity = Counter[str](), Counter[str]()
        self._bytes_of_connection = Counter[str]()

    def admit(self, connection: str, identity: str) -> Slot:
        """A slot for a call that has just begun.

        Raises:
            Refusal: there is none (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        identity = connection if identity == ANONYMOUS else identity
        own = self._calls_of_connection.get(connection, 0)
        if own and self._calls_of_connection.total() >= self._calls and own >= self._share(self._calls):
            raise _refusal("calls", self._calls, "calls are under way")
        if self._calls_of_identity.get(identity, 0) >= self._calls_each:
            raise _refusal("calls_each", self._calls_each, "calls of this caller are under way")
        self.check_bytes(connection, 1)
        self._calls_of_connection[connection] += 1
        self._calls_of_identity[identity] += 1
        return Slot(self, connection, identity)

    def check_bytes(self, connection: str, size: int) -> None:
        """Checks that a connection may hold more bytes.

        Raises:
            Refusal: it may not (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        own = self._bytes_of_connection.get(connection, 0) + size
        if self._bytes_of_connection.total() + size > self._held_bytes and own > self._share(self._held_bytes):
            raise _refusal("held_bytes", self._held_bytes, "bytes of requests and unread replies are held")

    def hold_bytes(self, connection: str, size: int) -> None:
        """Counts bytes; a negative number takes them back."""
        self._bytes_of_connection[connection] += size

    def leave(self, connection: str, identity: str) -> None:
        """A call has ended."""
        for counter, key in ((self._calls_of_connection, connection), (self._calls_of_identity, identity)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]  # there are many callers over time
        if connection not in self._calls_of_connection:
            self._bytes_of_connection.pop(connection, None)

    def _share(self, bound: int) -> float:
        return bound / max(len(self._calls_of_connection), 1)


class Slot:
    """One admitted call."""

    def __init__(self, admission: Admission, connection: str, identity: str) -> None:
        self._admission, self._connection, self._identity = admission, connection, identity
        self._held = 0

    def hold_request(self, size: int) -> None:
        """Counts a request that has arrived.

        Raises:
            Refusal: requests and replies hold too many bytes (RESOURCE_EXHAUSTED, with RetryInfo).
        """
        self._admission.check_bytes(self._connection, size)
        self._hold(size)

    def hold_reply(self, size: int) -> None:
        """Counts a reply in place of the request."""
        self._hold(size)

    def release(self) -> None:
        """The call has ended, and its reply has been sent."""
        self._hold(0)
        self._admission.leave(self._connection, self._identity)

    def _hold(self, size: int) -> None:
        self._admission.hold_bytes(self._connection, size - self._held)
        self._held = size


def _refusal(name: str, limit: int, what: str) -> Refusal:
    return Refusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "TOO_BUSY",
        f"{limit} {what}, no more are taken; try again",
        {"limit": str(limit), "setting": f"limits.{name}"},
        retry_after=RETRY_AFTER,
    )
