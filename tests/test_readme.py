"""The README's examples are run, and print what it says."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Service, serving

from scorer.catalogue import Catalogue
from scorer.gates import GateCompiler
from scorer.plugins import PluginHost

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULT_ADDRESS = "127.0.0.1:50051"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(Catalogue.installed(PluginHost.installed(), GateCompiler())) as running:
        yield running


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """The indented commands, continued lines joined."""
    found = re.findall(r"(?:^    .*\n)+", README, re.MULTILINE)
    return ["\n".join(line[4:] for line in block.splitlines()) for block in found]


def test_python_example_prints_what_the_readme_says(service: Service) -> None:
    (code,), (text,) = blocks("python"), blocks("text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace(DEFAULT_ADDRESS, service.address), "README.md", "exec"), {})
    assert printed.getvalue() == text


def test_scorer_commands_of_the_readme_run() -> None:
    run = [line for block in commands() for line in block.splitlines() if line.startswith("scorer ")]
    assert "scorer serve" in run
    run.remove("scorer serve")
    assert len(run) >= 4
    for line in run:
        words = [f"{Path(sys.executable).parent}/scorer", *line.split()[1:]]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_buf_commands_of_the_readme_run(service: Service) -> None:
    buf = shutil.which("buf", path=str(Path(sys.executable).parent))
    assert buf, "buf-bin is among the development requirements"
    listing, scoring = (block for block in commands() if block.startswith("buf curl"))

    def run(command: str) -> str:
        line = command.replace("buf ", f"{buf} ", 1).replace(DEFAULT_ADDRESS, service.address)
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "egov.scorer.v1.ScorerService/RankProvince" in run(listing)
    category = json.loads(run(scoring))["scorecard"]["categories"][0]
    assert category["score"]["percent"] == 88.8125
    assert category["score"]["published"] == 44.41
    assert category["level"] == 2
    assert {gate["gate"]["level"] for gate in category["failing"]} == {1}


def test_readme_names_every_command_and_formula() -> None:
    from scorer.formulas import KINDS

    for kind in KINDS:
        assert f"`{kind.kind}`" in README
    for command in ("serve", "demo", "criteria list", "criteria show", "criteria check", "plugins list"):
        assert f"scorer {command}" in README


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
