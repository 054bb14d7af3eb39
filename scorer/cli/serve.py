"""scorer serve."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading

import typer

from scorer.cli.load import load_catalogue
from scorer.cli.output import UserMistake, err
from scorer.service.server import AddressError, Server

GRACE = 10.0
"""Seconds that calls under way have when the server is stopped."""


def serve(
    address: str = typer.Option(
        "127.0.0.1:50051", help="Host and port to listen on; port 0 takes a free one.", metavar="HOST:PORT"
    ),
) -> None:
    """Serve over gRPC until stopped (Ctrl-C or SIGTERM)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    host, _, port = address.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise UserMistake(f"{address!r} is not HOST:PORT, such as 127.0.0.1:50051")
    catalogue = load_catalogue()
    try:
        server = Server(lambda: catalogue, address)
    except AddressError as error:
        raise UserMistake(str(error)) from error
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        if stop.is_set():
            os._exit(1)  # asked twice: at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    server.start()
    err.print(f"serving {', '.join(catalogue.sets) or 'no criteria sets'} on {server.address}")
    stop.wait()
    server.stop(GRACE)
    logging.shutdown()
    os._exit(0)  # a thread that still computes for a call that was given up would hold the process
