"""scorer serve: runs the service in this process or in several workers."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import typer

from scorer.cli.commands.settings import SETTINGS_FILE, read_settings
from scorer.cli.output import UserError, print_error, print_note
from scorer.cli.serving.exit_report import report_exit
from scorer.cli.serving.service import LOG_SECONDS, Service, ignore_hangup, stop_on_signals
from scorer.cli.serving.shared_port import HeldPort
from scorer.cli.serving.supervisor import Supervisor
from scorer.service.call.logs import Log
from scorer.service.call.metrics import Metrics, WorkersMetrics
from scorer.service.call.metrics_server import MetricsServer
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError


class _Terminated(KeyboardInterrupt):
    """Raised by SIGTERM until the service runs. As with Ctrl-C, no plugin is blamed for it."""


def serve(
    address: str | None = typer.Option(
        None,
        help="Host and port to listen on. With port 0, the system chooses a free port. [default: 127.0.0.1:50051]",
        metavar="HOST:PORT",
    ),
    workers: str | None = typer.Option(  # text, so that the settings check it like the environment variable
        None, help="Number of processes that share the port, such as one per core. [default: 1]", metavar="N"
    ),
    criteria: Path | None = typer.Option(
        None,
        help="A directory of further criteria sets (*.yaml). It is reloaded when it changes, and at once on SIGHUP.",
        metavar="DIR",
    ),
    strict: bool | None = typer.Option(
        None, "--strict", help="Do not start if a plugin is quarantined or a criteria set is refused."
    ),
    insecure: bool | None = typer.Option(
        None, "--insecure", help="Start even if other machines can connect without TLS, or can read the metrics."
    ),
    metrics: str | None = typer.Option(
        None, help="Serve Prometheus metrics at this address, over HTTP.", metavar="HOST:PORT"
    ),
    log: str | None = typer.Option(None, help="Format of the log: text or json. [default: text]", metavar="FORMAT"),
    settings: Path | None = SETTINGS_FILE,
) -> None:
    """Serve over gRPC until stopped (Ctrl-C or SIGTERM).

    TLS, tokens, roles, limits and more are settings, given in a TOML file or in environment variables. Flags override
    environment variables, and these override the file. 'scorer settings list' shows all settings.
    """
    effective = read_settings(
        settings,
        address=address,
        workers=workers,
        criteria=criteria,
        strict=strict,
        insecure=insecure,
        metrics=metrics,
        log=log,
    )
    if effective.access is None and effective.is_reachable:
        print_error(
            "all calls are refused: other machines can reach this service, and its settings have no table [access]"
        )
    ignore_hangup(effective)
    # Linux ignores signals to the first process of a container for which the process has no handler.
    signal.signal(signal.SIGTERM, _on_early_sigterm)
    try:
        if effective.workers == 1:
            _serve_in_this_process(effective)
        else:
            _serve_with_workers(effective)
    except AddressError as error:
        raise UserError(str(error)) from error
    except _Terminated:
        raise typer.Exit(0) from None


def _on_early_sigterm(*_: object) -> None:
    raise _Terminated


def _serve_in_this_process(settings: Settings) -> None:
    with _open_log(settings, several=False) as log:
        service = Service(settings, log)
        if settings.metrics and service.metrics:
            _publish(settings.metrics, service.metrics)

        async def run() -> None:
            stop = asyncio.Event()
            stop_on_signals(stop, again=lambda: os._exit(1))
            await service.run(stop, lambda address: print_note(f"serving {service.names} on {address}"))
            log.stop(LOG_SECONDS)
            os._exit(0)  # a thread in which a plugin hangs would keep the process alive

        report_exit(service.plugin_calls, lambda: log.stop(LOG_SECONDS))
        with suppress(OSError):  # standard error is closed
            faulthandler.enable(2, all_threads=False)  # shows where a plugin's native code crashes
        asyncio.run(run())


def _serve_with_workers(settings: Settings) -> None:
    if sys.platform != "linux":
        raise UserError("several workers need Linux: only Linux distributes the connections of a port among processes")
    with _open_log(settings, several=True), HeldPort(settings.address) as held, ExitStack() as stack:
        metrics = stack.enter_context(closing(_workers_metrics())) if settings.metrics else None
        if metrics and settings.metrics:
            _publish(settings.metrics, metrics)
        Supervisor(settings.model_copy(update={"address": held.address}), metrics).run()


@contextmanager
def _open_log(settings: Settings, *, several: bool) -> Iterator[Log]:
    """A context manager for the log of the service. An unexpected exception is logged, and ends the command.

    Raises:
        typer.Exit: an unexpected exception was logged.
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
            f"metrics of several workers need a writable temporary directory; set TMPDIR to one: {error.strerror}"
        ) from error


def _publish(address: str, metrics: Metrics | WorkersMetrics) -> None:
    try:
        server = MetricsServer(address, metrics.registry)
    except OSError as error:
        raise UserError(f"cannot serve metrics on {address!r}: {error.strerror}") from error
    server.start()
    print_note(f"metrics on http://{address.rpartition(':')[0]}:{server.port}/metrics")
