"""What the commands print."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table

from scorer.model.untrusted import escaped

PIPED_WIDTH = 160
"""Columns when nobody looks at a terminal: nothing is cut for whoever reads the output."""

_WIDTH = None if os.isatty(1) or os.environ.get("COLUMNS") else PIPED_WIDTH


class _Console(Console):
    """Writes nothing that steers a terminal but its own colours: all texts pass through ``escaped``."""

    _until: ExitStack | None = None
    """What is undone when the command ends."""

    @contextmanager
    def command(self) -> Iterator[None]:
        """While a command runs."""
        with ExitStack() as until:
            self._until = until
            try:
                yield
            finally:  # also of a command that is refused: nothing may be reserved until an end that has been
                self._until = None

    def reserve(self) -> None:
        """From now on, nothing but what is printed here reaches standard output.

        What plugins print, when they are imported, later or at exit, goes to standard error: programs read our output.
        """
        if self._until is not None and self._file is None and sys.stdout is not None:  # None when it is closed
            self._until.enter_context(self._alone())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        usual = getattr(sys.stdout, "rich_proxied_file", sys.stdout)
        try:
            real = usual.fileno() == 1
        except OSError:  # something in memory
            real = False
        usual.flush()
        with os.fdopen(os.dup(1), "w", encoding=usual.encoding, errors=usual.errors) as ours:
            os.dup2(2, 1)
            self.file, sys.stdout = ours if real else usual, sys.stderr
            try:
                yield
            finally:
                self._file, sys.stdout = None, usual
                if not real:
                    os.dup2(ours.fileno(), 1)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See ``rich``: also asked for each cell of a table, before its width is measured."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment("\n".join(map(escaped, text.split("\n"))), style)

    def on_broken_pipe(self) -> None:
        """Leaves it to ``main``, which ends as other commands do."""
        raise BrokenPipeError

    def print(self, *objects: Any, **options: Any) -> None:
        """See ``rich``.

        Raises:
            OSError: standard output is closed, where rich would say nothing.
        """
        self._check_open()
        super().print(*objects, **options)

    def write_text(self, text: str) -> None:
        """Writes a text for programs: as it is, and in UTF-8, whatever the terminal takes.

        Raises:
            OSError: standard output is closed, or cannot be written.
        """
        self._check_open()
        self.file.flush()
        if isinstance(self.file, io.TextIOWrapper):
            self.file.buffer.write(text.encode())
            self.file.buffer.flush()
        else:  # something in memory
            self.file.write(text)

    def _check_open(self) -> None:
        if not self.stderr and self._file is None and sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))


out = _Console(highlight=False, emoji=False, width=_WIDTH)
err = _Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


class UserError(Exception):
    """Something the user can mend; the text is one line that says what, where and how."""


def json_text(value: object) -> str:
    """JSON for programs and for terminals: characters that cannot be seen are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    unseen = str.maketrans({c: "".join(_json_escapes(c)) for c in set(text) - {"\n"} if not c.isprintable()})
    return text.translate(unseen) + "\n"


def _json_escapes(letter: str) -> Iterator[str]:
    units = letter.encode("utf-16-be", "surrogatepass")
    return (f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))


def print_error(text: str) -> None:
    """One line on standard error, which may be a full disk or have no reader."""
    with suppress(OSError):
        err.print("scorer:", escaped(text), style="red", markup=False)


def print_note(text: str) -> None:
    """The same, of what is no complaint."""
    with suppress(OSError):
        err.print(text, markup=False)


@contextmanager
def reading(file: Path) -> Iterator[Callable[[str, int, int], None]]:
    """Shows on a terminal how far the reading of a file is; gives what is told so."""
    with err.status(f"reading {escape(escaped(str(file)))}") as status:

        def progress(_: str, done: int, total: int) -> None:
            if total:
                status.update(f"reading {escape(escaped(str(file)))}: {100 * done // total} %")

        yield progress


def table(*columns: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An empty table; columns named in ``right`` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for n, column in enumerate(columns):
        # What stands first is a code, to be copied whole from a narrow terminal.
        made.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=n == 0)
    return made
