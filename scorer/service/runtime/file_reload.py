"""Files that are read again when they change: certificates, keys of tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Content = TypeVar("Content")

log = logging.getLogger("scorer.files")


class ReloadedFiles(Generic[Content]):
    """What some files say together; the last that could be read stays when they are broken by an edit.

    Args:
        files: looked at before each use, which costs microseconds: nothing has to tell the service of a new key.
        read: makes the content of them.

    Raises:
        ValueError, OSError: what ``read`` raises, when the files cannot be used from the start.
    """

    def __init__(self, files: tuple[Path, ...], read: Callable[[], Content]) -> None:
        self._files, self._read = files, read
        self._lock = Lock()
        self._seen = self._look()
        self._content = read()

    @property
    def now(self) -> Content:
        """The content by now."""
        with self._lock:
            seen = self._look()
            if seen != self._seen:
                self._seen = seen
                self._read_again()
            return self._content

    def _read_again(self) -> None:
        names = ", ".join(map(str, self._files))
        try:
            self._content = self._read()
            log.info("read again: %s", names)
        except (OSError, ValueError) as error:
            log.error("changed, and cannot be used (what they said before stays in use): %s: %s", names, error)

    def _look(self) -> tuple[object, ...]:
        return tuple(map(_state, self._files))


def _state(file: Path) -> object:
    try:
        found = file.stat()
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino
