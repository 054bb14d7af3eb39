"""Probes plugins: imports them in another process first, so that a broken plugin cannot hang or end this process."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scorer.model.child_processes import child_environment
from scorer.model.untrusted import one_line

COMMAND = (sys.executable, "-P", "-m", "scorer.plugins.probe_process")
"""Starts the probe process; ``scorer.plugins.probe_process`` describes the messages."""

TIME_LIMIT = 10.0
"""Seconds that the probe of one plugin may take, by default."""

START_SECONDS = 60.0
"""Seconds that the probe process may take until it begins with the next plugin."""

MAX_OUTPUT_BYTES = 2**20
"""Maximum number of bytes that one plugin may print."""

POLL_SECONDS = 0.2
"""Interval at which the probe process is checked for its end. Its pipes do not show the end: children of the process
may keep them open."""

SEPARATOR = b"\x1e plugin \x1e\n"
"""Written to standard error before each plugin. It tells which output belongs to which plugin, because the reports come
through another pipe."""

CLOSED_FILES = 96
"""Exit code of the process when a plugin has closed the pipe for the reports."""

MAX_OUTPUT_SHOWN = 300
"""Maximum number of bytes of a plugin's last output that a failure quotes."""


@dataclass(frozen=True)
class ProbeResult:
    """The result of probing one plugin. ``Plugin`` describes the fields that are not described here."""

    failure: str
    """Why the plugin cannot be used; empty if it can."""
    group_name: str = ""
    api_version: int | None = None
    withheld: tuple[str, ...] = ()
    """Paths of the plugin's criteria sets, if the plugin cannot be used."""


def probe_plugins(
    points: Sequence[tuple[str, str]], *, command: Sequence[str] = COMMAND, time_limit: float = TIME_LIMIT
) -> list[ProbeResult]:
    """Imports plugins and calls their hooks in another process. If a plugin breaks it, the next plugins get a new
    process.

    Args:
        points: name and value of each entry point.
        command: starts a process that behaves as ``scorer.plugins.probe_process`` does.
        time_limit: seconds that the probe of one plugin may take.

    Returns:
        One result per entry point.
    """
    results: list[ProbeResult] = []
    while len(results) < len(points):
        remaining = points[len(results) :]
        try:
            with _Probe(command, remaining, time_limit) as probe:
                results += probe.results()
        except OSError as error:
            failure = f"could not be probed, because no process can be started: {error.strerror}"
            results += [ProbeResult(failure)] * len(remaining)
    return results


class _Probe:
    """A running probe process.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, command: Sequence[str], points: Sequence[tuple[str, str]], time_limit: float) -> None:
        pipe = subprocess.PIPE
        # A process group of its own, so that processes which a plugin starts can be ended too.
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=child_environment(), process_group=0
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps({"path": sys.path, "plugins": points}).encode())
        self._process, self._reports, self._output = process, process.stdout, process.stderr
        self._count, self._time_limit = len(points), time_limit
        self._pipes = selectors.DefaultSelector()
        for stream in (self._output, self._reports):
            self._pipes.register(stream, selectors.EVENT_READ)
        self._results: list[ProbeResult] = []
        self._line = b""
        """The part of a report that has arrived so far."""
        self._output_size, self._last_output = 0, b""
        self._begin("", START_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(
            ProcessLookupError, PermissionError
        ):  # macOS: not permitted if all processes of the group have ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipes.close()
        self._reports.close()
        self._output.close()

    def results(self) -> list[ProbeResult]:
        """The results of the first plugins, at least one.

        If a plugin breaks the process or would disturb the plugins after it, its result is the last one.
        """
        while len(self._results) < self._count:
            ended = self._process.poll() is not None
            received = self._receive()
            if len(self._results) < self._count and (failure := self._failure(ended=ended and not received)):
                if self._step:
                    self._results.append(ProbeResult(failure))
                elif not self._results:  # the process itself does not work, which is not the fault of a plugin
                    failure = f"could not be probed, because the probe process {failure}"
                    self._results = [ProbeResult(failure)] * self._count
                break
        return self._results

    def _begin(self, step: str, time_limit: float) -> None:
        """Records the step that the process begins: "import", "hooks", or "" between two plugins."""
        self._step, self._deadline = step, time.monotonic() + time_limit

    def _receive(self) -> bool:
        """Waits for at most ``POLL_SECONDS`` and handles what has arrived. Returns whether anything has."""
        timeout = min(max(self._deadline - time.monotonic(), 0), POLL_SECONDS)
        received = False
        for key, _ in self._pipes.select(timeout):
            data = os.read(key.fd, 2**16)
            received = received or bool(data)
            if not data:
                self._pipes.unregister(key.fileobj)
            elif key.fileobj is self._output:
                _, separator, output = (self._last_output + data).rpartition(SEPARATOR)
                self._output_size = len(output) if separator else self._output_size + len(data)
                self._last_output = output[-MAX_OUTPUT_SHOWN:]
            else:
                *lines, self._line = (self._line + data).split(b"\n")
                for line in lines:
                    self._handle(line)
        return received

    def _handle(self, line: bytes) -> None:
        """Handles one report of the process."""
        if len(self._results) == self._count:
            return
        try:
            report = json.loads(line)
        except ValueError:
            report = None
        match report:
            case {"begins": "import"} if not self._step:
                self._begin("import", self._time_limit)
            case {"begins": "hooks"}:
                self._step = "hooks"
            case {
                "plugin": int(index),
                "failure": str(failure),
                "group_name": str(group_name),
                "api_version": int() | None as version,
                "withheld": [*paths],
            }:
                if self._step and index == len(self._results):
                    self._results.append(ProbeResult(failure, group_name, version, tuple(map(str, paths))))
                    self._begin("", START_SECONDS)
                else:
                    self._fail_forger()
            case _:  # not a report: a plugin wrote this line
                pass

    def _fail_forger(self) -> None:
        """Ends the probe with a failure of the plugin that forged a result: the current one; between two plugins, the
        last.
        """
        if not self._step:
            self._results = self._results[:-1]
        self._results.append(ProbeResult("writes probe results, which plugins must not do"))
        self._count = len(self._results)

    def _failure(self, *, ended: bool) -> str:
        """Why the probe of the current plugin fails now; empty if it does not fail."""
        when = {"import": "while it was imported", "hooks": "while its hooks were called"}.get(
            self._step, "before it began"
        )
        if self._output_size > MAX_OUTPUT_BYTES:
            return f"printed more than {MAX_OUTPUT_BYTES:,} bytes {when}"
        if ended:
            code = self._process.returncode
            if code == CLOSED_FILES:
                return f"closes or redirects files of the process {when}"
            end = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
            output = one_line(self._last_output.decode(errors="replace"))
            subject = "ended the process" if self._step else "ended"
            return f"{subject} with {end} {when}{f'; its last output: {output}' if output else ''}"
        if time.monotonic() > self._deadline:
            problem = {"import": "was not imported", "hooks": "has hooks that did not return"}
            limit = self._time_limit if self._step else START_SECONDS
            advice = "; plugin_seconds allows more" if self._step else ""
            return f"{problem.get(self._step, 'did not begin')} within {limit:g} seconds{advice}"
        return ""
