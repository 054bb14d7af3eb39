"""Methods of both clients, written once: as steps, which one client takes one by one and the other awaits."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from google.protobuf.message import Message

from egov.scorer.v1 import criteria_pb2, scorer_pb2

P = ParamSpec("P")
R = TypeVar("R")

LONGEST = 1e8
"""Seconds, three years: gRPC takes much more, such as infinity, for a deadline that has passed."""

_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Call(NamedTuple):
    """A step: a call of the service; it gives the reply, or raises ``ScorerError``."""

    method: str
    """Such as ScoreUnit."""
    request: Message
    timeout: float | None
    """Seconds; None: as the client says."""
    request_id: str


class Work(NamedTuple):
    """A step: work that takes so long that an event loop must not wait for it; it gives what it returns."""

    function: Callable[[], Any]


Steps: TypeAlias = Generator[Call | Work, Any, R]
"""What a method does; it returns the method's result."""


def checked_timeout(timeout: float | None) -> float | None:
    """Seconds that gRPC can count; None waits as long as the client says.

    Raises:
        TypeError: it is no number.
        ValueError: it is negative or NaN.
    """
    if timeout is None:
        return None
    if not timeout >= 0:
        raise ValueError(f"timeout: expected seconds from 0 or None, not {timeout!r}")
    return float(min(timeout, LONGEST))


@dataclass(frozen=True)
class Asking:
    """What the calls of one method have in common."""

    timeout: float | None
    request_id: str

    @classmethod
    def of(cls, timeout: float | None, request_id: str) -> Asking:
        """With a new request id, if there is none.

        Raises:
            ValueError: the service would not take the request id, or the timeout is no number of seconds.
        """
        if request_id and not _ID.fullmatch(request_id):
            raise ValueError(f"request_id {request_id[:140]!r} is not 1 to 128 ASCII characters without spaces")
        return cls(checked_timeout(timeout), request_id or str(uuid.uuid4()))

    def score_unit(self, request: scorer_pb2.ScoreUnitRequest) -> Steps[scorer_pb2.ScoreUnitResponse]:
        """ScoreUnit."""
        reply: scorer_pb2.ScoreUnitResponse = yield self._call("ScoreUnit", request)
        return reply

    def rank_province(self, request: scorer_pb2.RankProvinceRequest) -> Steps[scorer_pb2.RankProvinceResponse]:
        """RankProvince."""
        reply: scorer_pb2.RankProvinceResponse = yield self._call("RankProvince", request)
        return reply

    def list_criteria_sets(self) -> Steps[criteria_pb2.ListCriteriaSetsResponse]:
        """ListCriteriaSets."""
        request = criteria_pb2.ListCriteriaSetsRequest()
        reply: criteria_pb2.ListCriteriaSetsResponse = yield self._call("ListCriteriaSets", request)
        return reply

    def get_criteria_set(self, request: criteria_pb2.GetCriteriaSetRequest) -> Steps[criteria_pb2.CriteriaSet]:
        """GetCriteriaSet."""
        reply: criteria_pb2.GetCriteriaSetResponse = yield self._call("GetCriteriaSet", request)
        return reply.criteria_set

    def _call(self, method: str, request: Message) -> Call:
        return Call(method, request, self.timeout, self.request_id)


class Runner(Protocol):
    """A client that takes the steps of a method at once."""

    def run(self, steps: Steps[R]) -> R:
        """The method's result."""


class AsyncRunner(Protocol):
    """A client whose methods are awaited."""

    async def run(self, steps: Steps[R]) -> R:
        """The method's result."""


class method(Generic[P, R]):
    """Makes a method of steps one that takes them: a ``Client`` at once, an ``AsyncClient`` when it is awaited."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Steps[R]]) -> None:
        self._steps = steps
        functools.update_wrapper(self, steps)  # type: ignore[arg-type]

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], Steps[R]]: ...
    @overload
    def __get__(self, client: Runner, owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(self, client: AsyncRunner, owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self._steps

        @functools.wraps(self._steps)
        def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.run(self._steps(client, *args, **kwargs))

        return run
