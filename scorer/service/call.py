"""A call under way: who calls, how long it may take, and what there is to say of it in the log and in metrics."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc

from scorer.plan import SetPlan
from scorer.scoring import Assessment
from scorer.service.access import ANONYMOUS
from scorer.service.errors import Refusal
from scorer.settings import Limits

NEVER = 10 * 365 * 86_400.0
"""Seconds; gRPC gives a call without a deadline some hundred years."""

REQUEST_ID = "x-request-id"
_GOOD_ID = re.compile(r"[\x21-\x7e]{1,128}")


def made_id() -> str:
    """A random UUID (RFC 9562, version 4); the standard library's takes ten times as long."""
    made = os.urandom(16).hex()
    return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-a{made[17:20]}-{made[20:]}"


@dataclass
class Call:
    """One call; the service notes in it what it does."""

    method: str
    limits: Limits = field(default_factory=Limits)
    request_id: str = field(default_factory=made_id)
    ends: float = float("inf")
    """Its deadline, by the monotonic clock."""
    has_gone: Callable[[], bool] = lambda: False
    """Whether the caller waits no longer."""
    identity: str = ANONYMOUS
    plan: SetPlan | None = None
    """The criteria set it is about."""
    scored: list[Assessment] = field(default_factory=list)
    """What was scored, tier by tier."""

    @property
    def units(self) -> int:
        """How many units were scored."""
        return sum(len(assessment.cohort) for assessment in self.scored)

    @property
    def seconds(self) -> float:
        """What is left until its deadline."""
        return min(max(self.ends - time.monotonic(), 0.0), NEVER)

    def keep_on(self) -> None:
        """Asked between the steps of long work.

        Raises:
            Refusal: nobody waits for the answer any longer.
        """
        if time.monotonic() >= self.ends or self.has_gone():
            message = "the deadline passed before the answer was ready; give more time, or send fewer units at once"
            raise Refusal(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", message)


def begin(method: str, context: grpc.ServicerContext, limits: Limits) -> Call:
    """A call that has just arrived."""
    remaining = context.time_remaining()
    stated = remaining is not None and remaining < NEVER
    ends = time.monotonic() + (remaining if stated else limits.seconds)
    request_id = ""
    for key, value in context.invocation_metadata():
        if key == REQUEST_ID and isinstance(value, str) and _GOOD_ID.fullmatch(value):
            request_id = value
    return Call(method, limits, request_id or made_id(), ends, lambda: not context.is_active())
