"""A form can be read whatever its criteria set calls tiers and indicators."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from cli_in_process import run

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
@pytest.mark.parametrize("tiers", ["10", "{district: 10}"])
def test_titles_of_indicators_may_collide(tmp_path: Path, case: str, tiers: str) -> None:
    one, two = TITLES[case]
    fill(tmp_path, SET.replace("ONE", one).replace("TWO", two).replace("TIERS", tiers).replace("DISTRICTS", "D"))


@pytest.mark.parametrize("title", ["Instructions", "Hướng dẫn"])
def test_a_tier_may_be_called_like_the_instructions(tmp_path: Path, title: str) -> None:
    text = SET.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10").replace("DISTRICTS", title)
    assert fill(tmp_path, text) == ["Instructions", "district", "Communes"]


@pytest.mark.parametrize("title", ["communes", "commune", "Cấp  Xã"])
def test_two_tiers_cannot_have_the_same_name(tmp_path: Path, title: str) -> None:
    text = SET.replace("ONE", "en: A").replace("TWO", "en: B").replace("TIERS", "10").replace("DISTRICTS", title)
    (tmp_path / "titles.yaml").write_text(text, encoding="utf-8")
    done = run("criteria", "check", "titles.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "are both called" in done.stderr
    assert "'district'" in done.stderr
    assert "'commune'" in done.stderr
