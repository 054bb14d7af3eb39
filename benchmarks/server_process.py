"""Servers in separate processes, with their CPU time and memory as Linux counts them."""

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

START_SECONDS = 60.0
"""Time limit in seconds for starting or stopping a server."""

SERVE = (str(Path(sys.executable).parent / "scorer"), "serve", "--address", "127.0.0.1:0")
NOOP = (sys.executable, str(Path(__file__).parent / "noop.py"), "127.0.0.1:0")


class Spawned:
    """A running server: a process and its descendants."""

    def __init__(self, pid: int, address: str) -> None:
        self.address = address
        self._pid = pid

    def cpu(self) -> float:
        """CPU time so far in seconds, including ended threads."""
        # The clock id is that of clock_getcpuclockid(3). /proc/PID/stat only has hundredths of a second.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self._processes())

    def memory(self) -> int:
        """Current memory (RSS) in bytes."""
        return sum(_status(pid, "VmRSS") for pid in self._processes())

    def peak(self) -> int:
        """Largest memory (RSS) in bytes since ``reset_peak``."""
        return sum(_status(pid, "VmHWM") for pid in self._processes())

    def reset_peak(self) -> None:
        """Sets the peak to the current memory. If this is not permitted, the peak counts since the start."""
        with suppress(OSError):
            for pid in self._processes():
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def _processes(self) -> list[int]:
        pids, index = [self._pid], 0
        while index < len(pids):
            for children in Path(f"/proc/{pids[index]}/task").glob("*/children"):
                pids += map(int, children.read_text().split())
            index += 1
        return pids


def _status(pid: int, name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert match is not None, f"/proc/{pid}/status has no {name}"
    return int(match[1]) * 1024


@contextmanager
def spawned(command: Sequence[str]) -> Iterator[Spawned]:
    """Starts a server that writes its address to standard error like 'scorer serve', and stops it at the end."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield Spawned(process.pid, _address(process, command[1], output.fileno()))
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _address(process: subprocess.Popen[bytes], name: str, output: int) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        text = os.pread(output, 100_000, 0).decode(errors="replace")
        if match := re.search(r"^serving .* on (\S+:\d+)(?: with \d+ workers)?$", text, re.MULTILINE):
            return match[1]
        assert process.poll() is None, f"{name} ended with {process.returncode}:\n{text}"
        time.sleep(0.05)
    raise AssertionError(f"{name} did not start in {START_SECONDS:g} s:\n{text}")
