"""Import rules: the layers, and who may import protobuf and the rule engine."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUBS = ROOT / "clients" / "python" / "src" / "egov" / "scorer" / "v1"

WIRE = ("egov", "google", "grpc", "grpc_health", "grpc_reflection", "grpc_status")
"""The packages of protobuf and gRPC."""


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def imported(source: Path) -> set[str]:
    """Every module that a file imports, by an import statement or by name."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"), source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__", "find_spec"):
                found.add(str(node.args[0].value))
    return found


def importers(files: Iterator[Path], *packages: str) -> set[str]:
    """Those of ``files`` that import one of ``packages`` or from inside one, as paths below the root."""
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if any(module.partition(".")[0] in packages for module in imported(file))
    }


def test_every_layer_imports_only_lower_layers() -> None:
    command = [Path(sysconfig.get_path("scripts")) / "lint-imports", "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = re.search(r"Contracts: (\d+) kept, 0 broken", done.stdout)
    assert kept is not None
    assert int(kept[1]) == len(pyproject()["tool"]["importlinter"]["contracts"]) > 0


def test_protobuf_is_imported_by_the_service_only() -> None:
    found = importers(sources("scorer", "plugins", "tools"), *WIRE)
    assert "scorer/service/messages/unit_rows.py" in found
    assert {file for file in found if not file.startswith("scorer/service/")} == set()


def test_the_client_is_used_by_commands_cases_workbooks_and_the_service_only() -> None:
    found = importers(sources("scorer", "plugins", "tools"), "scorer_client")
    assert "scorer/cli/commands/demo.py" in found
    users = ("scorer/cli/", "scorer/testing/cases/", "scorer/workbooks/", "scorer/service/")
    assert {file for file in found if not file.startswith(users)} == set()


def test_the_rule_engine_is_imported_by_one_file_of_the_checkout() -> None:
    everywhere = sources("scorer", "plugins", "clients", "tests", "benchmarks", "tools")
    assert importers(everywhere, "durable", "durable_rules_engine") == {"scorer/engine/gate_process.py"}


def test_the_file_of_the_rule_engine_is_started_and_never_imported() -> None:
    found = {
        file.relative_to(ROOT).as_posix()
        for file in sources("scorer", "plugins", "clients", "tools")
        if "scorer.engine.gate_process" in imported(file)
    }
    assert found == set()


def test_the_file_of_the_probe_is_started_and_never_imported() -> None:
    assert {
        file
        for file in sources("scorer", "plugins", "clients", "tools")
        if "scorer.plugins.probe_process" in imported(file)
    } == set()


def test_plugins_import_from_the_plugin_api_alone() -> None:
    for file in sources("plugins"):
        of_scorer = {module for module in imported(file) if module.partition(".")[0] == "scorer"}
        assert all(module.startswith("scorer.plugin_api") for module in of_scorer), file


def test_the_client_imports_nothing_of_the_service() -> None:
    heavy = ("scorer", "scorer_plugins", "numpy", "pydantic", "pluggy", "ruamel", "typer", "rich")
    assert importers(sources("clients/python/src"), *heavy) == set()


def modules_after(statement: str) -> set[str]:
    """The names in ``sys.modules`` of a new process after a statement."""
    code = f"{statement}; import json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module", ["scorer.catalogue.catalogue", "scorer.plugin_api", "scorer.engine.validation", "scorer.engine.ranking"]
)
def test_scoring_is_imported_without_messages_and_without_the_rule_engine(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert module in loaded
    assert (
        loaded & {"durable", "durable_rules_engine", "google.protobuf", "grpc", "egov", "scorer.engine.gate_process"}
        == set()
    )


def test_the_running_service_loads_neither_the_rule_engine_nor_libraries_of_rare_use() -> None:
    """Credentials need cryptography and PyJWT, workbooks need openpyxl and XlsxWriter."""
    loaded = modules_after(
        "import scorer.cli.commands.criteria, scorer.cli.commands.serve; "
        "from scorer.cli.loading import load_catalogue; import scorer.service.server; assert load_catalogue().sets"
    )
    assert {"grpc", "google.protobuf", "scorer.engine.gates"} <= loaded
    assert loaded & {"durable", "durable_rules_engine", "scorer.engine.gate_process"} == set()
    assert loaded & {"cryptography", "jwt", "openpyxl", "xlsxwriter"} == set()


HEAVY = {"numpy", "pyarrow", "pandas", "polars", "openpyxl", "xlsxwriter", "docx", "pydantic", "cryptography"}
"""Libraries that take long to import."""


@pytest.mark.parametrize(
    ("option", "light"),
    [
        ("--help", set()),
        ("--version", {"pydantic"}),  # Typer converts the values of options with it
    ],
)
def test_help_and_version_import_only_what_they_need(option: str, light: set[str]) -> None:
    run = f"from scorer.cli.commands import app; app(['{option}'], prog_name='scorer', standalone_mode=False)"
    loaded = modules_after(f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): {run}\n0")
    assert {"scorer.cli.commands", "rich.console"} <= loaded
    assert loaded & {*HEAVY, *WIRE, "scorer_client", "scorer.engine", "scorer.criteria"} == light


def test_the_client_imports_only_what_every_call_needs() -> None:
    loaded = modules_after("import scorer_client")
    assert {"grpc", "google.protobuf", "scorer_client.methods"} <= loaded
    assert loaded & {*HEAVY, "scorer", "rich", "typer"} == set()


# --- what the stubs ask of their surroundings ----------------------------------------------------------------------


def pyproject(folder: str = "") -> dict:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


def requirement(folder: str, name: str) -> str:
    """The version part of a dependency, such as ``>=1.85.1``."""
    (found,) = (
        match[1]
        for item in pyproject(folder)["project"]["dependencies"]
        if (match := re.fullmatch(rf"{name}(?:\[\w+\])?([<>=~!].*)", item))
    )
    return str(found)


def generated(pattern: str, files: str) -> set[str]:
    """What a pattern finds in the stubs of these names; each of them has it."""
    found = [re.search(pattern, path.read_text(encoding="utf-8")) for path in sorted(STUBS.glob(files))]
    assert len(found) == 2
    return {match[1] if match else "" for match in found}


def test_the_floor_of_grpcio_is_the_version_that_generated_the_stubs() -> None:
    (version,) = generated(r"GRPC_GENERATED_VERSION = '([\d.]+)'", "*_pb2_grpc.py")
    for folder in ("clients/python", ""):
        assert requirement(folder, "grpcio").split(",")[0] == f">={version}"


def test_the_floor_of_protobuf_is_the_version_that_generated_the_stubs() -> None:
    (version,) = generated(r"# Protobuf Python Version: ([\d.]+)", "*_pb2.py")
    major = int(version.partition(".")[0])
    for folder in ("clients/python", ""):
        # The runtime takes stubs of its own and of the previous major version.
        assert requirement(folder, "protobuf") == f">={version},<{major + 2}"


def test_the_service_requires_the_client_of_its_version() -> None:
    client = pyproject("clients/python")["project"]["version"]
    assert requirement("", "egov-scorer-client") == f"=={client}"
    assert pyproject()["project"]["version"] == client
