"""PEP 517 backend that builds a wheel of durable-rules for Python 3.13 from the sources on the package index."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REQUIREMENT = "durable-rules==2.0.28"
# CPython 3.13 removed PyEval_CallObject, an alias of PyObject_CallObject. CFLAGS would be overwritten, CPPFLAGS is not.
FLAG = "-DPyEval_CallObject=PyObject_CallObject"


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Builds the wheel in ``wheel_directory`` and returns its file name."""
    # These variables tell pip's hooks the backend of the outer build; the inner build must not inherit them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("_PYPROJECT_HOOKS_")}
    environment["CPPFLAGS"] = f"{environment.get('CPPFLAGS', '')} {FLAG}".strip()
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", directory]
        subprocess.run([*command, REQUIREMENT], env=environment, check=True)
        [wheel] = Path(directory).iterdir()
        shutil.move(wheel, wheel_directory)
    return wheel.name
