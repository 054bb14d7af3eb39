"""``scorer plugins new``: the new plugin is installed, tested, served and ranked with."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import cli_in_process
import pytest
from environments import Environment, listening

from scorer.cli.scaffold import MAX_NAME_LENGTH
from scorer_client import Client, Row, ScorerError

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAMES = ("water_quality", "a", "x" * MAX_NAME_LENGTH, "v2_", "__".join("abc"))
"""Codes that a group can have, short and long ones, whose words are easy or hard to tell apart."""


def create_plugin(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return cli_in_process.run("plugins", "new", *arguments, cwd=folder)


def all_files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    """An environment with a new plugin, installed as the command says, and the plugin's directory."""
    folder = tmp_path_factory.mktemp("author")
    environment = Environment(folder / "environment")
    made = environment.run("scorer plugins new water_quality", folder)
    assert made.returncode == 0, made.stderr
    steps = [line.strip() for line in made.stdout.partition("next:\n")[2].splitlines()]
    assert steps == ["cd water_quality", "pip install -e '.[test]'", "pytest", "scorer serve"]
    done = environment.run(" && ".join(steps[:2]), folder)
    assert done.returncode == 0, done.stderr
    return environment, folder / "water_quality"


def test_the_new_plugin_passes_its_tests(installed: tuple[Environment, Path]) -> None:
    environment, plugin = installed
    done = environment.run("pytest -v", plugin)
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"cases\.yaml::.* PASSED", done.stdout)) == 4
    assert len(re.findall(r"test_water_quality\.py::.* PASSED", done.stdout)) >= 5
    # It has no scoring code, so there is nothing that could ask a clock.
    assert re.findall(r"::(\w+) SKIPPED", done.stdout) == ["test_no_clock_network_or_chance"]
    assert not re.search(r"FAILED|ERROR|warning", done.stdout)


@pytest.mark.long
def test_the_tests_of_the_new_plugin_notice_a_changed_set(installed: tuple[Environment, Path]) -> None:
    environment, plugin = installed
    file = plugin / "src/water_quality/water_quality-2026.yaml"
    text = file.read_text(encoding="utf-8")
    try:
        file.write_text(text.replace("at_most: 10, points: 1.5", "at_most: 10, points: 1"), encoding="utf-8")
        done = environment.run("pytest -q", plugin)
    finally:
        file.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert "FAILED src/water_quality/water_quality-2026.cases.yaml::a commune that serves three quarters" in done.stdout


def test_the_new_plugin_passes_the_conformance_kit(installed: tuple[Environment, Path]) -> None:
    environment, plugin = installed
    done = environment.run("scorer plugins check water_quality", plugin)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_set_of_the_new_plugin_is_served_and_ranks(installed: tuple[Environment, Path]) -> None:
    environment, plugin = installed
    answers = {"plan_issued": True, "official_in_charge": "full_time", "residents": 200, "reply_days": 5.0}
    rows = [Row(f"c{served}", "commune", {**answers, "residents_served": served}) for served in (120, 200, 90, 200)]
    with listening(environment, plugin) as address, Client(address) as client:
        assert "water_quality-2026" in [item.code for item in client.criteria_sets()]
        rows[3] = Row("also", "commune", rows[3].answers)
        (ranking,) = client.rank_province("water_quality-2026", rows, period="2026-H1").rankings
        with pytest.raises(ScorerError) as refused:
            client.rank_province("water_quality-2026", [Row("c", "commune", {**answers, "residents_served": 201})])
    results = [(unit.id, unit.category("results").rank, unit.category("results").level) for unit in ranking.units]
    assert results == [("also", 1, 1), ("c200", 1, 1), ("c120", 3, 2), ("c90", 0, 0)]
    assert ranking.units[2].overall.points == 2 + 2 + 120 / 200 * 8 + 3
    assert [cause.measure for cause in ranking.units[3].category("results").causes] == ["WQ.03"]
    assert [violation.reason for violation in refused.value.violations] == ["PART_LARGER_THAN_WHOLE"]


