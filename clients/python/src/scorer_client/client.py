"""The clients: one whose methods give results, and one whose methods are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Generic, TypeVar, cast

from scorer_client.connection import Connection, Pem, Token
from scorer_client.methods import Methods
from scorer_client.steps import Call, Steps, Work, checked_timeout
from scorer_client.transport import AioTransport, AsyncTransport, GrpcTransport, Transport

R = TypeVar("R")
T = TypeVar("T")


class Connected(Methods, Generic[T]):
    """A connection to the service.

    What stays on this machine (127.0.0.1, localhost, ``unix:``) goes in plain text, everything else by TLS; a token is
    never sent to another machine in plain text.

    Args:
        target: such as ``scorer.tinh.example:50051``, or several addresses, to which calls go in turn. A server that is
            lost or about to stop gets none, and what it did not answer is sent to another. Or a transport.
        timeout: seconds that a call may take unless it says otherwise; None waits as long as it takes.
        authority: certificates in PEM, bytes or a file, of whom to trust; those that come with gRPC if not given.
        certificate: the caller's own certificate in PEM, for servers that ask for one.
        key: the key of the certificate.
        server_name: what the server's certificate says, when that is not the target; several addresses need it.
        token: a bearer token, or a function that gives a fresh one, asked before each call.
        insecure: plain text to other machines all the same, where something in between encrypts.
        options: of the gRPC channel, by name; they win over the client's own.

    Raises:
        ValueError: the arguments do not fit together.
        OSError: a file cannot be read.
    """

    _over_grpc: ClassVar[type[Any]]
    """The transport of a connection."""

    def __init__(
        self,
        target: str | Sequence[str] | T,
        *,
        timeout: float | None = 60.0,
        authority: Pem | None = None,
        certificate: Pem | None = None,
        key: Pem | None = None,
        server_name: str = "",
        token: Token | None = None,
        insecure: bool = False,
        options: Mapping[str, int | str] = MappingProxyType({}),
    ) -> None:
        self._timeout, self._target = checked_timeout(timeout), target
        if not isinstance(target, str | Sequence):
            self._transport: T = target
            return
        connection = Connection(
            target,
            authority=authority,
            certificate=certificate,
            key=key,
            server_name=server_name,
            token=token,
            insecure=insecure,
            options=options,
        )
        self._transport = self._over_grpc(connection)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r})"

    def _call(self, call: Call) -> Call:
        return call._replace(timeout=self._timeout) if call.timeout is None else call


class Client(Connected[Transport]):
    """A connection whose methods give their results. Threads may share it."""

    _over_grpc = GrpcTransport

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def run(self, steps: Steps[R]) -> R:
        """Takes the steps of a method."""
        take: Callable[[], Call | Work] = partial(next, steps)
        while True:
            try:
                step = take()
            except StopIteration as end:
                return cast(R, end.value)
            try:
                result = step.function() if isinstance(step, Work) else self._transport.send(self._call(step))
            except Exception as error:
                take = partial(steps.throw, error)
            else:
                take = partial(steps.send, result)


class AsyncClient(Connected[AsyncTransport]):
    """A connection whose methods are awaited; made where an event loop runs, to which it belongs.

    The token's function may be asynchronous. Files are read in a thread.
    """

    _over_grpc = AioTransport

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection."""
        await self._transport.close()

    async def run(self, steps: Steps[R]) -> R:
        """Takes the steps of a method."""
        take: Callable[[], Call | Work] = partial(next, steps)
        while True:
            try:
                step = take()
            except StopIteration as end:
                return cast(R, end.value)
            try:
                if isinstance(step, Work):
                    result: Any = await asyncio.to_thread(step.function)
                else:
                    result = await self._transport.send(self._call(step))
            except Exception as error:
                take = partial(steps.throw, error)
            else:
                take = partial(steps.send, result)
