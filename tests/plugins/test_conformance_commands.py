"""The conformance kit as authors run it: on installed plugins, by pytest and by the command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from third_party import group_module, install, run

import scorer_plugins.infrastructure
from scorer.testing import Conformance
from scorer.testing.conformance.checks import CHECKS

NAMES = [check.name for check in CHECKS]
COST = re.compile(
    r"\S+\.yaml, tier \w+, group \w+: \d+\.\d\d us per unit for (\d+) criteria, \d+\.\d times as much as \1 flags"
)


SPRINGS = '''
"""Springs, as a third party would write them."""

from importlib.resources import files

import numpy as np

from scorer.plugin_api import CriterionGroup, GroupPoints, Indicator, Status, hookimpl


class Springs(CriterionGroup):
    """Half of the points for one spring, three quarters for two, and so on."""

    name, api_version = "springs", 1
    title = {"en": "Springs"}
    indicators = (Indicator("springs", kind="count", unit="springs", title={"en": "Springs"}, better="more"),)

    def score(self, criteria, cohort):
        springs = cohort.values("springs")
        most = np.array([[criterion.points.of(cohort.tier)] for criterion in criteria])
        points = np.rint(most * (1 - 0.5 ** np.minimum(np.nan_to_num(springs), 60)))
        status = np.where(np.isnan(springs), MISSING, Status.SCORED)
        return GroupPoints(points, np.broadcast_to(status, points.shape).astype(np.uint8))


MISSING = Status.MISSING


@hookimpl
def scorer_criterion_group():
    return Springs()


@hookimpl
def scorer_criteria_sets():
    return [files("springs") / "springs-2024.yaml"]
'''
SPRINGS_SET = """\
criteria_set: springs-2024
title: {en: Springs}
provenance: reconstructed
tiers: [commune]
categories:
  supply:
    groups:
      springs:
        criteria:
          - {id: S.01, formula: count, indicator: springs, each: 1, points: 3}
"""
CHANGES = {
    "springs": {},
    "springs_missing": {"MISSING = Status.MISSING": "MISSING = Status.SCORED"},
    "springs_hashed": {"most * (": "(1 + hash('springs') % 9) / 9 * most * ("},
    "springs_old": {'"springs", 1': '"springs", 7'},
}
TESTS = """
from scorer.testing import Conformance


class TestSprings(Conformance):
    plugin = "{name}"

    def test_of_the_authors(self):
        assert self.plugin == "{name}"
"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each change of the plugin, a directory in which it is installed with its tests."""
    sites = tmp_path_factory.mktemp("sites")
    for name, changes in CHANGES.items():
        code = SPRINGS.replace('files("springs")', f'files("{name}")')
        for old, new in changes.items():
            assert old in code
            code = code.replace(old, new)
        package = {f"{name}/__init__.py": code, f"{name}/springs-2024.yaml": SPRINGS_SET}
        install(sites / name, f"third-party-{name}", "1.0", package, {name: name})
        (sites / name / "test_springs.py").write_text(TESTS.format(name=name), encoding="utf-8")
    return sites


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest in the directory of a plugin; every warning is an error."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "error", "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def failing(sites: Path) -> str:
    """The output of pytest for a plugin that fails one check."""
    done = pytest_in(sites / "springs_missing", "-v")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_an_authors_class_has_a_test_for_each_check_and_the_cost_in_the_summary(failing: str) -> None:
    ran = re.findall(r"test_springs\.py::TestSprings::test_(\w+) (?:PASSED|FAILED)", failing)
    assert ran == ["of_the_authors", *NAMES]
    _, summary = failing.split("scorer: cost of the tested plugins")
    assert len(COST.findall(summary)) == 1


@pytest.mark.long  # tests/cli/test_plugins_new.py has the tests of another sound plugin run
def test_the_class_of_a_sound_plugin_passes(sites: Path) -> None:
    done = pytest_in(sites / "springs", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"test_springs\.py::TestSprings::test_(\w+) PASSED", done.stdout)
    assert passed == ["of_the_authors", *NAMES]
    _, summary = done.stdout.split("scorer: cost of the tested plugins")
    assert len(COST.findall(summary)) == 1


@pytest.mark.long
def test_a_class_may_name_a_module_that_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "springs").mkdir()
    (tmp_path / "springs/__init__.py").write_text(SPRINGS, encoding="utf-8")
    (tmp_path / "springs/springs-2024.yaml").write_text(SPRINGS_SET, encoding="utf-8")
    text = "import springs\n" + TESTS.replace('"{name}"', "springs")
    (tmp_path / "test_springs.py").write_text(text, encoding="utf-8")
    done = pytest_in(tmp_path, "-q")
    assert "15 passed" in done.stdout, done.stdout
    assert "scorer: cost of the tested plugins" in done.stdout


@pytest.mark.long
def test_one_check_can_be_run_by_its_name(sites: Path) -> None:
    done = pytest_in(sites / "springs_missing", "-q", "-k", "missing_is_not_zero or points_within_bounds")
    assert "1 failed, 1 passed, 13 deselected" in done.stdout, done.stdout
    assert "cost of the tested plugins" not in done.stdout


def test_a_failure_has_cause_place_and_fix(failing: str) -> None:
    assert "1 failed, 14 passed" in failing, failing
    _, _, told = failing.partition("TestSprings.test_missing_is_not_zero ___")
    assert told.splitlines()[1:] [:7] == [
        "springs, if it is not reported, does not make its criterion MISSING",
        "  where     springs-2024.yaml, tier commune, group springs",
        '  criterion S.01, formula count {"each": 1, "indicator": "springs"}',
        "  unit      unit-00000: springs not reported (and 149 of the 299 other units)",
        "  expected  MISSING without springs",
        "  actual    SCORED, 0 points",
        '  fix       status[row, np.isnan(cohort.values("springs"))] = Status.MISSING; the scorer does the rest',
    ]  # fmt: skip
    assert "Traceback" not in failing
    assert "laws.py" not in failing


