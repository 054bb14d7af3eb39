"""The client's wheel alone, as callers install it, has everything that they need."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ALONE = """
    import sys, warnings

    warnings.simplefilter("error")
    client, site = sys.argv[1:]
    NEEDED = {"egov", "scorer_client", "google", "grpc", "typing_extensions"}  # the last one by grpcio

    class Alone:
        def find_spec(self, name, path=None, target=None):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in NEEDED:
                raise ImportError(f"{name} does not come with the client")

    sys.meta_path.insert(0, Alone())
    sys.path += [client, site]
"""
"""Python without site-packages, so that the checkout cannot be imported."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir", "--wheel-dir", folder]
    done = subprocess.run(
        [*command, *options, ROOT / "clients" / "python"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("egov_scorer_client-*-py3-none-any.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    folder = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_isolated(unpacked: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a process that can import only the wheel and its requirements."""
    text = textwrap.dedent(ALONE) + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", text, unpacked, sysconfig.get_path("purelib")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=unpacked.parent,
    )


def test_the_wheel_has_only_stubs_client_and_types(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"egov", "scorer_client"}
    assert not (unpacked / "egov" / "__init__.py").exists()  # others may add to the namespace
    for package in (unpacked / "egov" / "scorer" / "v1", unpacked / "scorer_client"):
        assert (package / "py.typed").is_file()
    source = ROOT / "clients" / "python" / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for kind in ("*.py", "*.pyi", "py.typed", "reports/templates/*")
        for path in source.rglob(kind)
    }
    found = {
        path.relative_to(unpacked).as_posix() for top in tops for path in (unpacked / top).rglob("*") if path.is_file()
    }
    assert found == wanted


def test_the_wheel_requires_grpc_and_protobuf_only(unpacked: Path) -> None:
    (metadata,) = unpacked.glob("*.dist-info/METADATA")
    asked = email.message_from_string(metadata.read_text(encoding="utf-8")).get_all("Requires-Dist")
    assert asked is not None
    always = {re.split(r"[^\w-]", text)[0] for text in asked if "extra ==" not in text}
    assert always == {"googleapis-common-protos", "grpcio", "protobuf"}
    for library, extras in (("pyarrow", ["arrow", "files"]), ("python-calamine", ["files"])):
        found = [text.split(";")[1].strip() for text in asked if text.startswith(library)]
        assert found == [f"extra == '{extra}'" for extra in extras]


def test_stubs_and_client_are_imported_from_the_wheel_alone(unpacked: Path) -> None:
    done = run_isolated(
        unpacked,
        """
        import egov.scorer.v1.scorer_pb2, egov.scorer.v1.scorer_pb2_grpc
        import egov.scorer.v1.criteria_pb2, egov.scorer.v1.criteria_pb2_grpc
        import scorer_client

        for module in (egov.scorer.v1.scorer_pb2, scorer_client):
            assert module.__file__.startswith(client), module.__file__
        for name in ("numpy", "durable", "scorer", "pydantic", "pluggy", "scorer_plugins"):
            assert name not in sys.modules
            try:
                __import__(name)
            except ImportError as error:
                assert str(error) == f"{name} does not come with the client"
            else:
                raise SystemExit(f"{name} can be imported, so this shows nothing")
        print("imported")
        """,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "imported\n", "")


def test_the_client_alone_sends_rows_and_names_what_tables_need(unpacked: Path) -> None:
    done = run_isolated(
        unpacked,
        """
        from scorer_client import Client, Row, ScorerError

        with Client("127.0.0.1:1", timeout=20) as caller:
            try:
                caller.rank_province("hue-2020", [Row("hue", "district", {"infrastructure_awarded": 20.43})])
            except ScorerError as error:
                print(error.code.name)
            try:
                caller.rank_table("hue-2020", {"id": ["hue"]})
            except ImportError as error:
                print(error)
        """,
    )
    needed = "tables and files need pyarrow: pip install 'egov-scorer-client[arrow]'"
    assert (done.returncode, done.stdout) == (0, f"UNAVAILABLE\n{needed}\n"), done.stderr
