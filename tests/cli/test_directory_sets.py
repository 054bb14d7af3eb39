"""Commands with ``--criteria DIR``: sets of a directory work like installed ones."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from cli_in_process import Run, local_runner
from harness import group, host

from scorer.plugin_api import Indicator

COUNTS = (Indicator("computers", kind="count"), Indicator("staff", kind="count"))
NETWORK = group("network", Indicator("firewall", kind="flag"), *COUNTS)

NUMBERED = """\
criteria_set: numbered-2026
title: {en: Official numbering}
provenance: published
tiers: [commune]
categories:
  readiness:
    groups:
      network:
        criteria:
          - {id: 1.1.2, title: {en: Firewall}, formula: flag, indicator: firewall, points: 2,
             may_be_not_applicable: true}
          - {id: "1.10", formula: count, indicator: computers, each: 1, points: 4}
          - {id: 2a, formula: ratio_to_best, numerator: computers, denominator: staff, when_zero: zero, points: 1}
          - {id: "3", title: {en: Best}, formula: ratio_to_best, numerator: computers, denominator: staff,
             when_zero: zero, points: 1}
    levels:
      - {level: 1, gates: [{measure: 1.1.2, at_least: 50%}, {measure: "1.10", at_least: 3}]}
"""

STAFF = "          - {id: 4a, formula: count, indicator: staff, each: 1, points: 1}\n"
ALONE = (
    re.sub(r" *- \{id: (2a|\"3\").*\n(?: +when.*\n)?", "", NUMBERED)
    .replace("    levels:", f"{STAFF}    levels:")
    .replace("numbered", "alone")
)
"""Criteria that do not compare units, of the same indicators."""

ANSWERS = """\
id,name,tier,parent,not_applicable,firewall,computers,staff
kim-lu,Kim Lư,commune,,,1,2,2
dia-linh,Địa Linh,commune,,1.1.2,,4,4
hao-nghia,Hảo Nghĩa,commune,,,0,,
"""


@pytest.fixture
def scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("sets").mkdir()
    Path("sets/numbered.yaml").write_text(NUMBERED, encoding="utf-8")
    Path("sets/alone.yaml").write_text(ALONE, encoding="utf-8")
    Path("answers.csv").write_text(ANSWERS, encoding="utf-8")
    return local_runner(host(NETWORK), monkeypatch, capsys)


HERE = ("--criteria", "sets")
NAMED = ("--set", "numbered-2026", *HERE)


def test_every_command_that_reads_answers_takes_sets_of_a_directory(scorer: Run) -> None:
    ranked = scorer("rank", "answers.csv", *NAMED, "--out", "ranked.csv")
    assert (ranked.code, ranked.errors) == (0, [])
    with Path("ranked.csv").open(encoding="utf-8-sig") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["dia-linh", "kim-lu", "hao-nghia"]
    for words in (
        ("score", "answers.csv", "kim-lu", *NAMED),
        ("score", "answers.csv", "kim-lu", "--set", "alone-2026", *HERE),
        ("lacking", "answers.csv", "1.10", *NAMED),
        ("check", "answers.csv", *NAMED),
        ("report", "answers.csv", *NAMED, "--out", "report.html"),
        ("criteria", "template", "numbered-2026", "--out", "form.xlsx", *HERE),
        ("criteria", "template", "numbered-2026", "--out", "form.xlsx", "--force", "--units", "answers.csv", *HERE),
        ("criteria", "show", "numbered-2026", *HERE),
        ("criteria", "list", *HERE),
    ):
        done = scorer(*words)
        assert (done.code, done.errors) == (0, []), words
    assert Path("report.html").stat().st_size
    for words in (("rank", "form.xlsx", *HERE), ("check", "form.xlsx", *HERE)):
        assert scorer(*words).code in (0, 2), words  # the form names its set; nothing is filled in


def test_a_set_that_is_neither_in_the_directory_nor_installed_is_named(scorer: Run) -> None:
    done = scorer("rank", "answers.csv", "--set", "numbred-2026", *HERE)
    assert done.code == 2
    [line] = done.errors
    assert "unknown criteria set 'numbred-2026'" in line
    assert "numbered-2026" in line


def test_mistakes_in_the_directory_are_printed_as_by_a_server(scorer: Run) -> None:
    Path("sets/broken.yaml").write_text(NUMBERED.replace("points: 4", "point: 4"), encoding="utf-8")
    Path("sets/other.yml").write_text(NUMBERED, encoding="utf-8")
    done = scorer("rank", "answers.csv", *NAMED)
    assert done.code == 0
    printed = "\n".join(done.errors)
    assert re.search(
        r"sets/broken.yaml:12:\d+: categories.readiness.groups.network.criteria\[1\].point: unknown key", printed
    )
    assert "rename it to other.yaml" in printed
    missing = scorer("rank", "answers.csv", "--set", "numbered-2026", "--criteria", "nowhere")
    assert missing.code == 2
    assert missing.errors == ["scorer: cannot read the directory of criteria sets nowhere: No such file or directory"]


def test_ids_that_begin_with_digits_work_everywhere(scorer: Run) -> None:
    shown = scorer("score", "answers.csv", "dia-linh", *NAMED).out
    assert re.search(r"1\.1\.2 Firewall +0\.00 +0 +not applicable", shown), shown
    assert re.search(r"3 Best +1\.00 +1", shown), shown
    lacking = scorer("lacking", "answers.csv", "1.10", *NAMED).out
    assert "kim-lu" in lacking
    assert "dia-linh" not in lacking
    Path("sets/numbered.cases.yaml").write_text(
        "criteria_set: numbered-2026\nprovenance: published\ncases:\n"
        "  - name: numbered\n    units:\n"
        "      - {id: a, tier: commune, answers: {computers: 3, staff: 3}, not_applicable: [1.1.2],\n"
        "         expect: {points: {1.10: 3, 3: 1}, not_applicable: [1.1.2]}}\n"
        "      - {id: b, tier: commune, answers: {firewall: true, computers: 1, staff: 1}}\n"
        "    expect: {rank: {readiness: {a: 1, b: none}}}\n",
        encoding="utf-8",
    )
    tested = scorer("criteria", "test", "sets/numbered.yaml")
    assert (tested.code, tested.errors) == (0, []), tested.errors


def test_one_unit_of_a_file_is_scored_by_sets_that_compare_units(scorer: Run) -> None:
    best = scorer("score", "answers.csv", "dia-linh", *NAMED)
    assert best.code == 0
    half = scorer("score", "answers.csv", "kim-lu", *NAMED).out
    assert re.search(r"1\.10 1\.10 +2\.00 +4", half), half
    Path("answers.csv").write_text(ANSWERS + "bad,Bad,commune,,,1,-1,1\n", encoding="utf-8")
    done = scorer("score", "answers.csv", "kim-lu", *NAMED)
    assert done.code == 2
    assert done.errors[0].startswith("scorer: answers.csv: row 5, column G (computers): ")
    alone = scorer("score", "answers.csv", "kim-lu", "--set", "alone-2026", *HERE)
    assert alone.code == 0
