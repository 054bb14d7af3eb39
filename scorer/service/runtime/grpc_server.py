"""gRPC's asyncio server, changed so that a call to an unknown method cannot end the server.

grpc.aio 1.85 decodes the path of a call to an unknown method in its main loop. One call with a path that is not UTF-8
ends the loop, the server and all calls in flight. This server registers all methods with gRPC, which compares paths as
bytes. It accepts calls in one loop per method, and in one more loop for unknown methods, which does not decode paths.
The module uses internals of gRPC, so pyproject.toml allows only the versions that it is tested with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from grpc._cython import cygrpc
from grpc.aio import _server


class GrpcServer(_server.Server):
    """A server with a fixed set of methods. It must be created within a running event loop.

    Args:
        options: gRPC's channel arguments.
        handlers: the handler of each method, by path, such as ``/package.Service/Method``.
    """

    def __init__(
        self, options: Sequence[tuple[str, Any]], handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        # The constructor of the base class is not called, because it would create gRPC's own AioServer.
        self._loop = asyncio.get_running_loop()
        self._server = _AioServer(self._loop, None, (), (), tuple(options), None)
        self._server.add_registered_method_handlers(dict(handlers))

    @property
    def calls(self) -> int:
        """Number of calls that gRPC has handed over."""
        return int(self._server.calls)


class _AioServer(cygrpc.AioServer):  # type: ignore[misc]
    """gRPC's server. Its main loop gets no calls, because other loops accept them; it ends when the server stops."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.calls = 0
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._answering = set[asyncio.Task[None]]()
        """The tasks that answer calls. The event loop itself keeps no references to its tasks."""

    def add_registered_method_handlers(self, handlers: dict[str, grpc.RpcMethodHandler[Any, Any]]) -> None:
        super().add_registered_method_handlers(handlers)
        self._handlers.update(handlers)

    def _make_request_call_future(self, method: bytes | None) -> asyncio.Task[None]:
        return asyncio.create_task(self._answer_calls(method))

    async def _answer_calls(self, method: bytes | None) -> None:
        """Answers the calls of one method; with None, of all unknown methods. Raises when the server stops."""
        loop, name = asyncio.get_running_loop(), method.decode() if method else "unknown"
        while True:
            call = await (self._request_registered_call(method) if method else self._request_call())
            self.calls += 1
            answer = cygrpc._handle_rpc(name, self, (), call, loop, False)
            task = loop.create_task(cygrpc._schedule_rpc_coro(answer, call, loop, name))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def resolve_handler(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a call; None for an unknown method, which gRPC answers with UNIMPLEMENTED."""
        return self._handlers.get(details.method)
