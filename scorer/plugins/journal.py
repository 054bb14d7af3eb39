"""Which plugins score in a process, written where its parent can read it once the process has died; Linux only."""

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

SIZE = 2**14
"""Bytes for the calls of plugins. What Python says of a crash stands behind them."""

MAX_CALLS = 64
"""Calls that are written down: those that began last."""

MAX_DUMP = 2**20
"""Bytes that are read of what Python says of a crash."""


@dataclass(frozen=True)
class Death:
    """What a process was doing when it died."""

    plugins: tuple[str, ...] = ()
    """Those whose code ran: in the thread that crashed, if that is known, otherwise in any thread."""
    where: str = ""
    """The plugin's line that ran in the thread that crashed, such as "wells.py, line 31"; empty when not known."""


class PluginJournal:
    """Shared memory in which a process writes which plugins score, to be closed by its parent.

    Args:
        descriptor: of the memory; a process inherits it from its parent.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SIZE)

    @classmethod
    def create(cls) -> Self:
        """A new one.

        Raises:
            OSError: there is no room for it.
        """
        descriptor = os.memfd_create("scorer-plugins")
        try:
            os.ftruncate(descriptor, SIZE)
            return cls(descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def note_crashes(self) -> None:
        """Has Python write down where this process crashes, if it does."""
        os.set_inheritable(self.descriptor, False)
        os.lseek(self.descriptor, SIZE, os.SEEK_SET)
        faulthandler.enable(self.descriptor, all_threads=True)

    def write(self, calls: Sequence[tuple[int, Iterable[str]]]) -> None:
        """Writes down the calls that are under way: the thread of each, and the plugins whose code it runs."""
        text = json.dumps([(thread, list(plugins)) for thread, plugins in calls[-MAX_CALLS:]]).encode()
        if len(text) < SIZE:
            self._memory[: len(text) + 1] = text + b"\0"

    def read_death(self) -> Death:
        """What the process was doing, which has died since."""
        dump = os.pread(self.descriptor, MAX_DUMP, SIZE).decode(errors="replace")
        crash = re.search(r"Current thread 0x(\w+) .*\n((?:  .*\n)*)", dump)
        try:
            calls = [(int(thread), tuple(map(str, plugins))) for thread, plugins in json.loads(self._text())]
        except (ValueError, TypeError):  # none was ever begun, or the process died while it wrote
            calls = []
        if crash:
            calls = [call for call in calls if call[0] == int(crash[1], 16)]
        plugins = tuple(dict.fromkeys(plugin for _, plugins in calls for plugin in plugins))
        return Death(plugins, _own_line(re.findall(r'  File "(.*)", line (\d+)', crash[2])) if crash else "")

    def close(self) -> None:
        """Gives the memory back."""
        self._memory.close()
        os.close(self.descriptor)

    def _text(self) -> bytes:
        return self._memory[:].partition(b"\0")[0]


def _own_line(frames: Sequence[tuple[str, str]]) -> str:
    """The last line of a plugin's own, of files and lines with the innermost first; empty when there are none.

    What the plugin called is passed over: its author has to look at their own code first.
    """
    ours, library = str(Path(__file__).parents[1]), sysconfig.get_path("stdlib")
    called = list(itertools.takewhile(lambda frame: not frame[0].startswith(ours), frames))
    own = [(file, line) for file, line in called if "site-packages" in file or not file.startswith((library, "<"))]
    return next((f"{Path(file).name}, line {line}" for file, line in reversed(own or called)), "")
