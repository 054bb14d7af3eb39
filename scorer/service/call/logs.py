"""The log on standard error: one line per call, as text or JSON, written by a separate thread.

If the log cannot be written, or its reader is slow, calls are not delayed. Instead, lines are dropped and counted.
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

import grpc
from pythonjsonlogger.json import JsonFormatter

from scorer.model.untrusted import escaped
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused

TEXT = "%(asctime)s %(levelname)s %(message)s"

CALLS = "scorer.calls"
"""Name of the logger for calls."""

MAX_QUEUED = 5_000
"""Maximum number of records that wait to be written."""

MAX_VIOLATION_LINES = 1_000
"""Maximum number of log lines for the violations of one call. It is much less than ``MAX_QUEUED``, so that lines of
other calls are not lost."""

MAX_TRACEBACK_CHARACTERS = 20_000
"""Longer tracebacks are shortened: the message of a plugin's exception may have any length."""

POLL_SECONDS = 0.05
"""Interval at which the writing thread looks into the queue."""

_STANDARD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
"""Attributes that every log record has."""


class _Formatter(logging.Formatter):
    """Formats timestamps by ISO 8601 with the time zone, such as 2026-11-30T09:30:00.125+07:00. Shortens tracebacks."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """See ``logging.Formatter``, whose own timestamps have a decimal comma and no time zone."""
        del datefmt
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatException(self, ei: Any) -> str:
        """See ``logging.Formatter``. The beginning and the end of a long traceback are kept."""
        text, half = super().formatException(ei), MAX_TRACEBACK_CHARACTERS // 2
        removed = len(text) - 2 * half
        return text if removed <= 0 else f"{text[:half]}\n... {removed} characters are left out ...\n{text[-half:]}"


class _Json(_Formatter, JsonFormatter):
    """Formats each record as one JSON object in one line."""


class Text(_Formatter):
    """Formats each record as text: the message, then the record's extra values as name=value.

    Args:
        prefix: the beginning of each line.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__(TEXT)
        self._prefix = prefix

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``. Lines of a traceback are indented, so that none can look like another record."""
        first, *more = map(escaped, super().format(record).split("\n"))
        extra = [
            f"{name}={_word(value)}" for name, value in record.__dict__.items() if name not in _STANDARD_ATTRIBUTES
        ]
        return "\n".join(self._prefix + line for line in (" ".join([first, *extra]), *(f"    {line}" for line in more)))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``. Line breaks in the message are escaped."""
        return escaped(super().formatMessage(record))


def _word(value: object) -> str:
    """A value as text; in quotation marks if it has spaces, so that no value can look like several values."""
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)


GRPC_LINES_ABOUT_CALLS = ("Invalid encoding on ", "ExecuteBatchError raised in core by servicer method ")
"""How lines begin that gRPC writes about headers that are not UTF-8, of which a call can have hundreds, and about calls
that end, such as by their deadline, while the service replies. The call's own line has its code."""


def _is_relevant(record: logging.LogRecord) -> bool:
    """False for lines that gRPC adds to the line of a call: callers without a token could fill the log with them."""
    return not (record.name.startswith("grpc") and str(record.msg).startswith(GRPC_LINES_ABOUT_CALLS))


class _Queue(QueueHandler):
    """Puts records into the queue of the writing thread; calls ``on_lost`` with the number of dropped records."""

    def __init__(self, records: SimpleQueue[Any], on_lost: Callable[[int], None]) -> None:
        super().__init__(records)
        self._records, self._on_lost = records, on_lost
        self.addFilter(_is_relevant)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leaves formatting to the writing thread. Removes values from gRPC's records: they may be secret tokens."""
        if record.name.startswith("grpc"):
            if record.exc_info and record.exc_info[0]:
                record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.args, record.exc_info, record.exc_text = (), None, None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """See ``QueueHandler``. If the queue is full, the record is dropped."""
        if self._records.qsize() < MAX_QUEUED:
            self._records.put(record)
        else:
            self._on_lost(1)


class _Writer(logging.Handler):
    """Collects lines, and writes them when flushed or when it has ``MAX_QUEUED``. Drops lines that it cannot write."""

    def __init__(self, stream: TextIO, on_lost: Callable[[int], None]) -> None:
        super().__init__()
        self._stream, self._on_lost = stream, on_lost
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        try:
            self._lines.append(self.format(record) + "\n")
        except Exception:
            self._on_lost(1)
        if len(self._lines) >= MAX_QUEUED:  # the listener flushes only when the queue is empty, which may never happen
            self.flush()

    def flush(self) -> None:
        """See ``logging.Handler``."""
        lines, self._lines = self._lines, []
        while lines:
            count = atomic_count(lines)
            try:
                self._stream.write("".join(lines[:count]))
                self._stream.flush()
            except Exception:  # such as OSError, or AttributeError when there is no standard error
                self._on_lost(count)
            del lines[:count]


