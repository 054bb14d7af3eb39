"""The command ``scorer``."""

from __future__ import annotations

import os
import re
import sys

from scorer.service.runtime import tuning

tuning.before_imports()

# Set before Pydantic is imported. Otherwise Pydantic looks for its own plugins in all distributions, even damaged ones.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
for _size in ("COLUMNS", "LINES", "TERMINAL_WIDTH"):  # Rich and Typer would accept any number, such as a width of 0
    if not re.fullmatch("[2-9][0-9]|[1-9][0-9]{2,4}", os.environ.get(_size, "")):
        os.environ.pop(_size, None)


def main() -> None:
    """Runs the command, and ends the process."""
    try:
        from scorer.cli.run import run  # takes half a second, in which users may press Ctrl-C
    except KeyboardInterrupt:
        sys.exit(130)
    run()
