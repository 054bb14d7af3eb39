"""The service's own server with two more methods that do nothing: what a call costs before it does anything.

    python benchmarks/noop.py 127.0.0.1:50052

/benchmark.Nothing/Noop takes bytes and gives none back, /benchmark.Nothing/Echo gives back what came. The server and
its options are those of the service, so a ratio to it holds nothing else.
"""

from __future__ import annotations

import asyncio
import sys

import grpc
from province import installed

from scorer.service.runtime.settings import Settings
from scorer.service.server import Server


async def noop(data: bytes, context: object) -> bytes:
    """Takes bytes and gives none back."""
    return b""


async def echo(data: bytes, context: object) -> bytes:
    """Gives back what came."""
    return data


METHODS = {"Noop": grpc.unary_unary_rpc_method_handler(noop), "Echo": grpc.unary_unary_rpc_method_handler(echo)}


async def main(address: str) -> None:
    """Serves until it is ended."""
    catalogue = installed()
    server = Server(lambda: catalogue, Settings(address=address))
    server.grpc_server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("benchmark.Nothing", METHODS),))
    await server.start()
    print(f"serving nothing on {server.address}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
