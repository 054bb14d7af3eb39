"""The log: one line a call, for people or for programs."""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import time
from collections import deque
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from scorer.strangers import escaped

TEXT = "%(asctime)s %(levelname)s %(message)s"

CALLS = "scorer.calls"
"""The logger of calls."""

BURST = 0.05
"""Seconds that the line of a call waits for others; a process that is killed takes those with it."""

MOST = 10_000
"""Lines that may wait; when whoever reads them is slower, calls have to wait for it."""

UNDIVIDED = select.PIPE_BUF
"""Bytes that several processes can write to one pipe without mixing their lines."""

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Text(logging.Formatter):
    """What a record carries besides its message stands after it, as name=value."""

    def __init__(self, start: str) -> None:
        super().__init__(TEXT)
        self._start = start

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``; lines of a traceback are indented: no text in it can look like another record."""
        first, *more = map(escaped, super().format(record).split("\n"))
        carried = [f"{name}={_word(value)}" for name, value in record.__dict__.items() if name not in _USUAL]
        return "\n".join(
            self._start + line for line in (" ".join([first, *carried]), *(f"    {line}" for line in more))
        )

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``; one line."""
        return escaped(super().formatMessage(record))


def _word(value: object) -> str:
    """A value as one word: names in certificates and tokens may hold spaces and lines, which would say anything."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)


class Bursts(logging.StreamHandler[TextIO]):
    """Writes the lines of calls in bursts, by a thread of its own; other lines, and warnings, at once with all before.

    Code that runs once in a while is not in the processor's cache: a line written when its call ends takes the time of
    five in a burst, and as much of the interpreter as half a refusal. Several lines are written together, as whoever
    writes gives the interpreter away.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._told: deque[logging.LogRecord] = deque()
        self._some, self._writing = Event(), Lock()
        Thread(target=self._run, name="log", daemon=True).start()

    def handle(self, record: logging.LogRecord) -> Any:
        """See ``logging.Handler``; without its lock: nobody who tells something shall wait for those who write."""
        told: bool | logging.LogRecord = self.filter(record)
        if told:
            self.emit(told if isinstance(told, logging.LogRecord) else record)
        return told

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        self._told.append(record)
        if record.name != CALLS or record.levelno >= logging.WARNING or len(self._told) > MOST:
            self.flush()
        elif not self._some.is_set():
            self._some.set()

    def flush(self) -> None:
        """Writes what was told until now."""
        with self._writing:
            together = b""
            for _ in range(len(self._told)):
                line = self._line(self._told.popleft())
                if len(together) + len(line) > UNDIVIDED:
                    self._write(together)
                    together = b""
                together += line
            self._write(together)

    def _line(self, record: logging.LogRecord) -> bytes:
        try:
            return (self.format(record) + self.terminator).encode(errors="backslashreplace")
        except Exception:
            self.handleError(record)
            return b""

    def _write(self, lines: bytes) -> None:
        with suppress(Exception):  # nobody reads, or there is no such stream: where would one say so? And calls go on
            self.stream.write(lines.decode())
            self.stream.flush()

    def _run(self) -> None:
        while self._some.wait():
            time.sleep(BURST)
            self._some.clear()
            self.flush()


def start_log(form: Literal["text", "json"], *, several: bool) -> None:
    """Logs to standard error.

    Args:
        form: text, or a JSON object a line.
        several: whether other processes write there too.
    """
    handler = Bursts(sys.stderr)
    if form == "json":
        handler.setFormatter(
            JsonFormatter(
                "%(asctime)s %(levelname)s %(name)s %(message)s",
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                static_fields={"pid": os.getpid()} if several else {},
            )
        )
    else:
        handler.setFormatter(Text(f"[{os.getpid()}] " if several else ""))  # several processes write to one stream
    # No line says which code wrote it, or in which thread: finding that out would take a fifth of the time of a line.
    logging._srcfile = None  # as Python's own guide to logging advises
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=logging.INFO, handlers=[handler])
