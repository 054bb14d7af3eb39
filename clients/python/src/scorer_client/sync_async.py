"""Lets both clients share their methods: a method is a generator of steps, and the client executes or awaits them."""

from __future__ import annotations

import functools
import inspect
import re
import uuid
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar, overload

import grpc
from google.protobuf.message import Message

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client.arguments import check_arguments
from scorer_client.errors import ScorerError
from scorer_client.formatting import shown

P = ParamSpec("P")
R = TypeVar("R")

MAX_TIMEOUT_SECONDS = 1e8
"""Longest timeout, about three years. gRPC treats much larger ones, such as infinity, as a deadline that has passed."""

_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Call(NamedTuple):
    """A step: a call of the service. Its result is the reply; it may raise ``ScorerError``."""

    method: str
    """The method of the service, such as ScoreUnit."""
    request: Message
    timeout: float | None
    """Seconds that the call may take; None for the client's timeout."""
    request_id: str


class Work(NamedTuple):
    """A step: a function that would block an event loop for too long. Its result is what the function returns."""

    function: Callable[[], Any]


Steps: TypeAlias = Generator[Call | Work, Any, R]
"""The steps of a method. The generator gets the result of each step, and returns the result of the method."""


def checked_timeout(timeout: float | None) -> float | None:
    """Checks a timeout in seconds, and limits it to ``MAX_TIMEOUT_SECONDS``; None stays None.

    Raises:
        ValueError: the timeout is negative or NaN.
    """
    if timeout is None:
        return None
    if not timeout >= 0:
        raise ValueError(f"timeout: expected seconds from 0 or None, not {shown(timeout)}")
    return float(min(timeout, MAX_TIMEOUT_SECONDS))


@dataclass(frozen=True)
class Calls:
    """Makes the calls of one method, which share timeout and request id."""

    timeout: float | None
    request_id: str

    @classmethod
    def of(cls, timeout: float | None, request_id: str) -> Calls:
        """The calls with this timeout and request id; if ``request_id`` is empty, with a new id.

        Raises:
            ValueError: the service would refuse the request id, or the timeout is not a number of seconds.
        """
        if request_id and not _ID.fullmatch(request_id):
            raise ValueError(f"request_id {shown(request_id)} is not 1 to 128 ASCII characters without spaces")
        return cls(checked_timeout(timeout), request_id or str(uuid.uuid4()))

    def score_unit(self, request: scorer_pb2.ScoreUnitRequest) -> Steps[scorer_pb2.ScoreUnitResponse]:
        """Calls ScoreUnit."""
        reply: scorer_pb2.ScoreUnitResponse = yield self._call("ScoreUnit", request)
        self._check(reply, "scorecard")
        return reply

    def rank_province(self, request: scorer_pb2.RankProvinceRequest) -> Steps[scorer_pb2.RankProvinceResponse]:
        """Calls RankProvince."""
        reply: scorer_pb2.RankProvinceResponse = yield self._call("RankProvince", request)
        self._check(reply, "provenance")
        return reply

    def list_criteria_sets(self) -> Steps[criteria_pb2.ListCriteriaSetsResponse]:
        """Calls ListCriteriaSets."""
        request = criteria_pb2.ListCriteriaSetsRequest()
        reply: criteria_pb2.ListCriteriaSetsResponse = yield self._call("ListCriteriaSets", request)
        return reply

    def get_criteria_set(self, request: criteria_pb2.GetCriteriaSetRequest) -> Steps[criteria_pb2.CriteriaSet]:
        """Calls GetCriteriaSet."""
        reply: criteria_pb2.GetCriteriaSetResponse = yield self._call("GetCriteriaSet", request)
        self._check(reply, "criteria_set")
        return reply.criteria_set

    def _check(self, reply: Message, part: str) -> None:
        """Checks that a reply has a field that every reply of the service has.

        Raises:
            ScorerError: the reply lacks the field. Converted to a result, it would have only zeros.
        """
        if not reply.HasField(part):
            message = f"the reply has no {part}: is this server a scorer?"
            raise ScorerError(grpc.StatusCode.INTERNAL, message, request_id=self.request_id)

    def _call(self, method: str, request: Message) -> Call:
        return Call(method, request, self.timeout, self.request_id)


class Runner(Protocol):
    """A client whose methods block."""

    def run(self, steps: Steps[R]) -> R:
        """Executes the steps, and returns the method's result."""


class AsyncRunner(Protocol):
    """A client whose methods are awaited."""

    async def run(self, steps: Steps[R]) -> R:
        """Executes the steps, and returns the method's result."""


class method(Generic[P, R]):
    """Decorator: turns a generator of steps into a method that a ``Client`` executes and an ``AsyncClient`` awaits."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Steps[R]]) -> None:
        self._steps = steps
        self._signature = inspect.signature(steps)
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
            return client.run(self._checked(client, *args, **kwargs))

        return run

    def _checked(self, client: Any, *args: P.args, **kwargs: P.kwargs) -> Steps[R]:
        """Checks the arguments, and then executes the steps."""
        arguments = self._signature.bind(client, *args, **kwargs).arguments
        check_arguments({**arguments.pop("options", {}), **arguments})
        return (yield from self._steps(client, *args, **kwargs))
