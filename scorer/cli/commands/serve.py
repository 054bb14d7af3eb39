"""scorer serve."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import typer

from scorer.cli.commands.settings import File, read_settings
from scorer.cli.output import UserError, print_error, print_note
from scorer.cli.serving.service import LOG_SECONDS, Service, ignore_hangup, stop_on_signals
from scorer.cli.serving.shared_port import HeldPort
from scorer.cli.serving.supervisor import Supervisor
from scorer.service.call.logs import Log
from scorer.service.call.metrics import Metrics, WorkersMetrics, publish
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError


def serve(
    address: str | None = typer.Option(
        None,
        help="Host and port to listen on; port 0 takes a free one. [default: 127.0.0.1:50051]",
        metavar="HOST:PORT",
    ),
    workers: int | None = typer.Option(
        None, help="Processes that share the port, such as one a core. [default: 1]", metavar="N"
    ),
    criteria: Path | None = typer.Option(
        None,
        help="A directory of further criteria sets (*.yaml), loaded anew when it changes, or at once on SIGHUP.",
        metavar="DIR",
    ),
    strict: bool | None = typer.Option(
        None, "--strict", help="Do not start when a plugin is quarantined or a criteria set refused."
    ),
    insecure: bool | None = typer.Option(None, "--insecure", help="Serve beyond this machine without TLS."),
    metrics: str | None = typer.Option(None, help="Serve Prometheus metrics there, over HTTP.", metavar="HOST:PORT"),
    log: str | None = typer.Option(None, help="How to write the log: text or json. [default: text]", metavar="FORM"),
    settings: Path | None = File,
) -> None:
    """Serve over gRPC until stopped (Ctrl-C or SIGTERM).

    TLS, tokens, roles, limits and the rest are settings: in a TOML file or in the environment, where flags win over the
    environment, and the environment over the file. 'scorer settings list' has them all.
    """
    chosen = read_settings(
        settings,
        address=address,
        workers=workers,
        criteria=criteria,
        strict=strict,
        insecure=insecure,
        metrics=metrics,
        log=log,
    )
    if chosen.access is None and chosen.is_reachable:
        print_error("nobody may call: other machines can reach this service, and its settings have no table [access]")
    ignore_hangup(chosen)
    try:
        if chosen.workers == 1:
            _serve_alone(chosen)
        else:
            _serve_together(chosen)
    except AddressError as error:
        raise UserError(str(error)) from error


def _serve_alone(settings: Settings) -> None:
    with _logged(settings, several=False) as log:
        service = Service(settings, log)
        if settings.metrics and service.metrics:
            _publish(settings.metrics, service.metrics)

        async def run() -> None:
            stop = asyncio.Event()
            stop_on_signals(stop, again=lambda: os._exit(1))
            await service.run(stop, lambda address: print_note(f"serving {service.names} on {address}"))
            log.stop(LOG_SECONDS)
            os._exit(0)  # a thread in which a plugin hangs would hold the process

        with suppress(OSError):  # there is no standard error
            faulthandler.enable(2, all_threads=False)  # should a plugin's native code crash
        asyncio.run(run())


def _serve_together(settings: Settings) -> None:
    if sys.platform != "linux":
        raise UserError("several workers need Linux, which alone divides the connections of a port among them")
    with _logged(settings, several=True), HeldPort(settings.address) as held, ExitStack() as stack:
        metrics = stack.enter_context(closing(_workers_metrics())) if settings.metrics else None
        if metrics and settings.metrics:
            _publish(settings.metrics, metrics)
        Supervisor(settings.model_copy(update={"address": held.address}), metrics).run()


@contextmanager
def _logged(settings: Settings, *, several: bool) -> Iterator[Log]:
    """The log while the service runs; what nobody has foreseen goes there, and ends it.

    Raises:
        typer.Exit: something did.
    """
    log = Log(settings.log, several=several)
    try:
        yield log
    except (UserError, AddressError, typer.Exit):
        raise
    except Exception:
        logging.exception("the service failed")
        raise typer.Exit(1) from None
    finally:
        log.stop(LOG_SECONDS)


def _workers_metrics() -> WorkersMetrics:
    try:
        return WorkersMetrics()
    except OSError as error:
        raise UserError(
            "metrics of several workers need a temporary directory that can be written; TMPDIR names one: "
            f"{error.strerror}"
        ) from error


def _publish(address: str, metrics: Metrics | WorkersMetrics) -> None:
    try:
        port = publish(address, metrics.registry).server_port
    except OSError as error:
        raise UserError(f"cannot serve metrics on {address!r}: {error.strerror}") from error
    print_note(f"metrics on http://{address.rpartition(':')[0]}:{port}/metrics")
