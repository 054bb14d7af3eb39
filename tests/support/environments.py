"""A temporary environment in which pip installs a plugin, as its author would do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path


class Environment:
    """A virtual environment on top of the current one, whose packages it can import.

    pip uses no index and builds with the installed packages, so nothing is downloaded.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        scripts = folder / "bin"
        here = sysconfig.get_path("purelib")
        (site,) = folder.glob("lib/python*/site-packages")
        # Not as a path alone: what is installed here for development stands in .pth files of its own.
        (site / "below.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
        for script in entry_points(group="console_scripts"):
            if script.name in ("scorer", "pytest", "pip"):
                lines = ("#!/usr/bin/env python3", "import sys", f"from {script.module} import {script.attr}")
                file = scripts / script.name
                file.write_text("\n".join((*lines, f"sys.exit({script.attr}())", "")), encoding="utf-8")
                file.chmod(0o755)
        self.variables = {
            **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
            "PATH": os.pathsep.join([str(scripts), str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "COLUMNS": "400",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # to pip, this means: without isolation
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Runs a line of shell."""
        return subprocess.run(
            ["sh", "-ec", command],
            cwd=folder,
            env=self.variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


@contextmanager
def listening(environment: Environment, folder: Path, command: str = "scorer serve") -> Iterator[str]:
    """Runs a server on a free port. Returns its address."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec {command} --address 127.0.0.1:0"],
        cwd=folder,
        env=environment.variables,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("serving "):
                yield line.split(" on ")[-1].strip()
                break
        else:
            raise AssertionError("".join(said))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
