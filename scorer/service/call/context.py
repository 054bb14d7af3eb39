"""One call while it is answered: who calls, how long it may take, and what the log and the metrics say of it."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from typing import Any

import grpc

from scorer.engine.plan import SetPlan
from scorer.engine.scoring import Assessment
from scorer.service.call.access import ANONYMOUS, Metadata
from scorer.service.call.errors import CallRefused
from scorer.service.runtime.settings import Limits

NO_DEADLINE = 10 * 365 * 86_400.0
"""Seconds from which on a stated deadline counts as none."""

REQUEST_ID = "x-request-id"
_GOOD_ID = re.compile(r"[\x21-\x7e]{1,128}")


def new_request_id() -> str:
    """A random UUID (RFC 9562, version 4); ``uuid.uuid4`` takes ten times as long."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@dataclass(slots=True)
class CallContext:
    """One call. Handlers note in it which criteria set they use and what they scored."""

    method: str
    limits: Limits = field(default_factory=Limits)
    request_id: str = field(default_factory=new_request_id)
    deadline: float = float("inf")
    """By the monotonic clock."""
    abandoned: bool = False
    """Whether the caller has gone; set by the event loop while a thread works on the call."""
    identity: str = ANONYMOUS
    plan: SetPlan | None = None
    """The criteria set that is used."""
    scored: list[Assessment] = field(default_factory=list)
    """What was scored, tier by tier."""

    doubtful_names: int = 0
    """How many units have names that have probably lost letters."""

    @property
    def units(self) -> int:
        """How many units were scored."""
        return sum(len(assessment.cohort) for assessment in self.scored)

    @property
    def seconds(self) -> float:
        """Seconds until the deadline."""
        return min(max(self.deadline - time.monotonic(), 0.0), NO_DEADLINE)

    def check_cancelled(self) -> None:
        """Called between the steps of long work.

        Raises:
            CallRefused: nobody waits for the reply any more.
        """
        if self.abandoned or time.monotonic() >= self.deadline:
            raise deadline_exceeded()

    @classmethod
    def of(
        cls, method: str, context: grpc.aio.ServicerContext[Any, Any], metadata: Metadata, limits: Limits
    ) -> CallContext:
        """The context of a call that has just begun."""
        remaining = context.time_remaining()
        stated = remaining is not None and remaining < NO_DEADLINE
        deadline = time.monotonic() + (remaining if stated else limits.seconds)
        request_id = ""
        for key, value in metadata:
            if key == REQUEST_ID and isinstance(value, str) and _GOOD_ID.fullmatch(value):
                request_id = value
        return cls(method, limits, request_id or new_request_id(), deadline)


def deadline_exceeded() -> CallRefused:
    """The error of a call whose deadline passed."""
    message = "the deadline passed before the answer was ready; give more time, or send fewer units at once"
    return CallRefused(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", message)
