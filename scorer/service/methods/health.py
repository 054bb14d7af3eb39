"""The health service (grpc.health.v1), which tells load balancers whether the server accepts calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2 as pb

from scorer.service.call.errors import CallRefused

SERVING, NOT_SERVING = pb.HealthCheckResponse.SERVING, pb.HealthCheckResponse.NOT_SERVING


class Health:
    """The health of the server and its services, which is always the same for all of them.

    Args:
        services: names of the services. An empty name in a request stands for the server.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._services = ("", *services)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Changes the health to NOT_SERVING and notifies all watchers."""
        self._stopping.set()

    def check(self, request: pb.HealthCheckRequest) -> pb.HealthCheckResponse:
        """The health of one service.

        Raises:
            CallRefused: there is no such service (NOT_FOUND).
        """
        if request.service not in self._services:
            raise CallRefused(grpc.StatusCode.NOT_FOUND, "UNKNOWN_SERVICE", "there is no such service here")
        return self._health()

    def list(self) -> Message:
        """The health of every service, as a HealthListResponse. This type is missing in the type stubs."""
        reply: Message = pb.HealthListResponse(  # type: ignore[attr-defined]
            statuses=dict.fromkeys(self._services, self._health())
        )
        return reply

    async def watch(self, request: pb.HealthCheckRequest) -> AsyncIterator[pb.HealthCheckResponse]:
        """Yields the health of a service, and again when it changes; ends when the server stops."""
        known = request.service in self._services
        del request  # the name may be long, and the call may last for days
        yield self._health() if known else pb.HealthCheckResponse(status=pb.HealthCheckResponse.SERVICE_UNKNOWN)
        await self._stopping.wait()
        if known:
            yield self._health()

    def _health(self) -> pb.HealthCheckResponse:
        return pb.HealthCheckResponse(status=NOT_SERVING if self._stopping.is_set() else SERVING)
