"""scorer serve."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading

import typer

from scorer.catalogue import Catalogue
from scorer.cli.load import load_catalogue
from scorer.cli.output import UserMistake, err
from scorer.cli.workers import Workers, log_with_pid
from scorer.service.port import HeldPort
from scorer.service.server import AddressError, Server

GRACE = 10.0
"""Seconds that calls under way have when the server is stopped."""


def serve(
    address: str = typer.Option(
        "127.0.0.1:50051", help="Host and port to listen on; port 0 takes a free one.", metavar="HOST:PORT"
    ),
    workers: int = typer.Option(1, min=1, help="Processes that share the port, such as one a core.", metavar="N"),
    strict: bool = typer.Option(
        False, "--strict", help="Do not start when a plugin is quarantined or a criteria set refused."
    ),
) -> None:
    """Serve over gRPC until stopped (Ctrl-C or SIGTERM)."""
    host, _, port = address.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise UserMistake(f"{address!r} is not HOST:PORT, such as 127.0.0.1:50051")
    try:
        if workers == 1:
            _serve_alone(address, strict=strict)
        else:
            _serve_together(address, workers, strict=strict)
    except AddressError as error:
        raise UserMistake(str(error)) from error


def names(catalogue: Catalogue) -> str:
    """What is served."""
    return ", ".join(catalogue.sets) or "no criteria sets"


def _serve_alone(address: str, *, strict: bool) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    catalogue = load_catalogue(strict=strict)
    server = Server(lambda: catalogue, address)
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        if stop.is_set():
            os._exit(1)  # asked twice: at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    server.start()
    err.print(f"serving {names(catalogue)} on {server.address}")
    stop.wait()
    server.stop(GRACE)
    logging.shutdown()
    os._exit(0)  # a thread that still computes for a call that was given up would hold the process


def _serve_together(address: str, workers: int, *, strict: bool) -> None:
    if sys.platform != "linux":
        raise UserMistake("several workers need Linux, which alone divides the connections of a port among them")
    log_with_pid()
    with HeldPort(address) as held:
        Workers(held.address, workers, GRACE, strict=strict).run()
