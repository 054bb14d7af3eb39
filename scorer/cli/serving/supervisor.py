"""The supervisor of ``scorer serve --workers``: starts workers that share a port, and replaces those that fail."""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import typer

from scorer.cli.output import UserError, print_error, print_note
from scorer.cli.serving.plugin_crashes import PluginCrashes
from scorer.cli.serving.service import log_ignored_hangup
from scorer.cli.serving.worker_process import Report, Worker
from scorer.service.call.metrics import WorkersMetrics
from scorer.service.runtime.settings import Settings

MIN_BACK_OFF_SECONDS = 0.2
"""Seconds until a worker that has ended is replaced. Each time that its successor fails soon, the time doubles."""

MAX_BACK_OFF_SECONDS = 30.0
"""Maximum time until a worker that has ended is replaced."""

KILL_SECONDS = 5.0
"""Time after the end of the grace period when a worker that has not ended is killed."""

REPORT_SECONDS = 5.0
"""A worker without a heartbeat for this time is reported. After the setting ``unresponsive_seconds``, it is killed."""

MAX_SLEEP_SECONDS = 0.5
"""Maximum time in seconds that the main thread sleeps. The kernel may deliver a signal to any thread, but Python runs
the handler only when the main thread runs."""

log = logging.getLogger("scorer.workers")


@dataclass(eq=False)
class _Vacancy:
    """A worker that has ended and is to be replaced."""

    end: str
    """How the worker ended, as text."""
    back_off: float
    """Seconds until its successor starts."""
    due: float = field(init=False)
    """When its successor starts, in seconds of ``time.monotonic()``."""

    def __post_init__(self) -> None:
        self.due = time.monotonic() + self.back_off


