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
from pathlib import Path

import pytest
from pages import DOCS, blocks, page

PAGE = page("operations.md")
PORTS = ("50051", "50061", "50062", "9464")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


def free_ports() -> dict[str, str]:
    """A free port for each one of the page."""
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
