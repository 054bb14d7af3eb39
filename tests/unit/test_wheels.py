"""cibuildwheel reads which wheels a release needs. They are built elsewhere: see CONTRIBUTING.md."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from pages import ROOT

ARCHITECTURES = {"linux": ["manylinux_x86_64", "manylinux_aarch64"], "macos": ["macosx_x86_64", "macosx_arm64"]}


def supported() -> list[str]:
    """The versions of Python that the distribution states."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        classifiers = tomllib.load(file)["project"]["classifiers"]
    prefix = "Programming Language :: Python :: "
    return [line.removeprefix(prefix) for line in classifiers if line.startswith(prefix)]


@pytest.mark.parametrize("distribution", [".", "tools/durable-rules"])
@pytest.mark.parametrize("platform", ["linux", "macos"])
def test_there_is_a_wheel_for_each_supported_python(platform: str, distribution: str) -> None:
    command = [sys.executable, "-m", "cibuildwheel", "--print-build-identifiers", "--platform", platform, distribution]
    printed = subprocess.check_output(command, cwd=ROOT, text=True, timeout=60)
    tags = [f"cp{version.replace('.', '')}" for version in supported()]
    assert len(tags) == 4
    assert sorted(printed.split()) == sorted(f"{tag}-{a}" for tag in tags for a in ARCHITECTURES[platform])
