"""Starts the service's server with two additional methods that do no work, to measure the cost of a call itself.

    python benchmarks/noop.py 127.0.0.1:50052

/benchmark.Nothing/Noop returns no bytes, /benchmark.Nothing/Echo returns the bytes of the request. Server and
options are those of the service.
"""

from __future__ import annotations

import asyncio
import sys

import grpc
from province import installed

from scorer.service.runtime.settings import Settings
from scorer.service.server import Server


async def noop(data: bytes, context: object) -> bytes:
    """Returns no bytes."""
    return b""


async def echo(data: bytes, context: object) -> bytes:
    """Returns the bytes of the request."""
    return data


METHODS = {"Noop": grpc.unary_unary_rpc_method_handler(noop), "Echo": grpc.unary_unary_rpc_method_handler(echo)}


async def main(address: str) -> None:
    """Serves until the process is stopped."""
    catalogue = installed()
    server = Server(lambda: catalogue, Settings(address=address))
    server.grpc_server.add_registered_method_handlers("benchmark.Nothing", METHODS)
    await server.start()
    print(f"serving nothing on {server.address}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
