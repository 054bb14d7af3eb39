"""What carries the clients' calls: gRPC, or whatever can send."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any, Protocol, cast

import grpc
from google.protobuf.message import Message

from egov.scorer.v1 import criteria_pb2_grpc, scorer_pb2_grpc
from scorer_client.connection import Connection
from scorer_client.errors import FailedCall, ScorerError
from scorer_client.steps import Call


class Transport(Protocol):
    """What carries the calls of a ``Client``."""

    def send(self, call: Call) -> Message:
        """The reply.

        Raises:
            ScorerError: there is none.
        """

    def close(self) -> None:
        """Ends the connection."""


class AsyncTransport(Protocol):
    """What carries the calls of an ``AsyncClient``."""

    async def send(self, call: Call) -> Message:
        """The reply.

        Raises:
            ScorerError: there is none.
        """

    async def close(self) -> None:
        """Ends the connection."""


class GrpcTransport:
    """Calls over gRPC.

    Raises:
        TypeError: the token's function is asynchronous.
    """

    def __init__(self, connection: Connection) -> None:
        if inspect.iscoroutinefunction(connection.token):
            raise TypeError("a token by an asynchronous function needs an AsyncClient")
        target, credentials, options = connection.target, connection.credentials, connection.options
        self._channel = (
            grpc.insecure_channel(target, options)
            if credentials is None
            else grpc.secure_channel(target, credentials, options)
        )
        self._connection, self._methods = connection, _methods(self._channel)

    def send(self, call: Call) -> Message:
        """The reply.

        Raises:
            ScorerError: there is none.
        """
        token = self._connection.token
        metadata = self._connection.metadata(call.request_id, cast(str | None, token() if callable(token) else token))
        try:
            return cast(Message, self._methods[call.method](call.request, timeout=call.timeout, metadata=metadata))
        except grpc.RpcError as error:
            raise ScorerError.of_call(cast(FailedCall, error), call.request_id) from error

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


class AioTransport:
    """Calls over gRPC for asyncio.

    Raises:
        RuntimeError: no event loop is running.
    """

    def __init__(self, connection: Connection) -> None:
        asyncio.get_running_loop()  # gRPC would take some other one, which never runs
        target, credentials, options = connection.target, connection.credentials, connection.options
        self._channel = (
            grpc.aio.insecure_channel(target, options)
            if credentials is None
            else grpc.aio.secure_channel(target, credentials, options)
        )
        self._connection, self._methods = connection, _methods(self._channel)

    async def send(self, call: Call) -> Message:
        """The reply.

        Raises:
            ScorerError: there is none.
        """
        token = self._connection.token
        shown = token() if callable(token) else token
        if isinstance(shown, Awaitable):
            shown = await shown
        metadata = self._connection.metadata(call.request_id, shown)
        try:
            return cast(
                Message, await self._methods[call.method](call.request, timeout=call.timeout, metadata=metadata)
            )
        except grpc.RpcError as error:
            raise ScorerError.of_call(cast(FailedCall, error), call.request_id) from error

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()


def _methods(channel: Any) -> dict[str, Any]:
    """The calls of both services, by method; the stubs fit both kinds of channel."""
    scorer, criteria = scorer_pb2_grpc.ScorerServiceStub(channel), criteria_pb2_grpc.CriteriaServiceStub(channel)
    return {
        "ScoreUnit": scorer.ScoreUnit,
        "RankProvince": scorer.RankProvince,
        "ListCriteriaSets": criteria.ListCriteriaSets,
        "GetCriteriaSet": criteria.GetCriteriaSet,
    }
