"""Prints results, errors and progress of commands."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Literal

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.status import Status
from rich.table import Table

from scorer.model.untrusted import escaped

PIPED_WIDTH = 160
"""Width in columns if standard output is not a terminal. It is so large that most lines are not wrapped."""

_WIDTH = None if os.isatty(1) or os.environ.get("COLUMNS") else PIPED_WIDTH


class _Console(Console):
    """A console that escapes control characters in all texts, so that only its own colours control the terminal."""

    _command_end: ExitStack | None = None
    """Undoes ``reserve`` when the command ends; None if no command runs."""

    hides_progress = False
    """Whether ``status`` shows nothing, not even on a terminal."""

    ends_at_once = False
    """Whether the process has to end without waiting for threads and ``atexit`` functions of plugins. They could keep
    the process alive, or change the exit code."""

    @contextmanager
    def command(self) -> Iterator[None]:
        """A context manager for the run of one command. At its end, the effects of ``reserve`` are undone."""
        with ExitStack() as stack:
            self._command_end = stack
            try:
                yield
            finally:  # also after an error, so that ``reserve`` does not use a closed stack
                self._command_end = None

    def reserve(self) -> None:
        """Keeps standard output for this console until the command ends.

        Anything that plugins print goes to standard error instead, because programs read the command's output.
        """
        if self._command_end is not None and self._file is None and sys.stdout is not None:  # None if it is closed
            self._command_end.enter_context(self._redirected())

    @contextmanager
    def _redirected(self) -> Iterator[None]:
        stdout = getattr(sys.stdout, "rich_proxied_file", sys.stdout)
        try:
            is_descriptor_1 = stdout.fileno() == 1
        except OSError:  # a stream in memory
            is_descriptor_1 = False
        stdout.flush()
        with os.fdopen(os.dup(1), "w", encoding=stdout.encoding, errors=stdout.errors) as copy:
            os.dup2(2, 1)
            self.file, sys.stdout = copy if is_descriptor_1 else stdout, sys.stderr
            if is_descriptor_1:  # not sys.stderr itself, because a plugin may close sys.stdout
                sys.stdout = os.fdopen(os.dup(1), "w", 1, encoding=stdout.encoding, errors="backslashreplace")
                self.ends_at_once = True
            try:
                yield
            finally:
                self._file, sys.stdout = None, stdout
                if not is_descriptor_1:
                    os.dup2(copy.fileno(), 1)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """See ``rich``. Shows a text while the ``with`` block runs, if standard error is a terminal."""
        return _SILENT.status(status) if self.hides_progress else super().status(status, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See ``rich``. Escapes the text of each segment; rich calls this for each cell before it measures the cell."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment("\n".join(map(escaped, text.split("\n"))), style)

    def on_broken_pipe(self) -> None:
        """Lets ``main`` handle the error, instead of exiting as ``rich`` does."""
        raise BrokenPipeError

    def print(self, *objects: Any, **options: Any) -> None:
        """See ``rich``.

        Raises:
            OSError: standard output is closed, which rich would ignore.
        """
        self._check_open()
        super().print(*objects, **options)

    def write_text(self, text: str) -> None:
        """Writes a text for programs: unchanged, and always in UTF-8.

        Raises:
            OSError: standard output is closed, or cannot be written.
        """
        self._check_open()
        self.file.flush()
        if isinstance(self.file, io.TextIOWrapper):
            self.file.buffer.write(text.encode())
            self.file.buffer.flush()
        else:  # a stream in memory
            self.file.write(text)

    def _check_open(self) -> None:
        if not self.stderr and self._file is None and sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))


_SILENT = Console(quiet=True)

out = _Console(highlight=False, emoji=False, width=_WIDTH)
err = _Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


class UserError(Exception):
    """A mistake that the user can correct. The message is one line: what is wrong, where, and how to correct it."""


def json_text(value: object) -> str:
    """JSON for programs and for terminals: invisible characters are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    escapes = str.maketrans({c: "".join(_json_escapes(c)) for c in set(text) - {"\n"} if not c.isprintable()})
    return text.translate(escapes) + "\n"


def _json_escapes(character: str) -> Iterator[str]:
    units = character.encode("utf-16-be", "surrogatepass")
    return (f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))


def print_error(text: str) -> None:
    """Prints one line about an error on standard error. Ignores a failure to print, for example on a full disk."""
    with suppress(OSError):
        err.print("scorer:", escaped(text), style="red", markup=False)


def print_note(text: str) -> None:
    """Prints one line on standard error that is not about an error."""
    with suppress(OSError):
        err.print(text, markup=False)


@contextmanager
def progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """A context manager that shows ``text`` on a terminal. Yields a function that adds the percentage to the text: its
    arguments are the amount that is done, and the total."""
    shown = escape(escaped(text))
    with err.status(shown) as status:

        def report(done: int, total: int) -> None:
            if total:
                status.update(f"{shown}: {100 * done // total} %")

        yield report


def table(*columns: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An empty table; the columns named in ``right`` hold numbers and are aligned to the right."""
    empty = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for index, column in enumerate(columns):
        # The first column has codes. They are not wrapped, so that users can copy them from a narrow terminal.
        justify: Literal["left", "right"] = "right" if column in right else "left"
        empty.add_column(column, justify=justify, overflow="fold", no_wrap=index == 0)
    return empty
