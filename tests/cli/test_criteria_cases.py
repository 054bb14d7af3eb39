"""Cases of criteria sets: what the command and pytest print about passing, failing and unreadable cases."""

from __future__ import annotations

import csv
import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from case_documents import BROKEN, FAILING, GOOD, HEAD, HUE, RANKS, SETS, cases, set_folder
from cli_in_process import run, stdout_of
from cli_process import lines
from harness import COMPILER
from plugin_modules import module

from scorer.criteria.yaml_parser import parse
from scorer.plugins.host import PluginHost
from scorer.testing.cases.files import CaseLoader
from scorer.testing.cases.runner import CaseFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a set that is not installed."""
    return set_folder(tmp_path)


def place_of(folder: Path, words: str, body: str = FAILING) -> str:
    """File and line of ``words`` in the only case of a directory."""
    text = HEAD + body
    line = text[: text.index(words)].count("\n") + 1
    return f"mine.cases.yaml:{line}:"


def test_the_bundled_sets_give_the_published_results() -> None:
    shown = stdout_of("criteria", "test").splitlines()
    assert all(line.startswith("ok     ") for line in shown[:-1])
    assert {line.split()[1] for line in shown[:-1]} == {"bac-kan-2020:", "hue-2020:"}
    assert shown[-1] == f"{len(shown) - 1} cases of 2 criteria sets: {len(shown) - 1} ok, 0 failed"


def test_the_bundled_cases_have_the_bundled_answers() -> None:

    for file in sorted(SETS.glob("*.cases.yaml")):
        document = parse(file.read_bytes(), file.name)
        answers = (files("scorer_plugins.answers") / f"{document.data['criteria_set']}.csv").read_text(encoding="utf-8")
        rows = {row["id"]: row for row in csv.DictReader(answers.splitlines())}
        units = [unit for case in document.data["cases"] for unit in case.get("units", ())]
        assert len(units) > 7
        for unit in units:
            given = {key: str(int(v)) if isinstance(v, bool) else str(v) for key, v in unit["answers"].items()}
            kept = {key: value for key, value in rows[unit["id"]].items() if value and key in given}
            assert given == kept


def test_a_passing_case_is_reported_as_ok(folder: Path) -> None:
    done = run("criteria", "test", "mine.yaml", cwd=cases(folder, GOOD))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "ok     mine: all that one unit can be asked for\n1 case of 1 criteria set: 1 ok, 0 failed\n"
    )


def test_a_set_named_by_document_and_cases_is_tested_once(folder: Path) -> None:
    done = run("criteria", "test", "mine.yaml", "mine.cases.yaml", "./mine.yaml", cwd=cases(folder, GOOD))
    assert done.returncode == 0, done.stderr
    assert lines(done.stdout)[-1] == "1 case of 1 criteria set: 1 ok, 0 failed"


def test_a_case_that_fails_shows_expected_and_actual_side_by_side(folder: Path) -> None:
    done = run("criteria", "test", "mine.yaml", cwd=cases(folder, FAILING))
    assert (done.returncode, done.stderr) == (1, "")
    shown = lines(done.stdout)
    assert shown[0] == "FAILED mine: three of four are otherwise"
    assert shown[1] == "where what expected actual"
    assert shown[2].startswith(place_of(folder, "readiness: 35.51"))
    assert shown[2].endswith("points of readiness 35.51 35.5")
    assert shown[3].startswith(place_of(folder, "readiness: 4"))
    assert shown[3].endswith("level of readiness 4 none")
    assert shown[4].startswith(place_of(folder, "readiness:\n"))
    assert "infrastructure+human_resources above 70 % level 4: infrastructure+human_resources at least" in shown[4]
    assert shown[-1] == "1 case of 1 criteria set: 0 ok, 1 failed"


def test_ranks_are_compared_unit_by_unit(folder: Path) -> None:
    done = run("criteria", "test", "mine.cases.yaml", cwd=cases(folder, RANKS))
    assert (done.returncode, done.stderr) == (1, "")
    shown = lines(done.stdout)
    assert [line.split(" ", 1)[1] for line in shown[2:-1]] == [
        "b: level of readiness 2 1",
        "c: rank in readiness 1 2",
    ]


def test_ranks_within_parents_and_commendations_are_compared(tmp_path: Path) -> None:
    text = HUE.replace("criteria_set: hue-2020", "criteria_set: mine").replace(
        "ranking: {", "commend: {best: 1}\nranking: {cohort: parent, "
    )
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    some = "tier: district, answers: {policy_environment_awarded: 15, infrastructure_awarded: 23, "
    most = some + "infrastructure_conditional_awarded: 2, human_resources_awarded: 10}"
    less = most.replace("awarded: 10", "awarded: 9")
    body = f"""\
  - name: two provinces
    units:
      - {{id: a, parent: x, {most}, expect: {{commended: true}}}}
      - {{id: b, parent: x, {less}, expect: {{commended: true}}}}
      - {{id: c, parent: y, {less}, expect: {{commended: true, level: {{readiness: 1}}}}}}
      - {{id: d, parent: y, {some.rstrip(", ")}}}, expect: {{commended: false}}}}
    expect:
      rank: {{overall: {{a: 1, b: 2, c: 2, d: none}}, readiness: {{c: 1}}}}
  - name: alone nobody is commended
    {most.replace(", answers", chr(10) + "    answers")}
    expect: {{commended: true}}
