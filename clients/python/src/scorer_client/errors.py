"""What goes wrong, as one exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import grpc
from google.rpc import error_details_pb2, status_pb2


class Violation(NamedTuple):
    """One thing wrong with a request, or with a file."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]``; for a file, its row and column."""
    reason: str
    """In capitals, for programs."""
    description: str


class ScorerError(Exception):
    """A call that was not answered, or a file that cannot be sent.

    Attributes:
        code: the gRPC status code.
        message: what is wrong, for people.
        reason: the same in one word, for programs; empty when the service did not answer at all.
        metadata: further facts, such as the request id.
        violations: what is wrong with the request, as many as were spelled out.
        violations_total: how many there are in all.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code, self.message, self.reason = code, message, reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.violations_total = int(self.metadata.get("violations_total", len(self.violations)))

    @classmethod
    def of_call(cls, error: grpc.RpcError) -> ScorerError:
        """From what gRPC raises."""
        assert isinstance(error, grpc.Call)
        code, message = error.code(), error.details() or error.code().name
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin" and isinstance(value, bytes):
                return cls(code, message, *_read(status_pb2.Status.FromString(value)))
        return cls(code, message)

    @classmethod
    def of_file(cls, violations: Sequence[Violation]) -> ScorerError:
        """A file that breaks its own form."""
        first = f"{violations[0].field}: {violations[0].description}"
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        return cls(grpc.StatusCode.INVALID_ARGUMENT, first + more, "INVALID_FILE", {}, violations)


def _read(status: status_pb2.Status) -> tuple[str, dict[str, str], list[Violation]]:
    reason, metadata, violations = "", dict[str, str](), list[Violation]()
    for detail in status.details:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            violations += [Violation(v.field, v.reason, v.description) for v in bad.field_violations]
    return reason, metadata, violations
