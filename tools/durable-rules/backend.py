"""PEP 517 backend: the wheel of durable-rules, built from the package index's sources so that it imports on 3.13."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REQUIREMENT = "durable-rules==2.0.28"
# CPython 3.13 dropped PyEval_CallObject; PyObject_CallObject is what it always meant. CFLAGS would be overwritten.
FLAG = "-DPyEval_CallObject=PyObject_CallObject"


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel into wheel_directory; return its file name."""
    # The hooks' variables belong to the outer build: the inner one would look for its backend by them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("_PYPROJECT_HOOKS_")}
    environment["CPPFLAGS"] = f"{environment.get('CPPFLAGS', '')} {FLAG}".strip()
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", directory]
        subprocess.run([*command, REQUIREMENT], env=environment, check=True)
        [wheel] = Path(directory).iterdir()
        shutil.move(wheel, wheel_directory)
    return wheel.name