class Supervisor:
    """Runs workers until SIGINT or SIGTERM comes. A worker that dies or hangs is replaced.

    Args:
        settings: the settings of the service. The caller has reserved the address, see ``HeldPort``.
        metrics: counts the workers; None: they are not counted.
    """

    def __init__(self, settings: Settings, metrics: WorkersMetrics | None) -> None:
        self._settings, self._count, self._metrics = settings, settings.workers, metrics
        self._events: SimpleQueue[Report | signal.Signals | None] = SimpleQueue()
        """Reports of workers, signals to forward to the workers, and None for a signal to stop."""
        self._running: set[Worker] = set()
        self._vacancies: list[_Vacancy] = []
        self._crashes = PluginCrashes()
        self._announced = self._stopping = False
        self._last_check = time.monotonic()

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT. A second signal kills all processes at once, and the exit code is 1.

        Raises:
            UserError: workers cannot serve with these settings.
            typer.Exit: a worker died before it served, or failed to stop properly.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGHUP, lambda *_: self._events.put(signal.SIGHUP))
        try:
            for n in range(self._count):
                self._start(MIN_BACK_OFF_SECONDS, quiet=n > 0)
            self._watch()
        finally:
            clean = self._stop()
        if not clean:
            raise typer.Exit(1)

    def _on_signal(self, *_: object) -> None:
        if self._stopping:  # this is the second signal
            for worker in tuple(self._running):
                worker.process.kill()
            if self._metrics:
                self._metrics.close()
            os._exit(1)
        self._stopping = True
        self._events.put(None)

    def _start(self, back_off: float, *, quiet: bool = False) -> Worker:
        """Starts a worker.

        Raises:
            UserError: the system cannot create the process.
        """
        worker = Worker.start(self._settings, back_off, self._events.put, quiet=quiet)
        if self._crashes.quarantined:
            worker.send(crashed=self._crashes.quarantined)
        self._running.add(worker)
        return worker

    def _watch(self) -> None:
        """Handles events and replaces workers until a signal to stop comes.

        Raises:
            UserError, typer.Exit: workers cannot serve.
        """
        while not self._stopping:
            self._check_heartbeats()
            dues = [vacancy.due - time.monotonic() for vacancy in self._vacancies]
            try:
                report = self._events.get(timeout=max(min([MAX_SLEEP_SECONDS, *dues]), 0))
            except Empty:
                self._start_due()
                continue
            if report is None:
                return
            if isinstance(report, signal.Signals):
                self._forward(report)
            elif report.message:
                self._handle(report.worker, report.message)
            else:
                self._running.remove(report.worker)
                report.worker.clean_up()
                self._count_workers(ended=report.worker)
                self._blame_plugins(report.worker)
                self._replace(report.worker)

    def _check_heartbeats(self) -> None:
        """Reports workers without heartbeats, and later kills them: they still get connections, but answer none."""
        now, limit = time.monotonic(), self._settings.unresponsive_seconds
        passed = min(
            now - self._last_check, 2 * MAX_SLEEP_SECONDS
        )  # limited, because this process itself may have been suspended
        self._last_check = now
        for worker in self._running:
            if worker.heard:
                worker.heard, worker.silent = False, 0.0
            elif worker.silent is None:
                continue
            else:
                worker.silent += passed
            if worker.unresponsive and not worker.silent:
                log.warning("%s responds again", worker)
                worker.unresponsive = False
            elif not worker.unresponsive and worker.silent >= min(REPORT_SECONDS, limit / 2):
                log.warning("%s does not respond; it is replaced after %g s without a heartbeat", worker, limit)
                worker.unresponsive = True
            if worker.silent >= limit:
                log.error("%s has not responded for %d s and is killed", worker, worker.silent)
                worker.process.kill()
                worker.silent = None
        if self._metrics:
            self._metrics.unresponsive.set(sum(worker.unresponsive for worker in self._running))

    def _blame_plugins(self, worker: Worker) -> None:
        """Counts the death of a worker for the plugins that were scoring. Quarantines those with too many crashes."""
        if plugins := self._crashes.blame(worker.death):
            for plugin in plugins:
                log.error("%s is quarantined: %s", plugin, self._crashes.quarantined[plugin])
            self._send_quarantined()

    def _lift_quarantine(self) -> None:
        if self._crashes.quarantined:
            log.info("plugins that crashed score again: %s", ", ".join(self._crashes.quarantined))
        self._crashes.forget()
        self._send_quarantined()

    def _send_quarantined(self) -> None:
        for worker in self._running:
            worker.send(crashed=self._crashes.quarantined)

    def _forward(self, number: signal.Signals) -> None:
        """Forwards SIGHUP to the workers that serve. Workers that are still loading read the current files anyway."""
        self._lift_quarantine()
        if not self._settings.criteria:
            log_ignored_hangup(self._settings)
            return
        for worker in self._running:
            if worker.serves:
                worker.process.send_signal(number)

    def _handle(self, worker: Worker, message: dict[str, str]) -> None:
        """Handles a message of a worker."""
        if "mistake" in message:
            worker.mistake = message["mistake"]
            return
        if "lifted" in message:
            self._lift_quarantine()
            return
        worker.serving_since = time.monotonic()
        self._count_workers()
        if not self._announced and sum(other.serves for other in self._running) == self._count:
            self._announced = True
            print_note(f"serving {message['sets']} on {self._settings.address} with {self._count} workers")

    def _count_workers(self, ended: Worker | None = None) -> None:
        if self._metrics:
            self._metrics.workers.set(sum(worker.serves for worker in self._running))
            if ended:
                self._metrics.forget_worker(ended.process.pid)

    def _replace(self, worker: Worker) -> None:
        """Schedules the replacement of a worker that has ended.

        Raises:
            UserError, typer.Exit: the worker never served, and not all workers have served before. Its successor would
                probably fail too.
        """
        if not worker.serves and not self._announced:
            if worker.mistake:
                raise UserError(worker.mistake)
            print_error(f"{worker.end} before it served")
            raise typer.Exit(1)
        if worker.mistake:
            log.error("%s cannot serve: %s", worker, worker.mistake)
        self._vacancies.append(_Vacancy(worker.end, MIN_BACK_OFF_SECONDS if worker.lasted else worker.back_off))

    def _start_due(self) -> None:
        """Starts the successors that are due."""
        for vacancy in [vacancy for vacancy in self._vacancies if vacancy.due <= time.monotonic()]:
            self._vacancies.remove(vacancy)
            back_off = min(2 * vacancy.back_off, MAX_BACK_OFF_SECONDS)
            try:
                worker = self._start(back_off)
            except UserError as mistake:
                log.error("%s; %s", vacancy.end, mistake)
                self._vacancies.append(_Vacancy(vacancy.end, back_off))
            else:
                log.warning("%s; %s takes its place", vacancy.end, worker)

    def _stop(self) -> bool:
        """Stops the workers and waits until they have ended. Returns whether all that served ended with code 0."""
        self._stopping, clean = True, True
        for worker in self._running:
            assert worker.process.stdin is not None
            worker.process.stdin.close()
        deadline = time.monotonic() + self._settings.grace + KILL_SECONDS
        while self._running:
            remaining = deadline - time.monotonic()
            try:
                report = self._events.get(timeout=max(min(MAX_SLEEP_SECONDS, remaining), 0))
            except Empty:
                if remaining > MAX_SLEEP_SECONDS:
                    continue
                for worker in self._running:
                    log.error("%s does not end and is killed", worker)
                    worker.process.kill()
                deadline += KILL_SECONDS
                continue
            if not isinstance(report, Report) or report.message:
                continue
            self._running.remove(report.worker)
            report.worker.clean_up()
            if report.worker.serves and report.worker.process.returncode:
                log.error("%s", report.worker.end)
                clean = False
        return clean
