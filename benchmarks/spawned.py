"""Servers in processes of their own, and what they take of the machine, as Linux counts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

START = 60.0
"""Seconds a server may take to start."""

SERVE = (str(Path(sys.executable).parent / "scorer"), "serve", "--address", "127.0.0.1:0")
NOOP = (sys.executable, str(Path(__file__).parent / "noop.py"), "127.0.0.1:0")


class Spawned:
    """A running server: its process and those that it started."""

    def __init__(self, pid: int, address: str) -> None:
        self.address = address
        self._pid = pid

    def cpu(self) -> float:
        """Seconds of CPU time so far, of threads that have ended too."""
        # What clock_getcpuclockid(3) makes of a process id; /proc/PID/stat says the same in hundredths of a second.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self._processes())

    def memory(self) -> int:
        """Bytes in memory now."""
        return sum(_status(pid, "VmRSS") for pid in self._processes())

    def peak(self) -> int:
        """The most bytes there were in memory, since ``forget_peak``."""
        return sum(_status(pid, "VmHWM") for pid in self._processes())

    def forget_peak(self) -> None:
        """Lets the peak begin anew at what is in memory now; where that is not permitted, it began with the process."""
        with suppress(OSError):
            for pid in self._processes():
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def _processes(self) -> list[int]:
        found, at = [self._pid], 0
        while at < len(found):
            for children in Path(f"/proc/{found[at]}/task").glob("*/children"):
                found += map(int, children.read_text().split())
            at += 1
        return found


def _status(pid: int, name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert match is not None, f"/proc/{pid}/status has no {name}"
    return int(match[1]) * 1024


@contextmanager
def spawned(command: Sequence[str]) -> Iterator[Spawned]:
    """A server that says on standard error what it listens on, as 'scorer serve' does; ended at the end."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            yield Spawned(process.pid, _address(process, command[1], said.fileno()))
        finally:
            process.terminate()
            process.wait(START)


def _address(process: subprocess.Popen[bytes], name: str, said: int) -> str:
    end = time.monotonic() + START
    while time.monotonic() < end:
        text = os.pread(said, 100_000, 0).decode(errors="replace")
        if match := re.search(r"^serving .* on (\S+:\d+)(?: with \d+ workers)?$", text, re.MULTILINE):
            return match[1]
        assert process.poll() is None, f"{name} ended with {process.returncode}:\n{text}"
        time.sleep(0.05)
    raise AssertionError(f"{name} did not start in {START:g} s:\n{text}")
