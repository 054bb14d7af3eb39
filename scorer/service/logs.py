"""The log: one line a call, for people or for programs."""

from __future__ import annotations

import json
import logging
import os
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

TEXT = "%(asctime)s %(levelname)s %(message)s"


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


def start_log(form: Literal["text", "json"], *, several: bool) -> None:
    """Logs to standard error.

    Args:
        form: text, or a JSON object a line.
        several: whether other processes write there too.
    """
    handler = logging.StreamHandler()
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
