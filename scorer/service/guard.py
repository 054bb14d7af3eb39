"""Methods that are not ours, as health and reflection are: who may call them, and what they may be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from scorer.service.access import OPEN, Access
from scorer.service.call import begin
from scorer.service.errors import Refusal, abort
from scorer.settings import Limits

UNREADABLE = object()
"""What a message becomes that cannot be read: gRPC would answer INTERNAL, with a traceback in the log."""


class Guard(grpc.ServerInterceptor):
    """Puts methods that are not ours behind the table of who may do what, and refuses what they cannot read.

    Args:
        access: who may do what.
        own: services whose methods see to it themselves.
    """

    def __init__(self, access: Access, own: Iterable[str]) -> None:
        self._access, self._own = access, tuple(f"/{service}/" for service in own)

    def intercept_service(self, continuation: Any, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Gives the method's own handler, or a guarded one of it."""
        handler, path = continuation(handler_call_details), handler_call_details.method
        if handler is None or path.startswith(self._own):
            return handler
        kinds: list[tuple[Any, Any, bool]] = [
            (handler.unary_unary, grpc.unary_unary_rpc_method_handler, False),
            (handler.unary_stream, grpc.unary_stream_rpc_method_handler, False),
            (handler.stream_stream, grpc.stream_stream_rpc_method_handler, True),
        ]
        for method, made, streams in kinds:
            if method is not None:
                guarded = self._guarded(method, path, streams=streams)
                return made(guarded, _readable(handler.request_deserializer), handler.response_serializer)
        return handler

    def _guarded(self, method: Any, path: str, *, streams: bool) -> Callable[[Any, grpc.ServicerContext], Any]:
        def handle(sent: Any, context: grpc.ServicerContext) -> Any:
            def read(message: Any) -> Any:
                if message is UNREADABLE:
                    refusal = Refusal(
                        grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", "the bytes cannot be read"
                    )
                    abort(context, refusal, begin(path, context, Limits()).request_id)
                return message

            def each(messages: Iterator[Any]) -> Iterator[Any]:
                return map(read, messages)

            try:
                if path not in OPEN:
                    self._access.check(self._access.caller(context), path)
            except Refusal as refusal:
                abort(context, refusal, begin(path, context, Limits()).request_id)
            return method(each(sent) if streams else read(sent), context)

        return handle


def _readable(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    if deserialize is None:  # bytes are taken as they are
        return None

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except (DecodeError, RecursionError):
            return UNREADABLE

    return read
