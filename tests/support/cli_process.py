"""Runs the command ``scorer`` as a process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


SCORER = Path(sys.executable).parent / "scorer"


def run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(SCORER), *words],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def stdout_of(*words: str) -> str:
    """Runs a command that must succeed, and returns its standard output."""
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def lines(text: str) -> list[str]:
    """The lines without the characters of tables and trees, and with single spaces."""
    bare = re.sub(r"[\u2500-\u257f]", " ", text)
    return [" ".join(line.split()) for line in bare.splitlines() if line.strip()]
