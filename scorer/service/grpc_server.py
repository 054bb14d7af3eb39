"""gRPC's asyncio server, in which a call to an unknown method cannot end the server.

grpc.aio 1.85 decodes the path of a call to an unknown method in its main loop: one call whose path is not UTF-8 ends
the loop, the server and all calls under way. Here all methods are registered with gRPC, which compares their paths as
bytes, and calls to other paths never reach that loop. For that, internals of gRPC are used; pyproject.toml allows only
the versions that this is tested with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from grpc._cython import cygrpc
from grpc.aio import _server


class GrpcServer(_server.Server):
    """A server of registered methods; to be made within a running event loop.

    Args:
        options: arguments of the channel.
        handlers: by path, such as ``/package.Service/Method``.
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
        """Calls that gRPC has handed over, and a few more."""
        return self._server.calls


class _AioServer(cygrpc.AioServer):  # type: ignore[misc]
    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.calls = 0

    def _make_request_call_future(self, method: bytes | None) -> asyncio.Task[Any]:
        """The next call of a method, or with None, of an unknown one: it comes whenever the one before is taken."""
        self.calls += 1
        if method is None:
            return asyncio.create_task(self._refuse_unknown_methods())
        call: asyncio.Task[Any] = super()._make_request_call_future(method)
        return call

    async def _refuse_unknown_methods(self) -> None:
        """Answers UNIMPLEMENTED; ends by an exception when the server stops."""
        loop, refusing = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        while True:
            call = await self._request_call()
            refuse = cygrpc._handle_rpc("unknown", _NoMethods(), (), call, loop, False)
            task = loop.create_task(cygrpc._schedule_rpc_coro(refuse, call, loop, "unknown"))
            refusing.add(task)  # the event loop itself does not keep it
            task.add_done_callback(refusing.discard)


class _NoMethods:
    def resolve_handler(self, details: object) -> None:
        """No handler, whatever the call asks for."""
