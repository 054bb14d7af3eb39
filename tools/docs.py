"""Writes docs/commands.md from the commands and docs/settings.md from the settings; --check only compares.

What stands above the mark of a page is written by hand and kept.
"""

import argparse
import html
import json
import re
import subprocess
import sys
from pathlib import Path

from scorer.service.runtime.settings import fields, sections, variable

DOCS = Path(__file__).resolve().parent.parent / "docs"
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


def settings() -> str:
    """Every setting, with the type and limits that its model has."""
    lines = ["| setting | environment | default | for |", "|---|---|---|---|"]
    for path, info in fields():
        if path in sections():
            continue
        default = "has to be given" if info.is_required() else f"`{json.dumps(info.default)}`"
        if info.default is None or info.default == ():
            default = ""
        lines.append(f"| `{path}` | `{variable(path)}` | {default} | {info.description} |")
    return "\n".join(lines) + "\n"


PAGES = {"commands.md": reference, "settings.md": settings}


def main() -> int:
    """Writes, or compares; the exit code is 1 if the comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page differs")
    check, code = parser.parse_args().check, 0
    for name, written in PAGES.items():
        page = DOCS / name
        present = page.read_text(encoding="utf-8")
        head, mark, _ = present.partition(MARK)
        if not mark:
            sys.exit(f"{page} has no line {MARK!r}")
        wanted = f"{head}{MARK}\n{written()}"
        if not check:
            page.write_text(wanted, encoding="utf-8")
        elif wanted != present:
            print(f"docs/{name} is not what the scorer says; mend it with: python tools/docs.py")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
