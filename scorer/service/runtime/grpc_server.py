"""gRPC's asyncio server, in which a call to an unknown method cannot end the server.

grpc.aio 1.85 decodes the path of a call to an unknown method in its main loop: one call whose path is not UTF-8 ends
the loop, the server and all calls under way. Here all methods are registered with gRPC, which compares their paths as
bytes, and each method has a loop of its own, as have the unknown ones, whose paths nobody decodes. For that, internals
of gRPC are used; pyproject.toml allows only the versions that this is tested with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from grpc._cython import cygrpc
from grpc.aio import _server


class GrpcServer(_server.Server):
    """A server of these methods and no others; to be made within a running event loop.

    Args:
        options: arguments of the channel.
        handlers: what answers calls, by path, such as ``/package.Service/Method``.
    """

    def __init__(
        self, options: Sequence[tuple[str, Any]], handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        # Instead of that of the base class, which makes an AioServer.
        self._loop = asyncio.get_running_loop()
        self._server = _AioServer(self._loop, None, (), (), tuple(options), None)
        self._server.add_registered_method_handlers(dict(handlers))

    @property
    def calls(self) -> int:
        """How many calls gRPC has handed over."""
        return int(self._server.calls)


class _AioServer(cygrpc.AioServer):  # type: ignore[misc]
    """Overrides only what gives its main loop the next call: the loop gets none, and ends when the server stops."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.calls = 0
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._answering = set[asyncio.Task[None]]()
        """The event loop itself does not keep tasks."""

    def add_registered_method_handlers(self, handlers: dict[str, grpc.RpcMethodHandler[Any, Any]]) -> None:
        super().add_registered_method_handlers(handlers)
        self._handlers.update(handlers)

    def _make_request_call_future(self, method: bytes | None) -> asyncio.Task[None]:
        return asyncio.create_task(self._answer_calls(method))

    async def _answer_calls(self, method: bytes | None) -> None:
        """Answers the calls of a method, or with None, of unknown ones; raises when the server stops."""
        loop, name = asyncio.get_running_loop(), method.decode() if method else "unknown"
        while True:
            call = await (self._request_registered_call(method) if method else self._request_call())
            self.calls += 1
            answer = cygrpc._handle_rpc(name, self, (), call, loop, False)
            task = loop.create_task(cygrpc._schedule_rpc_coro(answer, call, loop, name))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def resolve_handler(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a call; None: UNIMPLEMENTED."""
        return self._handlers.get(details.method)
