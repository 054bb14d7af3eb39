"""What the service refuses, as one exception."""

from __future__ import annotations

from typing import NamedTuple

import grpc
from google.rpc import error_details_pb2, status_pb2


class Violation(NamedTuple):
    """One thing wrong with a request."""

    field: str
    """Path of the field, such as ``rows.units[3].answers["computers"]``."""
    reason: str
    """In capitals, for programs."""
    description: str


class ScorerError(Exception):
    """A call that was not answered.

    Attributes:
        code: the gRPC status code.
        message: what the service says, for people.
        reason: the same in one word, for programs; empty when the service did not answer at all.
        metadata: further facts, such as the request id.
        violations: what is wrong with the request, as many as the service spelled out.
        violations_total: how many there are in all.
    """

    def __init__(self, error: grpc.RpcError) -> None:
        assert isinstance(error, grpc.Call)
        self.code: grpc.StatusCode = error.code()
        self.message = error.details() or self.code.name
        self.reason: str = ""
        self.metadata: dict[str, str] = {}
        self.violations: list[Violation] = []
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin" and isinstance(value, bytes):
                self._read(status_pb2.Status.FromString(value))
        self.violations_total = int(self.metadata.get("violations_total", "0"))
        super().__init__(f"{self.code.name}: {self.message}")

    def _read(self, status: status_pb2.Status) -> None:
        for detail in status.details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                self.violations += [Violation(v.field, v.reason, v.description) for v in bad.field_violations]
