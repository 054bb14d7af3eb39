"""A form can be read whatever its criteria set calls tiers and indicators."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from cli_in_process import run
from workbooks import ods

SET = """\
criteria_set: titles
title: {en: Titles}
provenance: reconstructed
tiers: {district: {title: {en: DISTRICTS}}, commune: {}}
categories:
  readiness:
    groups:
      office:
        title: {en: Office}
        indicators:
          one: {kind: count, title: {ONE}}
          two: {kind: count, title: {TWO}}
        criteria:
          - {id: "1", formula: count, indicator: one, each: 1, points: TIERS}
          - {id: "2", formula: count, indicator: two, each: 1, points: 10}
"""
TITLES = {
    "the same": ("en: Files", "en: Files"),
    "in other letters": ("en: Files", "en: 'files *'"),
    "in another language": ("en: Files, vi: Hồ sơ", "en: Hồ sơ, vi: Files"),
    "a code": ("en: two", "en: Files"),
    "a fixed column": ("en: Unit code", "en: Tier of the unit"),
}


def fill(folder: Path, text: str) -> list[str]:
    """Writes the set, fills in its form, and ranks it. Returns the names of the sheets."""
    (folder / "titles.yaml").write_text(text, encoding="utf-8")
    done = run("criteria", "template", "titles", "--criteria", ".", "--out", "form.xlsx", cwd=folder)
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(folder / "form.xlsx")
    sheet = book.worksheets[-1]
    sheet["A2"] = "a"
    for index, cell in enumerate(sheet[1], start=1):
        if cell.comment and "Code: two" in cell.comment.text:
            sheet.cell(2, index).value = 7
    book.save(folder / "form.xlsx")
    done = run("rank", "form.xlsx", "--criteria", ".", "--out", "a.csv", "--force", cwd=folder)
    assert done.returncode == 0, done.stderr
    header, row = (folder / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["readiness.2.points"] == "7.0"
    return book.sheetnames


@pytest.mark.parametrize("case", TITLES)
@pytest.mark.parametrize("tiers", ["10", pytest.param("{district: 10}", marks=pytest.mark.long)])
def test_titles_of_indicators_may_collide(tmp_path: Path, case: str, tiers: str) -> None:
    one, two = TITLES[case]
    fill(tmp_path, SET.replace("ONE", one).replace("TWO", two).replace("TIERS", tiers).replace("DISTRICTS", "D"))


@pytest.mark.parametrize("title", ["Instructions", "Hướng dẫn"])
def test_a_tier_may_be_called_like_the_instructions(tmp_path: Path, title: str) -> None:
    text = SET.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10").replace("DISTRICTS", title)
    assert fill(tmp_path, text) == ["Instructions", "district", "Communes"]


@pytest.mark.parametrize("code", ["instructions", "history"])
def test_a_tier_may_have_a_code_that_no_sheet_can_have(tmp_path: Path, code: str) -> None:
    """The second tier's title is longer than the name of a sheet, and begins like that of the third."""
    long, longer = (f"Communes in the mountains of the {where}" for where in ("north", "south"))
    tiers = f"{{{code}: {{}}, north: {{title: {{en: {long}}}}}, south: {{title: {{en: {longer}}}}}}}"
    text = SET.replace("{district: {title: {en: DISTRICTS}}, commune: {}}", tiers)
    (tmp_path / "titles.yaml").write_text(
        text.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10"), encoding="utf-8"
    )
    (tmp_path / "units.csv").write_text(f"id,tier\na,{code}\nb,south\n", encoding="utf-8")
    form = tmp_path / "form.xlsx"
    words = ("--criteria", ".", "--units", "units.csv", "--out", "form.xlsx")
    assert run("criteria", "template", "titles", *words, cwd=tmp_path).returncode == 0
    book = openpyxl.load_workbook(form)
    assert book.sheetnames == ["Instructions", f"{code} 2", "south"]
    for sheet in book.worksheets[1:]:
        (column,) = (cell.column for cell in sheet[1] if cell.comment and "Code: two" in cell.comment.text)
        sheet.cell(2, column).value = 7
    book.save(form)
    ods(tmp_path / "form.ods", {sheet.title: list(sheet.values) for sheet in book.worksheets})
    for kind in ("xlsx", "ods"):
        done = run("rank", f"form.{kind}", "--criteria", ".", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        units = [unit for ranking in json.loads(done.stdout)["rankings"] for unit in ranking["units"]]
        answers = {unit["id"]: (unit["tier"], unit["overall"]["points"]) for unit in units}
        assert answers == {"a": (code, 7), "b": ("south", 7)}


def test_a_sheet_of_units_that_is_called_like_the_instructions_is_read(tmp_path: Path) -> None:
    text = SET.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10").replace("DISTRICTS", "D")
    (tmp_path / "titles.yaml").write_text(text, encoding="utf-8")
    book = openpyxl.Workbook()
    for name, code in (("Instructions", "a"), ("Units", "b")):
        sheet = book.create_sheet(name)
        sheet.append(["id", "tier", "two"])
        sheet.append([code, "commune", 7])
    book.save(tmp_path / "units.xlsx")
    done = run("rank", "units.xlsx", "--set", "titles", "--criteria", ".", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [ranking["unit_count"] for ranking in json.loads(done.stdout)["rankings"]] == [2]


@pytest.mark.parametrize("title", ["communes", "commune", "Cấp  Xã"])
def test_two_tiers_cannot_have_the_same_name(tmp_path: Path, title: str) -> None:
    text = SET.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10").replace("DISTRICTS", title)
    (tmp_path / "titles.yaml").write_text(text, encoding="utf-8")
    done = run("criteria", "check", "titles.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "are both called" in done.stderr
    assert "'district'" in done.stderr
    assert "'commune'" in done.stderr
