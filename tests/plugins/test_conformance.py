"""The conformance kit: each broken plugin fails exactly the check it was made for; sound and bundled ones fail none.

The checks are called directly, then as authors run them: installed, by pytest and by the command.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from broken_plugins import CORPUS, SOUND
from examples import drawn
from harness import COMPILER, group, plugin
from hypothesis import given
from hypothesis import strategies as st
from third_party import group_module, install, run

import scorer_plugins.infrastructure
from scorer.catalogue.catalogue import load_set
from scorer.engine.plan import SetPlan
from scorer.engine.validation import Submission, validate
from scorer.model.indicators import Indicator
from scorer.model.violations import Violations
from scorer.plugin_api import PartOf
from scorer.plugins.host import PluginHost
from scorer.testing import Conformance
from scorer.testing.conformance.checks import CHECKS, Result
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

NAMES = [check.name for check in CHECKS]
BUNDLED = [plugin.name for plugin in PluginHost.installed().plugins if plugin.distribution == "egov-scorer"]
COST = re.compile(
    r"\S+\.yaml, tier \w+, group \w+: \d+\.\d\d us per unit for (\d+) criteria, \d+\.\d times as much as \1 flags"
)


def results(subject: PluginUnderTest) -> dict[str, Result]:
    return {check.name: check.run(subject) for check in CHECKS}


def with_outcome(found: dict[str, Result], outcome: str) -> dict[str, str]:
    return {name: result.text for name, result in found.items() if result.outcome == outcome}


@pytest.mark.parametrize("what", CORPUS)
def test_a_broken_plugin_fails_exactly_the_check_that_it_was_made_for(what: str) -> None:
    broken = CORPUS[what]
    found = results(PluginUnderTest.of(broken.plugin))
    failed = with_outcome(found, "failed")
    assert list(failed) == [broken.check], failed
    assert broken.says in failed[broken.check]
    assert set(with_outcome(found, "skipped")) == broken.skipped


def test_every_check_that_can_fail_is_broken_by_some_plugin() -> None:
    assert {broken.check for broken in CORPUS.values()} == set(NAMES) - {"cost_is_reported"}


@pytest.mark.parametrize("what", SOUND)
def test_a_sound_plugin_passes_every_check(what: str) -> None:
    found = results(PluginUnderTest.of(SOUND[what]))
    assert list(with_outcome(found, "ok")) == NAMES, found
    assert all(COST.fullmatch(line) for line in found["cost_is_reported"].costs)
    assert found["cost_is_reported"].costs


@pytest.mark.long
@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_plugins_pass_every_check(name: str) -> None:
    found = results(PluginUnderTest.of(name))
    assert with_outcome(found, "failed") == {}
    if name != "criteria_sets":  # it scores nothing
        assert set(with_outcome(found, "skipped")) == {"criteria_sets_are_accepted", "no_clock_network_or_chance"}


def test_a_module_is_tested_instead_of_the_installed_plugin() -> None:
    subject = PluginUnderTest.of(scorer_plugins.infrastructure)
    assert subject.plugin.failure == ""
    assert not subject.installed
    assert [harness.source for harness in subject.harnesses] == ["bac-kan-2020.yaml"] * 3 + ["hue-2020.yaml"]


# What is drawn


class Places:
    """Field paths, for violations that must not occur."""

    def unit(self, unit: int, field: str) -> str:
        return f"{unit} {field}"

    answer = exclusion = unit


@pytest.mark.parametrize("name", [*BUNDLED, *SOUND])
def test_generated_answers_are_accepted_by_the_service(name: str) -> None:
    subject = PluginUnderTest.of(SOUND.get(name, name))
    files = {file.name: file for plugin in subject.host.plugins for file in plugin.criteria_sets}
    plans: dict[str, SetPlan | None] = {}
    for harness in subject.harnesses:
        if harness.source not in plans:
            text = files[harness.source].read_bytes()
            plans[harness.source], _ = load_set(subject.host, harness.source, text, COMPILER)
        plan = plans[harness.source]
        assert plan is not None
        for cohort in (harness.random_cohort, harness.complete_cohort):
            matrix = np.array([cohort.values(code) for code in plan.rows])
            n, violations = len(cohort), Violations()
            sheet = Submission(cohort.unit_ids, cohort.unit_ids, [cohort.tier] * n, [""] * n, matrix, [])
            (admitted,) = validate(plan, sheet, Places(), violations, to_rank=False)
            assert violations.listed() == []
            assert np.array_equal(admitted.cohort.matrix, matrix, equal_nan=True)


def test_generated_answers_include_edge_cases() -> None:
    (harness, *_) = PluginUnderTest.of(SOUND["own scoring"]).harnesses
    wells, dry = (harness.random_cohort.values(code) for code in ("wells", "dry"))
    assert np.isnan(wells[0])
    assert list(wells[1:4]) == [0, 8e9, 0]
    assert 0.05 < np.isnan(wells).mean() < 0.2
    assert (dry == 0).any()
    assert ((dry > 0) & (dry == wells)).any()
    assert {"W.01", "W.02", "W.03", "W.04"} == {
        code for code, mask in harness.random_cohort.excluded.items() if mask.any()
    }
    assert not np.isnan(harness.complete_cohort.matrix).any()
    assert (
        harness.random_cohort.matrix.tobytes()
        == PluginUnderTest.of(SOUND["own scoring"]).harnesses[0].random_cohort.matrix.tobytes()
    )


def test_criteria_are_generated_from_indicators_if_no_set_uses_a_group() -> None:
    (harness,) = PluginUnderTest.of(CORPUS["no documentation"].plugin).harnesses
    kinds = [criterion.formula.kind for _, criterion in harness.criteria]
    assert kinds == ["count", "linear", "choice", "steps", "count", "ratio"]


@pytest.mark.parametrize(("kind", "better"), [("count", "most"), ("choice", "more")])
def test_an_unknown_direction_is_refused(kind: str, better: str) -> None:
    options = ("a", "b") if kind == "choice" else ()
    with pytest.raises(ValueError, match="better must be 'more' or 'less'; a choice must not have it"):
        Indicator("x", kind, options=options, better=better)


INDICATORS = st.builds(
    lambda code, kind, ends, better: Indicator(
        code,
        kind,
        options=("a", "b", "c") if kind == "choice" else (),
        minimum=min(ends) if ends and kind in ("count", "number", "date") else None,
        maximum=max(ends) if ends and kind in ("count", "number", "date") else None,
        better="" if kind == "choice" else better,
    ),
    st.sampled_from("abcdef"),
    st.sampled_from(["count", "number", "flag", "choice", "date"]),
    st.none() | st.lists(st.integers(0, 40_000), min_size=2, max_size=2),
    st.sampled_from(["", "more", "less"]),
)


@drawn(12)
@given(st.lists(INDICATORS, min_size=1, max_size=6, unique_by=lambda indicator: indicator.code))
def test_any_indicators_get_criteria_and_answers_that_pass(indicators: list[Indicator]) -> None:
    codes = [indicator.code for indicator in indicators]
    pairs = [PartOf(*pair) for pair in itertools.pairwise(codes)]
    subject = PluginUnderTest.of(plugin(group("drawn", *indicators, checks=pairs)))
    (harness,) = subject.harnesses
    for cohort in (harness.random_cohort, harness.complete_cohort):
        for indicator in indicators:
            values, (low, high) = cohort.values(indicator.code), indicator.range()
            values = values[~np.isnan(values)]
            assert ((values >= low) & (values <= high)).all()
            assert indicator.kind == "number" or (values == np.rint(values)).all()
    laws = [check for check in CHECKS if check.name in ("missing_is_not_zero", "monotone_where_declared")]
    assert [result.text for check in laws if (result := check.run(subject)).outcome == "failed"] == []


# As authors meet it

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


@pytest.mark.long  # tests/cli/test_author.py has the tests of another sound plugin run
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
