"""The exception class of the client. It has the violations of a request or file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, Self

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2


class Violation(NamedTuple):
    """One mistake in a request, table or file."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]`` or ``table["computers"][3]``; in a file, the
    row and column."""
    reason: str
    """The kind of mistake in capitals, for programs."""
    description: str
    """What is wrong and how to fix it, for people."""


class FailedCall(Protocol):
    """The methods that gRPC's errors have, with and without asyncio."""

    def code(self) -> grpc.StatusCode:
        """The status code."""

    def details(self) -> str | None:
        """The message."""

    def trailing_metadata(self) -> object:
        """The trailers, as pairs of keys and values; or None."""


class ScorerError(Exception):
    """Raised if a call failed, or if rows, a table or a file cannot be sent.

    Attributes:
        code: the gRPC status code.
        message: what is wrong, for people.
        reason: the kind of error in capitals, for programs; empty if the service did not answer.
        metadata: further facts, such as the request id.
        violations: the mistakes in the request; if there are many, the first ones.
        violations_total: the number of all violations.
        request_id: the id of the call in the service's log; empty if nothing was sent.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code, self.message, self.reason = code, message, reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.violations_total = int(self.metadata.get("violations_total", len(self.violations)))
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy. Exceptions would otherwise be created again from their text alone."""
        fields = (self.code, self.message, self.reason, self.metadata, self.violations, self.request_id)
        return type(self), fields

    @classmethod
    def of_call(cls, error: FailedCall, request_id: str) -> ScorerError:
        """Converts an error of gRPC."""
        code, message = error.code(), error.details() or error.code().name
        trailers = error.trailing_metadata()
        for key, value in trailers if isinstance(trailers, Sequence) else ():
            if key == "grpc-status-details-bin" and isinstance(value, bytes):
                with suppress(DecodeError, ValueError):  # details of another service, or damaged by a proxy
                    return cls(code, message, *_read(status_pb2.Status.FromString(value)), request_id)
        return cls(code, message, request_id=request_id)

    @classmethod
    def before_sending(cls, reason: str, violations: Sequence[Violation], total: int) -> Self:
        """The error for rows, a table or a file that are not sent, because they have ``total`` violations."""
        metadata = {"violations_total": str(total)} if total > len(violations) else {}
        message = first_of(violations, total)
        return cls(grpc.StatusCode.INVALID_ARGUMENT, message, reason, metadata, violations)


def first_of(violations: Sequence[Violation], total: int) -> str:
    """The message for ``total`` violations: the first violation, and the number of other violations."""
    more = f" (and {total - 1} more)" if total > 1 else ""
    return f"{violations[0].field}: {violations[0].description}{more}"


def _read(status: status_pb2.Status) -> tuple[str, dict[str, str], list[Violation]]:
    reason, metadata, violations = "", dict[str, str](), list[Violation]()
    for detail in status.details:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            violations += [Violation(v.field, v.reason, v.description) for v in bad.field_violations]
    return reason, metadata, violations
