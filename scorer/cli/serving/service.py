"""One process that serves: a server, its criteria sets, and its metrics."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from scorer.catalogue.catalogue import Catalogue
from scorer.cli.loading import load_catalogue, load_live
from scorer.cli.output import UserError
from scorer.cli.serving.reload_loop import ReloadLoop
from scorer.plugins.journal import PluginJournal
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
        journal: where one of several workers writes down which plugins score; None when it serves alone.
        lifted: called when criteria sets were reloaded, and plugins that crashed score again.

    Raises:
        UserError: the directory of criteria sets cannot be used, a required set is missing, or there is no room for
            metrics.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        journal: PluginJournal | None = None,
        lifted: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._journal, self._lifted = settings, journal, lifted
        self._crashed: Mapping[str, str] = {}
        self._reload_loop: ReloadLoop | None = None
        if settings.criteria:
            living = load_live(settings.criteria, strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self._loaded = living.current
            self._reload_loop = ReloadLoop(living, self._reloaded)
        else:
            fixed = load_catalogue(strict=settings.strict, plugin_seconds=settings.plugin_seconds)
            self._loaded = lambda: fixed
        self._cut: tuple[Catalogue, Mapping[str, str], Catalogue] | None = None
        """What was loaded, the plugins that crashed, and the catalogue without them."""
        if missing := [code for code in settings.required if code not in self.catalogue().sets]:
            raise UserError(
                f"required criteria sets cannot be used: {', '.join(missing)}; what is wrong with them is said "
                "above, or they are not installed: see 'scorer criteria list'"
            )
        try:
            self.metrics = Metrics() if settings.metrics else None
        except OSError as error:
            raise UserError(
                f"cannot write the files of metrics: {error.strerror}; TMPDIR can name a directory with more room"
            ) from error
        if self.metrics:
            log.on_lost = self.metrics.lost_lines.inc

    def catalogue(self) -> Catalogue:
        """What to answer from: the sets that are loaded, without those of plugins that crashed."""
        loaded, crashed, cut = self._loaded(), self._crashed, self._cut
        if cut is None or cut[0] is not loaded or cut[1] is not crashed:
            self._cut = cut = loaded, crashed, loaded.without(crashed) if crashed else loaded
        return cut[2]

    def quarantine(self, crashed: Mapping[str, str]) -> None:
        """Refuses the sets of plugins that crashed (``str(Plugin)``; and why), and of no others."""
        self._crashed = crashed
        if self.metrics:
            self.metrics.set_catalogue(self.catalogue())

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
            RuntimeError: the server has ended by itself.
        """
        try:
            server = Server(
                self.catalogue,
                self._settings,
                shared=self._journal is not None,
                metrics=self.metrics,
                reload=self._reload if self._reload_loop else None,
                journal=self._journal,
            )
        except (OSError, ValueError) as error:
            raise UserError(str(error)) from error
        if self.metrics:
            self.metrics.set_catalogue(self.catalogue())
        tuning.before_serving()
        await server.start()
        if self._reload_loop:
            self._reload_loop.start()
        announce(server.address)
        stopping, ended = asyncio.create_task(stop.wait()), asyncio.create_task(server.ended())
        await asyncio.wait((stopping, ended), return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():  # a process that lives and serves nobody would not be replaced
            raise RuntimeError("gRPC's server has ended by itself") from ended.exception()
        await server.stop(self._settings.grace)

    def _reload(self, seconds: float) -> str:
        assert self._reload_loop is not None
        why_not = self._reload_loop.reload_now(seconds)
        if not why_not:
            self.quarantine({})
            self._lifted()
        return why_not

    def _reloaded(self, catalogue: Catalogue) -> None:
        del catalogue
        tuning.forget_garbage()
        if self.metrics:
            self.metrics.reloads.inc()
            self.metrics.set_catalogue(self.catalogue())


def stop_on_signals(stop: asyncio.Event, again: Callable[[], None]) -> None:
    """Lets SIGINT and SIGTERM end a service; ``again`` is called when one comes after the first."""

    def on_signal() -> None:
        if stop.is_set():
            again()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


def ignore_hangup(settings: Settings) -> None:
    """Keeps SIGHUP from ending the process; once criteria sets of a directory are loaded, it loads them again."""
    why = "they are still being loaded" if settings.criteria else "none come from a directory (--criteria)"
    log = logging.getLogger("scorer.criteria")
    signal.signal(signal.SIGHUP, lambda *_: log.info("SIGHUP: criteria sets are not loaded again: %s", why))
