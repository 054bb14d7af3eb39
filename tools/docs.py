"""Generates the reference pages docs/commands.md and docs/settings.md, and the picture docs/demo.svg.

With --check, it only compares. The text of a page above its mark is written by hand and stays as it is.
"""

import argparse
import html
import json
import re
import subprocess
import sys
from pathlib import Path

from demo_picture import demo_picture

from scorer.service.runtime.settings_sources import fields, sections, variable

DOCS = Path(__file__).resolve().parent.parent / "docs"
MARK = "<!-- From here on, python tools/docs.py writes this page. -->\n"

REPLACEMENTS = (
    (r"^\* `--help`: .*\n", ""),
    (r"^\*\*Commands\*\*:\n\n(\* .*\n)+", ""),  # each command has its own section below
    (r"^\*\*Options\*\*:\n\n(?!\*)", ""),  # a heading whose list has become empty, because --help was removed
    (r"(^\$ .*?)\{(.*?)(\.\.\.)?\}(\.\.\.)?", r"\1\2\4"),  # {FILE...}... becomes FILE...
    (r"(^\$ .*?)\{(.*?)\}", r"\1\2"),
    (r"(^\$ .*)\[\[(.*)\]\.\.\.\]\.\.\.", r"\1[\2]..."),
    (r"( <(str|path|list\[\w+\])>)`: ", "`: "),
    (r"\n*^(#+ .*)\n+", r"\n\n\1\n\n"),
)
"""Regular expressions for parts of Typer's text that the page does not need, and their replacements."""


def command_reference() -> str:
    """Every command with its arguments and options, as Typer documents them."""
    command = [sys.executable, "-m", "typer", "scorer.cli.commands", "utils", "docs", "--name", "scorer"]
    text = html.unescape(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text[text.index("## ") :]).rstrip() + "\n"


def settings_reference() -> str:
    """A table of all settings."""
    lines = ["| setting | environment | default | for |", "|---|---|---|---|"]
    for path, info in fields():
        if path in sections():
            continue
        default = "has to be given" if info.is_required() else f"`{json.dumps(info.default)}`"
        if info.default is None or info.default == ():
            default = ""
        lines.append(f"| `{path}` | `{variable(path)}` | {default} | {info.description} |")
    return "\n".join(lines) + "\n"


def page(name: str, generated: str) -> str:
    """The text of a page: the handwritten part above its mark, and the generated part."""
    head, mark, _ = (DOCS / name).read_text(encoding="utf-8").partition(MARK)
    if not mark:
        sys.exit(f"docs/{name} has no line {MARK!r}")
    return f"{head}{MARK}\n{generated}"


def main() -> int:
    """Writes the files, or with --check compares them. The exit code is 1 if a file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    check = parser.parse_args().check
    wanted = {
        "commands.md": page("commands.md", command_reference()),
        "settings.md": page("settings.md", settings_reference()),
        "demo.svg": demo_picture(),
    }
    code = 0
    for name, text in wanted.items():
        file = DOCS / name
        if not check:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"docs/{name} is out of date; update it with: python tools/docs.py")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
