"""Plugins of strangers are tried out in a process of their own first, so that none can hang or end this one."""

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

from scorer.model.untrusted import one_line

COMMAND = (sys.executable, "-P", "-m", "scorer.plugins.probe_process")
"""Tries plugins out one after the other; its file says how it is talked with."""

TIME_LIMIT = 10.0
"""Seconds that one plugin may take, if nobody says otherwise."""

START = 60.0
"""Seconds that the process may take until it begins."""

MOST_OUTPUT = 2**20
"""Bytes that one plugin may print."""

TICK = 0.2
"""Seconds after which the process is looked at, should its pipes say nothing: its own children may hold them open."""

SEPARATOR = b"\x1e plugin \x1e\n"
"""Parts what plugins print: it comes by another way than the reports, and the two would not be in order."""

LAST_WORDS = 300
"""Characters of what it printed last that go with a failure."""


@dataclass(frozen=True)
class ProbeResult:
    """What came of trying a plugin out."""

    failure: str
    """Why it cannot be used; empty when it can."""
    claims: str = ""
    api_version: int | None = None
    withheld: tuple[str, ...] = ()
    """Paths of its criteria sets."""


def probe_plugins(
    points: Sequence[tuple[str, str]], *, command: Sequence[str] = COMMAND, time_limit: float = TIME_LIMIT
) -> list[ProbeResult]:
    """Imports plugins and asks their hooks in another process, which is started anew after one that breaks it.

    Args:
        points: name and value of each entry point.
        command: what answers as ``scorer.plugins.probe_process`` does.
        time_limit: seconds that one plugin may take.

    Returns:
        A verdict for each.
    """
    verdicts: list[ProbeResult] = []
    while len(verdicts) < len(points):
        rest = points[len(verdicts) :]
        try:
            with _Probe(command, rest, time_limit) as probe:
                verdicts += probe.verdicts()
        except OSError as error:
            failure = f"could not be tried out, as no process can be started: {error.strerror}"
            verdicts += [ProbeResult(failure)] * len(rest)
    return verdicts


class _Probe:
    """A process that tries plugins out.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], points: Sequence[tuple[str, str]], time_limit: float) -> None:
        pipe = subprocess.PIPE
        # In a group of its own, so that what it starts itself can be ended with it.
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps({"path": sys.path, "plugins": points}).encode())
        self._process, self._reports, self._output = process, process.stdout, process.stderr
        self._most, self._time_limit = len(points), time_limit
        self._pipes = selectors.DefaultSelector()
        for stream in (self._output, self._reports):
            self._pipes.register(stream, selectors.EVENT_READ)
        self._found: list[ProbeResult] = []
        self._line = b""
        self._printed, self._last_words = 0, b""
        self._begin("", START)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: not permitted once all have ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._pipes.close()
        self._reports.close()
        self._output.close()

    def verdicts(self) -> list[ProbeResult]:
        """Those of the first plugins, at least one; not of all when one broke the process or disturbs the others."""
        while len(self._found) < self._most:
            ended = self._process.poll() is not None
            read = self._read()
            if len(self._found) < self._most and (failure := self._failure(ended=ended and not read)):
                if self._doing:
                    self._found.append(ProbeResult(failure))
                elif not self._found:  # no plugin's fault: the process itself does not work
                    self._found = [ProbeResult(f"could not be tried out, as the process for it {failure}")] * self._most
                break
        return self._found

    def _begin(self, doing: str, time_limit: float) -> None:
        self._doing, self._deadline = doing, time.monotonic() + time_limit

    def _read(self) -> bool:
        """Takes in what it says, waiting a moment; gives whether it said anything."""
        patience = min(max(self._deadline - time.monotonic(), 0), TICK)
        some = False
        for key, _ in self._pipes.select(patience):
            data = os.read(key.fd, 2**16)
            some = some or bool(data)
            if not data:
                self._pipes.unregister(key.fileobj)
            elif key.fileobj is self._output:
                _, mark, words = (self._last_words + data).rpartition(SEPARATOR)
                self._printed = len(words) if mark else self._printed + len(data)
                self._last_words = words[-LAST_WORDS:]
            else:
                *lines, self._line = (self._line + data).split(b"\n")
                for line in lines:
                    self._hear(line)
        return some

    def _hear(self, line: bytes) -> None:
        if len(self._found) == self._most:
            return
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        match said:
            case {"begins": "import"} if not self._doing:
                self._begin("import", self._time_limit)
            case {"begins": "hooks"}:
                self._doing = "hooks"
            case {
                "plugin": int(n),
                "failure": str(failure),
                "claims": str(claims),
                "api_version": int() | None as version,
                "withheld": [*paths],
            }:
                if self._doing and n == len(self._found):
                    self._found.append(ProbeResult(failure, claims, version, tuple(map(str, paths))))
                    self._begin("", START)
                else:
                    self._stop_at_forger()
            case _:  # a plugin wrote there; how it goes on tells what becomes of it
                pass

    def _stop_at_forger(self) -> None:
        """Somebody wrote a verdict whose turn it is not: the plugin that is tried out, or the last one that was."""
        if not self._doing:
            self._found = self._found[:-1]
        self._found.append(ProbeResult("writes verdicts on plugins, which is not for plugins to do"))
        self._most = len(self._found)

    def _failure(self, *, ended: bool) -> str:
        """What the process or its plugin does wrong at the moment; empty for nothing."""
        while_doing = {"import": "while it was imported", "hooks": "while its hooks were called"}.get(
            self._doing, "before it began"
        )
        if self._printed > MOST_OUTPUT:
            return f"printed more than {MOST_OUTPUT:,} bytes {while_doing}"
        if ended:
            code = self._process.returncode
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
            words = one_line(self._last_words.decode(errors="replace"))
            subject = "ended the process" if self._doing else "ended"
            return f"{subject} with {how} {while_doing}{f'; it said last: {words}' if words else ''}"
        if time.monotonic() > self._deadline:
            late = {"import": "was not imported", "hooks": "has hooks that gave no answer"}
            limit = self._time_limit if self._doing else START
            more = "; plugin_seconds allows more" if self._doing else ""
            return f"{late.get(self._doing, 'did not begin')} within {limit:g} seconds{more}"
        return ""
