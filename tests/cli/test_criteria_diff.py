"""``scorer criteria diff`` says in words what changed between two sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_in_process import Run, local_runner
from document_set import WARDS
from harness import group, host

from scorer.criteria.difference import differences
from scorer.criteria.yaml_parser import parse
from scorer.plugin_api import Indicator

NEXT = """\
criteria_set: wards-2027
extends: wards-2026
title: {en: "Digital wards, 2027"}
notes: {en: Made up.}
effective: {from: 2027-01-01}
rounding: {points: 2}
ranking: {cohort: tier, ties: dense}
categories:
  readiness:
    groups:
      digital_office:
        points: ~
        indicators:
          opened: ~
          staff: {kind: count, title: {en: Staff}}
        criteria:
          - {id: 1.3.1, remove: true}
          - {id: "1.2", formula: count, indicator: staff, each: 1, points: 3.0}
          - {id: "1.1", title: {en: Online files, vi: Trực tuyến}, points: 6, may_be_not_applicable: true}
      more: {indicators: {}, criteria: [{id: "2", formula: count, indicator: staff, each: 1, points: 1}]}
    levels: [{level: 1, gates: [{measure: total, at_least: 90%}]}]
"""

SAID = """\
wards-2026 -> wards-2027: 18 differences
- title (en) was Digital wards, is Digital wards, 2027
- title (vi) is gone: Phường số
- effective: from was 2026-01-01, is 2027-01-01
- effective: to is gone: 2026-12-31
- ranking: ties was competition, is dense
- group digital_office: points is gone: 10
- indicator opened is gone (kind: date, title: {en: Opened, vi: Ngày mở}, minimum: 2000-01-01, maximum: 2026-12-31)
- indicator staff is new (kind: count, title: {en: Staff})
- criterion 1.1: title (en) was Online, is Online files
- criterion 1.1: points was 5, is 6
- criterion 1.1: may_be_not_applicable was false, is true
- criterion 1.2: formula was choice, is count
- criterion 1.2: indicator was portal, is staff
- criterion 1.2: options is gone: {full: 3, part: 1, none: 0}
- criterion 1.2: each is new: 1
- criterion 1.3.1 is gone (formula: steps, indicator: opened, steps: [{at_most: 2020-01-01, points: 2}], points: 2)
- group more is new (criteria: 1)
- level 1 of category readiness: gates was [{measure: total, at_least: 80%}], is [{measure: total, at_least: 90%}]
"""


@pytest.fixture
def scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("sets").mkdir()
    Path("sets/wards.yaml").write_text(WARDS, encoding="utf-8")
    Path("sets/next.yaml").write_text(NEXT, encoding="utf-8")
    return local_runner(host(group("water", Indicator("wells", kind="count"))), monkeypatch, capsys)


@pytest.mark.parametrize(
    "words",
    [("sets/wards.yaml", "sets/next.yaml"), ("wards-2026", "wards-2027", "--criteria", "sets")],
    ids=["files", "codes"],
)
def test_the_diff_says_what_changed(scorer: Run, words: tuple[str, ...]) -> None:
    done = scorer("criteria", "diff", *words)
    assert (done.code, done.errors) == (0, [])
    assert done.out == SAID


def test_sets_that_cannot_be_compared_are_named(scorer: Run) -> None:
    Path("sets/broken.yaml").write_text(WARDS.replace("kind: choice", "kind: choise"), encoding="utf-8")
    done = scorer("criteria", "diff", "sets/wards.yaml", "sets/broken.yaml")
    assert done.code == 2
    assert "portal.kind: expected 'count'" in done.errors[0]
    assert done.errors[-1] == "scorer: sets/broken.yaml cannot be used, so it cannot be compared"
    by_code = scorer(
        "criteria", "diff", "wards-2026", "wards-2027", "--criteria", "sets"
    )  # broken.yaml is first by name
    assert by_code.errors == ["scorer: sets/broken.yaml cannot be used: 'scorer criteria list' says why"]
    Path("sets/broken.yaml").unlink()
    done = scorer("criteria", "diff", "wards-2026", "wards-2028", "--criteria", "sets")
    assert done.errors == [
        "scorer: there is no criteria set 'wards-2028'; there are: wards-2026, wards-2027; did you mean 'wards-2027'?"
    ]
    done = scorer("criteria", "diff", "sets/none.yaml", "sets/wards.yaml")
    assert done.errors == ["scorer: cannot read sets/none.yaml: No such file or directory"]


DATA = parse(WARDS, "").data


def leaves(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [here] if items is None else [leaf for key, item in items for leaf in leaves(item, (*here, key))]


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return "something else"
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:])
    return copy


def test_the_diff_has_every_change() -> None:
    assert list(differences(DATA, DATA)) == []
    for path in leaves(DATA):
        if path != ("criteria_set",):
            assert list(differences(DATA, changed(DATA, path))), path
            assert list(differences(changed(DATA, path), DATA)), path


def test_a_changed_order_is_a_difference() -> None:
    groups = DATA["categories"]["readiness"]["groups"]
    criteria = groups["digital_office"]["criteria"]
    office = {**groups["digital_office"], "criteria": [criteria[1], criteria[0], criteria[2]]}
    after = {
        **DATA,
        "categories": {"readiness": {**DATA["categories"]["readiness"], "groups": {"digital_office": office}}},
    }
    assert list(differences(DATA, after)) == [
        "the criteria of group digital_office are in another order: 1.2, 1.1, 1.3.1"
    ]


def gate(measure: str, minimum: str) -> dict[str, str]:
    return {"measure": measure, "at_least": minimum}


def with_level(when: dict[str, Any], **notes: str) -> dict[str, Any]:
    category = {**DATA["categories"]["readiness"], "levels": [{"level": 1, "when": when}]}
    return {**DATA, "categories": {"readiness": category}, "notes": notes}


def test_long_values_show_only_the_entries_that_differ() -> None:
    gates = [gate(f"1.{n}", f"{n + 50}%") for n in range(12)]
    before = with_level({"all": [gate("total", "80%"), {"at_least": 5, "of": gates}]})
    changed_gates = [gates[0], gate("new", "1%"), *gates[1:7], gate("1.7", "90%"), *gates[8:11]]
    after = with_level({"all": [gate("total", "80%"), {"at_least": 6, "of": changed_gates}]})
    level = "level 1 of category readiness: when.all[1]"
    assert list(differences(before, after)) == [
        f"{level}.at_least was 5, is 6",
        f"{level}.of[1] is new: {{measure: new, at_least: 1%}}",
        f"{level}.of[8] was {{measure: 1.7, at_least: 57%}}, is {{measure: 1.7, at_least: 90%}}",
        f"{level}.of[11] is gone: {{measure: 1.11, at_least: 61%}}",
    ]


def test_long_texts_are_shown_from_where_they_differ() -> None:
    same = "The same words at the beginning of both notes, again and again. " * 5
    when = {"all": [gate("total", "80%")]}
    [said] = differences(with_level(when, en=f"{same}Then A."), with_level(when, en=f"{same}Then B, and more."))
    assert said == (
        "notes (en) was ... notes, again and again. Then A., is ... notes, again and again. Then B, and more."
    )