def test_the_name_of_an_installed_plugin_is_refused(installed: tuple[Environment, Path], tmp_path: Path) -> None:
    environment, _ = installed
    done = environment.run("scorer plugins new water_quality", tmp_path)
    assert done.returncode == 2
    assert "the plugin 'water_quality' exists already, in scorer-water-quality 0.1.0" in done.stderr
    assert all_files(tmp_path) == {}


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_the_new_plugin_is_clean(name: str, tmp_path: Path) -> None:
    assert create_plugin(tmp_path, name, "--directory", "made").returncode == 0
    checks = ["ruff format --isolated --check", "ruff check --isolated"]
    if name == NAMES[0]:  # the name takes no part in types
        checks.append("mypy --strict --no-incremental")
    for check in checks:
        command = [str(BIN / check.split()[0]), *check.split()[1:], "made/src", "made/tests"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    for file, content in all_files(tmp_path / "made").items():
        assert "NAME" not in file
        assert not re.search(rb"\$|NAME\b|\.tmpl", content), file


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_new_set_is_good_for_any_name(name: str, tmp_path: Path) -> None:
    """The plugin is a directory on the path, which is faster than an installation by pip."""
    assert create_plugin(tmp_path, name, "--directory", "made").returncode == 0
    info = tmp_path / "made/src/made-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[scorer.plugins]\n{name} = {name}\n", encoding="utf-8")
    environment = {"PYTHONPATH": str(tmp_path / "made/src"), "PATH": "/usr/bin:/bin"}
    command = [BIN / "scorer", "criteria", "test", f"{name}-2026"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 cases of 1 criteria set: 4 ok, 0 failed" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "Chất lượng nước",
            "is not a code; write small letters without accents, digits and '_'; did you mean 'chat_luong_nuoc'?",
        ),
        ("water-quality", "did you mean 'water_quality'?"),
        ("2026", "is not a code"),
        ("", "an argument is empty"),
        ("../up", "did you mean 'up'?"),
        ("x" * (MAX_NAME_LENGTH + 1), f"has {MAX_NAME_LENGTH + 1} characters, at most {MAX_NAME_LENGTH} are allowed"),
        ("infrastructure", "the plugin 'infrastructure' exists already, in egov-scorer"),
        ("criteria_sets", "the plugin 'criteria_sets' exists already"),
        ("total", "a group cannot be called 'total'"),
        ("results", "a group cannot be called 'results'"),
        ("lambda", "is a keyword of Python"),
        ("json", "the Python package 'json' exists already"),
        ("scorer", "the Python package 'scorer' exists already"),
        ("egov", "the Python package 'egov' exists already and would be hidden"),
        ("google", "the Python package 'google' exists already and would be hidden"),
        ("tests", "the folder 'tests' of the distribution would hide the plugin"),
        ("src", "the folder 'src' of the distribution would hide the plugin"),
    ],
)
def test_an_invalid_name_is_refused_before_anything_is_written(name: str, words: str, tmp_path: Path) -> None:
    done = create_plugin(tmp_path, name)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert all_files(tmp_path) == {}


@pytest.mark.long
def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "water_quality").mkdir()
    (tmp_path / "water_quality/README.md").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    before = all_files(tmp_path)
    for arguments in ([], ["--directory", "water_quality"], ["--directory", "file"]):
        done = create_plugin(tmp_path, "water_quality", *arguments)
        assert done.returncode == 2
        assert "exists already, and nothing is overwritten" in done.stderr
    done = create_plugin(tmp_path, "water_quality", "--directory", "file/below")
    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert all_files(tmp_path) == before


def test_an_empty_directory_is_filled_and_parents_are_created(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "some/where/new"):
        assert create_plugin(tmp_path, "water_quality", "--directory", folder).returncode == 0
    assert all_files(tmp_path / "empty") == all_files(tmp_path / "some/where/new") != {}


@pytest.mark.long
def test_the_wheel_of_the_scorer_has_the_whole_template(tmp_path: Path) -> None:
    command = [BIN / "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    folder = "scorer/cli/plugin_template/"
    inside = {name.removeprefix(folder) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(folder)}
    assert inside == set(all_files(ROOT / folder)) > {".gitignore.tmpl", "pyproject.toml.tmpl"}