def atomic_count(lines: Sequence[str]) -> int:
    """Number of lines that can be written at once, at least 1, so that no other process writes between them."""
    count, size = 0, 0
    while count < len(lines) and (size := size + len(lines[count].encode())) <= select.PIPE_BUF:
        count += 1
    return max(count, 1)


class _Listener(QueueListener):
    """The writing thread. It polls the queue: if each record woke it, it would compete with the event loop."""

    def __init__(self, records: SimpleQueue[Any], writer: _Writer) -> None:
        super().__init__(records, writer)
        self._records, self._writer = records, writer

    def dequeue(self, block: bool) -> Any:
        """See ``QueueListener``."""
        if self._records.empty():
            self._writer.flush()
        while block and self._records.empty():
            time.sleep(POLL_SECONDS)
        return self._records.get(block)


def _own_stream() -> TextIO:
    """Standard error, as a stream that only the log has: a plugin that closes ``sys.stderr`` must not end the log."""
    try:
        copy = os.dup(sys.stderr.fileno())
    except (AttributeError, OSError):  # standard error is closed, or it is a stream in memory
        return sys.stderr
    return os.fdopen(copy, "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors)


class Log:
    """The log of this process, on standard error.

    Args:
        form: text, or one JSON object per line.
        several: whether several processes write to the same stream. If so, each line has the process id.
    """

    def __init__(self, form: Literal["text", "json"], *, several: bool) -> None:
        self.on_lost: Callable[[int], None] | None = None
        """Called with the number of lines that were dropped."""
        records = SimpleQueue[Any]()
        self._writer = writer = _Writer(_own_stream(), self._lost)
        if form == "json":
            writer.setFormatter(
                _Json(
                    "%(asctime)s %(levelname)s %(name)s %(message)s",
                    rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                    static_fields={"pid": os.getpid()} if several else {},
                )
            )
        else:
            writer.setFormatter(Text(f"[{os.getpid()}] " if several else ""))
        self._listener = _Listener(records, writer)
        self._listener.start()
        logging.basicConfig(level=logging.INFO, handlers=[_Queue(records, self._lost)])
        logging.captureWarnings(True)  # otherwise Python writes warnings directly, which a slow reader can block

    def stop(self, seconds: float) -> None:
        """Writes the remaining lines, but for no longer than ``seconds``."""
        stopping = Thread(target=self._stop, daemon=True)
        stopping.start()
        stopping.join(seconds)

    def _stop(self) -> None:
        self._listener.stop()
        self._writer.flush()

    def _lost(self, lines: int) -> None:
        if self.on_lost:
            self.on_lost(lines)


def log_call(call: CallContext, seconds: float, refusal: CallRefused | None, *, violations: bool) -> None:
    """Writes one line about a call that has ended. Answers are never logged.

    Args:
        call: the call.
        seconds: its duration.
        refusal: the error with which the call ended; None if it succeeded.
        violations: whether to write one more line for each of the first ``MAX_VIOLATION_LINES`` violations.
    """
    log = logging.getLogger(CALLS)
    code = refusal.code if refusal else grpc.StatusCode.OK
    fields: dict[str, object] = {
        "request_id": call.request_id,
        "identity": call.identity,
        "method": call.method,
        "code": code.name,
        "milliseconds": round(seconds * 1000, 3),
        "units": call.units,
    }
    if call.trace:
        fields["trace_id"] = call.trace.trace_id
    if call.doubtful_names:
        fields["doubtful_names"] = call.doubtful_names
    if call.plan:
        fields |= {"criteria_set": call.plan.criteria_set.code, "revision": call.plan.criteria_set.revision[:12]}
    if refusal is None:
        log.info("call", extra=fields)
        return
    fields |= {"reason": refusal.reason, **({"violations": refusal.total} if refusal.violations else {})}
    if code is grpc.StatusCode.INTERNAL:
        log.error("call: %s", refusal.message, extra=fields, exc_info=refusal.__cause__)
        return
    log.info("call", extra=fields)
    for field, reason, _ in refusal.violations[:MAX_VIOLATION_LINES] if violations else ():
        log.info("violation", extra={"request_id": call.request_id, "field": field, "reason": reason})