def test_the_command_reports_the_same_as_pytest(sites: Path) -> None:
    done = run(sites / "springs_missing", "plugins", "check", "springs_missing")
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("ok", "failed", "skipped"))] == [
        ["failed" if name == "missing_is_not_zero" else "ok", f"{name}:"] for name in NAMES
    ]
    assert "\n          springs, if it is not reported, does not make its criterion MISSING\n" in done.stdout
    assert done.stdout.splitlines()[-1] == "springs_missing: 13 ok, 1 failed, 0 skipped"
    assert COST.search(done.stdout)


@pytest.mark.long  # tests/cli/test_plugins_new.py has another sound plugin checked
def test_the_command_passes_a_sound_plugin(sites: Path) -> None:
    done = run(sites / "springs", "plugins", "check", "springs")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "springs: 14 ok, 0 failed, 0 skipped"
    assert COST.search(done.stdout)


@pytest.mark.long
def test_points_that_depend_on_the_process_are_found(sites: Path) -> None:
    found = run(sites / "springs_hashed", "plugins", "check", "springs_hashed").stdout
    assert re.findall(r"^failed +(\w+)", found, re.MULTILINE) == ["same_input_same_bytes"]
    assert "when another process scores the same answers, the bytes of the result differ" in found


@pytest.mark.long
def test_a_quarantined_plugin_fails_with_the_reason(sites: Path) -> None:
    done = run(sites / "springs_old", "plugins", "check", "springs_old")
    assert done.returncode == 1
    why = "was written for API version 7; this scorer offers 1"
    assert f"plugin 'springs_old' cannot be used: {why}" in done.stdout
    assert done.stdout.splitlines()[-1] == "springs_old: 0 ok, 1 failed, 13 skipped"
    done = pytest_in(sites / "springs_old", "-q")
    assert "1 failed, 1 passed, 13 skipped" in done.stdout, done.stdout
    assert why in done.stdout


@pytest.mark.long
def test_an_unknown_plugin_is_refused_with_the_installed_ones(sites: Path) -> None:
    done = run(sites / "springs", "plugins", "check", "spring")
    assert done.returncode == 2
    assert done.stderr.startswith("scorer: no plugin 'spring' is installed in the entry point group scorer.plugins")
    assert done.stderr.endswith("transformation, springs; did you mean 'springs'?\n")
    (sites / "test_nameless.py").write_text(TESTS.format(name="spring"), encoding="utf-8")
    done = pytest_in(sites, "-q", "test_nameless.py")
    assert "1 failed, 1 passed, 13 skipped" in done.stdout
    assert "no plugin 'spring' is installed" in done.stdout


def copy_cases(folder: Path) -> int:
    """Copies the cases of Thừa Thiên Huế into a folder, and counts them."""
    source = Path(scorer_plugins.infrastructure.__file__).parent / "criteria_sets" / "hue-2020.cases.yaml"
    text = source.read_text(encoding="utf-8")
    (folder / source.name).write_text(text, encoding="utf-8")
    return len(re.findall(r"^  - name:", text, re.MULTILINE))


def test_cases_are_collected_if_the_setting_is_on(tmp_path: Path) -> None:
    cases = copy_cases(tmp_path)
    assert pytest_in(tmp_path, "-q").returncode == 5  # nothing was collected
    (tmp_path / "pytest.ini").write_text("[pytest]\nscorer_cases = true\n")
    done = pytest_in(tmp_path, "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    (passed,) = re.findall(r"^\d+ passed", done.stdout, re.MULTILINE)
    assert passed == f"{cases} passed"


@pytest.mark.long
def test_cases_are_collected_once_if_the_plugin_is_named_twice(tmp_path: Path) -> None:
    cases = copy_cases(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nscorer_cases = true\n")
    twice = pytest_in(tmp_path, "-q", "-p", "scorer.testing.cases.pytest_plugin")
    assert f"{cases} passed" in twice.stdout


def test_pytest_loads_only_needed_modules_of_the_scorer() -> None:
    """The pytest plugin is loaded in every run of pytest where the scorer is installed."""
    code = (
        "import sys, scorer.testing, scorer.testing.pytest_plugin; "
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('scorer', 'numpy', 'pydantic', 'grpc')))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['scorer', 'scorer.testing', 'scorer.testing.pytest_plugin']\n"


def test_the_command_does_not_need_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; import scorer.cli.commands.conformance; print('ok')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_a_test_that_an_author_overrides_is_kept() -> None:
    class Own(Conformance):
        plugin = "infrastructure"

        def test_cost_is_reported(self) -> str:
            return "own"

    class Heir(Own):
        plugin = "presence"

    assert Heir().test_cost_is_reported() == "own"
    assert Own.subject().plugin.name == "infrastructure"
    assert Heir.subject().plugin.name == "presence"
    assert Heir.test_missing_is_not_zero.__doc__ == (
        "A criterion is MISSING if an answer that it reads was not reported. A reported 0 is an answer."
    )


def test_each_of_several_plugins_of_one_name_is_checked(tmp_path: Path) -> None:
    for n, name in enumerate(("a-first", "b-second")):
        code = group_module(f"wells{n}", indicator=f"wells{n}")
        install(tmp_path, name, "1.0", {f"module{n}.py": code}, {"wells": f"module{n}"})
    done = run(tmp_path, "plugins", "check", "wells")
    for name in ("a-first", "b-second"):
        assert re.search(rf"^plugin 'wells' \({name} 1.0\): \d+ ok, ", done.stdout, re.M), done.stdout + done.stderr
