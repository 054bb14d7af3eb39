"""The service's own server with two more methods that do nothing: what a call costs before it does anything.

    python benchmarks/noop.py 127.0.0.1:50052

/benchmark.Nothing/Noop takes bytes and gives none back, /benchmark.Nothing/Echo gives back what came. Options, threads
and all are those of the service, so a ratio to it holds nothing else.
"""

from __future__ import annotations

import sys
import threading

import grpc
from province import installed

from scorer.service.server import Server
from scorer.settings import Settings

METHODS = {
    "Noop": grpc.unary_unary_rpc_method_handler(lambda data, context: b""),
    "Echo": grpc.unary_unary_rpc_method_handler(lambda data, context: data),
}


def main(address: str) -> None:
    """Serves until it is ended."""
    catalogue = installed()
    server = Server(lambda: catalogue, Settings(address=address))
    server._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("benchmark.Nothing", METHODS),))
    server.start()
    print(f"serving nothing on {server.address}", file=sys.stderr, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
