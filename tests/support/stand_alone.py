"""Stand-alone plugin distributions as their users have them: installed by pip, served by the real command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
SCORER = Path(sysconfig.get_path("scripts")) / "scorer"

PATIENCE = 120.0
"""Seconds."""


def distributions() -> list[str]:
    """The folders of ``plugins`` that are distributions of their own."""
    return sorted(file.parent.name for file in PLUGINS.glob("*/pyproject.toml"))


def install(site: Path, *names: str) -> dict[str, str]:
    """Installs distributions into the folder ``site``; gives the environment of processes that find them there."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--target", site]
    done = subprocess.run(
        [*command, *options, *(PLUGINS / name for name in names)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {**os.environ, "PYTHONPATH": str(site)}


def scorer(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return subprocess.run(
        [SCORER, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def serving(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The address of a server of its own; what it says is in ``folder``."""
    log = folder / "stderr"
    with log.open("wb") as stderr:
        server = subprocess.Popen([SCORER, "serve", "--address", "127.0.0.1:0"], env=environment, stderr=stderr)
    try:
        started = time.monotonic()
        while not (said := re.search(r"^serving .* on (127\.0\.0\.1:\d+)$", log.read_text(encoding="utf-8"), re.M)):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() - started < PATIENCE, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield said[1]
    finally:
        server.terminate()
        server.wait(PATIENCE)
