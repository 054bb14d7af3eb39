"""Reloads the criteria sets of a directory while a server runs: when a file changes, and at once on SIGHUP."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread

from scorer.catalogue.live import LiveCatalogue, ReloadReport, changed_files

READ_SECONDS = 0.5
"""Interval at which the directory is read. A change is loaded when two reads in a row give the same result,
because then no file is being written. Polling works on every file system, while the kernel does not report changes that
another machine makes to a network file system."""

MAX_CHANGING_SECONDS = 5.0
"""If a file keeps changing for this time, the other files are loaded without it."""

log = logging.getLogger("scorer.criteria")


@dataclass(eq=False)
class _ReloadRequest:
    """A request to reload the directory at once, from a signal or a call."""

    done: Event = field(default_factory=Event)
    failure: str = ""
    """Why the directory could not be loaded; "" if it was loaded."""


class ReloadLoop:
    """Watches the directory of a live catalogue in a thread, and reloads the catalogue.

    Args:
        live: the catalogue. Only this loop may reload it.
        on_reload: called after each reload.
    """

    def __init__(self, live: LiveCatalogue, on_reload: Callable[[], None]) -> None:
        self._live, self._on_reload = live, on_reload
        self._requests: SimpleQueue[_ReloadRequest] = SimpleQueue()
        """A SimpleQueue, because its ``put`` can safely be called by a signal handler."""
        self._read_error = ""
        """Why the last attempt to read the directory failed; "" if it succeeded."""

    def start(self) -> None:
        """Starts the thread. Must be called in the main thread, because no other thread can set signal handlers."""
        signal.signal(signal.SIGHUP, lambda *_: self._requests.put(_ReloadRequest()))
        Thread(target=self._run, name="criteria", daemon=True).start()

    def reload_now(self, timeout: float) -> str:
        """Reloads the directory at once, and waits for the result for at most ``timeout`` seconds.

        Returns:
            Why the directory could not be loaded; "" if it was loaded.
        """
        request = _ReloadRequest()
        self._requests.put(request)
        return request.failure if request.done.wait(timeout) else "loading takes longer than the call's deadline allows"

    def _run(self) -> None:
        previous, last_quiet, warned = self._live.stamps, time.monotonic(), False
        while True:
            requests = self._wait()
            requested, failure = bool(requests), ""
            try:
                stamps = self._live.directory.stamps()
                if self._read_error:
                    log.info("criteria sets: the directory %s can be read again", self._live.directory.path)
                    self._read_error = ""
                changing = changed_files(previous, stamps)
                previous = stamps
                if not changing:
                    last_quiet, warned = time.monotonic(), False
                overdue = time.monotonic() - last_quiet > MAX_CHANGING_SECONDS
                if overdue and not warned:
                    names, warned = ", ".join(sorted(changing)), True
                    log.warning("criteria sets: %s changes all the time; it is loaded when it stops changing", names)
                if requested or overdue or not changing:
                    report = self._live.reload(force=requested, skip=() if requested else changing)
                    if report is not None:
                        self._on_reload()
                        self._log(report)
            except OSError as error:
                failure = f"{self._live.directory.path} cannot be read: {error.strerror or error}"
                if requested or failure != self._read_error:
                    log.error("criteria sets: %s; the previous sets stay in use", failure)
                self._read_error = failure
            except Exception:  # such as an error of a plugin; the thread must not end
                failure = "loading failed; see the log"
                log.exception(
                    "criteria sets: %s could not be loaded; the previous sets stay in use", self._live.directory.path
                )
            for request in requests:
                request.failure = failure
                request.done.set()

    def _wait(self) -> list[_ReloadRequest]:
        """Waits for a request, or for ``READ_SECONDS``. Returns all requests that have come."""
        try:
            requests = [self._requests.get(timeout=READ_SECONDS)]
        except Empty:
            return []
        while not self._requests.empty():
            requests.append(self._requests.get())
        return requests

    def _log(self, report: ReloadReport) -> None:
        for problem in report.problems():
            log.error("%s", problem)
        for warning in report.warnings():
            log.warning("%s", warning)
        changes = "; ".join(report.changes()) or "nothing has changed in them"
        log.info("criteria sets: %s loaded in %.2f s: %s", self._live.directory.path, report.seconds, changes)
