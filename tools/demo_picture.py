"""Draws the picture of the README: the first lines of ``scorer demo`` in a terminal, as SVG."""

import io
import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 120
"""Width of the terminal."""
FIRST_LINE_LEFT_OUT = "Achievement:"
"""Start of the first line that is not in the picture, which shows only one ranking with its causes."""


def demo_picture() -> str:
    """Runs the demo and draws its first lines. The picture loads no fonts: it uses those of the reader's system."""
    environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    command = [str(Path(sys.executable).with_name("scorer")), "demo"]
    demo = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print("[bold]$ scorer demo[/]")
    lines = Text.from_ansi(demo.stdout).split("\n")
    for line in takewhile(lambda line: not line.plain.startswith(FIRST_LINE_LEFT_OUT), lines):
        line.rstrip()
        console.print(line)
    console.print()
    svg = console.export_svg(title="scorer demo", unique_id="demo")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
