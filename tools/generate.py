"""Generates the Python stubs of the protos, and, with tools/docs.py, the reference pages and the picture.

With --check, it only says whether the committed files are up to date. With --node, it generates the stubs of the Node
client instead, as ``npm run generate`` in clients/node does; this requires Node and ``npm ci`` in clients/node.
"""

import argparse
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
NODE = ROOT / "clients" / "node"
PROTOC = "grpcio-tools"


@dataclass(frozen=True)
class Stubs:
    """The stubs of one language."""

    directory: Path
    """The directory of the stubs; it contains nothing else."""
    patterns: Sequence[str]
    """Patterns of the file names of the stubs."""
    options: Sequence[str]
    """Options of the protocol compiler; ``{target}`` stands for the output directory."""
    google: Sequence[str]
    """Google's protos to generate too, because no library of the language contains them."""
    generators: Sequence[str]
    """Distributions whose versions determine the content of the stubs."""
    command: str
    """The command that writes the stubs."""


PYTHON_STUBS = Stubs(
    ROOT / "clients" / "python" / "src" / "egov",
    ("*.py", "*.pyi"),
    (
        f"--plugin=protoc-gen-mypy_grpc={Path(sysconfig.get_path('scripts')) / 'protoc-gen-mypy_grpc'}",
        *(f"--{kind}_out={{target}}/.." for kind in ("python", "pyi", "grpc_python", "mypy_grpc")),
    ),
    (),
    (PROTOC, "mypy-protobuf"),
    "python tools/generate.py",
)

NODE_STUBS = Stubs(
    NODE / "gen",
    ("*.js", "*.d.ts"),
    (
        f"--plugin=protoc-gen-es={NODE / 'node_modules' / '.bin' / 'protoc-gen-es'}",
        f"--proto_path={sysconfig.get_path('purelib')}",  # googleapis-common-protos
        "--es_out={target}",
        "--es_opt=target=js+dts,import_extension=js",
    ),
    ("google/rpc/error_details.proto", "google/rpc/status.proto", "google/type/date.proto"),
    (PROTOC, "googleapis-common-protos"),
    "npm run generate",
)


def generate(stubs: Stubs, target: Path) -> None:
    """Writes the stubs of all protos in proto/egov, and of ``stubs.google``, to ``target``."""
    target.mkdir(parents=True)
    protos = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "egov").rglob("*.proto"))
    options = [option.format(target=target) for option in stubs.options]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}", *options, *protos, *stubs.google]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if result.returncode:  # its messages after success only name the temporary directory
        sys.exit(result.stderr)


def read(stubs: Stubs, directory: Path) -> dict[str, bytes]:
    """The contents of the stubs in a directory, by relative name."""
    files = (path for pattern in stubs.patterns for path in directory.rglob(pattern))
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def main() -> int:
    """Generates the files, or with --check compares them. The exit code is 1 if a file differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    parser.add_argument("--node", action="store_true", help="generate the stubs of clients/node instead")
    arguments = parser.parse_args()
    if arguments.node:
        return update_stubs(NODE_STUBS, arguments.check)
    documentation = [sys.executable, str(ROOT / "tools" / "docs.py"), *(["--check"] if arguments.check else [])]
    return update_stubs(PYTHON_STUBS, arguments.check) | subprocess.run(documentation).returncode


def update_stubs(stubs: Stubs, check: bool) -> int:
    """Writes the stubs that differ, or with ``check`` only prints their names. The exit code is 1 if ``check`` finds
    any.
    """
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / stubs.directory.name
        generate(stubs, target)
        wanted = read(stubs, target)
    present = read(stubs, stubs.directory)
    differing = sorted(name for name in wanted | present if wanted.get(name) != present.get(name))

    if check and differing:
        tools = ", ".join(f"{name} {version(name)}" for name in stubs.generators)
        print(f"these stubs differ from what proto/ generates (with {tools}):")
        for name in differing:
            print(f"  {(stubs.directory / name).relative_to(ROOT).as_posix()}")
        print(f"update them with: {stubs.command}")
        return 1
    if check:
        print(f"{len(wanted)} stubs are up to date")
        return 0
    for name in differing:
        path = stubs.directory / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[name])
        else:
            path.unlink()
        print(f"{'wrote' if name in wanted else 'removed'} {path.relative_to(ROOT).as_posix()}")
    print(f"{len(wanted)} stubs, {len(differing)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
