"""Generates the Python stubs of proto/egov; with --check, only says whether the committed ones are up to date."""

import argparse
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
STUBS = ROOT / "clients" / "python" / "src" / "egov"
GENERATORS = ("grpcio-tools", "mypy-protobuf")


def generate(target: Path) -> None:
    """Write the stubs of every proto of proto/egov below target; google's come with googleapis-common-protos."""
    typed_services = Path(sysconfig.get_path("scripts")) / "protoc-gen-mypy_grpc"
    protos = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "egov").rglob("*.proto"))
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc"),
        f"--proto_path={PROTO}",
        f"--plugin=protoc-gen-mypy_grpc={typed_services}",
        *(f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python", "mypy_grpc")),
        *protos,
    ]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:  # otherwise it only tells of files in a temporary directory
        sys.exit(done.stderr)


def stubs(directory: Path) -> dict[str, bytes]:
    """Read the generated files below a directory, by relative name."""
    files = (path for pattern in ("*.py", "*.pyi") for path in directory.rglob(pattern))
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def main() -> int:
    """Regenerate, or compare; the exit code is 1 if the comparison finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the stubs differ")
    check = parser.parse_args().check

    with tempfile.TemporaryDirectory() as temporary:
        generate(Path(temporary))
        wanted = stubs(Path(temporary) / "egov")
    present = stubs(STUBS)
    differing = sorted(name for name in wanted | present if wanted.get(name) != present.get(name))

    if check and differing:
        tools = ", ".join(f"{name} {version(name)}" for name in GENERATORS)
        print(f"not what proto/ generates (with {tools}):")
        for name in differing:
            print(f"  {(STUBS / name).relative_to(ROOT).as_posix()}")
        print("mend it with: python tools/generate.py")
        return 1
    if check:
        print(f"{len(wanted)} stubs are up to date")
        return 0
    for name in differing:
        path = STUBS / name
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
