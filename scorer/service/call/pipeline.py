"""The pipeline of every call: identify the caller, check access and limits, read, parse, score, reply, log.

All methods are registered with gRPC as methods with a stream of requests, and handlers read the single request
themselves. gRPC then starts a handler as soon as the headers have arrived, so that a call can be refused or time out
before its body is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message

from scorer.engine.plan import SetPlan
from scorer.service.call.access import ANONYMOUS, Access
from scorer.service.call.admission import Admission, Slot
from scorer.service.call.context import REQUEST_ID, CallContext, deadline_exceeded
from scorer.service.call.drain import Drain
from scorer.service.call.errors import CallRefused, abort, aborting
from scorer.service.call.logs import log_call
from scorer.service.call.metrics import Metrics
from scorer.service.call.request_parsing import parse, read_request
from scorer.service.call.threads import ScoringThreads
from scorer.service.call.traces import Traces
from scorer.service.call.transfer_timeouts import Transfers, current_task
from scorer.service.runtime.settings import Limits, Role

Context = grpc.aio.ServicerContext[bytes, bytes]


MAX_ARRIVING = 2048
"""Maximum number of calls whose requests are still arriving."""

MAX_LOOP_BYTES = 256 * 2**10
"""Larger requests are parsed in a thread, because parsing them would block the event loop for milliseconds."""


MAX_SMALL_REQUEST_BYTES = 2**20
"""Maximum number of bytes of a request that has no province. In memory, a request can take 30 times its size."""


@dataclass(frozen=True)
class Method:
    """One method of a service."""

    path: str
    """The method's path, such as ``/egov.scorer.v1.ScorerService/ScoreUnit``."""
    request: type[Message]
    role: Role
    """The role that a caller needs for this method."""
    handler: Callable[[Any, CallContext], Message]
    """Returns the reply to a request; may raise CallRefused."""
    find_plan: Callable[[Any, CallContext], SetPlan] | None = None
    """Returns the plan of the criteria set that a request names; may raise CallRefused. None for methods that do not
    score."""
    on_loop: bool = False
    """Whether the handler takes at most about a millisecond. If so, it runs on the event loop, unless the request is
    larger than ``MAX_LOOP_BYTES`` or the criteria set runs code of a plugin."""
    takes_province: bool = False
    """Whether requests may have ``limits.request_bytes``. Otherwise they may have ``MAX_SMALL_REQUEST_BYTES``."""

    @property
    def name(self) -> str:
        """The method's name without its service."""
        return self.path.rpartition("/")[2]


