"""The workers of ``scorer serve``: processes that share a port, and the parent that watches over them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

import typer

from scorer.cli.output import UserError, print_error, print_note
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

HEED = 0.5
"""Seconds that the main thread sleeps at most. The kernel may give a signal to any thread, and Python heeds it when the
main thread runs again."""

log = logging.getLogger("scorer.workers")


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[str]
    back_off: float
    """Seconds until its successor starts, should it not last."""
    serving_since: float | None = None
    mistake: str = ""
    """Why it cannot serve."""

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
        """How it ended."""
        code = self.process.returncode
        return f"{self} died of signal {-code}" if code < 0 else f"{self} ended with code {code}"


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
    """What a worker says; an empty line when it has ended."""

    worker: _Worker
    line: str


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
        self._announced = self._stopping = False

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT; a second one ends the process at once, with code 1.

        Raises:
            UserError: workers cannot serve here.
            typer.Exit: a worker died before it served or while it was stopped.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if self._settings.criteria:
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
        command = [*COMMAND, self._settings.model_dump_json(), *(["--quiet"] if quiet else [])]
        pipe = subprocess.PIPE
        try:
            # In a group of its own, where Ctrl-C does not reach it: while it loads, that would kill it.
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8", process_group=0)
        except OSError as error:
            raise UserError(f"cannot start a worker: {error.strerror}") from error
        worker = _Worker(process, back_off)
        self._running.add(worker)
        Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        with worker.process as process:
            assert process.stdout is not None
            if line := process.stdout.readline():
                self._events.put(_Report(worker, line))
            process.wait()
        self._events.put(_Report(worker, ""))

    def _watch(self) -> None:
        """Keeps the places filled until a signal comes.

        Raises:
            UserError, typer.Exit: workers cannot serve.
        """
        while not self._stopping:
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
            elif report.line:
                self._note(report.worker, json.loads(report.line))
            else:
                self._running.remove(report.worker)
                self._count_workers(gone=report.worker)
                self._replace(report.worker)

    def _pass_on(self, number: signal.Signals) -> None:
        for worker in self._running:
            if worker.serves:  # one that does not yet would die of it; it sees by itself what changes while it loads
                worker.process.send_signal(number)

    def _note(self, worker: _Worker, said: dict[str, str]) -> None:
        if "mistake" in said:
            worker.mistake = said["mistake"]
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
                self._metrics.gone(gone.process.pid)

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
            if not isinstance(report, _Report) or report.line:
                continue
            self._running.remove(report.worker)
            if report.worker.serves and report.worker.process.returncode:
                log.error("%s", report.worker.end)
                clean = False
        return clean
