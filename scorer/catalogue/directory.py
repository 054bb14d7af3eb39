"""Lists and reads the criteria set documents of a directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EPERM
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

from scorer.criteria.yaml_parser import MAX_BYTES
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX

SET_SUFFIX = ".yaml"
"""Suffix of the file names of criteria sets."""

OTHER_SUFFIX = ".yml"
"""Another suffix of YAML files. It is not allowed, because two files could then differ in the suffix only."""


class Stamp(NamedTuple):
    """Metadata of a file. A change or replacement of the file changes its stamp."""

    device: int
    inode: int
    size: int
    """Bytes."""
    modified: int
    """Time of the last change to the file's content, in nanoseconds."""
    changed: int
    """Time of the last change to the file's content or metadata, in nanoseconds."""


@dataclass(frozen=True)
class Unreadable:
    """A document that exists but cannot be read."""

    why: str
    """Reason, for messages."""


class CriteriaDirectory:
    """The documents of a directory: all NAME.yaml, except NAME.cases.yaml and names that start with a dot.

    Args:
        path: the directory. Symbolic links in it are followed only if their targets lie in the directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamps(self) -> dict[str, Stamp | Unreadable]:
        """The stamp of each document, by file name, in code-point order.

        Raises:
            OSError: the directory does not exist or cannot be read.
        """
        stamps: dict[str, Stamp | Unreadable] = {}
        for name in sorted(os.listdir(self.path)):  # noqa: PTH208 - only the names are needed
            if (
                not name.lower().endswith((SET_SUFFIX, OTHER_SUFFIX))
                or name.endswith(CASES_SUFFIX)
                or name.startswith(".")
            ):
                continue
            try:
                status = (self.path / self._inside(name)).lstat()
            except OSError as error:
                stamps[name] = Unreadable(_reason(error))
                continue
            if S_ISDIR(status.st_mode):
                continue
            if not name.endswith(SET_SUFFIX):
                correct = name[: name.rindex(".")] + SET_SUFFIX
                stamps[name] = Unreadable(
                    f"is not loaded, because its name does not end in {SET_SUFFIX}; rename it to {escaped(correct)}"
                )
                continue
            if not S_ISREG(status.st_mode):
                stamps[name] = Unreadable("is not a regular file")
                continue
            stamps[name] = Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return stamps

    def texts(self, stamps: Mapping[str, Stamp | Unreadable]) -> dict[str, bytes | Unreadable]:
        """The content of each file, but at most one byte more than ``MAX_BYTES``, which is enough to refuse it."""
        return {name: stamp if isinstance(stamp, Unreadable) else self._text(name) for name, stamp in stamps.items()}

    def _text(self, name: str) -> bytes | Unreadable:
        try:
            with open(self._open(self._inside(name)), "rb") as file:  # noqa: PTH123 - a descriptor
                return file.read(MAX_BYTES + 1) or b""  # read() returns None for a pipe without data
        except OSError as error:
            return Unreadable(_reason(error))

    def _inside(self, name: str) -> Path:
        """The path of the file with this name, relative to the directory, with symbolic links resolved.

        Raises:
            OSError: the file lies outside the directory. Messages quote documents, so a link could expose any file.
        """
        file = self.path / name
        if not file.is_symlink():
            return Path(name)
        # Not Path.resolve(), which raises if links form a circle.
        real, directory = Path(os.path.realpath(file)), os.path.realpath(self.path)
        if not real.is_relative_to(directory):
            raise PermissionError(EPERM, "it is a link that leads out of the directory; put the file itself there")
        return real.relative_to(directory)

    def _open(self, path: Path) -> int:
        """Opens a file of the directory for reading and returns its descriptor.

        It follows no links, because a part of the path may have become a link after ``_inside`` resolved the path.
        """
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for parent in path.parts[:-1]:
                outer = directory
                directory = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=outer)
                os.close(outer)
            # O_NONBLOCK: a named pipe in the directory must not block the reading of the other files.
            return os.open(path.name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=directory)
        finally:
            os.close(directory)


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"
