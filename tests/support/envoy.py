"""Runs Envoy in front of running services, with the configuration of docs/deployment.md."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pages import DOCS
from processes import until

ENVOY = shutil.which("envoy", path=sysconfig.get_path("scripts"))


@contextmanager
def envoy(folder: Path, service: str, edit: Callable[[str], str] = lambda text: text, other: str = "") -> Iterator[str]:
    """Where Envoy listens, before one service or two; ``edit`` may change its configuration.

    The folder gets ``secrets/portal.token`` and the key set for it.
    """
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        text = (DOCS / "examples" / "envoy.yaml").read_text(encoding="utf-8")
        for written, address in {"50051": service, "50052": other or service}.items():
            text = text.replace(written, address.rpartition(":")[2])
        text = edit(text.replace("8080", str(port)))
        (folder / "envoy.yaml").write_text(text, encoding="utf-8")
        for program, *arguments in (("descriptors.py", "scorer.binpb"), ("tokens.py", "secrets", "portal")):
            subprocess.run(
                [sys.executable, DOCS / "examples" / program, *arguments], cwd=folder, check=True, timeout=60
            )
    command = [str(ENVOY), "-c", "envoy.yaml", "--log-level", "warn", "--use-dynamic-base-id"]
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stderr=log)
    try:

        def listens() -> bool:
            assert process.poll() is None, (folder / "envoy.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        until(listens, "Envoy does not listen")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
