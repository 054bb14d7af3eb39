"""What spreadsheets and people change without noticing is refused with a hint, or named in a note."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from cli_in_process import Done, run
from pyarrow import feather, parquet

SET = """\
criteria_set: slips
title: {en: Slips}
provenance: reconstructed
tiers: [ward]
categories:
  readiness:
    groups:
      office:
        title: {en: Office}
        indicators:
          files: {kind: count, title: {en: Files received}}
          rate: {kind: number, title: {en: Rate}}
        criteria:
          - {id: "1.1", formula: count, indicator: files, each: 1, points: 10, may_be_not_applicable: true}
          - {id: "1.10", formula: linear, indicator: rate, from: 0, to: 100, points: 5, may_be_not_applicable: true}
          - {id: "1.2", formula: linear, indicator: rate, from: 0, to: 50, points: 5, may_be_not_applicable: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "slips.yaml").write_text(SET, encoding="utf-8")
    return tmp_path


def check(file: Path, command: str = "check") -> Done:
    done = run(command, file.name, "--set", "slips", "--criteria", "sets", cwd=file.parent)
    return Done(done.returncode, done.stdout, done.stderr.splitlines())


def workbook(file: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(file)
    return file


def test_a_number_that_stands_for_two_criteria_is_refused(folder: Path) -> None:
    rows = [["id", "tier", "not_applicable"], ["a", "ward", 1.1], ["b", "ward", 1.2], ["c", "ward", "1.10;1.1"]]
    done = check(workbook(folder / "a.xlsx", *rows))
    assert done.code == 2
    assert "Sheet!C2: the cell holds a number, which may mean 1.1 or 1.10: format it as text" in str(done)
    assert "1 mistake" in done.errors[-1]


@pytest.mark.parametrize("column", ["id", "name", "parent"])
def test_a_text_that_became_a_date_is_refused(folder: Path, column: str) -> None:
    """Spreadsheets change an id such as 3-1 into a date."""
    row = {"id": "a", "name": "A", "tier": "ward", "parent": "p"} | {column: datetime.date(2026, 1, 3)}
    done = check(workbook(folder / "answers.xlsx", [*row], [*row.values()]))
    cell = f"{'ABCD'[[*row].index(column)]}2"
    assert done.code == 2
    assert f"answers.xlsx: Sheet!{cell}: expected a text; the cell holds the date 2026-01-03" in done.errors[0]


def test_criteria_between_commas_are_refused_with_a_hint(folder: Path) -> None:
    done = check(workbook(folder / "a.xlsx", ["id", "tier", "not_applicable"], ["a", "ward", "1.1, 1.10"]))
    assert "Sheet!C2: criterion '1.1, 1.10' is unknown; separate criteria by ';'" in str(done)


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_every_space_between_thousands_has_the_same_hint(folder: Path, space: str) -> None:
    done = check(workbook(folder / "a.xlsx", ["id", "tier", "files"], ["a", "ward", f"1{space}234"]))
    assert "Sheet!C2: write numbers without separators: 1234" in str(done)


def test_a_column_by_code_and_by_title_is_named_by_its_code(folder: Path) -> None:
    done = check(workbook(folder / "a.xlsx", ["id", "tier", "files", "Files received"], ["a", "ward", 1, 2]))
    assert "Sheet!D1: column 'files' appears twice" in str(done)


def test_short_floats_in_a_file_are_read_as_in_a_table(folder: Path) -> None:
    rates = [70.1, 0.3, None, float("nan")]
    columns = {"id": list("abcd"), "tier": ["ward"] * 4, "rate": pa.array(rates, pa.float32())}
    parquet.write_table(pa.table(columns), folder / "a.parquet")
    feather.write_feather(pa.table(columns), str(folder / "a.arrow"))
    (folder / "a.csv").write_text("id,tier,rate\na,ward,70.1\nb,ward,0.3\nc,ward,\nd,ward,\n", encoding="utf-8")
    wanted = check(folder / "a.csv", "rank")
    assert wanted.code == 0
    assert check(folder / "a.parquet", "rank") == check(folder / "a.arrow", "rank") == wanted


def test_skipped_files_of_a_directory_are_named(folder: Path) -> None:
    forms = folder / "forms"
    (forms / "district").mkdir(parents=True)
    (forms / "a.csv").write_text("id,tier,files\na,ward,1\n", encoding="utf-8")
    done = check(forms)
    assert "entries of the folder that were not read: 1; the first is district" in str(done)
    (forms / "b.xls").write_bytes(b"")
    (forms / ".hidden").write_bytes(b"")
    done = check(forms)
    assert "entries of the folder that were not read: 2; the first is b.xls" in str(done)
