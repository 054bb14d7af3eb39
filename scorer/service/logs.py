"""The log: one line a call, for people or for programs, written by a thread of its own.

A log that nobody reads, or that cannot be written, never blocks a call: lines that find no room are lost and counted.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from threading import Thread
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

TEXT = "%(asctime)s %(levelname)s %(message)s"

CALLS = "scorer.calls"
"""The logger of calls."""

MAX_WAITING = 5_000
"""Lines that may wait to be written."""

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Text(logging.Formatter):
    """What a record carries besides its message stands after it, as name=value."""

    def __init__(self, start: str) -> None:
        super().__init__(TEXT)
        self._start = start

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``; all lines begin alike."""
        first, *more = super().format(record).split("\n")
        carried = [f"{name}={_word(value)}" for name, value in record.__dict__.items() if name not in _USUAL]
        return "\n".join(self._start + line for line in (" ".join([first, *carried]), *more))


def _word(value: object) -> str:
    """A value as one word: names in certificates and tokens may hold spaces and lines, which would say anything."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)


class _Queue(QueueHandler):
    """Hands records to the thread that writes them."""

    queue: SimpleQueue[Any]

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(SimpleQueue())
        self._lost = lost

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leaves formatting to the thread that writes, except for what gRPC logs: it may quote metadata, and tokens."""
        if record.name.startswith("grpc"):
            if record.exc_info and record.exc_info[0]:
                record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.args, record.exc_info, record.exc_text = (), None, None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """See ``QueueHandler``; never waits."""
        if self.queue.qsize() < MAX_WAITING:
            self.queue.put_nowait(record)
        else:
            self._lost()


class _Stream(logging.StreamHandler[TextIO]):
    """Writes lines; those that cannot be written are lost."""

    def __init__(self, stream: TextIO, lost: Callable[[], None]) -> None:
        super().__init__(stream)
        self._lost = lost

    def handleError(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        del record
        self._lost()


class Log:
    """The log of this process, on standard error.

    Args:
        form: text, or a JSON object a line.
        several: whether other processes write there too.
    """

    def __init__(self, form: Literal["text", "json"], *, several: bool) -> None:
        self.on_lost: Callable[[], None] = lambda: None
        """Called for each line that could not be written."""
        stream = _Stream(sys.stderr, self._lost)
        if form == "json":
            stream.setFormatter(
                JsonFormatter(
                    "%(asctime)s %(levelname)s %(name)s %(message)s",
                    rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                    static_fields={"pid": os.getpid()} if several else {},
                )
            )
        else:
            stream.setFormatter(Text(f"[{os.getpid()}] " if several else ""))  # several processes write to one stream
        queue = _Queue(self._lost)
        self._listener = QueueListener(queue.queue, stream)
        self._listener.start()
        logging.basicConfig(level=logging.INFO, handlers=[queue])
        logging.captureWarnings(True)  # they would be written at once, and wait for a reader

    def stop(self, seconds: float) -> None:
        """Writes what is left, if that takes no longer than so many seconds."""
        stopping = Thread(target=self._listener.stop, daemon=True)
        stopping.start()
        stopping.join(seconds)

    def _lost(self) -> None:
        self.on_lost()
