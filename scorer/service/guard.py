"""Methods that are not ours, as health and reflection are: who may call them, and what they may be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from scorer.service.access import OPEN, Access
from scorer.service.call import begin
from scorer.service.errors import Refusal, abort
from scorer.settings import Limits

OPEN_STREAMS = 128
"""Streams of such methods that may be open at once: each holds a thread for as long as its caller likes, and anybody
may watch health. The other threads are for calls."""

RETRY_AFTER = 5.0
"""Seconds after which a caller that was refused a stream may try again."""

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
        self._streams = BoundedSemaphore(OPEN_STREAMS)

    def intercept_service(self, continuation: Any, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Gives the method's own handler, or a guarded one of it."""
        handler, path = continuation(handler_call_details), handler_call_details.method
        if handler is None or path.startswith(self._own):
            return handler
        kinds: list[tuple[Any, Any, bool, bool]] = [
            (handler.unary_unary, grpc.unary_unary_rpc_method_handler, False, False),
            (handler.unary_stream, grpc.unary_stream_rpc_method_handler, False, True),
            (handler.stream_stream, grpc.stream_stream_rpc_method_handler, True, True),
        ]
        for method, made, streams, stays in kinds:
            if method is not None:
                guarded = self._guarded(method, path, streams=streams, stays=stays)
                return made(guarded, _readable(handler.request_deserializer), handler.response_serializer)
        return handler

    def _guarded(
        self, method: Any, path: str, *, streams: bool, stays: bool
    ) -> Callable[[Any, grpc.ServicerContext], Any]:
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
                if stays:
                    self._open_stream(context)
            except Refusal as refusal:
                abort(context, refusal, begin(path, context, Limits()).request_id)
            return method(each(sent) if streams else read(sent), context)

        return handle

    def _open_stream(self, context: grpc.ServicerContext) -> None:
        """Counts a stream until it ends.

        Raises:
            Refusal: too many are open (RESOURCE_EXHAUSTED).
        """
        if not self._streams.acquire(blocking=False):
            message = f"{OPEN_STREAMS} streams are open, no more are taken; try again, or ask for health with Check"
            raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_BUSY", message, retry_after=RETRY_AFTER)
        if not context.add_callback(self._streams.release):  # it has ended already
            self._streams.release()


def _readable(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    if deserialize is None:  # bytes are taken as they are
        return None

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except (DecodeError, RecursionError):
            return UNREADABLE

    return read
