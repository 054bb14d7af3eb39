"""Handles the calls of the services health and reflection. Their calls are not logged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from scorer.service.call.access import ANONYMOUS, Access
from scorer.service.call.admission import Admission
from scorer.service.call.context import new_request_id
from scorer.service.call.errors import CallRefused, abort, aborting
from scorer.service.call.request_parsing import parse, read_request
from scorer.service.call.transfer_timeouts import Transfers, current_task
from scorer.service.methods.health import Health
from scorer.service.runtime.settings import Role

Context = grpc.aio.ServicerContext[bytes, bytes]
Request = TypeVar("Request", bound=Message)

HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
REFLECTION_ALPHA = reflection.SERVICE_NAME
REFLECTION = REFLECTION_ALPHA.replace("v1alpha", "v1")
"""Version v1 of reflection differs from v1alpha only in its name. Tools try v1 first; grpcio-reflection has only
v1alpha."""

MAX_CALLS = 2048
"""Maximum number of calls in flight of these services. They are counted separately from other calls, so that health
works when the server is busy. The limit is high, because every client that watches health has one long call."""

MAX_REQUEST_BYTES = 64 * 2**10


class HealthAndReflection:
    """The handlers of health and reflection.

    Args:
        access: decides who may use reflection. Health needs no role, because load balancers have no credentials.
        transfers: ends calls whose requests do not arrive.
        health: the health of the server.
        services: names of the other services that reflection describes.
    """

    def __init__(self, access: Access, transfers: Transfers, health: Health, services: tuple[str, ...]) -> None:
        self._access, self._transfers, self._health = access, transfers, health
        self._admission = Admission(MAX_CALLS, MAX_CALLS, MAX_CALLS * MAX_REQUEST_BYTES)
        names = (*services, HEALTH, REFLECTION, REFLECTION_ALPHA)
        self._reflection = reflection.aio.ReflectionServicer(names, _Descriptors(_with_reflection_v1()))

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
        """gRPC's handlers by path."""
        methods = {
            f"/{HEALTH}/Check": (self._check, None),
            f"/{HEALTH}/List": (self._list, None),
            f"/{HEALTH}/Watch": (self._watch, None),
            f"/{REFLECTION}/ServerReflectionInfo": (self._reflect, Role.OPERATOR),
            f"/{REFLECTION_ALPHA}/ServerReflectionInfo": (self._reflect, Role.OPERATOR),
        }
        return {path: self._handler(path, role, answer) for path, (answer, role) in methods.items()}

    def _handler(
        self, path: str, role: Role | None, answer: Callable[[Context], Awaitable[None]]
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """A handler that checks and counts a call. ``answer`` then reads the requests and writes the replies."""
        method = path.rpartition("/")[2]

        async def handle(context: Context) -> None:
            await self._answer(method, role, answer, context)

        return grpc.stream_stream_rpc_method_handler(aborting(handle))

    async def _answer(
        self, method: str, role: Role | None, answer: Callable[[Context], Awaitable[None]], context: Context
    ) -> None:
        try:
            identity = ANONYMOUS
            if role is not None:
                caller = self._access.caller(context.invocation_metadata() or (), context)
                self._access.check(caller, method, role)
                identity = caller.identity
            slot = self._admission.admit(context.peer(), identity)
            current_task().add_done_callback(lambda _: slot.release())
            await answer(context)
        except CallRefused as refusal:
            await abort(context, refusal, new_request_id())

    async def _read(self, kind: type[Request], context: Context) -> Request:
        return parse(kind, [await read_request(self._transfers, context)], MAX_REQUEST_BYTES)

    async def _check(self, context: Context) -> None:
        request = await self._read(health_pb2.HealthCheckRequest, context)
        await context.write(self._health.check(request).SerializeToString())

    async def _list(self, context: Context) -> None:
        await self._read(health_pb2.HealthListRequest, context)  # type: ignore[attr-defined]
        await context.write(self._health.list().SerializeToString())

    async def _watch(self, context: Context) -> None:
        request = await self._read(health_pb2.HealthCheckRequest, context)
        async for status in self._health.watch(request):
            await context.write(status.SerializeToString())

    async def _reflect(self, context: Context) -> None:
        replies: Any = self._reflection.ServerReflectionInfo(_requests(context), context)
        async for reply in replies:
            await context.write(reply.SerializeToString())


async def _requests(context: Context) -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
    while isinstance(data := await context.read(), bytes):
        yield parse(reflection_pb2.ServerReflectionRequest, [data], MAX_REQUEST_BYTES)


class _Descriptors:
    """A pool of descriptors that also finds the files of methods, which protobuf's own pool does not."""

    def __init__(self, pool: descriptor_pool.DescriptorPool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:
        """The file that defines a symbol, given by its full name.

        Raises:
            KeyError: there is no such symbol.
        """
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            return self._pool.FindMethodByName(symbol).containing_service.file


def _with_reflection_v1() -> descriptor_pool.DescriptorPool:
    """The descriptors of this process, extended by reflection v1."""
    alpha = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(alpha)
    v1 = text_format.Parse(str(alpha).replace("v1alpha", "v1"), descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.Default()
    pool.Add(v1)
    return pool
