"""A record of the plugins that score in a process, which its parent can read if the process dies. Linux only."""

from __future__ import annotations

import faulthandler
import itertools
import json
import mmap
import os
import re
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CALLS_BYTES = 2**14
"""Size of the first part of the memory, which records the calls. Python's crash report follows this part."""

MAX_RECORDED_CALLS = 64
"""Maximum number of calls in progress that are recorded; of more calls, the newest ones."""

MAX_DUMP_BYTES = 2**20
"""Maximum number of bytes that are read of Python's crash report."""


@dataclass(frozen=True)
class Death:
    """The plugins that were running in a process when it died."""

    plugins: tuple[str, ...] = ()
    """The plugins whose code was running in the thread that crashed; in any thread if that thread is not known."""
    where: str = ""
    """The plugin's line that was running in the thread that crashed, such as "wells.py, line 31"; empty if unknown."""
    after_call: bool = False
    """True if no plugin was scoring. Then ``plugins`` are those of the last call: something that they left running,
    such as a thread, may have ended the process."""


class PluginJournal:
    """Shared memory in which a process records the plugins that score in it. The parent process reads and closes it.

    Args:
        descriptor: file descriptor of the memory, which the process inherits from its parent.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, CALLS_BYTES)

    @classmethod
    def create(cls) -> Self:
        """Creates a journal.

        Raises:
            OSError: the memory cannot be allocated.
        """
        descriptor = os.memfd_create("scorer-plugins")
        try:
            os.ftruncate(descriptor, CALLS_BYTES)
            return cls(descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def note_crashes(self) -> None:
        """Lets Python write a crash report to the journal if this process crashes."""
        os.set_inheritable(self.descriptor, False)
        os.lseek(self.descriptor, CALLS_BYTES, os.SEEK_SET)
        faulthandler.enable(self.descriptor, all_threads=True)

    def write(self, calls: Sequence[tuple[int, Iterable[str]]], last: Iterable[str] = ()) -> None:
        """Records the calls of plugins.

        Args:
            calls: the calls in flight: the thread of each call, and the plugins whose code it runs.
            last: the plugins of the call that ended last.
        """
        # The oldest calls are left out until the record fits: an outdated record would blame the wrong plugin.
        for first in range(max(0, len(calls) - MAX_RECORDED_CALLS), len(calls) + 1):
            shown = [(thread, list(plugins)) for thread, plugins in calls[first:]]
            text = json.dumps({"calls": shown, "last": list(last)}).encode()
            if len(text) < CALLS_BYTES:
                self._memory[: len(text) + 1] = text + b"\0"
                return

    def read_death(self, *, by_signal: bool = True) -> Death:
        """Reads the journal of a process that has died.

        Args:
            by_signal: whether a signal ended the process. If none did, code in the process ended it.
        """
        dump = os.pread(self.descriptor, MAX_DUMP_BYTES, CALLS_BYTES).decode(errors="replace")
        crash = re.search(r"Current thread 0x(\w+) .*\n((?:  .*\n)*)", dump)
        try:
            recorded = json.loads(self._text())
            calls = [(int(thread), tuple(map(str, plugins))) for thread, plugins in recorded["calls"]]
            last = tuple(map(str, recorded["last"]))
        except (ValueError, TypeError):  # nothing was written, or the process died during a write
            calls, last = [], ()
        if last and not calls and not by_signal:
            return Death(last, after_call=True)
        if crash:
            calls = [call for call in calls if call[0] == int(crash[1], 16)]
        plugins = tuple(dict.fromkeys(plugin for _, plugins in calls for plugin in plugins))
        return Death(plugins, own_line(re.findall(r'  File "(.*)", line (\d+)', crash[2])) if crash else "")

    def close(self) -> None:
        """Frees the memory."""
        self._memory.close()
        os.close(self.descriptor)

    def _text(self) -> bytes:
        return self._memory[:].partition(b"\0")[0]


def own_line(frames: Sequence[tuple[str, str]]) -> str:
    """The line of a plugin that was running, in the outermost function of the plugin; empty if no plugin was running.

    If this function had called other code, the line is that of the call: the plugin's author must look there first.

    Args:
        frames: file and line of each frame, innermost first.
    """
    scorer_folder, library = str(Path(__file__).parents[1]), sysconfig.get_path("stdlib")
    called = list(itertools.takewhile(lambda frame: not frame[0].startswith(scorer_folder), frames))
    own = [(file, line) for file, line in called if "site-packages" in file or not file.startswith((library, "<"))]
    return next((f"{Path(file).name}, line {line}" for file, line in reversed(own or called)), "")
