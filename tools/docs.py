"""Writes docs/commands.md from the commands themselves; with --check, only says whether it is up to date.

What stands above the mark is written by hand and kept.
"""

import argparse
import html
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
MARK = "<!-- From here on, python tools/docs.py writes this page. -->\n"


TIDY = (
    (r"^\* `--help`: .*\n", ""),
    (r"^\*\*Commands\*\*:\n\n(\* .*\n)+", ""),  # they follow, each under a heading
    (r"^\*\*Options\*\*:\n\n(?!\*)", ""),  # none is left
    (r"(^\$ .*?)\{(.*?)(\.\.\.)?\}(\.\.\.)?", r"\1\2\4"),  # {FILE...}... is FILE...
    (r"(^\$ .*?)\{(.*?)\}", r"\1\2"),
    (r"(^\$ .*)\[\[(.*)\]\.\.\.\]\.\.\.", r"\1[\2]..."),
    (r"( <(str|path|list\[\w+\])>)`: ", "`: "),
    (r"\n*^(#+ .*)\n+", r"\n\n\1\n\n"),
)
"""What Typer writes that a reader can do without, and what instead."""


def reference() -> str:
    """Every command with its arguments and options, as Typer tells them."""
    command = [sys.executable, "-m", "typer", "scorer.cli", "utils", "docs", "--name", "scorer"]
    text = html.unescape(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    for what, instead in TIDY:
        text = re.sub(what, instead, text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text[text.index("## ") :]).rstrip() + "\n"


def main() -> int:
    """Writes, or compares; the exit code is 1 if the comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the page differs")
    check = parser.parse_args().check
    present = PAGE.read_text(encoding="utf-8")
    head, mark, _ = present.partition(MARK)
    if not mark:
        sys.exit(f"{PAGE} has no line {MARK!r}")
    wanted = f"{head}{MARK}\n{reference()}"
    if check and wanted != present:
        print("docs/commands.md is not what the commands say; mend it with: python tools/docs.py")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
