"""Runs a server in a background thread, for programs that do other work at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from scorer.catalogue.catalogue import Catalogue
from scorer.service.runtime.settings import Settings
from scorer.service.server import Server

Result = TypeVar("Result")


@contextmanager
def serving(catalogue: Callable[[], Catalogue], settings: Settings) -> Iterator[Server]:
    """A context manager that runs a server.

    Raises:
        AddressError, ValueError, OSError: see ``Server``.
    """

    async def start() -> Server:
        server = Server(catalogue, settings)
        await server.start()
        return server

    server = run(start())
    try:
        yield server
    finally:
        run(server.stop(0))


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine in the background thread and waits for its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of the background thread. All servers use the same loop, because gRPC has one queue of events."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="server", daemon=True).start()
    return loop
