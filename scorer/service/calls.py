"""One call from its bytes to its bytes: request id, parsing, errors, log."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from typing import NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from scorer.service.errors import Refusal, to_status
from scorer.service.places import Places

log = logging.getLogger("scorer.service")

MAX_REQUEST_BYTES = 128 * 2**20
REQUEST_ID = "x-request-id"

_GOOD_ID = re.compile(r"[\x21-\x7e]{1,128}")

Request = TypeVar("Request", bound=Message)


def unary(
    method: str, request_type: type[Request], answer: Callable[[Request], Message], scoring: Places
) -> grpc.RpcMethodHandler[list[bytes], bytes]:
    """A handler that takes and gives bytes.

    gRPC's own deserialiser would answer unreadable bytes with INTERNAL and a traceback in the log, and its serialiser
    would not promise the same bytes for the same reply. A request's bytes come in a list, out of which they are taken:
    gRPC would keep them, which may be 100 MB, until the call has its answer.
    """

    def handle(data: list[bytes], context: grpc.ServicerContext) -> bytes:
        request_id = _request_id(context)
        try:
            with scoring.taken(context, len(data[0])):
                if not context.is_active():  # the caller has gone while the call waited
                    return b""
                reply = answer(_parse(request_type, data))
            context.set_trailing_metadata(((REQUEST_ID, request_id),))
            return reply.SerializeToString(deterministic=True)
        except Refusal as refusal:
            _log_refusal(method, request_id, refusal)
            _abort(context, refusal, request_id)
        except BaseException:  # a stranger's code may raise SystemExit, after which gRPC would never answer
            log.exception("%s %s failed", request_id, method)
            message = f"the service failed; its log has request id {request_id}"
            _abort(context, Refusal(grpc.StatusCode.INTERNAL, "INTERNAL", message), request_id)

    return grpc.unary_unary_rpc_method_handler(handle, request_deserializer=lambda data: [data])


def _parse(request_type: type[Request], taken: list[bytes]) -> Request:
    data = taken.pop()
    if len(data) > MAX_REQUEST_BYTES:
        raise Refusal(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "REQUEST_TOO_LARGE",
            f"the request has {len(data)} bytes, at most {MAX_REQUEST_BYTES} are taken; "
            "a table takes less room than rows, and a province can be sent tier by tier",
            {"limit": str(MAX_REQUEST_BYTES)},
        )
    request = request_type()
    try:
        request.ParseFromString(data)
    except (DecodeError, RecursionError) as error:
        name = request_type.DESCRIPTOR.full_name
        message = f"the bytes are no {name}: {error}"
        raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", message) from None
    return request


def _request_id(context: grpc.ServicerContext) -> str:
    for key, value in context.invocation_metadata():
        if key == REQUEST_ID and isinstance(value, str) and _GOOD_ID.fullmatch(value):
            return value
    return str(uuid.uuid4())


def _log_refusal(method: str, request_id: str, refusal: Refusal) -> None:
    level = logging.ERROR if refusal.code is grpc.StatusCode.INTERNAL else logging.INFO
    cause = refusal.__cause__ if level == logging.ERROR else None
    log.log(level, "%s %s refused: %s %s", request_id, method, refusal.code.name, refusal.message, exc_info=cause)
    for field, reason, description in refusal.violations:
        log.log(level, "%s %s %s %s", request_id, field, reason, description)


def _abort(context: grpc.ServicerContext, refusal: Refusal, request_id: str) -> NoReturn:
    context.abort_with_status(to_status(refusal, request_id))
    raise AssertionError("abort raises")
