"""Files of every kind give the results of the bundled CSV file."""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import openpyxl
import polars
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from cli_in_process import Run, runner, stdout_of
from damaged_files import arrow_streams, arrow_table
from harness import installed_catalogue
from workbooks import HEADER, LINES, SET, TEXT, book, change_part, ods, tables

from scorer.catalogue.catalogue import Catalogue


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture
def scorer(installed: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(installed, monkeypatch, capsys)


@pytest.fixture(scope="module")
def csv_results(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The results of the CSV file."""
    file = tmp_path_factory.mktemp("bundled") / "bundled.csv"
    file.write_text(TEXT, encoding="utf-8")
    return stdout_of("rank", str(file), "--set", SET, "--json")


def separated(separator: str, mark: str = ".") -> str:
    """The bundled file with another separator and decimal mark."""
    file = io.StringIO(newline="")
    rows = [[re.sub(r"^(\d+)\.(\d+)$", rf"\1{mark}\2", cell) for cell in line] for line in LINES]
    csv.writer(file, delimiter=separator, lineterminator="\r\n").writerows([HEADER, *rows])
    return file.getvalue()


def windows_1258(text: str) -> bytes:
    """Text as old Vietnamese Excel writes it: some accents are separate characters."""
    written = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        stem = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        written.append((stem + tones).encode("cp1258"))
    return b"".join(written)


def write_arrow_stream(path: Path) -> None:
    table = arrow_table()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def without_tiers(path: Path) -> None:
    made = book()
    for sheet in made:
        sheet.delete_cols(HEADER.index("tier") + 1)
    made.save(path)


def in_words(path: Path) -> None:
    """Rewrites flags, tiers and days as people write them."""
    sheets = tables()
    flags = [
        at for at, name in enumerate(HEADER) if name in ("regulation_lan", "cameras_on", "lan_lightning_protection")
    ]
    for name, rows in sheets.items():
        for row in rows[1:]:
            row[HEADER.index("tier")] = "Sở, ban, ngành" if name == "Cấp sở, ban, ngành" else name
            for at in flags:
                row[at] = {0: "Không", 1: "x", None: None}[row[at]]  # type: ignore[index]
            for at, cell in enumerate(row):
                if isinstance(cell, datetime.date):
                    row[at] = f"{cell.day}/{cell.month}/{cell.year}"
    book(sheets).save(path)


def two_header_rows(path: Path) -> None:
    made = book()
    for sheet in made:
        sheet.insert_rows(1)
        sheet["F1"] = "Môi trường chính sách"
        sheet.merge_cells("F1:J1")
    made.save(path)


def codes_twice(path: Path) -> None:
    made = book()
    for sheet in made:
        sheet.insert_rows(1)
        for column, name in enumerate(HEADER, start=1):
            sheet.cell(1, column).value = name
    made.save(path)


def days_from_1904(path: Path) -> None:
    made = book()
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.save(path)


def hidden_row(path: Path) -> None:
    made = book()
    made["Cấp huyện"].row_dimensions[3].hidden = True
    made.save(path)


def row_of_height_0(path: Path) -> None:
    made = book()
    made["Cấp huyện"].row_dimensions[3].height = 9
    made.save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda s: s.replace(b'ht="9"', b'ht="0"'))


def column_of_width_0(path: Path) -> None:
    made = book()
    made["Cấp huyện"].column_dimensions["F"].width = 9
    made.save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda s: s.replace(b'width="9"', b'width="0"'))


def ods_sizes_of_0(kind: str) -> Callable[[Path], None]:
    """Writes an ODS file whose first column or first row, as ``kind`` says, has the size 0."""
    size = {"row": "row-height", "column": "column-width"}[kind]
    style = (
        '<office:automatic-styles xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><style:style '
        f'style:name="s" style:family="table-{kind}"><style:table-{kind}-properties style:{size}="0.000cm"/>'
        "</style:style></office:automatic-styles><office:body>"
    )
    element = (
        '<table:table-column table:style-name="s"/><table:table-row>'
        if kind == "column"
        else ('<table:table-row table:style-name="s">')
    )

    def change(content: bytes) -> bytes:
        content = content.replace(b"<office:body>", style.encode(), 1)
        return content.replace(b"<table:table-row>", element.encode(), 1)

    def write(path: Path) -> None:
        ods(path, tables())
        change_part(path, "content.xml", change)

    return write


def all_on_one_sheet(path: Path) -> None:
    """Writes the units of all tiers on the sheet of the districts, with their tiers in cells."""
    rows = [row for rows in tables().values() for row in rows[1:]]
    book({"Cấp huyện": [list(HEADER), *rows]}).save(path)


def as_percentages(path: Path) -> None:
    made = book()
    made["Cấp huyện"]["BJ3"].number_format = "0.0%"
    made.save(path)


def hidden_empty_columns(path: Path) -> None:
    made = book()
    made["Cấp huyện"].column_dimensions["DA"].hidden = True
    made.save(path)


def formulas_that_give_nothing(path: Path) -> None:
    book().save(path)
    empty = b'<c r="F90" t="str"><f>IF(TRUE,"","x")</f><v></v></c>'
    change_part(
        path,
        "xl/worksheets/sheet2.xml",
        lambda s: s.replace(b"</sheetData>", b'<row r="90">' + empty + b"</row></sheetData>"),
    )


def elsewhere(path: Path) -> None:
    """Moves the tables away from the first row and column."""
    made = book()
    for sheet in made:
        sheet.move_range(f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}", rows=4, cols=2)
    made.save(path)


def macros(path: Path) -> None:
    book().save(path)
    change_part(path, "xl/vbaProject.bin", lambda _: b"Sub Auto_Open()")


SAME: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "workbook": ("a.xlsx", lambda path: book().save(path), ""),
    "named .csv": ("a.csv", lambda path: book().save(path), ""),
    "ODS": ("a.ods", lambda path: ods(path, tables()), ""),
    "Parquet": ("a.parquet", lambda path: pyarrow.parquet.write_table(arrow_table(), path), ""),
    "Feather": ("a.arrow", lambda path: pyarrow.feather.write_feather(arrow_table(), str(path)), ""),
    "Arrow of polars": ("a.arrow", lambda path: polars.from_arrow(arrow_table()).write_ipc(path), ""),
    "Arrow stream of many batches": ("a.arrows", lambda path: arrow_streams(path, 1), ""),
    "Arrow stream": ("a.arrows", write_arrow_stream, ""),
    "semicolons and commas": (
        "a.csv", lambda path: path.write_text(separated(";", ","), "utf-8-sig"),
        "numbers with a decimal comma: 25; the first is row 2, column BJ (update_days), '1,5' read as 1.5",
    ),
    "tabs in UTF-16": ("a.txt", lambda path: path.write_text(separated("\t", ","), "utf-16"), "read as UTF-16"),
    "UTF-16 without a mark": ("a.csv", lambda path: path.write_text(TEXT, "utf-16-be"), "read as UTF-16"),
    "sep=": ("a.csv", lambda path: path.write_text(f"sep=|\n{separated('|')}", "utf-8"), "separated by '|'"),
    "Windows-1258": ("a.csv", lambda path: path.write_bytes(windows_1258(TEXT)), "read as Windows-1258"),
    "accents apart": (
        "a.csv", lambda path: path.write_text(unicodedata.normalize("NFD", TEXT), "utf-8"), "accents in separate",
    ),
    "tiers from sheets": ("a.xlsx", without_tiers, ""),
    "words": ("a.xlsx", in_words, "the first is 'Cấp sở, ban, ngành'!K2, '27/1/2020' read as 2020-01-27"),
    "a header of two rows": (
        "a.xlsx", two_header_rows, "rows above the header were skipped; the first is 'Cấp sở, ban, ngành'!1",
    ),
    "the header twice": ("a.xlsx", codes_twice, "a second header was skipped"),
    "days from 1904": ("a.xlsx", days_from_1904, ""),
    "a hidden row": ("a.xlsx", hidden_row, "hidden rows or columns were read too; the first is sheet Cấp huyện"),
    "a row of height 0": ("a.xlsx", row_of_height_0, "hidden rows or columns were read too"),
    "a column of width 0": ("a.xlsx", column_of_width_0, "hidden rows or columns were read too"),
    "an ODS row of height 0": ("a.ods", ods_sizes_of_0("row"), "hidden rows or columns were read too"),
    "an ODS column of width 0": ("a.ods", ods_sizes_of_0("column"), "hidden rows or columns were read too"),
    "other tiers than the sheet": (
        "a.xlsx", all_on_one_sheet, "not the tier of the sheet or file 'Cấp huyện', and were read: 40;",
    ),
    "percentages": ("a.xlsx", as_percentages, "cells shown as percentages were read as they are stored"),
    "hidden empty columns": ("a.xlsx", hidden_empty_columns, ""),
    "formulas that give nothing": ("a.xlsx", formulas_that_give_nothing, ""),
    "a table that begins elsewhere": ("a.xlsx", elsewhere, ""),
    "macros": ("a.xlsm", macros, "the macros were ignored"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_the_same_answers_give_the_same_results(scorer: Run, tmp_path: Path, csv_results: str, kind: str) -> None:
    name, write, note = SAME[kind]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET, "--json")
    assert (done.code, done.out == csv_results) == (0, True), done.errors
    assert note in "\n".join(done.errors)
    assert bool(done.errors) == bool(note)


def test_titles_of_either_language_name_the_columns(
    scorer: Run, installed: Catalogue, tmp_path: Path, csv_results: str
) -> None:
    indicators = installed.sets[SET].criteria_set.indicators
    sheets = tables()
    for rows, language in zip(sheets.values(), ("vi", "en", "vi"), strict=True):
        rows[0] = [indicators[str(code)].title[language] if code in indicators else code for code in rows[0]]
        rows[0][:2] = ["Mã đơn vị *", "TÊN  đơn vị"]
    book(sheets).save(tmp_path / "a.xlsx")
    done = scorer("rank", tmp_path / "a.xlsx", "--set", SET, "--json")
    assert done.out == csv_results
    (note,) = done.errors
    assert "columns named by title: 291; the first is 'Cấp sở, ban, ngành'!A1, 'Mã đơn vị *' read as id" in note


def test_score_and_lacking_read_workbooks(scorer: Run, tmp_path: Path) -> None:
    book().save(tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_text(TEXT, encoding="utf-8")
    for words in (["score", "d-ba-be"], ["lacking", "INF.02"]):
        printed = [scorer(words[0], tmp_path / name, words[1], "--set", SET) for name in ("a.xlsx", "a.csv")]
        assert printed[0] == printed[1]
        assert printed[0].code == 0


def test_a_csv_file_named_after_a_tier_needs_no_tier_column(scorer: Run, tmp_path: Path) -> None:
    file = tmp_path / unicodedata.normalize("NFD", "form-Huyện.csv")
    file.write_text("id;update_days\na;3,5\n", encoding="utf-8")
    done = scorer("check", file, "--set", SET)
    assert done.code == 0
    assert "tiers named by files, not cells: 1; the first is row 1, 'Huyện' read as district" in done.errors[1]
    file.rename(tmp_path / "form.csv")
    done = scorer("check", tmp_path / "form.csv", "--set", SET)
    assert done.errors[0].endswith("row 1: the column 'tier' is missing")


def test_the_bundled_answers_are_read_without_notes(scorer: Run) -> None:
    for code in (SET, "hue-2020"):
        done = scorer("rank", files("scorer_plugins.answers") / f"{code}.csv", "--set", code)
        assert (done.code, done.errors) == (0, [])


def test_a_unit_above_the_header_is_refused(scorer: Run, tmp_path: Path) -> None:
    header, unit, *others = TEXT.splitlines()
    (tmp_path / "a.csv").write_text("\n".join([unit, header, *others]), encoding="utf-8")
    done = scorer("rank", tmp_path / "a.csv", "--set", SET)
    assert done.code != 0
    assert "row 1: holds a unit, but is above the header: move the header to the top" in "\n".join(done.errors)
