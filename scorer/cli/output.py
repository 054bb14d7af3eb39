"""What the commands print."""

from __future__ import annotations

import os

from rich import box
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 160
"""Columns when nobody looks at a terminal: nothing is cut for whoever reads the output."""

_WIDTH = None if os.isatty(1) or os.environ.get("COLUMNS", "").isdigit() else PIPED_WIDTH


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to ``main``, which ends as other commands do."""
        raise BrokenPipeError


out = _Console(highlight=False, emoji=False, width=_WIDTH)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


class UserMistake(Exception):
    """Something the user can mend; the text is one line that says what, where and how."""


def complain(text: str) -> None:
    """One line on standard error."""
    err.print("scorer:", text, style="red", markup=False)


def table(*columns: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """An empty table; columns named in ``right`` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for n, column in enumerate(columns):
        # What stands first is a code, to be copied whole from a narrow terminal.
        made.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=n == 0)
    return made
