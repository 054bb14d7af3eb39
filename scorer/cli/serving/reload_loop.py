"""Loads the criteria sets of a directory anew while a server runs: when it changes, and at once when SIGHUP comes."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread

from scorer.catalogue.catalogue import Catalogue
from scorer.catalogue.live import LiveCatalogue, ReloadReport, changed_files

INTERVAL = 0.5
"""Seconds between two looks at the directory. A change counts once two of them in a row have seen the same: then
nobody is writing any more. Looking works on every file system; of changes that another machine makes to a network file
system, the kernel would not tell."""

PATIENCE = 5.0
"""Seconds that a file may change without a pause before all others are loaded without it."""

log = logging.getLogger("scorer.criteria")


@dataclass(eq=False)
class _Wish:
    """Somebody wants the directory to be looked at now."""

    done: Event = field(default_factory=Event)
    why_not: str = ""
    """Why the sets stayed as they were; empty when they did not."""


class ReloadLoop:
    """Watches the directory of a living catalogue.

    Args:
        living: loaded anew by this alone.
        renewed: hears of each new catalogue.
    """

    def __init__(self, living: LiveCatalogue, renewed: Callable[[Catalogue], None]) -> None:
        self._living, self._renewed = living, renewed
        self._wishes: SimpleQueue[_Wish] = SimpleQueue()
        """Such a queue takes them from a signal even while it takes another one."""
        self._away = ""
        """Why the directory could not be read; empty when it could."""

    def start(self) -> None:
        """Watches from now on; to be called by the main thread, which alone can be told of signals."""
        signal.signal(signal.SIGHUP, lambda *_: self._wishes.put(_Wish()))
        Thread(target=self._run, name="criteria", daemon=True).start()

    def reload_now(self, patience: float) -> str:
        """Looks at the directory at once and waits for what comes of it, at most ``patience`` seconds.

        Returns:
            Why the sets stayed as they were; empty when they are those of the directory.
        """
        wish = _Wish()
        self._wishes.put(wish)
        return wish.why_not if wish.done.wait(patience) else "loading takes longer than the call may"

    def _run(self) -> None:
        seen, still, told = self._living.stamps, time.monotonic(), False
        while True:
            wishes = self._wait()
            asked, why_not = bool(wishes), ""
            try:
                now = self._living.directory.stamps()
                if self._away:
                    log.info("criteria sets: %s can be read again", self._living.directory.path)
                    self._away = ""
                moving = changed_files(seen, now)
                seen = now
                if not moving:
                    still, told = time.monotonic(), False
                late = time.monotonic() - still > PATIENCE
                if late and not told:
                    names, told = ", ".join(sorted(moving)), True
                    log.warning("criteria sets: %s changes all the time; it is loaded after a pause", names)
                if asked or late or not moving:
                    renewal = self._living.reload(force=asked, skip=() if asked else moving)
                    if renewal is not None:
                        self._renewed(renewal.after)
                    self._tell(renewal)
            except OSError as error:
                why_not = f"{self._living.directory.path} cannot be read: {error.strerror or error}"
                self._miss(why_not, asked=asked)
            except Exception:  # such as a plugin's mistake: those who call must not suffer
                why_not = "loading failed; the log says how"
                log.exception("criteria sets: %s could not be loaded; those before stay", self._living.directory.path)
            for wish in wishes:
                wish.why_not = why_not
                wish.done.set()

    def _wait(self) -> list[_Wish]:
        """Until the next look; gives who asked for it."""
        try:
            wishes = [self._wishes.get(timeout=INTERVAL)]
        except Empty:
            return []
        while not self._wishes.empty():
            wishes.append(self._wishes.get())
        return wishes

    def _tell(self, renewal: ReloadReport | None) -> None:
        if renewal is None:
            return
        for problem in renewal.problems():
            log.error("%s", problem)
        for warning in renewal.warnings():
            log.warning("%s", warning)
        changes = "; ".join(renewal.changes()) or "nothing has changed in them"
        log.info("criteria sets: %s loaded in %.2f s: %s", self._living.directory.path, renewal.seconds, changes)

    def _miss(self, why: str, *, asked: bool) -> None:
        if asked or why != self._away:
            self._away = why
            log.error("criteria sets: %s; its sets stay as they are", why)
