"""Texts from outside are escaped before they reach terminals and logs."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cli_in_process
import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import until
from third_party import SCORER, document, environment, group_module, serve, third_party_plugin

import scorer
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.cli.output import json_text
from scorer.model.untrusted import escaped

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\u2028\x85forged"
SHOWN = "\\x1b]0;owned\\x07\\x1b[31m\\x9b2J\\u202e\\u2028\\x85forged"
LINE = "\n2026-11-30 00:00:00,000 INFO forged"
"""A text that would be read as a line of the log."""


def assert_harmless(said: str) -> None:
    assert not [line for line in said.split("\n") if not line.isprintable()], repr(said)
    assert not [line for line in said.split("\n") if line.startswith(("2026-11-30 00:00:00,000", "forged"))]


def run(folder: Path, *words: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command, in a separate process only if it needs the distributions in ``site``."""
    if site is None:
        done = cli_in_process.run(*words, cwd=folder, COLUMNS="400")
    else:
        done = subprocess.run(
            [SCORER, *words], cwd=folder, env=environment(site), capture_output=True, encoding="utf-8", check=False
        )
    assert "Traceback" not in done.stderr
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    return done


@given(st.text())
def test_escaped_text_is_one_printable_line(text: str) -> None:
    assert escaped(text).isprintable()
    assert text.isprintable() == (escaped(text) == text)


@given(st.recursive(st.text() | st.characters(), st.lists))
def test_json_escapes_the_same_text(value: object) -> None:
    written = json_text(value)
    assert json.loads(written) == json.loads(json.dumps(value))
    assert_harmless(written)


@pytest.mark.long
@pytest.mark.parametrize(
    ("header", "shown"),
    [(f"id,tier,{HOSTILE}", SHOWN), (f'id,tier,"a{LINE}"', "forged"), (f"{HOSTILE},b", SHOWN)],
)
def test_headers_of_csv_files_are_escaped(tmp_path: Path, header: str, shown: str) -> None:
    (tmp_path / "in.csv").write_text(f"{header}\na,district,1\n", encoding="utf-8")
    done = run(tmp_path, "rank", "in.csv", "--set", "hue-2020")
    assert (done.returncode, done.stdout) == (2, "")
    assert shown in done.stderr


@pytest.mark.parametrize("cell", [HOSTILE, pytest.param(f'"a{LINE}"', marks=pytest.mark.long)])
def test_cells_of_csv_files_are_escaped(tmp_path: Path, cell: str) -> None:
    header = "id,name,tier,parent,not_applicable,policy_environment_awarded"
    for at in range(6):
        row = ["a", "A", "district", "", "", "1"]
        row[at] = cell
        (tmp_path / "in.csv").write_text(f"{header}\n{','.join(row)}\n", encoding="utf-8")
        done = run(tmp_path, "rank", "in.csv", "--set", "hue-2020")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"row 2, column {'ABCDEF'[at]} (" in done.stderr


