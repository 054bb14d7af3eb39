"""The stand-alone plugin distributions, installed side by side as their users install them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from stand_alone import PATIENCE, PLUGINS, distributions, package, project, scorer


def set_codes(distribution: str) -> list[str]:
    """Codes of the criteria sets of a distribution."""
    files = (package(distribution) / "criteria_sets").glob("*.yaml")
    return sorted(file.stem for file in files if not file.name.endswith(".cases.yaml"))


each_distribution = pytest.mark.parametrize("distribution", distributions())


def pip(command: str, *arguments: str | Path) -> None:
    """Runs pip without an index; it builds with the installed packages."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir"]
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", command, *options, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def environment(site: Path) -> dict[str, str]:
    """The environment of a process that finds what pip installed."""
    pip("install", "--target", site, *(PLUGINS / name for name in distributions()))
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture(scope="module")
def tested(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """All cases of all sets."""
    return scorer(environment, "criteria", "test")


def test_stand_alone_distributions_are_found() -> None:
    assert {
        "citizen-rating",
        "composite-indices",
        "information-security",
        "one-stop",
        "published-indices",
        "shared-systems",
    } <= set(distributions())


def test_no_stand_alone_plugin_is_quarantined(environment: dict[str, str]) -> None:
    done = scorer(environment, "plugins", "list")
    assert done.returncode == 0, done.stderr
    for distribution in distributions():
        lines = [line for line in done.stdout.splitlines() if f" scorer-{distribution} " in line]
        assert {line.split()[-1] for line in lines} == {"ready"}, done.stdout
    assert done.stderr == ""


def test_each_distribution_installs_one_package_with_its_name(environment: dict[str, str], site: Path) -> None:
    packages = {entry.name for entry in site.iterdir() if not entry.name.endswith(".dist-info")}
    assert packages == {f"scorer_{name.replace('-', '_')}" for name in distributions()}


@each_distribution
def test_each_distribution_has_its_sets_and_answers(environment: dict[str, str], site: Path, distribution: str) -> None:
    source = package(distribution)
    files = {
        file.relative_to(source) for file in source.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    }
    assert {file for file in files if not (site / source.name / file).is_file()} == set()


def test_all_cases_of_stand_alone_plugins_pass(tested: subprocess.CompletedProcess[str]) -> None:
    assert tested.returncode == 0, tested.stdout + tested.stderr


@each_distribution
def test_every_stand_alone_set_has_cases(tested: subprocess.CompletedProcess[str], distribution: str) -> None:
    for code in set_codes(distribution):
        passed = [line for line in tested.stdout.splitlines() if line.startswith("ok ") and f" {code}: " in line]
        assert len(passed) > 3, tested.stdout


@pytest.mark.long
@each_distribution
def test_stand_alone_plugins_pass_the_conformance_kit(environment: dict[str, str], distribution: str) -> None:
    for name in project(distribution)["entry-points"]["scorer.plugins"]:
        done = scorer(environment, "plugins", "check", name)
        assert done.returncode == 0, done.stdout + done.stderr


@each_distribution
def test_each_readme_names_groups_formulas_and_sets(distribution: str) -> None:
    readme = (PLUGINS / distribution / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {project(distribution)['name']}\n")
    assert f"./plugins/{distribution}" in readme
    assert [code for code in set_codes(distribution) if f"`{code}`" not in readme] == []


@pytest.mark.long
def test_the_wheel_of_the_scorer_has_no_stand_alone_plugin(tmp_path: Path) -> None:
    pip("wheel", "--wheel-dir", tmp_path, PLUGINS.parent)
    (wheel,) = tmp_path.glob("egov_scorer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"scorer", "scorer_plugins"}
