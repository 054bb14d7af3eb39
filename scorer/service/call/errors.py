"""Refusals and how they travel: google.rpc.Status with details a program can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple, NoReturn

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from scorer.model.violations import Violation, Violations

DOMAIN = "scorer.egov.vn"

DETAILS_BYTES = 4096
"""What details may take: trailers over 8 KiB get lost on the way, and base64 adds a third."""

MESSAGE_BYTES = 1000
"""What the message may take: it travels twice, once with every byte beyond ASCII as three."""

METADATA_BYTES = 400

_TEXT = 300


class CallRefused(Exception):
    """A call that is answered with an error: what the caller did, and how to mend it."""

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        *,
        total: int = 0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.metadata, self.violations = dict(metadata or {}), violations
        self.total = total
        """Violations in all, also those that are not spelled out."""
        self.retry_after = retry_after
        """Seconds after which the same call may succeed; None: it will not."""


def invalid(violations: Violations) -> CallRefused:
    """All violations of a request."""
    listed = violations.listed()
    first = f"{listed[0].field}: {listed[0].description}"
    more = f" (and {violations.total - 1} more)" if violations.total > 1 else ""
    return CallRefused(
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        f"{_short(first)}{more}",
        {"violations_total": str(violations.total)},
        listed,
        total=violations.total,
    )


class _Status(NamedTuple):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


class Status(_Status, grpc.Status):
    """What ``context.abort_with_status`` takes."""


def to_status(refusal: CallRefused, request_id: str) -> Status:
    """The refusal as a gRPC status with rich details and the request id."""
    message = _cut(refusal.message, MESSAGE_BYTES)
    metadata = {key: _cut(value, METADATA_BYTES) for key, value in refusal.metadata.items()}
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason, domain=DOMAIN, metadata={**metadata, "request_id": request_id}
    )
    status = status_pb2.Status(code=refusal.code.value[0], message=message)
    _add(status, info)
    if refusal.retry_after is not None:
        status.details.append(_retry_info(refusal.retry_after))
    if refusal.violations:
        room = DETAILS_BYTES - status.ByteSize() - 64  # the Any around BadRequest
        bad = error_details_pb2.BadRequest()
        for violation in refusal.violations:
            item = error_details_pb2.BadRequest.FieldViolation(
                field=_short(violation.field), reason=violation.reason, description=_short(violation.description)
            )
            room -= item.ByteSize() + 3
            if room < 0:
                break
            bad.field_violations.append(item)
        _add(status, bad)
    return Status(
        refusal.code,
        message,
        (("x-request-id", request_id), ("grpc-status-details-bin", status.SerializeToString(deterministic=True))),
    )


async def abort(context: grpc.aio.ServicerContext[bytes, bytes], refusal: CallRefused, request_id: str) -> NoReturn:
    """Ends a call with a refusal."""
    await context.abort_with_status(to_status(refusal, request_id))
    raise AssertionError("abort raises")


def forget_frames(aborted: grpc.aio.AbortError) -> grpc.aio.AbortError:
    """The same, without references to the call: the call keeps it, and both would stay until garbage is collected."""
    aborted.__context__ = aborted.__cause__ = None
    return aborted.with_traceback(None)


@cache
def _retry_info(seconds: float) -> any_pb2.Any:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.RetryInfo(retry_delay=delay), deterministic=True)
    return packed


def _add(status: status_pb2.Status, detail: Message) -> None:
    status.details.add(
        type_url=f"type.googleapis.com/{detail.DESCRIPTOR.full_name}",
        value=detail.SerializeToString(deterministic=True),
    )


def _cut(text: str, size: int) -> str:
    """At most ``size`` bytes: the middle goes, as what to do stands at the end. The log has it whole."""
    data = text.encode()
    if len(data) <= size:
        return text
    half = size // 2 - 3
    return f"{data[:half].decode(errors='ignore')} ... {data[-half:].decode(errors='ignore')}"


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 3]}..."
