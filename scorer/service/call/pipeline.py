"""What every call goes through: who calls, may they, is there room, read, parse, score, reply, log.

gRPC starts a handler when a call's headers have arrived, if the method takes a stream. So all methods are registered as
if they did, and read their one request themselves: a call is refused, counted and timed out before its body is read.
"""

from __future__ import annotations

import asyncio
import logging
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
from scorer.service.call.errors import CallRefused, abort, forget_frames
from scorer.service.call.logs import CALLS
from scorer.service.call.metrics import Metrics
from scorer.service.call.requests import parse, read_request
from scorer.service.call.threads import ScoringThreads
from scorer.service.call.transfers import Transfers, current_task
from scorer.service.runtime.settings import Limits

Context = grpc.aio.ServicerContext[bytes, bytes]

log = logging.getLogger(CALLS)

MAX_ARRIVING = 2048
"""Calls whose requests may be arriving."""

MAX_LOOP_BYTES = 256 * 2**10
"""Larger requests are parsed by a thread: the event loop would stand still for milliseconds."""


@dataclass(frozen=True)
class Method:
    """What answers the calls of a method."""

    path: str
    request: type[Message]
    handler: Callable[[Any, CallContext], Message]
    """Gives the reply; raises a Refusal."""
    find_plan: Callable[[Any, CallContext], SetPlan] | None = None
    """Finds the criteria set that a request names; raises a Refusal. None: the method does not score."""
    on_loop: bool = False
    """Whether it runs on the event loop, if its criteria set asks no plugins: for work below a millisecond."""

    @property
    def name(self) -> str:
        """Without its service."""
        return self.path.rpartition("/")[2]


class Pipeline:
    """Answers calls.

    Args:
        access: who may do what.
        limits: how much is taken.
        admission: counts the calls under way.
        threads: where long work runs.
        transfers: ends calls whose callers are too slow.
        metrics: where calls are counted, if they are.
    """

    def __init__(
        self,
        access: Access,
        limits: Limits,
        admission: Admission,
        threads: ScoringThreads,
        transfers: Transfers,
        metrics: Metrics | None,
    ) -> None:
        self._access, self._limits, self._admission = access, limits, admission
        self._arriving = Admission(MAX_ARRIVING, MAX_ARRIVING, limits.held_bytes)
        self._threads, self._transfers, self._metrics = threads, transfers, metrics

    def handler(self, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        """What gRPC calls for a method."""

        async def answer(messages: object, context: Context) -> bytes:
            del messages  # they are read from the context
            try:
                return await self._answer(method, context)
            except grpc.aio.AbortError as aborted:
                del context
                raise forget_frames(aborted) from None

        return grpc.stream_unary_rpc_method_handler(answer)

    async def _answer(self, method: Method, context: Context) -> bytes:
        """The reply to a call; a refused call is aborted. Each is logged and counted."""
        started, metadata = time.perf_counter(), context.invocation_metadata() or ()
        call = CallContext.of(method.name, context, metadata, self._limits)
        try:
            caller = self._access.caller(metadata, context)
            call.identity = caller.identity
            self._access.check(caller, method.path)
            received = [await self._receive(call, context.peer(), context)]
            slot = self._admit(call, context.peer(), len(received[0]))
            reply = await self._work(method, received, call)
        except CallRefused as refusal:
            self._ended(call, started, refusal)
            await abort(context, refusal, call.request_id)
        except asyncio.CancelledError:
            self._ended(call, started, abandoned(call))
            raise
        except Exception as error:
            failure = internal_error(error, call)
            self._ended(call, started, failure)
            await abort(context, failure, call.request_id)
        self._ended(call, started, None)
        slot.hold_reply(len(reply))
        self._transfers.send(current_task())
        context.set_trailing_metadata(((REQUEST_ID, call.request_id),))
        return reply

    async def _work(self, method: Method, received: list[bytes], call: CallContext) -> bytes:
        """Parses and scores, on the event loop or in a thread.

        The request is taken out of its list, and so is the message that becomes of it: whoever took it can free it.
        """
        small = len(received[0]) <= MAX_LOOP_BYTES
        parse_request = partial(parse, method.request, received, self._limits.request_bytes)
        requests = [parse_request() if small else await self._threads.run(call, parse_request)]
        plan = method.find_plan(requests[0], call) if method.find_plan else None
        if small and method.on_loop and (plan is None or plan.runs_no_plugin_code):
            return score(method, requests, call)
        return await self._threads.run(call, partial(score, method, requests, call))

    async def _receive(self, call: CallContext, peer: str, context: Context) -> bytes:
        """The request of a call that has room.

        Calls whose requests do not arrive cost little, and there may be many of them: they take no slots of the others.
        """
        self._admission.check(peer, call.identity)
        slot = self._arriving.admit(peer, call.identity)
        try:
            return await read_request(self._transfers, context, call.seconds)
        finally:
            slot.release()

    def _admit(self, call: CallContext, peer: str, size: int) -> Slot:
        """Counts a call until it has ended: its caller has taken the reply, or has gone."""
        slot, task = self._admission.admit(peer, call.identity), current_task()
        if self._metrics:
            self._metrics.under_way.inc()

        def end(_: object) -> None:
            slot.release()
            self._transfers.sent(task)
            if self._metrics:
                self._metrics.under_way.dec()

        task.add_done_callback(end)  # that of the context would keep the call until garbage is collected
        slot.hold_request(size)
        return slot

    def _ended(self, call: CallContext, started: float, refusal: CallRefused | None) -> None:
        """Counts a call and logs it: one line, and one for each field that was wrong; answers are never logged.

        Whoever does not say who they are gets no lines for fields: there may be thousands.
        """
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
        if call.doubtful_names:
            said["doubtful_names"] = call.doubtful_names
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
        if call.identity == ANONYMOUS and not self._access.open:
            return
        for field, reason, _ in refusal.violations:
            log.info("violation", extra={"request_id": call.request_id, "field": field, "reason": reason})


def score(method: Method, requests: list[Message], call: CallContext) -> bytes:
    """The reply to a request.

    Raises:
        CallRefused: whatever went wrong.
    """
    try:
        return method.handler(requests.pop(), call).SerializeToString(deterministic=True)
    except CallRefused:
        raise
    except BaseException as error:  # plugins may raise anything, such as SystemExit
        raise internal_error(error, call) from error


def abandoned(call: CallContext) -> CallRefused:
    """The outcome of a call whose caller has gone, for the log."""
    if not call.seconds:
        return deadline_exceeded()
    return CallRefused(grpc.StatusCode.CANCELLED, "CANCELLED", "the caller cancelled the call, or its connection ended")


def internal_error(error: BaseException, call: CallContext) -> CallRefused:
    """An error of our own: the log says what it is, the caller gets the request id."""
    message = f"the service failed; its log has request id {call.request_id}"
    refusal = CallRefused(grpc.StatusCode.INTERNAL, "INTERNAL", message)
    refusal.__cause__ = error
    return refusal