class Pipeline:
    """Handles calls.

    Args:
        access: decides who may call which method.
        limits: the limits from the settings.
        admission: counts and limits the calls in flight.
        threads: the threads for long work.
        transfers: ends calls whose callers are too slow.
        drain: waits for callers while the server stops.
        metrics: counts the calls; None: they are not counted.
        traces: traces the calls; None: they are not traced.
    """

    def __init__(
        self,
        access: Access,
        limits: Limits,
        admission: Admission,
        threads: ScoringThreads,
        transfers: Transfers,
        drain: Drain,
        metrics: Metrics | None,
        traces: Traces | None,
    ) -> None:
        self._access, self._limits, self._admission = access, limits, admission
        self._arriving = Admission(MAX_ARRIVING, MAX_ARRIVING, limits.held_bytes)
        self._threads, self._transfers, self._drain = threads, transfers, drain
        self._metrics, self._traces = metrics, traces

    def handler(self, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of a method, in gRPC's form."""

        async def answer(context: Context) -> bytes:
            return await self._answer(method, context)

        async def answer_and_drain(context: Context) -> None:
            await context.write(await self._answer(method, context))
            await self._drain.wait(context.peer())

        if method.on_loop:  # the reply is small: gRPC sends it faster if it gets the status together with the reply
            return grpc.stream_unary_rpc_method_handler(aborting(answer))
        return grpc.stream_stream_rpc_method_handler(aborting(answer_and_drain))

    async def _answer(self, method: Method, context: Context) -> bytes:
        """Handles a call and returns its serialized reply, or ends it with an error. Logs and counts it."""
        started, metadata = time.perf_counter(), context.invocation_metadata() or ()
        call = CallContext.of(method.name, context, metadata, self._limits)
        if self._traces:
            call.trace = self._traces.begin(method.path, metadata)
        try:
            with call.step("access"):
                caller = self._access.caller(metadata, context)
                call.identity = caller.identity
                self._access.check(caller, method.name, method.role)
            received = [await self._receive(call, context.peer(), context)]
            slot = self._admit(call, context.peer(), len(received[0]))
            reply = await self._work(method, received, call)
        except CallRefused as refusal:
            self._record(call, started, refusal)
            await abort(context, refusal, call.request_id)
        except asyncio.CancelledError:
            self._record(call, started, abandoned(call))
            raise
        except Exception as error:
            failure = internal_error(error, call)
            self._record(call, started, failure)
            await abort(context, failure, call.request_id)
        self._record(call, started, None)
        slot.hold_reply(len(reply))
        self._transfers.begin_reply(current_task())
        context.set_trailing_metadata(((REQUEST_ID, call.request_id),))
        return reply

    async def _work(self, method: Method, received: list[bytes], call: CallContext) -> bytes:
        """Parses the request and runs the method's handler, on the event loop or in a thread.

        The bytes and the message of a request are passed in lists of one item. The function that gets the list removes
        the item, so that its memory is freed as soon as this function no longer needs it.
        """
        requests: list[Message] = []
        try:
            if len(received[0]) > MAX_LOOP_BYTES:
                reply = await self._threads.run(call, partial(parse_and_score, method, received, requests, call))
                if reply is not None:
                    return reply
            else:
                requests.append(parse_step(method, received, call))
                if method.on_loop and needs_no_plugin(method, requests[0], call):
                    return score(method, requests, call)
            return await self._threads.run(call, partial(score, method, requests, call))
        finally:
            received.clear()  # of a call that was cancelled while it waited for a thread
            requests.clear()

    async def _receive(self, call: CallContext, peer: str, context: Context) -> bytes:
        """Reads the request of a call, unless a limit on calls in flight is already reached.

        Calls whose requests are still arriving have a limit of their own. It is high, because they need few resources.
        """
        self._admission.check(peer, call.identity)
        slot = self._arriving.admit(peer, call.identity)
        try:
            return await read_request(self._transfers, context, call.seconds)
        finally:
            slot.release()

    def _admit(self, call: CallContext, peer: str, size: int) -> Slot:
        """Admits a call, and counts it until its reply has been sent or the call has ended in another way."""
        slot, task = self._admission.admit(peer, call.identity), current_task()
        if self._metrics:
            self._metrics.under_way.inc()

        def end(_: object) -> None:
            slot.release()
            self._transfers.end_reply(task)
            if self._metrics:
                self._metrics.under_way.dec()

        task.add_done_callback(end)  # a callback of the context would keep the call in memory
        slot.hold_request(size)
        return slot

    def _record(self, call: CallContext, started: float, refusal: CallRefused | None) -> None:
        """Counts and logs a call that has ended, and ends its trace.

        Violations in requests of anonymous callers are logged only if all callers have access. Otherwise, callers
        without access could fill the log.
        """
        seconds, code = time.perf_counter() - started, refusal.code if refusal else grpc.StatusCode.OK
        call.end_trace(code)
        if self._metrics:
            self._metrics.count_call(call, code.name, seconds)
        log_call(call, seconds, refusal, violations=call.identity != ANONYMOUS or self._access.open)


def parse_step(method: Method, received: list[bytes], call: CallContext) -> Message:
    """Parses a request, see ``parse``."""
    with call.step("parsing"):
        if method.takes_province:
            hint = "; a table is smaller than rows, and a province can be sent tier by tier"
            return parse(method.request, received, call.limits.request_bytes, hint)
        return parse(method.request, received, min(call.limits.request_bytes, MAX_SMALL_REQUEST_BYTES))


def parse_and_score(method: Method, received: list[bytes], requests: list[Message], call: CallContext) -> bytes | None:
    """Parses a large request and runs the handler in the same thread, so that few parsed requests are in memory.

    Returns:
        The serialized reply; None if the handler runs code of a plugin, and has to run in another thread with the
        request that ``requests`` then has.
    """
    requests.append(parse_step(method, received, call))
    return score(method, requests, call) if needs_no_plugin(method, requests[0], call) else None


def needs_no_plugin(method: Method, request: Message, call: CallContext) -> bool:
    """Whether a handler runs no code of plugins for a request. Raises the errors of ``Method.find_plan``."""
    plan = method.find_plan(request, call) if method.find_plan else None
    return plan is None or plan.runs_no_plugin_code


def score(method: Method, requests: list[Message], call: CallContext) -> bytes:
    """Runs a method's handler and returns the serialized reply.

    Raises:
        CallRefused: the handler raised it. Any other exception of the handler becomes CallRefused with INTERNAL.
    """
    try:
        reply = method.handler(requests.pop(), call)
        with call.step("serialization"):
            return reply.SerializeToString(deterministic=True)
    except CallRefused:
        raise
    except BaseException as error:  # plugins may raise anything, such as SystemExit
        raise internal_error(error, call) from error


def abandoned(call: CallContext) -> CallRefused:
    """The error that is logged for a call that was cancelled or timed out."""
    if not call.seconds:
        return deadline_exceeded()
    return CallRefused(grpc.StatusCode.CANCELLED, "CANCELLED", "the caller cancelled the call, or its connection ended")


def internal_error(error: BaseException, call: CallContext) -> CallRefused:
    """The error for an unexpected exception. The exception is logged; the caller gets only the request id."""
    message = f"the service failed; its log has request id {call.request_id}"
    refusal = CallRefused(grpc.StatusCode.INTERNAL, "INTERNAL", message)
    refusal.__cause__ = error
    return refusal
