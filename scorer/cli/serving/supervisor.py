"""The supervisor of ``scorer serve --workers``: starts workers that share a port, and replaces those that fail."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

import typer

from scorer.cli.output import UserError, print_error, print_note
from scorer.cli.serving.plugin_crashes import PluginCrashes
from scorer.cli.serving.service import log_ignored_hangup
from scorer.model.child_processes import child_environment
from scorer.plugins.journal import Death, PluginJournal
from scorer.service.call.metrics import WorkersMetrics
from scorer.service.runtime.settings import Settings

COMMAND = (sys.executable, "-P", "-m", "scorer.cli.serving.worker")
"""Starts a worker. The docstring of its module describes the messages."""

MIN_BACK_OFF = 0.2
"""Seconds until a worker is replaced. The time doubles each time that its successor fails soon."""

MAX_BACK_OFF = 30.0
"""Maximum time in seconds until a worker is replaced."""

STEADY_SECONDS = 10.0
"""A worker that has served for this time did not fail soon."""

KILL_DELAY = 5.0
"""Seconds after the end of the grace period when a worker that has not ended is killed."""

REPORT_SECONDS = 5.0
"""A worker without a heartbeat for this time is reported. It is replaced after the time in the settings."""

DRAIN_SECONDS = 1.0
"""Maximum time to read the last lines of a worker that has ended."""

MAX_SLEEP = 0.5
"""Maximum time in seconds that the main thread sleeps. The kernel may deliver a signal to any thread, but Python runs
the handler only when the main thread runs."""

log = logging.getLogger("scorer.workers")


@dataclass(eq=False)
class _Worker:
    """One worker process."""

    process: subprocess.Popen[str]
    journal: PluginJournal
    back_off: float
    """Seconds until the worker's successor starts, if the worker fails soon."""
    serving_since: float | None = None
    """Time of the monotonic clock; None until it serves."""
    mistake: str = ""
    """Why the worker cannot serve; empty if it can."""
    heard: bool = False
    """Whether it has sent a line since the last check."""
    silent: float | None = None
    """Seconds without a heartbeat; None before the first heartbeat."""
    unresponsive: bool = False
    """Whether it was reported as unresponsive."""
    death: Death = field(default_factory=Death)
    """What plugins did when the worker died; empty while it runs."""

    def __str__(self) -> str:
        return f"worker {self.process.pid}"

    @property
    def serves(self) -> bool:
        return self.serving_since is not None

    @property
    def lasted(self) -> bool:
        return self.serving_since is not None and time.monotonic() - self.serving_since >= STEADY_SECONDS

    @property
    def end(self) -> str:
        """How the worker ended and which plugins were scoring, for people."""
        code = self.process.returncode
        scored = f" while {' or '.join(self.death.plugins)} scored" if self.death.plugins else ""
        where = f" ({self.death.where})" if self.death.where else ""
        return f"{self} {f'died of signal {-code}' if code < 0 else f'ended with code {code}'}{scored}{where}"

    def send(self, **message: object) -> None:
        """Sends the worker a message, unless it has closed its input."""
        assert self.process.stdin is not None
        with suppress(OSError):
            os.write(self.process.stdin.fileno(), json.dumps(message).encode() + b"\n")

    def clean_up(self) -> None:
        """Reads and closes the journal, after the process has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.death = self.journal.read_death()
        self.journal.close()


@dataclass(eq=False)
class _Vacancy:
    """A worker that has ended and is to be replaced."""

    end: str
    """How the worker ended, for people."""
    back_off: float
    """Seconds until its successor starts."""
    due: float = field(init=False)
    """Time of the monotonic clock when its successor starts."""

    def __post_init__(self) -> None:
        self.due = time.monotonic() + self.back_off


@dataclass(frozen=True)
class _Report:
    """A message from a worker; an empty message means that the worker has ended."""

    worker: _Worker
    message: dict[str, str]


class Supervisor:
    """Runs workers until a signal comes. A worker that dies or hangs is replaced.

    Args:
        settings: the settings of the service. The caller holds their address, see ``HeldPort``.
        metrics: counts the workers; None: they are not counted.
    """

    def __init__(self, settings: Settings, metrics: WorkersMetrics | None) -> None:
        self._settings, self._count, self._metrics = settings, settings.workers, metrics
        self._events: SimpleQueue[_Report | signal.Signals | None] = SimpleQueue()
        """Reports of workers, signals for the workers, and None for a signal to stop."""
        self._running: set[_Worker] = set()
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
                self._start(MIN_BACK_OFF, quiet=n > 0)
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

    def _start(self, back_off: float, *, quiet: bool = False) -> _Worker:
        """Starts a worker.

        Raises:
            UserError: the system cannot create the process.
        """
        pipe = subprocess.PIPE
        try:
            journal = PluginJournal.create()
            memory = journal.descriptor
            command = [*COMMAND, self._settings.model_dump_json(), str(memory), *(["--quiet"] if quiet else [])]
            # The worker has its own process group, so that Ctrl-C does not reach and kill it while it loads.
            process = subprocess.Popen(
                command,
                stdin=pipe,
                stdout=pipe,
                encoding="utf-8",
                env=child_environment(),
                process_group=0,
                pass_fds=[memory],
            )
        except OSError as error:
            raise UserError(f"cannot start a worker: {error.strerror}") from error
        worker = _Worker(process, journal, back_off)
        if self._crashes.quarantined:
            worker.send(crashed=self._crashes.quarantined)
        self._running.add(worker)
        Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        """Queues the messages of a worker until it ends, and then its end.

        It does not wait for the end of the pipe, because processes that plugins have started may keep the pipe open.
        """
        reader = Thread(target=self._read, args=(worker,), daemon=True)
        reader.start()
        worker.process.wait()
        reader.join(DRAIN_SECONDS)
        self._events.put(_Report(worker, {}))

    def _read(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        with worker.process.stdout as lines:
            for line in lines:
                worker.heard = True
                if message := json.loads(line):
                    self._events.put(_Report(worker, message))

    def _watch(self) -> None:
        """Handles events and replaces workers until a signal to stop comes.

        Raises:
            UserError, typer.Exit: workers cannot serve.
        """
        while not self._stopping:
            self._check_heartbeats()
            dues = [vacancy.due - time.monotonic() for vacancy in self._vacancies]
            try:
                report = self._events.get(timeout=max(min([MAX_SLEEP, *dues]), 0))
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
        """Reports workers without heartbeats, and kills them after some time, because they still get connections."""
        now, limit = time.monotonic(), self._settings.unresponsive_seconds
        passed = min(now - self._last_check, 2 * MAX_SLEEP)  # limited, as this process itself may have been suspended
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

    def _blame_plugins(self, worker: _Worker) -> None:
        """Counts a worker's death, and quarantines plugins with too many crashes."""
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
        """Forwards SIGHUP to the workers that serve. Workers that still load will notice changes themselves."""
        self._lift_quarantine()
        if not self._settings.criteria:
            log_ignored_hangup(self._settings)
            return
        for worker in self._running:
            if worker.serves:
                worker.process.send_signal(number)

    def _handle(self, worker: _Worker, message: dict[str, str]) -> None:
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

    def _count_workers(self, ended: _Worker | None = None) -> None:
        if self._metrics:
            self._metrics.workers.set(sum(worker.serves for worker in self._running))
            if ended:
                self._metrics.forget_worker(ended.process.pid)

    def _replace(self, worker: _Worker) -> None:
        """Schedules the replacement of a worker that has ended.

        Raises:
            UserError, typer.Exit: no worker has served yet, so that the next one would fail too.
        """
        if not worker.serves and not (self._announced and any(other.serves for other in self._running)):
            if worker.mistake:
                raise UserError(worker.mistake)
            print_error(f"{worker.end} before it served")
            raise typer.Exit(1)
        if worker.mistake:
            log.error("%s cannot serve: %s", worker, worker.mistake)
        self._vacancies.append(_Vacancy(worker.end, MIN_BACK_OFF if worker.lasted else worker.back_off))

    def _start_due(self) -> None:
        """Starts the successors that are due."""
        for vacancy in [vacancy for vacancy in self._vacancies if vacancy.due <= time.monotonic()]:
            self._vacancies.remove(vacancy)
            back_off = min(2 * vacancy.back_off, MAX_BACK_OFF)
            try:
                worker = self._start(back_off)
            except UserError as mistake:
                log.error("%s; %s", vacancy.end, mistake)
                self._vacancies.append(_Vacancy(vacancy.end, back_off))
            else:
                log.warning("%s; %s takes its place", vacancy.end, worker)

    def _stop(self) -> bool:
        """Stops the workers and waits for them. Returns whether all workers that served have ended properly."""
        self._stopping, clean = True, True
        for worker in self._running:
            assert worker.process.stdin is not None
            worker.process.stdin.close()
        deadline = time.monotonic() + self._settings.grace + KILL_DELAY
        while self._running:
            remaining = deadline - time.monotonic()
            try:
                report = self._events.get(timeout=max(min(MAX_SLEEP, remaining), 0))
            except Empty:
                if remaining > MAX_SLEEP:
                    continue
                for worker in self._running:
                    log.error("%s does not end and is killed", worker)
                    worker.process.kill()
                deadline += KILL_DELAY
                continue
            if not isinstance(report, _Report) or report.message:
                continue
            self._running.remove(report.worker)
            report.worker.clean_up()
            if report.worker.serves and report.worker.process.returncode:
                log.error("%s", report.worker.end)
                clean = False
        return clean
