"""Compiles scorer/native into the module scorer.native: in the wheel, or in the checkout for an editable install."""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension

MODULE = "scorer.native"
# The same bits everywhere: no product is fused with a sum. Comparing with NaN traps nowhere, so loops become vectors.
FLAGS = ["-O3", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno", "-fvisibility=hidden"]


class Compiled(BuildHookInterface):  # type: ignore[type-arg]
    """Needs a C compiler, as durable-rules does."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds a wheel."""
        self._directory = tempfile.TemporaryDirectory()
        built = compile_into(Path(self._directory.name), Path(self.root))
        place = Path(*MODULE.split(".")).with_name(built.name)
        if version == "editable":
            (Path(self.root) / place).unlink(missing_ok=True)  # a running process may have it in memory
            shutil.copyfile(built, Path(self.root) / place)
        else:
            build_data["force_include"][str(built)] = str(place)
        platform = sysconfig.get_platform().translate(str.maketrans("-.", "__"))
        build_data["pure_python"], build_data["tag"] = False, f"cp311-abi3-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called when the wheel is there."""
        del version, build_data, artifact_path
        self._directory.cleanup()


def compile_into(directory: Path, root: Path, flags: Sequence[str] = ()) -> Path:
    """The module, compiled from the checkout ``root`` into the directory."""
    sources = root / "scorer" / "native"
    extension = Extension(
        MODULE,
        sorted(map(str, sources.glob("*.c"))),
        depends=sorted(map(str, sources.glob("*.h"))),
        extra_compile_args=[*FLAGS, *flags],
        extra_link_args=[*flags],
        py_limited_api=True,
    )
    command = Distribution({"name": "scorer", "ext_modules": [extension]}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = str(directory)
    command.ensure_finalized()
    command.run()
    [built] = (directory / "scorer").glob("native.*")
    return built
