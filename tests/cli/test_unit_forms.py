"""Forms of single units: written, filled in and ranked as a directory."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import openpyxl
import pytest
from cli_in_process import Run
from workbooks import SET, TEXT, fill, results


@pytest.fixture
def folder(scorer: Run, bundled: Path, tmp_path: Path) -> Path:
    """A directory with one filled-in form per district."""
    units = tmp_path / "districts.csv"
    lines = [line for line in TEXT.splitlines() if ",district," in line]
    units.write_text("\n".join((TEXT.splitlines()[0], *lines)), encoding="utf-8")
    to = tmp_path / "forms"
    done = scorer("criteria", "template", SET, "--units", units, "--lang", "vi", "--per-unit", to)
    assert (done.code, done.errors) == (0, [])
    assert done.out.replace("\n", "") == f"đã ghi 8 biểu mẫu và units.csv vào {to}"
    for file in to.glob("*.xlsx"):
        fill(file)
    return to


def test_one_form_per_unit_gives_the_same_results(scorer: Run, folder: Path) -> None:
    assert len([*folder.iterdir()]) == 9
    (folder / "~$d-ba-be.xlsx").write_bytes(b"\x15lock file of Excel")
    (folder / ".hidden.csv").write_text("x", encoding="utf-8")
    assert results(scorer, folder) == results(scorer, folder.parent / "districts.csv", "--set", SET)


def test_a_unit_that_is_missing_or_duplicate_is_named(scorer: Run, folder: Path) -> None:
    (folder / "d-na-ri.xlsx").unlink()
    shutil.copy(folder / "d-ba-be.xlsx", folder / "e-copy.xlsx")
    done = scorer("rank", folder)
    assert done.code == 2
    assert done.errors == [
        f"scorer: {folder}: e-copy.xlsx: 'Cấp huyện'!A2: 'd-ba-be' is already the id at d-ba-be.xlsx: 'Cấp huyện'!A2",
        f"scorer: {folder}: no file has the unit 'd-na-ri' (huyện Na Rì), which is in units.csv",
        f"scorer: {folder}: 2 mistakes; nothing was ranked or written",
    ]


def test_a_unit_without_an_answer_is_named(scorer: Run, folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "d-na-ri.xlsx")
    for cell in book["Cấp huyện"][2][3:]:
        cell.value = None
    book.save(folder / "d-na-ri.xlsx")
    done = scorer("rank", folder)
    assert done.code == 0
    assert f"{folder}: units without any answer: 1; the first is d-na-ri.xlsx: 'Cấp huyện'!A2" in done.errors


def test_a_damaged_file_of_a_directory_is_named(scorer: Run, folder: Path) -> None:
    (folder / "d-na-ri.xlsx").write_bytes(b"PK\x03\x04" + bytes(99))
    errors = scorer("rank", folder).errors
    assert errors[0].startswith(f"scorer: {folder}: d-na-ri.xlsx: is damaged: ")


def test_a_directory_without_files_is_refused(scorer: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = scorer("rank", tmp_path / "empty", "--set", SET)
    assert done.errors[0].startswith(f"scorer: {tmp_path / 'empty'}: has no files of answers")


def test_ids_that_cannot_be_file_names_get_safe_names(scorer: Run, tmp_path: Path) -> None:
    units = tmp_path / "units.csv"
    ids = ["../up", "a/b", ".hidden", "~$lock", "xã 100%", 'a:b*?"<>|']
    text = io.StringIO(newline="")
    openings = [[code, "district"] for code in ids]
    csv.writer(text).writerows([["id", "tier"], *openings])
    units.write_text(text.getvalue(), encoding="utf-8")
    to = tmp_path / "forms"
    assert scorer("criteria", "template", "hue-2020", "--units", units, "--per-unit", to).code == 0
    assert len([*to.iterdir()]) == len(ids) + 1
    done = scorer("rank", to, "--expect-units", len(ids))
    assert done.code == 0


def test_options_that_need_each_other_are_checked(scorer: Run, bundled: Path, tmp_path: Path) -> None:
    done = scorer("criteria", "template", SET, "--per-unit", tmp_path / "forms")
    assert done.errors == ["scorer: --per-unit needs the units: --units FILE"]
    done = scorer("criteria", "template", SET, "--units", bundled, "--out", tmp_path)
    assert done.errors == ["scorer: --units needs --out FORM.xlsx or --per-unit DIRECTORY"]
