"""docs/operations.md is run from its first command to its last, in one shell, with real servers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from itertools import pairwise
from pathlib import Path

import pytest
from pages import DOCS, ROOT, blocks, page

PAGE = page("operations.md")
PAGES = {"operations.md": PAGE, "deployment.md": page("deployment.md")}
PORTS = ("50051", "50061", "50062", "9464")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


def free_ports() -> dict[str, str]:
    """A free port for each port on the page."""
    with socket.socket() as a, socket.socket() as b, socket.socket() as c, socket.socket() as d:
        held = (a, b, c, d)
        for one in held:
            one.bind(("127.0.0.1", 0))
        return {port: str(one.getsockname()[1]) for port, one in zip(PORTS, held, strict=True)}


@pytest.mark.long
def test_every_command_runs_and_prints_what_the_page_says(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "examples", tmp_path, dirs_exist_ok=True)
    script, wanted = ["set -e"], list[tuple[int, str]]()
    for block in blocks(PAGE):
        if block.language == "sh":
            script += [f"echo '=== {len(script)}'", block.text]
        elif block.language == "text":
            wanted += [(len(script) - 2, line) for line in block.text.splitlines()]
    text = "\n".join([*script, "echo '=== end'"])
    for port, free in free_ports().items():
        text = text.replace(port, free)
        for file in tmp_path.glob("*.toml"):
            file.write_text(file.read_text(encoding="utf-8").replace(port, free), encoding="utf-8")
    path = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"
    with (tmp_path / "said").open("w+", encoding="utf-8") as said:
        shell = subprocess.Popen(
            ["bash", "-c", text],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            code = shell.wait(200)
        finally:
            if shell.returncode != 0:  # its servers
                os.killpg(shell.pid, signal.SIGKILL)
        said.seek(0)
        printed = said.read()
    logs = "\n".join(file.read_text(encoding="utf-8")[-2000:] for file in sorted(tmp_path.glob("*.log")))
    assert code == 0, f"{printed}\n{logs}"
    assert len(wanted) > 10
    parts = {int(n): part for n, part in re.findall(r"^=== (\d+)$(.*?)(?=^=== )", printed, re.DOTALL | re.MULTILINE)}
    for number, line in wanted:
        assert line in parts[number], printed


PROGRAMS = (
    "buildah",
    "curl",
    "cyclonedx-py",
    "docker",
    "envoy",
    "helm",
    "kubectl",
    "pip",
    "podman",
    "python",
    "scorer",
)


def unmarked(text: str) -> list[str]:
    """The commands of a page of which it says neither that a test runs them nor that none does.

    The test above runs those in blocks of ``sh``. The paragraph before an indented block says which test runs it, or
    that none does. Commands stand nowhere else.
    """
    found = [block.text for block in blocks(text) if block.language not in ("sh", "text", "yaml", "ini")]
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found += re.findall(rf"`((?:{'|'.join(PROGRAMS)}) [^`]+)`", rest)
    paragraphs = re.split(r"\n{2,}", rest)
    for before, block in pairwise(paragraphs):
        if block.startswith("    ") and not is_marked(" ".join(before.split()), block):
            found.append(block)
    return found


def is_marked(before: str, block: str) -> bool:
    """Whether the paragraph before commands says that they are not run, or names a test that runs their programs."""
    test = re.search(r"\(run by (tests/\S+\.py)\)", before)
    if not test:
        return "(not run by the test)" in before
    code = (ROOT / test[1]).read_text(encoding="utf-8")
    return all(line.split()[0] in ("python", *re.findall(r"\w+", code)) for line in block.splitlines())


def test_every_other_command_is_marked() -> None:
    for name, text in PAGES.items():
        assert unmarked(text) == [], name
    text = " ".join(" ".join(PAGES.values()).split())
    assert text.count("(not run by the test)") > 2
    assert text.count("(run by tests/") > 2


@pytest.mark.parametrize(
    "added",
    [
        "Then:\n\n    scorer plugins list\n",
        "It runs (run by tests/service/test_envoy.py):\n\n    dig tinh.example\n",
        "Call `scorer plugins list` first.\n",
        "```bash\nscorer plugins list\n```\n",
    ],
)
def test_an_unmarked_command_is_found(added: str) -> None:
    assert len(unmarked(f"{PAGE}\n{added}")) == 1
