"""What every call goes through, from its bytes to its bytes: access, limits, parsing, errors, log, metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError, Message

from scorer.service.access import Access
from scorer.service.call import REQUEST_ID, Call, begin
from scorer.service.errors import Refusal, abort
from scorer.service.limits import Admission
from scorer.service.logs import CALLS
from scorer.service.memory import give_back
from scorer.service.metrics import Metrics
from scorer.service.places import Places
from scorer.settings import Limits

log = logging.getLogger(CALLS)

COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How messages begin that were compressed by gzip or deflate."""


class Method(NamedTuple):
    """What answers the calls of a method."""

    takes: type[Message]
    answer: Callable[[Any, Call], Message]


class Calls:
    """The way of a call.

    Args:
        access: who may do what.
        limits: how much is taken at once.
        scoring: places for calls that are parsed and answered: they share the interpreter, and each may hold a
            large request.
        metrics: where calls are counted, if they are.
    """

    def __init__(self, access: Access, limits: Limits, scoring: Places, metrics: Metrics | None) -> None:
        self._access, self._limits, self._scoring, self._metrics = access, limits, scoring, metrics
        self._admission = Admission(limits)

    def methods(self, service: str, methods: Mapping[str, Method]) -> grpc.GenericRpcHandler:
        """The methods of a service, by name.

        Handlers take and give bytes. gRPC's own deserialiser would answer unreadable bytes with INTERNAL and a
        traceback in the log, and its serialiser would not promise the same bytes for the same reply. A request's bytes
        come in a list, out of which they are taken: gRPC would keep them, which may be 100 MB, until the call has its
        answer.
        """
        ways = {path: self._way(path, how) for name, how in methods.items() for path in [f"/{service}/{name}"]}
        return _Methods(self._access, self._admission, ways)

    def _way(self, path: str, method: Method) -> _Way:
        name = path.rpartition("/")[2]

        def handle(data: list[bytes] | None, context: grpc.ServicerContext) -> bytes:
            started = time.perf_counter()
            call = begin(name, context, self._limits)
            try:
                caller = self._access.caller(context)
                call.identity = caller.identity
                self._access.check(caller, path)
                if data is None:
                    raise self._admission.refusal()
                size = len(data[0])
                with self._admission.place(caller.identity, size), self._counted(), self._scoring.taken(call, size):
                    call.keep_on()
                    answered = method.answer(self._parse(method.takes, data), call)
                    reply = answered.SerializeToString(deterministic=True)
            except Refusal as refusal:
                self._ended(call, started, refusal)
                abort(context, refusal, call.request_id)
            except (
                BaseException
            ) as error:  # a stranger's code may raise SystemExit, after which gRPC would never answer
                message = f"the service failed; its log has request id {call.request_id}"
                failure = Refusal(grpc.StatusCode.INTERNAL, "INTERNAL", message)
                failure.__cause__ = error
                self._ended(call, started, failure)
                abort(context, failure, call.request_id)
            self._ended(call, started, None)
            context.set_trailing_metadata(((REQUEST_ID, call.request_id),))
            return reply

        return _Way(
            grpc.unary_unary_rpc_method_handler(handle, request_deserializer=lambda data: [data]),
            grpc.stream_unary_rpc_method_handler(_Refusing(handle)),
        )

    def _counted(self) -> AbstractContextManager[object]:
        return self._metrics.under_way.track_inprogress() if self._metrics else nullcontext()

    def _parse(self, takes: type[Message], taken: list[bytes]) -> Message:
        data, most = taken.pop(), self._limits.request_bytes
        if len(data) > most:
            raise Refusal(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "REQUEST_TOO_LARGE",
                f"the request has {len(data)} bytes, at most {most} are taken; "
                "a table takes less room than rows, and a province can be sent tier by tier",
                {"limit": str(most)},
            )
        give_back(len(data))  # what gRPC received it in
        request = takes()
        try:
            request.ParseFromString(data)
        except (DecodeError, RecursionError) as error:
            if data.startswith(COMPRESSED):
                message = "compressed messages are not taken; send them as they are (grpc-encoding: identity)"
                raise Refusal(grpc.StatusCode.UNIMPLEMENTED, "COMPRESSED_REQUEST", message) from None
            name = request.DESCRIPTOR.full_name
            message = f"the bytes are no {name}: {error}"
            raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_REQUEST", message) from None
        return request

    def _ended(self, call: Call, started: float, refusal: Refusal | None) -> None:
        """Counts a call and logs it: one line, and one for each field that was wrong; answers are never logged."""
        seconds = time.perf_counter() - started
        code = refusal.code if refusal else grpc.StatusCode.OK
        if self._metrics:
            self._metrics.ended(call, code.name, seconds)
        said: dict[str, object] = {
            "request_id": call.request_id,
            "identity": call.identity,
            "method": call.method,
            "code": code.name,
            "milliseconds": round(seconds * 1000, 3),
            "units": call.units,
        }
        if call.plan:
            said |= {"criteria_set": call.plan.criteria_set.code, "revision": call.plan.criteria_set.revision[:12]}
        if refusal is None:
            log.info("call", extra=said)
            return
        said |= {"reason": refusal.reason, **({"violations": refusal.total} if refusal.violations else {})}
        if code is grpc.StatusCode.INTERNAL:
            log.error("call: %s", refusal.message, extra=said, exc_info=refusal.__cause__)
            return
        log.info("call", extra=said)
        for field, reason, _ in refusal.violations:
            log.info("violation", extra={"request_id": call.request_id, "field": field, "reason": reason})


_DONE: Future[None] = Future()
_DONE.set_result(None)


class _AtOnce(ThreadPoolExecutor):
    """Works in the thread that asks."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """See ``Executor.submit``."""
        try:
            function(*args, **named)
        except BaseException:  # which would end the thread, and with it the service
            log.exception("a refusal failed")
        return _DONE


class _Refusing:
    """Answers without waiting for the request's bytes, which may be many, and without waiting for a thread.

    It works in the one by which gRPC hands calls over. When there is too much to do, a refusal by another thread would
    have to wait for those that score, and they for it.
    """

    experimental_thread_pool = _AtOnce(1)
    """Where gRPC lets it work; a gRPC that no longer knew this would only make refusals wait."""

    def __init__(self, handle: Callable[[None, grpc.ServicerContext], bytes]) -> None:
        self._handle = handle

    def __call__(self, requests: object, context: grpc.ServicerContext) -> bytes:
        del requests
        return self._handle(None, context)


class _Way(NamedTuple):
    """The handlers of a method."""

    taking: grpc.RpcMethodHandler[Any, Any]
    refusing: grpc.RpcMethodHandler[Any, Any]


class _Methods(grpc.GenericRpcHandler):
    """Chooses by whether there is room when a call begins, and whether it may be made at all."""

    def __init__(self, access: Access, admission: Admission, ways: Mapping[str, _Way]) -> None:
        self._access, self._admission, self._ways = access, admission, ways

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        method, metadata = handler_call_details.method, handler_call_details.invocation_metadata
        way = self._ways.get(method)
        if way is None:
            return None
        if not self._admission.has_room() or self._access.refuses(metadata, method):
            return way.refusing
        self._admission.expect()
        return way.taking
