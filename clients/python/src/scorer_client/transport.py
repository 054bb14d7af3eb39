"""Transports send the calls of a client: over gRPC, or in another way."""

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
from scorer_client.sync_async import Call


class Transport(Protocol):
    """Sends the calls of a ``Client``."""

    def send(self, call: Call) -> Message:
        """Sends a call and returns the reply.

        Raises:
            ScorerError: the call failed.
        """

    def close(self) -> None:
        """Closes the connection."""


class AsyncTransport(Protocol):
    """Sends the calls of an ``AsyncClient``."""

    async def send(self, call: Call) -> Message:
        """Sends a call and returns the reply.

        Raises:
            ScorerError: the call failed.
        """

    async def close(self) -> None:
        """Closes the connection."""


class GrpcTransport:
    """Sends calls over gRPC.

    Raises:
        TypeError: the token is an asynchronous function.
    """

    def __init__(self, connection: Connection) -> None:
        if inspect.iscoroutinefunction(connection.token):
            raise TypeError("a token from an asynchronous function needs an AsyncClient")
        target, credentials, options = connection.target, connection.credentials, connection.options
        self._channel = (
            grpc.insecure_channel(target, options)
            if credentials is None
            else grpc.secure_channel(target, credentials, options)
        )
        self._connection, self._methods, self._closed = connection, _methods(self._channel), False

    def send(self, call: Call) -> Message:
        """Sends a call and returns the reply.

        Raises:
            ScorerError: the call failed.
        """
        token = self._connection.token
        metadata = self._connection.metadata(call.request_id, cast(str | None, token() if callable(token) else token))
        try:
            return cast(Message, self._methods[call.method](call.request, timeout=call.timeout, metadata=metadata))
        except grpc.RpcError as error:
            raise ScorerError.of_call(cast(FailedCall, error), call.request_id) from error
        except ValueError:
            if self._closed:
                raise _closed(call) from None
            raise

    def close(self) -> None:
        """Closes the connection."""
        self._closed = True
        self._channel.close()


class AioTransport:
    """Sends calls over gRPC in asyncio.

    Raises:
        RuntimeError: no event loop is running.
    """

    def __init__(self, connection: Connection) -> None:
        asyncio.get_running_loop()  # raises; without a running loop, gRPC would use a loop that never runs
        target, credentials, options = connection.target, connection.credentials, connection.options
        self._channel = (
            grpc.aio.insecure_channel(target, options)
            if credentials is None
            else grpc.aio.secure_channel(target, credentials, options)
        )
        self._connection, self._methods, self._closed = connection, _methods(self._channel), False

    async def send(self, call: Call) -> Message:
        """Sends a call and returns the reply.

        Raises:
            ScorerError: the call failed.
        """
        token = self._connection.token
        current_token = token() if callable(token) else token
        if isinstance(current_token, Awaitable):
            current_token = await current_token
        metadata = self._connection.metadata(call.request_id, current_token)
        try:
            return cast(
                Message, await self._methods[call.method](call.request, timeout=call.timeout, metadata=metadata)
            )
        except grpc.RpcError as error:
            raise ScorerError.of_call(cast(FailedCall, error), call.request_id) from error
        except (asyncio.CancelledError, grpc.aio.UsageError):
            # A closed channel cancels its calls. Their tasks were not cancelled, unless someone else did that.
            task = asyncio.current_task()
            if self._closed and not (task and task.cancelling()):
                raise _closed(call) from None
            raise

    async def close(self) -> None:
        """Closes the connection."""
        self._closed = True
        await self._channel.close()


def _closed(call: Call) -> ScorerError:
    """The error of a call of a client that is closed."""
    return ScorerError(grpc.StatusCode.CANCELLED, "the client is closed", request_id=call.request_id)


def _methods(channel: Any) -> dict[str, Any]:
    """The stubs of both services' methods, by name. The same stubs work with both kinds of channel."""
    scorer, criteria = scorer_pb2_grpc.ScorerServiceStub(channel), criteria_pb2_grpc.CriteriaServiceStub(channel)
    return {
        "ScoreUnit": scorer.ScoreUnit,
        "RankProvince": scorer.RankProvince,
        "ListCriteriaSets": criteria.ListCriteriaSets,
        "GetCriteriaSet": criteria.GetCriteriaSet,
    }
