"""Stand-alone plugin distributions as users have them: installed, and served by the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import third_party
from processes import SCORER, started

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"

PATIENCE = 120.0
"""Seconds."""


def distributions() -> list[str]:
    """The directories of ``plugins`` that are stand-alone distributions."""
    return sorted(file.parent.name for file in PLUGINS.glob("*/pyproject.toml"))


def package(distribution: str) -> Path:
    """The one package of a distribution."""
    (found,) = (PLUGINS / distribution).glob("scorer_*/__init__.py")
    return found.parent


def project(distribution: str) -> dict[str, Any]:
    """The content of its pyproject.toml."""
    return tomllib.loads((PLUGINS / distribution / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def install(site: Path, *names: str) -> dict[str, str]:
    """Writes into the folder ``site`` what pip would, in a tenth of the time; test_stand_alone.py uses pip itself.

    Returns:
        The environment of processes that find the distributions there.
    """
    for name in names:
        source, about = package(name), project(name)
        shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        third_party.install(site, about["name"], about["version"], {}, about["entry-points"]["scorer.plugins"])
    return {**os.environ, "PYTHONPATH": str(site)}


def scorer(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return subprocess.run(
        [SCORER, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def serving(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The address of a new server, which writes its output to ``folder``."""
    with started(folder / "stderr", environment=environment) as (_, address):
        yield address
