"""A set with conditions and limits, in one YAML file: the form, the cases, the ranking and ``show`` follow."""

from __future__ import annotations

import csv
from pathlib import Path

import docx
import lxml.html
import openpyxl
import pytest
from cli_in_process import run

SET = """\
criteria_set: rules-2026
title: {en: Rules}
provenance: published
tiers: [district, commune]
categories:
  readiness:
    groups:
      web:
        title: {en: Presence}
        indicators:
          presence_points: {kind: number, title: {en: Points}}
          incident: {kind: flag, title: {en: Security incident, vi: Sự cố}}
        criteria: [{id: PR.01, formula: awarded, indicator: presence_points, points: 10}]
      files:
        title: {en: Transaction}
        indicators: {transaction_points: {kind: number, title: {en: Points}}}
        criteria: [{id: TR.01, formula: awarded, indicator: transaction_points, points: {commune: 10}}]
    levels:
      - level: 1
        when:
          at_least: 2
          of:
            - {measure: web, at_least: 80%}
            - {measure: files, at_least: {commune: 80%}}
            - {measure: total, at_least: 75%}
      - {level: 2, gates: [{measure: total, at_least: 10%}]}
    limits:
      - {when: {indicator: incident, is: true}, not_ranked: true, legal_basis: Article 5,
         title: {en: Security, vi: An toàn thông tin}}
"""
CRITERION = "criteria: [{id: PR.01, formula: awarded, indicator: presence_points, points: 10}]"
CASES = """\
criteria_set: rules-2026
provenance: published
cases:
  - name: a commune that lacks one of three
    tier: commune
    answers: {presence_points: 7.1, transaction_points: 7.9}
    expect:
      level: {readiness: 2}
      causes:
        readiness:
          - {measure: files, at_least: 80%, value: 79%}
          - {measure: web, at_least: 80%, value: 71%, level: 1}
  - name: a district with an incident
    tier: district
    answers: {presence_points: 10, incident: true}
    expect:
      level: {readiness: none}
      standing: {readiness: excluded}
      causes: {readiness: [{indicator: incident, limit: 1}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules-2026.yaml").write_text(SET, encoding="utf-8")
    (tmp_path / "rules-2026.cases.yaml").write_text(CASES, encoding="utf-8")
    return tmp_path


def test_cases_name_the_causes_of_combinations_and_limits(folder: Path) -> None:
    done = run("criteria", "test", str(folder / "rules-2026.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_set_is_shown_with_its_rules(folder: Path) -> None:
    done = run("criteria", "show", "rules-2026", "--criteria", str(folder))
    shown = " ".join(done.stdout.split())
    assert "level 1: 2 of 3: web at least 80 % or files at least commune 80 %" in shown
    assert 'limit "Security": not ranked if incident is true (Article 5)' in shown
    done = run("criteria", "show", "rules-2026", "--criteria", str(folder), "--lang", "vi")
    shown = " ".join(done.stdout.split())
    assert "mức 1: 2 trong 3: web từ 80 % hoặc files từ commune 80 %" in shown
    assert "giới hạn “An toàn thông tin”: không được xếp hạng nếu incident là có (Article 5)" in shown


def test_the_form_has_indicators_that_only_a_limit_reads(folder: Path) -> None:
    done = run("criteria", "template", "rules-2026", "--criteria", str(folder), "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert "incident" in (folder / "rules-2026.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    [line] = [row for row in (folder / "rules-2026-columns.md").read_text().splitlines() if "| incident |" in row]
    assert line.endswith("| district, commune |  |")
    form = folder / "form.xlsx"
    done = run("criteria", "template", "rules-2026", "--criteria", str(folder), "--out", str(form), "--lang", "vi")
    assert done.returncode == 0, done.stderr
    sheets = openpyxl.load_workbook(form)
    for title in ("Cấp huyện", "Cấp xã"):
        [header] = [cell for cell in sheets[title][1] if cell.value == "Sự cố"]
        assert "giới hạn" in header.comment.text


def test_causes_of_a_unit_name_the_nearest_condition_first(folder: Path) -> None:
    answers = folder / "answers.csv"
    answers.write_text("id,tier,presence_points,transaction_points,incident\nu,commune,7.1,7.9,\nv,district,9,,1\n")
    done = run("score", str(answers), "u", "--set", "rules-2026", "--criteria", str(folder))
    said = " ".join(done.stdout.split())
    assert "level 1 requires 2 of 3: Transaction 79 of 80 % or Presence 71 of 80 %" in said, done.stdout + done.stderr
    done = run("score", str(answers), "v", "--set", "rules-2026", "--criteria", str(folder), "--lang", "vi")
    assert "Sự cố: có, theo giới hạn “An toàn thông tin” không được là “có”" in " ".join(done.stdout.split()), (
        done.stdout
    )
    done = run("rank", str(answers), "--set", "rules-2026", "--criteria", str(folder))
    assert done.stdout.rstrip().endswith(", published"), done.stdout  # and not where to read what is assumed


def test_a_report_words_upper_bounds_as_upper_bounds(folder: Path) -> None:
    first, second = SET.index("      - level: 1"), SET.index("      - {level: 2")
    content = SET[:first] + SET[second:].replace("gates: [{", "gates: [{measure: web, at_most: 9}, {")
    (folder / "rules-2026.yaml").write_text(content, encoding="utf-8")
    answers = folder / "answers.csv"
    answers.write_text("id,tier,presence_points\nu,district,10\nv,district,8\nw,district,7\n")
    out = folder / "report.xlsx"
    done = run("report", str(answers), "--set", "rules-2026", "--criteria", str(folder), "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = openpyxl.load_workbook(out)["Minimums of the levels"].values
    assert [row[4:6] for row in rows if row[2] == "Presence"] == [("at most 9 points", 2)]


def test_a_limit_is_named_by_its_title_wherever_it_is_a_cause(folder: Path) -> None:
    answers, table, page, book = (folder / name for name in ("answers.csv", "out.csv", "r.html", "r.xlsx"))
    answers.write_text("id,tier,presence_points,incident\nu,district,9,1\nv,district,9,0\nw,district,0,0\n")
    options = (str(answers), "--set", "rules-2026", "--criteria", str(folder), "--lang", "vi")
    assert run("rank", *options, "--out", str(table)).returncode == 0
    lines = csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())
    columns = ("standing", "standing_title", "causes")
    found = {line["id"]: tuple(line[f"readiness.{name}"] for name in columns) for line in lines}
    assert found["u"] == (
        "excluded",
        "thuộc trường hợp không xếp hạng",
        "Sự cố: có, theo giới hạn “An toàn thông tin” không được là “có”",
    )
    assert found["w"][:2] == ("below_minimum", "chưa đạt mức tối thiểu")
    assert run("report", *options, "--out", str(page), "--out", str(book)).returncode == 0
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert "giới hạn “An toàn thông tin”: Sự cố: có (không được là “có”)" in text
    assert text.count(">thuộc trường hợp không xếp hạng</i>") == 2  # in the ranking and on the card
    rows = list(openpyxl.load_workbook(book)["Nguyên nhân"].values)
    assert [row[4] for row in rows if row[1] == "u"] == ["giới hạn “An toàn thông tin”"]


REQUIRED = {
    "en": (
        "Level 1: at least 2 of: Presence at least 80 %; Transaction at least 80 %; total at least 75 %",
        "Level 2: total at least 10 %",
        'The limit "Security": Security incident: anything but yes; otherwise not ranked (Article 5)',
        "at least 80 % (in: at least 2 of 3)",
    ),
    "vi": (
        "Mức 1: ít nhất 2 trong 3 điều kiện: Presence từ 80 %; Transaction từ 80 %; tổng điểm từ 75 %",
        "Mức 2: tổng điểm từ 10 %",
        "Giới hạn “An toàn thông tin”: Sự cố không được là “có”; nếu không thì không được xếp hạng (Article 5)",
        "từ 80 % (thuộc nhóm: ít nhất 2 trong 3)",
    ),
}


@pytest.mark.parametrize("language", REQUIRED)
def test_reports_show_how_gates_are_combined(folder: Path, language: str) -> None:
    answers, page, book, annex = (folder / name for name in ("answers.csv", "r.html", "r.xlsx", "r.docx"))
    answers.write_text("id,tier,presence_points,transaction_points\nu,commune,9,1\nv,district,9,\n")
    options = (str(answers), "--set", "rules-2026", "--criteria", str(folder), "--lang", language)
    done = run("report", *options, *(f"--out={path}" for path in (page, book, annex)))
    assert done.returncode == 0, done.stderr
    *requirements, minimum = REQUIRED[language]
    [district, commune] = lxml.html.parse(str(page)).xpath("//ul[@class='requirements']")
    assert [item.text_content() for item in commune] == requirements
    assert "Transaction" not in district.text_content()
    sheets = openpyxl.load_workbook(book)
    sheet = next(sheet for sheet in sheets if sheet["D2"].value and "75 %" in str(sheet["D2"].value))
    assert [f"{row[2]}: {row[3]}" for row in sheet.values][-3:] == requirements
    assert minimum in {cell for sheet in sheets for row in sheet.values for cell in row}
    paragraphs = [paragraph.text for paragraph in docx.Document(str(annex)).paragraphs]
    assert [text for text in paragraphs if text in requirements] == [*requirements[1:], *requirements]


def test_a_bonus_is_not_among_the_criteria_that_units_miss(folder: Path) -> None:
    pages = "{id: PR.01, title: {en: Pages}, formula: awarded, indicator: presence_points, points: 10}"
    bonus = "{id: PR.02, title: {en: Own app}, formula: flag, indicator: incident, points: 1, effect: bonus}"
    content = SET.replace(CRITERION, f"criteria: [{pages}, {bonus}]")
    (folder / "rules-2026.yaml").write_text(content, encoding="utf-8")
    answers, page = folder / "answers.csv", folder / "r.html"
    answers.write_text("id,tier,presence_points\nu,district,0\nv,district,0\n")
    options = (str(answers), "--set", "rules-2026", "--criteria", str(folder))
    shown = run("rank", *options).stdout
    assert "0/2 have all points for Pages" in shown
    assert "for Own app" not in shown
    assert run("report", *options, "--out", str(page)).returncode == 0
    [missed] = lxml.html.parse(str(page)).xpath("//ul[@class='missed']")
    assert [item.text_content().split(": ")[1] for item in missed] == ["PR.01 Pages"]
