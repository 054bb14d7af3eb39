"""A directory of criteria documents: which there are, how they look from outside, and their texts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EPERM
from pathlib import Path
from stat import S_ISDIR
from typing import NamedTuple

from scorer.criteria.document import MAX_BYTES
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX

SET_ENDING = ".yaml"

OTHER_ENDING = ".yml"
"""An ending of YAML files too, but not of criteria sets: two endings would allow two files of one name."""


class Stamp(NamedTuple):
    """How a file looks without being read: whoever writes it, or puts another in its place, changes this."""

    device: int
    inode: int
    size: int
    modified: int
    """Nanoseconds."""
    changed: int
    """Nanoseconds."""


@dataclass(frozen=True)
class Unreadable:
    """A document that is there and cannot be read."""

    why: str


class CriteriaDirectory:
    """The documents of a directory: NAME.yaml, but neither NAME.cases.yaml nor what starts with a dot.

    Args:
        path: the directory. Links in it are followed if they stay in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamps(self) -> dict[str, Stamp | Unreadable]:
        """By file name, in code-point order.

        Raises:
            OSError: the directory is not there or cannot be read.
        """
        found: dict[str, Stamp | Unreadable] = {}
        for name in sorted(os.listdir(self.path)):  # noqa: PTH208 - names are all that is asked for
            if (
                not name.lower().endswith((SET_ENDING, OTHER_ENDING))
                or name.endswith(CASES_SUFFIX)
                or name.startswith(".")
            ):
                continue
            try:
                status = self._inside(name).stat()
            except OSError as error:
                found[name] = Unreadable(_why(error))
                continue
            if S_ISDIR(status.st_mode):
                continue
            if not name.endswith(SET_ENDING):
                right = name[: name.rindex(".")] + SET_ENDING
                found[name] = Unreadable(
                    f"is not loaded, as its name does not end in {SET_ENDING}; rename it to {escaped(right)}"
                )
                continue
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            found[name] = Stamp(*stamp)
        return found

    def texts(self, stamps: Mapping[str, Stamp | Unreadable]) -> dict[str, bytes | Unreadable]:
        """What the files contain; of one that is too large, as much as shows it."""
        return {name: stamp if isinstance(stamp, Unreadable) else self._text(name) for name, stamp in stamps.items()}

    def _text(self, name: str) -> bytes | Unreadable:
        try:
            # Not blocking: something that is no file, such as a pipe, must not hold whoever reads all others.
            with open(os.open(self._inside(name), os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
                return file.read(MAX_BYTES + 1) or b""  # None: a pipe whose writer says nothing
        except OSError as error:
            return Unreadable(_why(error))

    def _inside(self, name: str) -> Path:
        """The file of this name, links followed.

        Raises:
            OSError: it lies outside the directory: messages show parts of a document, and would show any file.
        """
        file = self.path / name
        if not file.is_symlink():
            return file
        real = Path(os.path.realpath(file))  # which, other than resolve(), takes links in a circle as they are
        if not real.is_relative_to(os.path.realpath(self.path)):
            raise PermissionError(EPERM, "it is a link that leads out of the directory; put the file itself there")
        return real


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"
