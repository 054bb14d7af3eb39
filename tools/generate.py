"""Generates what is made from other files: Python's stubs, and by tools/docs.py the reference pages and the picture.

With --check, only says whether the committed files are right. With --node, generates Node's stubs instead; these need
node and, once, ``npm ci`` in clients/node: npm run generate does the rest.
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
    """Where they are; nothing else is there."""
    patterns: Sequence[str]
    """What they are called."""
    options: Sequence[str]
    """How the protocol compiler is told to make them; ``{target}`` is where to."""
    google: Sequence[str]
    """Protos of Google's that are generated as well: those that come with no library of the language."""
    made_with: Sequence[str]
    """Distributions that decide what they look like."""
    command: str
    """Writes them."""


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
    ("google/rpc/error_details.proto", "google/type/date.proto"),
    (PROTOC, "googleapis-common-protos"),
    "npm run generate",
)


def generate(stubs: Stubs, target: Path) -> None:
    """Write the stubs of every proto of proto/egov, and of Google's, into target."""
    target.mkdir(parents=True)
    protos = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "egov").rglob("*.proto"))
    options = [option.format(target=target) for option in stubs.options]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}", *options, *protos, *stubs.google]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:  # otherwise it only tells of files in a temporary directory
        sys.exit(done.stderr)


def read(stubs: Stubs, directory: Path) -> dict[str, bytes]:
    """Read the generated files below a directory, by relative name."""
    files = (path for pattern in stubs.patterns for path in directory.rglob(pattern))
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def main() -> int:
    """Regenerate, or compare; the exit code is 1 if the comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    parser.add_argument("--node", action="store_true", help="the stubs of clients/node instead")
    arguments = parser.parse_args()
    if arguments.node:
        return update_stubs(NODE_STUBS, arguments.check)
    documentation = [sys.executable, str(ROOT / "tools" / "docs.py"), *(["--check"] if arguments.check else [])]
    return update_stubs(PYTHON_STUBS, arguments.check) | subprocess.run(documentation).returncode


def update_stubs(stubs: Stubs, check: bool) -> int:
    """Write the stubs that differ, or with check name them; the exit code is 1 if check finds one."""
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / stubs.directory.name
        generate(stubs, target)
        wanted = read(stubs, target)
    present = read(stubs, stubs.directory)
    differing = sorted(name for name in wanted | present if wanted.get(name) != present.get(name))

    if check and differing:
        tools = ", ".join(f"{name} {version(name)}" for name in stubs.made_with)
        print(f"not what proto/ generates (with {tools}):")
        for name in differing:
            print(f"  {(stubs.directory / name).relative_to(ROOT).as_posix()}")
        print(f"mend it with: {stubs.command}")
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
