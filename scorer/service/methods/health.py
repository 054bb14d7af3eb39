"""grpc.health.v1: whether the service takes calls. Open to everybody, as a load balancer has no token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2 as pb

from scorer.service.call.errors import CallRefused

SERVING, NOT_SERVING = pb.HealthCheckResponse.SERVING, pb.HealthCheckResponse.NOT_SERVING


class Health:
    """The health of the server and of its services, which are all alike.

    Args:
        services: their names; the empty one stands for the server.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._services = ("", *services)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """From now on no service takes calls; watchers are told."""
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
        """The health of every service: a HealthListResponse, which the stubs do not know."""
        reply: Message = pb.HealthListResponse(  # type: ignore[attr-defined]
            statuses=dict.fromkeys(self._services, self._health())
        )
        return reply

    async def watch(self, request: pb.HealthCheckRequest) -> AsyncIterator[pb.HealthCheckResponse]:
        """The health of a service, and again when it changes; ends when the server stops."""
        known = request.service in self._services
        del request  # its name may be long, and the watcher may stay
        yield self._health() if known else pb.HealthCheckResponse(status=pb.HealthCheckResponse.SERVICE_UNKNOWN)
        await self._stopping.wait()
        if known:
            yield self._health()

    def _health(self) -> pb.HealthCheckResponse:
        return pb.HealthCheckResponse(status=NOT_SERVING if self._stopping.is_set() else SERVING)
