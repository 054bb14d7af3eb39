"""The workers of ``scorer serve``: processes that share a port, and the parent that watches over them."""

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
from scorer.plugins.journal import Death, PluginJournal
from scorer.service.call.metrics import WorkersMetrics
from scorer.service.runtime.settings import Settings

COMMAND = (sys.executable, "-P", "-m", "scorer.cli.serving.worker")
"""One worker; its file says how it talks with its parent."""

BACK_OFF = 0.2
"""Seconds until a worker is replaced; twice as many each time that it did not last."""

MOST_BACK_OFF = 30.0
"""Seconds."""

STEADY = 10.0
"""Seconds of serving after which a worker has lasted."""

LATE = 5.0
"""Seconds beyond the grace after which a worker that was told to end is killed."""

UNRESPONSIVE = 5.0
"""Seconds without a heartbeat after which a worker is reported; it is replaced after those of the settings."""

LAST_WORDS = 1.0
"""Seconds within which the last lines of a worker that has ended are read."""

HEED = 0.5
"""Seconds that the main thread sleeps at most. The kernel may give a signal to any thread, and Python heeds it when the
main thread runs again."""

log = logging.getLogger("scorer.workers")


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[str]
    journal: PluginJournal
    back_off: float
    """Seconds until its successor starts, should it not last."""
    serving_since: float | None = None
    mistake: str = ""
    """Why it cannot serve."""
    heard: bool = False
    """Whether its heartbeat has come since the last look."""
    silent: float | None = None
    """Seconds without a heartbeat; None before the first one."""
    unresponsive: bool = False
    """Whether that has been reported."""
    death: Death = field(default_factory=Death)
    """What it was doing when it died; nothing while it lives."""

    def __str__(self) -> str:
        return f"worker {self.process.pid}"

    @property
    def serves(self) -> bool:
        return self.serving_since is not None

    @property
    def lasted(self) -> bool:
        return self.serving_since is not None and time.monotonic() - self.serving_since >= STEADY

    @property
    def end(self) -> str:
        """How it ended, and what it was doing."""
        code = self.process.returncode
        scored = f" while {' or '.join(self.death.plugins)} scored" if self.death.plugins else ""
        where = f" ({self.death.where})" if self.death.where else ""
        return f"{self} {f'died of signal {-code}' if code < 0 else f'ended with code {code}'}{scored}{where}"

    def send(self, **told: object) -> None:
        """Tells it something, if it still listens."""
        assert self.process.stdin is not None
        with suppress(OSError):
            os.write(self.process.stdin.fileno(), json.dumps(told).encode() + b"\n")

    def bury(self) -> None:
        """It has ended: notes what it was doing, and closes what it leaves."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.death = self.journal.read_death()
        self.journal.close()


@dataclass(eq=False)
class _Vacancy:
    """The place of a worker that ended."""

    end: str
    back_off: float
    """Seconds until it is filled."""
    due: float = field(init=False)

    def __post_init__(self) -> None:
        self.due = time.monotonic() + self.back_off


@dataclass(frozen=True)
class _Report:
    """What a worker says; nothing when it has ended."""

    worker: _Worker
    said: dict[str, str]


class Supervisor:
    """Workers that serve on an address until a signal comes.

    Args:
        settings: their address is held by the caller; a worker that dies is replaced.
        metrics: hears of workers that start and end, if they are counted.
    """

    def __init__(self, settings: Settings, metrics: WorkersMetrics | None) -> None:
        self._settings, self._count, self._metrics = settings, settings.workers, metrics
        self._events: SimpleQueue[_Report | signal.Signals | None] = SimpleQueue()
        """What workers say, signals to be passed on; None for one to end."""
        self._running: set[_Worker] = set()
        self._vacancies: list[_Vacancy] = []
        self._crashes = PluginCrashes()
        self._announced = self._stopping = False
        self._looked = time.monotonic()

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT; a second one ends the process at once, with code 1.

        Raises:
            UserError: workers cannot serve here.
            typer.Exit: a worker died before it served or while it was stopped.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGHUP, lambda *_: self._events.put(signal.SIGHUP))
        try:
            for n in range(self._count):
                self._start(BACK_OFF, quiet=n > 0)
            self._watch()
        finally:
            clean = self._stop()
        if not clean:
            raise typer.Exit(1)

    def _on_signal(self, *_: object) -> None:
        if self._stopping:  # asked twice: at once
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
            UserError: this machine has no room for it.
        """
        pipe = subprocess.PIPE
        try:
            journal = PluginJournal.create()
            memory = journal.descriptor
            command = [*COMMAND, self._settings.model_dump_json(), str(memory), *(["--quiet"] if quiet else [])]
            # In a group of its own, where Ctrl-C does not reach it: while it loads, that would kill it.
            process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, encoding="utf-8", process_group=0, pass_fds=[memory]
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
        """Notes what a worker says until it ends; processes that its plugins leave behind may keep its pipe open."""
        reader = Thread(target=self._read, args=(worker,), daemon=True)
        reader.start()
        worker.process.wait()
        reader.join(LAST_WORDS)
        self._events.put(_Report(worker, {}))

    def _read(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        with worker.process.stdout as lines:
            for line in lines:
                worker.heard = True
                if said := json.loads(line):
                    self._events.put(_Report(worker, said))

    def _watch(self) -> None:
        """Keeps the places filled until a signal comes.

        Raises:
            UserError, typer.Exit: workers cannot serve.
        """
        while not self._stopping:
            self._check_heartbeats()
            dues = [vacancy.due - time.monotonic() for vacancy in self._vacancies]
            try:
                report = self._events.get(timeout=max(min([HEED, *dues]), 0))
            except Empty:
                self._fill()
                continue
            if report is None:
                return
            if isinstance(report, signal.Signals):
                self._pass_on(report)
            elif report.said:
                self._note(report.worker, report.said)
            else:
                self._running.remove(report.worker)
                report.worker.bury()
                self._count_workers(gone=report.worker)
                self._blame_plugins(report.worker)
                self._replace(report.worker)

    def _check_heartbeats(self) -> None:
        """Reports workers that are silent, and kills those that are for too long: they still get new connections."""
        now, limit = time.monotonic(), self._settings.unresponsive_seconds
        passed = min(now - self._looked, 2 * HEED)  # while this process is stopped, it hears nothing of any worker
        self._looked = now
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
            elif not worker.unresponsive and worker.silent >= min(UNRESPONSIVE, limit / 2):
                log.warning("%s does not respond; it is replaced after %g s without a heartbeat", worker, limit)
                worker.unresponsive = True
            if worker.silent >= limit:
                log.error("%s has not responded for %d s and is killed", worker, worker.silent)
                worker.process.kill()
                worker.silent = None
        if self._metrics:
            self._metrics.unresponsive.set(sum(worker.unresponsive for worker in self._running))

    def _blame_plugins(self, worker: _Worker) -> None:
        """Quarantines the plugins that have ended too many workers."""
        if found := self._crashes.blame(worker.death):
            for plugin in found:
                log.error("%s is quarantined: %s", plugin, self._crashes.quarantined[plugin])
            self._tell_crashed()

    def _lift_quarantine(self) -> None:
        if self._crashes.quarantined:
            log.info("plugins that crashed score again: %s", ", ".join(self._crashes.quarantined))
        self._crashes.forget()
        self._tell_crashed()

    def _tell_crashed(self) -> None:
        for worker in self._running:
            worker.send(crashed=self._crashes.quarantined)

    def _pass_on(self, number: signal.Signals) -> None:
        self._lift_quarantine()
        for worker in self._running:
            if self._settings.criteria and worker.serves:  # others see by themselves what changes while they load
                worker.process.send_signal(number)

    def _note(self, worker: _Worker, said: dict[str, str]) -> None:
        if "mistake" in said:
            worker.mistake = said["mistake"]
            return
        if "lifted" in said:
            self._lift_quarantine()
            return
        worker.serving_since = time.monotonic()
        self._count_workers()
        if not self._announced and sum(other.serves for other in self._running) == self._count:
            self._announced = True
            print_note(f"serving {said['sets']} on {self._settings.address} with {self._count} workers")

    def _count_workers(self, gone: _Worker | None = None) -> None:
        if self._metrics:
            self._metrics.workers.set(sum(worker.serves for worker in self._running))
            if gone:
                self._metrics.forget_worker(gone.process.pid)

    def _replace(self, worker: _Worker) -> None:
        if not worker.serves and not (self._announced and any(other.serves for other in self._running)):
            if worker.mistake:
                raise UserError(worker.mistake)
            print_error(f"{worker.end} before it served")
            raise typer.Exit(1)
        if worker.mistake:
            log.error("%s cannot serve: %s", worker, worker.mistake)
        self._vacancies.append(_Vacancy(worker.end, BACK_OFF if worker.lasted else worker.back_off))

    def _fill(self) -> None:
        for vacancy in [vacancy for vacancy in self._vacancies if vacancy.due <= time.monotonic()]:
            self._vacancies.remove(vacancy)
            back_off = min(2 * vacancy.back_off, MOST_BACK_OFF)
            try:
                worker = self._start(back_off)
            except UserError as mistake:
                log.error("%s; %s", vacancy.end, mistake)
                self._vacancies.append(_Vacancy(vacancy.end, back_off))
            else:
                log.warning("%s; %s takes its place", vacancy.end, worker)

    def _stop(self) -> bool:
        """Tells the workers to end and waits for them; gives whether all that served ended well."""
        self._stopping, clean = True, True
        for worker in self._running:
            assert worker.process.stdin is not None
            worker.process.stdin.close()
        ends = time.monotonic() + self._settings.grace + LATE
        while self._running:
            left = ends - time.monotonic()
            try:
                report = self._events.get(timeout=max(min(HEED, left), 0))
            except Empty:
                if left > HEED:
                    continue
                for worker in self._running:
                    log.error("%s does not end and is killed", worker)
                    worker.process.kill()
                ends += LATE
                continue
            if not isinstance(report, _Report) or report.said:
                continue
            self._running.remove(report.worker)
            report.worker.bury()
            if report.worker.serves and report.worker.process.returncode:
                log.error("%s", report.worker.end)
                clean = False
        return clean
