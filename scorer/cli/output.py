"""What the commands print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from rich import box
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 160
"""Columns when nobody looks at a terminal: nothing is cut for whoever reads the output."""

_WIDTH = None if os.isatty(1) or os.environ.get("COLUMNS", "").isdigit() else PIPED_WIDTH


class _PlainConsole(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to ``main``, which ends as other commands do."""
        raise BrokenPipeError


class _Console(_PlainConsole):
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
        """Until the command ends, nothing but what is printed here reaches standard output.

        What plugins print, when they are imported or later, goes to standard error: programs read our output.
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
                os.dup2(ours.fileno(), 1)


out = _Console(highlight=False, emoji=False, width=_WIDTH)
err = _PlainConsole(stderr=True, highlight=False, emoji=False, soft_wrap=True)


class UserMistake(Exception):
    """Something the user can mend; the text is one line that says what, where and how."""


def complain(text: str) -> None:
    """One line on standard error, which may be a full disk or have no reader."""
    with suppress(OSError):
        err.print("scorer:", text, style="red", markup=False)


def announce(text: str) -> None:
    """The same, of what is no complaint."""
    with suppress(OSError):
        err.print(text)


def table(*columns: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An empty table; columns named in ``right`` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for n, column in enumerate(columns):
        # What stands first is a code, to be copied whole from a narrow terminal.
        made.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=n == 0)
    return made
