"""What the commands print."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class UserMistake(Exception):
    """Something the user can mend; the text is one line that says what, where and how."""


def complain(text: str) -> None:
    """One line on standard error."""
    err.print("scorer:", text, style="red", markup=False)
