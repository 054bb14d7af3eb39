"""The context of one call: its caller, deadline and request id, and the data for log and metrics."""

from __future__ import annotations

import os
import re
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import grpc

from scorer.engine.plan import SetPlan
from scorer.engine.scoring import Assessment
from scorer.service.call.access import ANONYMOUS, Metadata
from scorer.service.call.errors import CallRefused
from scorer.service.call.traces import NO_STEP, CallTrace
from scorer.service.runtime.settings import Limits

NO_DEADLINE_SECONDS = 10 * 365 * 86_400.0
"""A call whose deadline is this far away, or farther, is treated as a call without a deadline. Ten years."""

REQUEST_ID = "x-request-id"
_REQUEST_ID_PATTERN = re.compile(r"[\x21-\x7e]{1,128}")


def new_request_id() -> str:
    """A random UUID (RFC 9562, version 4), ten times as fast as ``uuid.uuid4``."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@dataclass(slots=True)
class CallContext:
    """The context of one call. Handlers set ``plan``, ``scored`` and ``doubtful_names`` for log and metrics."""

    method: str
    limits: Limits = field(default_factory=Limits)
    request_id: str = field(default_factory=new_request_id)
    deadline: float = float("inf")
    """When the call times out, in seconds of ``time.monotonic()``."""
    abandoned: bool = False
    """Whether the call was cancelled or timed out. The event loop sets this while a thread works on the call."""
    identity: str = ANONYMOUS
    plan: SetPlan | None = None
    """The plan of the criteria set that the call uses; None if the call uses no set, or until the set is found."""
    scored: list[Assessment] = field(default_factory=list)
    """The results of the tiers that have been scored so far."""
    doubtful_names: int = 0
    """Number of units whose names probably have ``?`` in place of letters, see ``scorer_client.doubtful_names``."""
    trace: CallTrace | None = None
    """The trace of the call; None if calls are not traced."""

    @property
    def units(self) -> int:
        """Number of units that were scored."""
        return sum(len(assessment.cohort) for assessment in self.scored)

    @property
    def seconds(self) -> float:
        """Seconds until the deadline, at most ``NO_DEADLINE_SECONDS``; 0 if the deadline has passed."""
        return min(max(self.deadline - time.monotonic(), 0.0), NO_DEADLINE_SECONDS)

    def step(self, name: str) -> AbstractContextManager[object]:
        """A context manager that records a step of the work as a span of the call's trace."""
        return self.trace.step(name) if self.trace else NO_STEP

    def end_trace(self, code: grpc.StatusCode) -> None:
        """Ends the call's trace, if there is one."""
        if self.trace is None:
            return
        attributes: dict[str, str | int] = {"egov.scorer.request_id": self.request_id, "egov.scorer.units": self.units}
        if self.plan:
            criteria_set = self.plan.criteria_set
            attributes |= {"egov.scorer.criteria_set": criteria_set.code, "egov.scorer.revision": criteria_set.revision}
        self.trace.end(code, attributes)

    def check_cancelled(self) -> None:
        """Ends the work on a call that nobody waits for. Must be called between the steps of long work.

        Raises:
            CallRefused: the call was cancelled, or its deadline has passed.
        """
        if self.abandoned or time.monotonic() >= self.deadline:
            raise deadline_exceeded()

    @classmethod
    def of(
        cls, method: str, context: grpc.aio.ServicerContext[Any, Any], metadata: Metadata, limits: Limits
    ) -> CallContext:
        """The context of a call that has just begun."""
        remaining = context.time_remaining()
        has_deadline = remaining is not None and remaining < NO_DEADLINE_SECONDS
        deadline = time.monotonic() + (remaining if has_deadline else limits.seconds)
        request_id = ""
        for key, value in metadata:
            if key == REQUEST_ID and isinstance(value, str) and _REQUEST_ID_PATTERN.fullmatch(value):
                request_id = value
        return cls(method, limits, request_id or new_request_id(), deadline)


def deadline_exceeded() -> CallRefused:
    """The error of a call whose deadline has passed."""
    message = "the deadline passed before the reply was ready; give more time, or send fewer units at once"
    return CallRefused(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", message)
