"""The service in one process: a server with its criteria sets and metrics."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from scorer.catalogue.catalogue import Catalogue
from scorer.cli.loading import load_catalogue, load_live
from scorer.cli.output import UserError
from scorer.cli.serving.reload_loop import ReloadLoop
from scorer.plugins.calls_in_flight import PluginCalls
from scorer.plugins.journal import PluginJournal
from scorer.service.call import traces
from scorer.service.call.logs import Log
from scorer.service.call.metrics import Metrics
from scorer.service.runtime import tuning
from scorer.service.runtime.settings import Settings
from scorer.service.server import Server

TRACE_SECONDS = 2.0
"""Maximum time that a stopping process waits until its traces have been exported."""

LOG_SECONDS = 1.0
"""Maximum time that a stopping process waits until its log has been written."""


class Service:
    """The service, which ``scorer serve`` runs once, or once in each worker.

    Args:
        settings: the settings of the service.
        log: the log of this process.
        journal: records which plugins are scoring, in a worker; None: this process is not a worker.
        on_lifted: called when a reload has ended the quarantine of plugins that crashed.

    Raises:
        UserError: the directory of criteria sets cannot be used, a required set is missing, or the metrics' files
            cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        journal: PluginJournal | None = None,
        on_lifted: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._on_lifted = settings, on_lifted
        self._is_worker, self.plugin_calls = journal is not None, PluginCalls(journal=journal)
        self._crashed: Mapping[str, str] = {}
        self._reload_loop: ReloadLoop | None = None
        tuning.before_loading()
        strict, seconds, cache = settings.strict, settings.plugin_seconds, settings.gate_cache
        if settings.criteria:
            live = load_live(settings.criteria, strict=strict, plugin_seconds=seconds, gate_cache=cache)
            self._loaded = live.current
            self._reload_loop = ReloadLoop(live, self._on_reload)
        else:
            fixed = load_catalogue(strict=strict, plugin_seconds=seconds, gate_cache=cache)
            self._loaded = lambda: fixed
        self._cached: tuple[Catalogue, Mapping[str, str], Catalogue] | None = None
        """Cached result of ``catalogue``: the loaded catalogue, the plugins that crashed, and the result."""
        if missing := [code for code in settings.required if code not in self.catalogue().sets]:
            raise UserError(
                f"required criteria sets cannot be used: {', '.join(missing)}; either their problems are listed above, "
                "or they are not installed: see 'scorer criteria list'"
            )
        try:
            self.metrics = Metrics() if settings.metrics else None
        except OSError as error:
            raise UserError(
                f"cannot write the files of metrics: {error.strerror}; set TMPDIR to a directory with more space"
            ) from error
        if self.metrics:
            log.on_lost = self.metrics.lost_lines.inc
        self._traces = traces.from_environment()

    def catalogue(self) -> Catalogue:
        """The current catalogue: the loaded sets, without the sets of plugins that crashed."""
        loaded, crashed, cached = self._loaded(), self._crashed, self._cached
        if cached is None or cached[0] is not loaded or cached[1] is not crashed:
            self._cached = cached = loaded, crashed, loaded.without(crashed) if crashed else loaded
        return cached[2]

    def quarantine(self, crashed: Mapping[str, str]) -> None:
        """Replaces the plugins that are quarantined because they crashed. Their criteria sets are refused.

        Args:
            crashed: the reason for each plugin, by ``str(Plugin)``.
        """
        self._crashed = crashed
        if self.metrics:
            self.metrics.set_catalogue(self.catalogue())

    @property
    def names(self) -> str:
        """The codes of the criteria sets, for people."""
        return ", ".join(self.catalogue().sets) or "no criteria sets"

    async def run(self, stop: asyncio.Event, announce: Callable[[str], None]) -> None:
        """Serves until ``stop`` is set. Then calls in flight have the time of the setting ``grace`` to end.

        Args:
            stop: ends the service when it is set.
            announce: called with the address when the server has started.

        Raises:
            AddressError: the server cannot listen on the address.
            UserError: a certificate, key or key set cannot be used.
            RuntimeError: the server ended without being stopped.
        """
        try:
            server = Server(
                self.catalogue,
                self._settings,
                shared=self._is_worker,
                metrics=self.metrics,
                reload=self._reload if self._reload_loop else None,
                plugin_calls=self.plugin_calls,
                traces=self._traces,
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
        if not stop.is_set():  # end the process, because a process that does not end is not replaced
            raise RuntimeError("gRPC's server has ended by itself") from ended.exception()
        await server.stop(self._settings.grace)
        if self._traces:
            self._traces.stop(TRACE_SECONDS)

    def _reload(self, seconds: float) -> str:
        """See ``Server``. A reload ends the quarantine of plugins that crashed."""
        assert self._reload_loop is not None
        failure = self._reload_loop.reload_now(seconds)
        if not failure:
            self.quarantine({})
            self._on_lifted()
        return failure

    def _on_reload(self) -> None:
        tuning.forget_garbage()
        if self.metrics:
            self.metrics.reloads.inc()
            self.metrics.set_catalogue(self.catalogue())


def stop_on_signals(stop: asyncio.Event, again: Callable[[], None]) -> None:
    """Makes SIGINT and SIGTERM set ``stop``; if it is already set, they call ``again``."""

    def on_signal() -> None:
        if stop.is_set():
            again()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


def ignore_hangup(settings: Settings) -> None:
    """Keeps SIGHUP from ending the process, until ``ReloadLoop`` handles it."""
    signal.signal(signal.SIGHUP, lambda *_: log_ignored_hangup(settings))


def log_ignored_hangup(settings: Settings) -> None:
    """Logs why SIGHUP reloads nothing."""
    reason = "they are still being loaded" if settings.criteria else "none come from a directory (--criteria)"
    logging.getLogger("scorer.criteria").info("SIGHUP: criteria sets are not loaded again: %s", reason)
