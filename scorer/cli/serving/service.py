"""One process that serves: a server, its criteria sets, and its metrics."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from scorer.catalogue.catalogue import Catalogue
from scorer.cli.loading import load_catalogue, load_live
from scorer.cli.output import UserError
from scorer.cli.serving.reload_loop import ReloadLoop
from scorer.service.call.logs import Log
from scorer.service.call.metrics import Metrics
from scorer.service.runtime import tuning
from scorer.service.runtime.settings import Settings
from scorer.service.server import Server

LAST_LINES = 1.0
"""Seconds that a process which ends waits for its log to be written."""


class Service:
    """What ``scorer serve`` runs, once or in each worker.

    Args:
        settings: of the service.
        log: of this process.
        shared: whether it is one of several workers.

    Raises:
        UserError: the directory of criteria sets cannot be used, or a required set is missing.
    """

    def __init__(self, settings: Settings, log: Log, *, shared: bool = False) -> None:
        self._settings, self._shared = settings, shared
        self._reload_loop: ReloadLoop | None = None
        if settings.criteria:
            living = load_live(settings.criteria, strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self.catalogue = living.current
            self._reload_loop = ReloadLoop(living, self._reloaded)
        else:
            fixed = load_catalogue(strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self.catalogue = lambda: fixed
        if missing := [code for code in settings.required if code not in self.catalogue().sets]:
            raise UserError(
                f"required criteria sets cannot be used: {', '.join(missing)}; what is wrong with them is said "
                "above, or they are not installed: see 'scorer criteria list'"
            )
        self.metrics = Metrics() if settings.metrics else None
        if self.metrics:
            log.on_lost = self.metrics.lost_lines.inc

    @property
    def names(self) -> str:
        """The criteria sets that are served."""
        return ", ".join(self.catalogue().sets) or "no criteria sets"

    async def run(self, stop: asyncio.Event, announce: Callable[[str], None]) -> None:
        """Serves until ``stop`` is set, then gives the calls under way the settings' grace.

        Args:
            stop: ends it.
            announce: is given the address when it serves.

        Raises:
            AddressError: it cannot listen there.
            UserError: a certificate, key or key set cannot be used.
        """
        reload = self._reload_loop.reload_now if self._reload_loop else None
        try:
            server = Server(self.catalogue, self._settings, shared=self._shared, metrics=self.metrics, reload=reload)
        except (OSError, ValueError) as error:
            raise UserError(str(error)) from error
        if self.metrics:
            self.metrics.show(self.catalogue())
        tuning.before_serving()
        await server.start()
        if self._reload_loop:
            self._reload_loop.start()
        announce(server.address)
        await stop.wait()
        await server.stop(self._settings.grace)

    def _reloaded(self, catalogue: Catalogue) -> None:
        tuning.forget_garbage()
        if self.metrics:
            self.metrics.reloads.inc()
            self.metrics.show(catalogue)


def stop_on_signals(stop: asyncio.Event, again: Callable[[], None]) -> None:
    """Lets SIGINT and SIGTERM end a service; ``again`` is called when one comes after the first."""

    def on_signal() -> None:
        if stop.is_set():
            again()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
