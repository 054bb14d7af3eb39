"""The two clients: ``Client``, whose methods block, and ``AsyncClient``, whose methods are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, cast

from scorer_client.arguments import check_arguments
from scorer_client.connection import Connection, Pem, Token
from scorer_client.formatting import described
from scorer_client.methods import Methods
from scorer_client.sync_async import Call, Steps, Work, checked_timeout
from scorer_client.transport import AioTransport, AsyncTransport, GrpcTransport, Transport

R = TypeVar("R")
T = TypeVar("T")


class Connected(Methods, Generic[T]):
    """A connection to the service.

    Calls to this machine (127.0.0.1, localhost, ``unix:``) use TLS only if an argument for TLS is given; calls to other
    machines always use TLS, unless ``insecure`` is set. A token is never sent to another machine without TLS.

    Args:
        target: an address such as ``scorer.tinh.example:50051``; or several addresses, which get calls in turn; or a
            transport. Servers that cannot be reached or are about to stop are skipped. A call that fails with
            UNAVAILABLE is repeated, if possible on another server.
        timeout: seconds that a call may take, unless the call has its own timeout; None: the client sets no limit.
        authority: PEM certificates of the trusted authorities, as bytes or a file; by default those of gRPC.
        certificate: the caller's own PEM certificate, for servers that require one.
        key: the private key of the certificate.
        server_name: the name in the server's certificate, if it differs from the target; needed if several addresses
            are called with TLS.
        token: a bearer token, or a function that returns one and is called before each call.
        insecure: do not use TLS for other machines, for example because a proxy encrypts.
        options: options of the gRPC channel, by name; they override the client's options.

    Raises:
        TypeError: an argument has a wrong type.
        ValueError: the arguments contradict each other, or one of them is not valid.
        OSError: a file cannot be read.
    """

    _over_grpc: ClassVar[type[Any]]
    """The class of the transport that is used for an address."""

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
        settings: dict[str, Any] = {
            "authority": authority,
            "certificate": certificate,
            "key": key,
            "server_name": server_name,
            "token": token,
            "insecure": insecure,
            "options": options,
        }
        check_arguments({"timeout": timeout, **settings})
        self._timeout, self._target = checked_timeout(timeout), target
        if isinstance(target, str | Sequence):
            self._transport: T = self._over_grpc(Connection(target, **settings))
        elif callable(getattr(target, "send", None)):
            self._transport = target
        else:
            raise TypeError(f"target: expected an address, several addresses or a transport, not {described(target)}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r})"

    def __reduce__(self) -> NoReturn:
        """For pickle and copy: refuses both.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{type(self).__name__} has an open connection, so it cannot be pickled or copied: "
            "create one in each process"
        )

    def _with_timeout(self, call: Call) -> Call:
        return call._replace(timeout=self._timeout) if call.timeout is None else call


class Client(Connected[Transport]):
    """A connection whose methods block. Threads may share it."""

    _over_grpc = GrpcTransport

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. Calls that run, and later ones, raise a ``ScorerError`` with the code CANCELLED."""
        self._transport.close()

    def run(self, steps: Steps[R]) -> R:
        """Executes the steps of a method."""
        advance: Callable[[], Call | Work] = partial(next, steps)
        while True:
            try:
                step = advance()
            except StopIteration as end:
                return cast(R, end.value)
            try:
                result = step.function() if isinstance(step, Work) else self._transport.send(self._with_timeout(step))
            except Exception as error:
                advance = partial(steps.throw, error)
            else:
                advance = partial(steps.send, result)


class AsyncClient(Connected[AsyncTransport]):
    """A connection whose methods are awaited. It can only be used in the event loop in which it is created.

    The token may be an asynchronous function. Files are read in another thread.
    """

    _over_grpc = AioTransport

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection. Calls that run, and later ones, raise a ``ScorerError`` with the code CANCELLED."""
        await self._transport.close()

    async def run(self, steps: Steps[R]) -> R:
        """Executes the steps of a method."""
        advance: Callable[[], Call | Work] = partial(next, steps)
        while True:
            try:
                step = advance()
            except StopIteration as end:
                return cast(R, end.value)
            try:
                if isinstance(step, Work):
                    result: Any = await asyncio.to_thread(step.function)
                else:
                    result = await self._transport.send(self._with_timeout(step))
            except Exception as error:
                advance = partial(steps.throw, error)
            else:
                advance = partial(steps.send, result)
