"""Errors of calls, and their conversion to gRPC's form: google.rpc.Status with details for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from scorer.model.violations import Violation, Violations

Context = grpc.aio.ServicerContext[bytes, bytes]
Result = TypeVar("Result")

DOMAIN = "scorer.egov.vn"

MAX_DETAILS_BYTES = 4096
"""Maximum size of the details. Proxies drop trailers of more than 8 KiB, and base64 makes details a third larger."""

MAX_MESSAGE_BYTES = 1000
"""Maximum size of the message. A reply has it twice: in the details, and percent-encoded in ``grpc-message``, where a
byte that is not ASCII takes three bytes."""

MAX_METADATA_BYTES = 400
"""Maximum size of a metadata value."""

MAX_TEXT_CHARACTERS = 300
"""Maximum number of characters of a field path or a description."""


class CallRefused(Exception):
    """Raised to answer a call with an error. The message says what is wrong and how to fix it."""

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
        """Number of all violations; ``violations`` has only the first ones."""
        self.retry_after = retry_after
        """Seconds after which the same call may succeed; None if it would fail again."""


def invalid(violations: Violations) -> CallRefused:
    """The error of a request with violations."""
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
    """A status in the form that ``context.abort_with_status`` takes."""


def to_status(refusal: CallRefused, request_id: str) -> Status:
    """An error as a gRPC status with details and the request id."""
    message = _cut(refusal.message, MAX_MESSAGE_BYTES)
    metadata = {key: _cut(value, MAX_METADATA_BYTES) for key, value in refusal.metadata.items()}
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason, domain=DOMAIN, metadata={**metadata, "request_id": request_id}
    )
    status = status_pb2.Status(code=refusal.code.value[0], message=message)
    status.details.add().Pack(info, deterministic=True)
    if refusal.retry_after is not None:
        status.details.append(_retry_info(refusal.retry_after))
    if refusal.violations:
        remaining = MAX_DETAILS_BYTES - status.ByteSize() - 64  # for the Any around BadRequest
        bad_request = error_details_pb2.BadRequest()
        for violation in refusal.violations:
            item = error_details_pb2.BadRequest.FieldViolation(
                field=_short(violation.field), reason=violation.reason, description=_short(violation.description)
            )
            remaining -= item.ByteSize() + 3
            if remaining < 0:
                break
            bad_request.field_violations.append(item)
        status.details.add().Pack(bad_request, deterministic=True)
    return Status(
        refusal.code,
        message,
        (("x-request-id", request_id), ("grpc-status-details-bin", status.SerializeToString(deterministic=True))),
    )


async def abort(context: Context, refusal: CallRefused, request_id: str) -> NoReturn:
    """Ends a call with an error."""
    await context.abort_with_status(to_status(refusal, request_id))
    raise AssertionError("abort raises")


def aborting(answer: Callable[[Context], Awaitable[Result]]) -> Callable[[object, Context], Awaitable[Result]]:
    """Makes a handler for gRPC from a function that reads its requests from the context and may call ``abort``.

    gRPC stores the exception of ``abort`` in the call. The handler removes the traceback from the exception, because
    the traceback refers to the call: this cycle would keep both in memory until garbage is collected.
    """

    async def handle(messages: object, context: Context) -> Result:
        del messages
        try:
            return await answer(context)
        except grpc.aio.AbortError as aborted:
            del context
            aborted.__context__ = aborted.__cause__ = None
            raise aborted.with_traceback(None) from None

    return handle


@cache
def _retry_info(seconds: float) -> any_pb2.Any:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.RetryInfo(retry_delay=delay), deterministic=True)
    return packed


def _cut(text: str, size: int) -> str:
    """A text shortened to ``size`` bytes. The middle is cut out, because the end of a message says what to do."""
    data = text.encode()
    if len(data) <= size:
        return text
    half = size // 2 - 3
    return f"{data[:half].decode(errors='ignore')} ... {data[-half:].decode(errors='ignore')}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARACTERS else f"{text[: MAX_TEXT_CHARACTERS - 3]}..."