"""
    done = run("criteria", "test", "mine.yaml", cwd=cases(tmp_path, body))
    assert (done.returncode, done.stderr) == (1, "")
    failures = [line.split(" ", 1)[1] for line in lines(done.stdout) if line.startswith("mine.cases.yaml:")]
    assert failures == ["b: commended true false", "c: rank overall 2 1", "commended true false"]
    done = run("criteria", "test", "mine.yaml", cwd=cases(tmp_path, body.replace("parent: y, ", "", 1)))
    assert done.returncode == 2
    assert "cases[0].units[2].parent: is empty; units of tier 'district' are ranked within their" in done.stderr


def test_results_of_cases_are_printed_as_json(folder: Path) -> None:
    done = run("criteria", "test", "--json", "mine.yaml", cwd=cases(folder, GOOD, FAILING))
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["sets"]
    good, failing = found["outcomes"]
    assert (found["criteria_set"], found["cases"], found["problems"]) == ("mine", "mine.cases.yaml", [])
    assert (good["passed"], good["line"], failing["passed"]) == (True, 4, False)
    assert [check["passed"] for check in failing["checks"]] == [False, True, False, False]


def test_all_mistakes_of_a_document_of_cases_are_reported(folder: Path) -> None:
    done = run("criteria", "test", "mine.yaml", cwd=cases(folder, BROKEN))
    assert done.returncode == 2
    assert [line.removeprefix("scorer: mine.cases.yaml:") for line in done.stderr.splitlines()] == [
        "6:15: cases[0].answers.policy_environment_award: unknown indicator; "
        "did you mean 'policy_environment_awarded'?",
        "6:68: cases[0].answers.infrastructure_awarded: expected a number such as 1.5, "
        "because the indicator is a number",
        "7:22: cases[0].not_applicable[0]: criterion 'INF.01' applies to every unit of the set",
        "7:38: cases[0].not_applicable[2]: criterion 'INF.02' is listed twice",
        "8:23: cases[0].expect.points.readyness: 'readyness' is not a category, group, criterion or measure of tier "
        "'district'; did you mean 'readiness'?",
        "8:38: cases[0].expect.levels: unknown key 'levels'; did you mean 'level'?",
        "8:72: cases[0].expect.missing[0]: 'HR.1' is not a criterion of tier 'district'; did you mean 'HR.01'?",
        "10:11: cases[1].tier: unknown tier 'distrct'; the set has district; did you mean 'district'?",
        "11:42: cases[1].answers.policy_environment_awarded: has no value; leave out what is not reported",
        "12:35: cases[1].expect.percent.readiness: expected a number such as 40.6, or ~40.6 for a rounded one, "
        "not '70 percent'",
        "12:67: cases[1].expect.level.readiness: expected a whole number from 1, or none, not 0",
        "15:45: cases[2].expect.causes.readiness[0].measure: 'presence' is not a measure of the gates of 'readiness'",
        "15:88: cases[2].expect.causes.readiness[1].atleast: unknown key 'atleast'; did you mean 'at_least'?",
        "16:11: cases[3].name: case 'causes' is given twice",
        "19:14: cases[3].units[1].id: unit 'a' is given twice",
        "19:41: cases[3].units[1].expect: nothing is expected",
        "20:33: cases[3].expect.rank.readiness.b: 'b' is not a unit",
        "20:40: cases[3].expect.rank.achievement: 'achievement' is not a category",
        "20:57: cases[3].expect.rank.achievement.a: expected a whole number from 1, or none, not 0",
        "20:70: cases[3].expect.rank.overall: expected at least one entry, not nothing",
        " cannot be used",
    ]
    assert done.stdout == "4 cases of 1 criteria set: 0 ok, 0 failed, 4 not run\n"


def test_answers_that_doubles_would_round_are_refused(folder: Path) -> None:
    names = ("policy_environment_awarded", "infrastructure_awarded", "human_resources_awarded")
    wrong = ("1.0000001", "1.99999999999999999999", "1" + "0" * 400)
    said = ("has more than six decimals", "has more than six decimals", "is not a plain decimal number")
    for name, value, what in zip(names, wrong, said, strict=True):
        body = f"  - name: one\n    tier: district\n    answers: {{{name}: {value}}}\n"
        done = run("criteria", "test", "mine.yaml", cwd=cases(folder, body + "    expect: {points: {readiness: 1}}\n"))
        problem, _ = done.stderr.splitlines()
        assert done.returncode == 2
        assert problem.startswith(f"scorer: mine.cases.yaml:6:{len(name) + 17}: cases[0].answers.{name}: ")
        assert what in problem


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        (
            "{points: {readyness: 1}}",
            "'readyness' is not a category, group, criterion or measure of tier 'district'; did",
        ),
        ("{percent: {PE.01: 1}}", "'PE.01' is not a category, group or measure of tier 'district'"),
        ("{missing: [PE.1]}", "'PE.1' is not a criterion of tier 'district'; did you mean 'PE.01'?"),
        ("{causes: {readiness: [{measure: total, at_least: {district: 70%}}]}}", "the minimum of the unit's own tier"),
        ("{standing: {readiness: unranked}}", "expected 'ranked', 'below_minimum', 'nothing_applicable' or 'excluded'"),
        ("", "expected keys and values (points, percent, converted, published, ...), not nothing"),
    ],
)
def test_expected_values_are_read_strictly(folder: Path, expect: str, wrong: str) -> None:
    cases(folder, f"  - name: one\n    tier: district\n    expect: {expect}\n")
    shelf = CaseLoader(PluginHost.installed(), COMPILER)
    file = CaseFile.read(shelf.file(folder / "mine.yaml"))
    (problem,) = file.document.problems
    assert problem.line == (6 if expect else 7)  # what is not there ends where the next thing would begin
    assert wrong in problem.message


def test_cases_of_a_published_document_are_not_reconstructed(folder: Path) -> None:
    body = GOOD.replace("    tier", "    provenance: reconstructed\n    tier", 1)
    done = run("criteria", "test", "mine.yaml", cwd=cases(folder, body))
    assert done.returncode == 2
    assert "mine.cases.yaml:2:13: provenance: must be reconstructed, because case 'all that" in done.stderr


def test_cases_that_stand_alone_test_the_installed_set_of_their_code(tmp_path: Path) -> None:
    shutil.copy(SETS / "hue-2020.cases.yaml", tmp_path / "own.cases.yaml")
    done = run("criteria", "test", "own.cases.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok     hue-2020: thành phố Huế has 42.63 of 48 points")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["mine.yaml"], "criteria set 'mine' has no cases beside mine.yaml"),
        (["hue-2021"], "there is no criteria set 'hue-2021'; there are: bac-kan-2020, hue-2020; did you mean"),
        (["not-there.yaml"], "cannot read not-there.yaml: No such file or directory"),
        (["mine.cases.yaml"], "cannot read mine.cases.yaml: No such file or directory"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_gives_one_clear_line(folder: Path, words: list[str], wanted: str) -> None:
    done = run("criteria", "test", *words, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"scorer: {wanted}")
    assert len(done.stderr.splitlines()) == 1


def test_a_set_of_a_plugin_is_tested_by_its_cases(folder: Path) -> None:
    from scorer.plugins.plugin import Plugin

    alone = folder / "alone.yaml"
    alone.write_text(HUE.replace("criteria_set: hue-2020", "criteria_set: alone"), encoding="utf-8")
    given = sorted(cases(folder, GOOD).iterdir())
    installed = PluginHost.installed()
    host = PluginHost.of([(Plugin("mine"), lambda: module(scorer_criteria_sets=given))])
    both = PluginHost((*(p for p in installed.plugins if p.group), *host.plugins))
    assert [file.name for file in host.plugins[0].criteria_sets] == ["alone.yaml", "mine.yaml"]
    found = {tested.code: tested.cases for tested in CaseLoader(both, COMPILER).installed()}
    assert found == {"alone": None, "mine": folder / "mine.cases.yaml"}
