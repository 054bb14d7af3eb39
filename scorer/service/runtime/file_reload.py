"""Reads files again when they change, such as certificates and key sets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Content = TypeVar("Content")

log = logging.getLogger("scorer.files")


class ReloadedFiles(Generic[Content]):
    """The content of one or more files. If changed files cannot be used, the content from before the change is kept.

    Args:
        files: the files. Each use of ``current`` checks whether they have changed, which takes microseconds.
        read: reads the files and returns the content.

    Raises:
        ValueError, OSError: raised by ``read`` for the first content.
    """

    def __init__(self, files: tuple[Path, ...], read: Callable[[], Content]) -> None:
        self._files, self._read = files, read
        self._lock = Lock()
        self._last_statuses = self._statuses()
        self._content = read()

    @property
    def current(self) -> Content:
        """The current content."""
        with self._lock:
            statuses = self._statuses()
            if statuses != self._last_statuses:
                self._last_statuses = statuses
                self._read_again()
            return self._content

    def _read_again(self) -> None:
        names = ", ".join(map(str, self._files))
        try:
            self._content = self._read()
            log.info("read again: %s", names)
        except (OSError, ValueError) as error:
            log.error("changed, but cannot be used (the previous content stays in use): %s: %s", names, error)

    def _statuses(self) -> tuple[object, ...]:
        return tuple(map(_status, self._files))


def _status(file: Path) -> object:
    """A value that changes when the file changes."""
    try:
        status = file.stat()
    except OSError as error:
        return error.errno
    return status.st_mtime_ns, status.st_size, status.st_ino
