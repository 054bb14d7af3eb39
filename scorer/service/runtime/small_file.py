"""Reads files that the operator names, such as certificates and keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_FILE_BYTES = 2**20


def read_small_file(file: Path) -> bytes:
    """The content of a regular file of at most ``MAX_FILE_BYTES``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a regular file, or too large.
    """
    with open(file, "rb", opener=_open_at_once) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError(f"{file} is not a regular file")
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"{file} has more than {MAX_FILE_BYTES:,} bytes, which is the maximum")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Opens a file, and does not wait for a writer if it is a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