@pytest.mark.parametrize("name", [HOSTILE, pytest.param(f"a{LINE}", marks=pytest.mark.long)])
def test_names_of_files_and_arguments_are_escaped(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text("criteria_set: [", encoding="utf-8")
    (tmp_path / f"{name}.csv").write_text("id,tier\na,district\n", encoding="utf-8")
    for words in (
        ("criteria", "check", f"{name}.yaml"), ("criteria", "test", f"{name}.yaml"), ("criteria", "test", name),
        ("rank", f"{name}.csv", "--set", name), ("rank", f"{name}.csv", "--set", "hue-2020", "--tier", name),
        ("rank", f"{name}.csv", "--set", "hue-2020", "--period", name), ("rank", f"{name}.txt", "--set", "hue-2020"),
        ("criteria", "list", "--criteria", name), ("criteria", "show", name), ("plugins", "check", name),
        ("plugins", "new", name), ("serve", "--address", name), ("settings", "check", "--settings", name), (name,),
        ("serve", f"--{name}"),
    ):  # fmt: skip
        done = run(tmp_path, *words)
        assert done.returncode == 2, words
        assert "forged" in done.stderr, words
    done = run(tmp_path, "rank", f"{name}.csv", "--set", "hue-2020", "--out", f"{name}.json")
    assert (done.returncode, done.stdout.count("forged")) == (0, 1), done.stderr
    assert "forged" in run(tmp_path, "criteria", "list", "--criteria", ".").stderr


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Plugins that raise hostile texts, one with a hostile title, and a set of the first one."""
    site = tmp_path / "site"
    text = ascii(f"{HOSTILE}{LINE}")
    code = group_module("loud", f"        raise RuntimeError({text})\n", sets=["loud-2024.yaml"])
    third_party_plugin(site, "loud", code)
    titled = group_module("titled").replace("kind='number'", f"kind='number', title={{{text}: {text}}}")
    third_party_plugin(site, "titled", titled)
    third_party_plugin(site, "broken", f"raise ImportError({text})")
    (site / "loud-2024.yaml").write_text(document("loud-2024", "loud"), encoding="utf-8")
    return site


@pytest.mark.long
@pytest.mark.parametrize("words", [("plugins", "list", "--json"), ("plugins", "check", "broken")], ids=" ".join)
def test_texts_of_plugins_are_escaped_in_further_commands(tmp_path: Path, site: Path, words: tuple[str, ...]) -> None:
    assert "forged" in run(tmp_path, *words, site=site).stdout


def test_texts_of_plugins_are_escaped(tmp_path: Path, site: Path) -> None:
    assert "forged" in run(tmp_path, "plugins", "list", site=site).stdout
    assert "title of indicator 'wells' has a control" in run(tmp_path, "plugins", "check", "titled", site=site).stdout
    assert "forged" in run(tmp_path, "plugins", "check", "loud", site=site).stdout
    folder = tmp_path / f"sets{LINE}"
    folder.mkdir()
    with serve(site, tmp_path / "log", "--criteria", str(folder)) as service:
        answers = pb.UnitAnswers(unit=pb.Unit(id="a", tier="district"), answers={"wells": pb.Answer(number=7)})
        with pytest.raises(grpc.RpcError):
            service.scorer.ScoreUnit(pb.ScoreUnitRequest(criteria_set="loud-2024", unit_answers=answers), timeout=20)
        (folder / f"b{HOSTILE}{LINE}.yaml").write_text("criteria_set: [", encoding="utf-8")
        until(lambda: "not YAML" in service.log, "the broken document is not reported")
        said = service.log
    assert "RuntimeError" in said
    assert_harmless(said)


PRINTING = (
    "print", "typer.echo", "typer.secho", "click.echo", "click.secho", "Console", "os.write", "os.writev",
    "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig", "warnings.showwarning",
)  # fmt: skip
PRINTING_METHODS = (
    "stdout.write", "stderr.write", "stdout__.write", "stderr__.write", ".buffer.write", ".writelines", "Console",
    "out.file.write", "err.file.write", "console.print", "print_exc", "print_exception", "print_stack", "print_tb",
    "StreamHandler", "FileHandler", "excepthook",
)  # fmt: skip


def written_elsewhere(tree: ast.AST) -> Iterator[str]:
    """Calls that write to a terminal or log without ``escaped``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            ends = called in ("sys.exit", "SystemExit", "exit", "quit")  # which print any text
            says = bool(node.args) and not isinstance(node.args[0], ast.Constant | ast.Name | ast.Attribute | ast.Call)
            if called in PRINTING or called.endswith(PRINTING_METHODS) or (ends and says):
                yield f"line {node.lineno}: {called}"
        if isinstance(node, ast.ImportFrom) and any(name.name in ("print", "echo", "secho") for name in node.names):
            yield f"line {node.lineno}: import from {node.module}"
        if isinstance(node, ast.keyword) and node.arg == "file" and "std" in ast.unparse(node.value):
            yield f"line {node.value.lineno}: file={ast.unparse(node.value)}"


@pytest.mark.parametrize(
    "line",
    [
        "print(name)", "typer.echo(name)", "sys.stderr.write(name)", "sys.__stderr__.write(name)",
        "sys.stdout.buffer.write(name)", "os.write(2, name)", "sys.stderr.writelines(names)", "traceback.print_exc()",
        "from rich import print", "from typer import echo", "log.addHandler(logging.StreamHandler())",
        "Console(stderr=True)", "sys.exit(f'{name} is wrong')", "raise SystemExit('no ' + name)",
        "show(name, file=sys.stderr)", "logging.basicConfig(level=10)",
    ],
)  # fmt: skip
def test_code_that_bypasses_escaping_is_found(line: str) -> None:
    assert list(written_elsewhere(ast.parse(line)))


def test_only_modules_that_escape_print() -> None:
    """Commands print by scorer.cli.output, all else is logged by scorer.service.call.logs, which escape.

    What the engine of gates, the probe of plugins and workers write, the process reads that started them.
    """
    package = Path(scorer.__path__[0])
    found = {
        str(file.relative_to(package)): list(written_elsewhere(ast.parse(file.read_text(encoding="utf-8"))))
        for file in package.rglob("*.py")
    }
    assert {file for file, ways in found.items() if ways} == {
        "cli/output.py", "cli/serving/worker.py", "cli/serving/worker_process.py", "engine/gate_process.py",
        "plugins/probe_process.py", "service/call/logs.py",
    }, found  # fmt: skip
