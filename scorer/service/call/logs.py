"""The log: one line a call, for people or for programs, written by a thread of its own.

A log that nobody reads, or that cannot be written, never blocks a call: lines that find no room are lost and counted.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from threading import Thread
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from scorer.model.untrusted import escaped

TEXT = "%(asctime)s %(levelname)s %(message)s"

CALLS = "scorer.calls"
"""The logger of calls."""

MAX_WAITING = 5_000
"""Lines that may wait to be written."""

PAUSE = 0.05
"""Seconds that a line waits at most until it is written."""

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class _IsoTime(logging.Formatter):
    """Time stamps such as 2026-11-30T09:30:00.125+07:00: ISO 8601 with the zone."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """See ``logging.Formatter``, whose stamps have a decimal comma and no zone."""
        del datefmt
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


class _Json(_IsoTime, JsonFormatter):
    """One object a line."""


class Text(_IsoTime):
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


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether a record is written. gRPC logs each header that is not UTF-8: callers could send hundreds in a call."""
    return not (record.name.startswith("grpc") and str(record.msg).startswith("Invalid encoding on "))


class _Queue(QueueHandler):
    """Hands records to the thread that writes them."""

    def __init__(self, waiting: SimpleQueue[Any], lost: Callable[[int], None]) -> None:
        super().__init__(waiting)
        self._waiting, self._lost = waiting, lost
        self.addFilter(_is_worth_a_line)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leaves formatting to the thread that writes, except for what gRPC logs: it may quote metadata, and tokens."""
        if record.name.startswith("grpc"):
            if record.exc_info and record.exc_info[0]:
                record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.args, record.exc_info, record.exc_text = (), None, None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """See ``QueueHandler``; never waits."""
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(record)
        else:
            self._lost(1)


class _Writer(logging.Handler):
    """Writes the lines that it was given, when it is flushed; those that cannot be written are lost."""

    def __init__(self, stream: TextIO, lost: Callable[[int], None]) -> None:
        super().__init__()
        self._stream, self._lost = stream, lost
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        try:
            self._lines.append(self.format(record) + "\n")
        except Exception:
            self._lost(1)

    def flush(self) -> None:
        """See ``logging.Handler``. Other processes cannot write between the lines that are written together."""
        lines, self._lines = self._lines, []
        while lines:
            count = together(lines)
            try:
                self._stream.write("".join(lines[:count]))
                self._stream.flush()
            except Exception:  # such as OSError, or AttributeError when there is no standard error
                self._lost(count)
            del lines[:count]


def together(lines: Sequence[str]) -> int:
    """How many lines a pipe takes at once, without the lines of other processes in between; one at least."""
    count, size = 0, 0
    while count < len(lines) and (size := size + len(lines[count].encode())) <= select.PIPE_BUF:
        count += 1
    return max(count, 1)


class _Listener(QueueListener):
    """Looks into the queue now and then: a thread that is woken for each line takes turns with the event loop."""

    def __init__(self, waiting: SimpleQueue[Any], writer: _Writer) -> None:
        super().__init__(waiting, writer)
        self._waiting, self._writer = waiting, writer

    def dequeue(self, block: bool) -> Any:
        """See ``QueueListener``."""
        if self._waiting.empty():
            self._writer.flush()
        while block and self._waiting.empty():
            time.sleep(PAUSE)
        return self._waiting.get(block)


class Log:
    """The log of this process, on standard error.

    Args:
        form: text, or a JSON object a line.
        several: whether other processes write there too.
    """

    def __init__(self, form: Literal["text", "json"], *, several: bool) -> None:
        self.on_lost: Callable[[int], None] | None = None
        """Called with the number of lines that could not be written."""
        waiting = SimpleQueue[Any]()
        self._writer = writer = _Writer(sys.stderr, self._lost)
        if form == "json":
            writer.setFormatter(
                _Json(
                    "%(asctime)s %(levelname)s %(name)s %(message)s",
                    rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                    static_fields={"pid": os.getpid()} if several else {},
                )
            )
        else:
            writer.setFormatter(Text(f"[{os.getpid()}] " if several else ""))  # several processes write to one stream
        self._listener = _Listener(waiting, writer)
        self._listener.start()
        logging.basicConfig(level=logging.INFO, handlers=[_Queue(waiting, self._lost)])
        logging.captureWarnings(True)  # they would be written at once, and wait for a reader

    def stop(self, seconds: float) -> None:
        """Writes what is left, if that takes no longer than so many seconds."""
        stopping = Thread(target=self._stop, daemon=True)
        stopping.start()
        stopping.join(seconds)

    def _stop(self) -> None:
        self._listener.stop()
        self._writer.flush()

    def _lost(self, lines: int) -> None:
        if self.on_lost:
            self.on_lost(lines)
