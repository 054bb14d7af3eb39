"""Files of every kind give the results of the bundled CSV file; damaged ones are refused by sheet and cell."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import openpyxl
import polars
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from cli_in_process import Run, runner, said
from harness import installed_catalogue
from workbooks import HEADER, LINES, SET, TEXT, book, change_part, ods, tables, value

from scorer.catalogue.catalogue import Catalogue
from scorer.service.in_process import InProcessTransport
from scorer_client import Client, ScorerError


@pytest.fixture(scope="module")
def installed() -> Catalogue:
    return installed_catalogue()


@pytest.fixture
def scorer(installed: Catalogue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(installed, monkeypatch, capsys)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The results of the CSV file."""
    file = tmp_path_factory.mktemp("bundled") / "bundled.csv"
    file.write_text(TEXT, encoding="utf-8")
    return said("rank", str(file), "--set", SET, "--json")


# --- every kind of file gives the same results ---------------------------------------------------------------------


def separated(separator: str, mark: str = ".") -> str:
    """The bundled file with another separator and decimal mark."""
    file = io.StringIO(newline="")
    rows = [[re.sub(r"^(\d+)\.(\d+)$", rf"\1{mark}\2", cell) for cell in line] for line in LINES]
    csv.writer(file, delimiter=separator, lineterminator="\r\n").writerows([HEADER, *rows])
    return file.getvalue()


def windows_1258(text: str) -> bytes:
    """Text as old Vietnamese Excel writes it: some accents apart from their letters."""
    written = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        stem = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        written.append((stem + tones).encode("cp1258"))
    return b"".join(written)


def arrow_table() -> pa.Table:
    columns = {name: [value(line[at]) for line in LINES] for at, name in enumerate(HEADER)}
    columns["not_applicable"] = [cell and str(cell).split(";") for cell in columns["not_applicable"]]
    return pa.table(columns)


def write_arrow_stream(path: Path) -> None:
    table = arrow_table()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def arrow_streams(path: Path, whole: int, cut: bool = False) -> None:
    """Writes whole streams of one batch per unit, one after the other; then, if wanted, one that is cut between two."""
    table, data = arrow_table(), io.BytesIO()
    with pa.ipc.new_stream(data, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
        end = data.tell()
    path.write_bytes(data.getvalue() * whole + (data.getvalue()[:end] if cut else b""))


def without_tiers(path: Path) -> None:
    made = book()
    for sheet in made:
        sheet.delete_cols(HEADER.index("tier") + 1)
    made.save(path)


def in_words(path: Path) -> None:
    """Flags, tiers and days as people write them."""
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
    """The tables do not begin in the first row and column."""
    made = book()
    for sheet in made:
        sheet.move_range(f"A1:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}", rows=4, cols=2)
    made.save(path)


def million_empty_rows(path: Path) -> None:
    made = book()
    made.save(path)

    def add(sheet: bytes) -> bytes:
        rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (row, row) for row in range(200, 1_000_200))
        return sheet.replace(b"</sheetData>", rows + b"</sheetData>")

    change_part(path, "xl/worksheets/sheet3.xml", add)


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
    "a header of two rows": ("a.xlsx", two_header_rows, "rows above the header were skipped"),
    "the header twice": ("a.xlsx", codes_twice, "a second header was skipped"),
    "days from 1904": ("a.xlsx", days_from_1904, ""),
    "a hidden row": ("a.xlsx", hidden_row, "hidden rows or columns were read too; the first is sheet Cấp huyện"),
    "percentages": ("a.xlsx", as_percentages, "cells shown as percentages were read as they are stored"),
    "hidden empty columns": ("a.xlsx", hidden_empty_columns, ""),
    "formulas that give nothing": ("a.xlsx", formulas_that_give_nothing, ""),
    "a table that begins elsewhere": ("a.xlsx", elsewhere, ""),
    "macros": ("a.xlsm", macros, "the macros were ignored"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_the_same_answers_give_the_same_results(scorer: Run, tmp_path: Path, wanted: str, kind: str) -> None:
    name, write, note = SAME[kind]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET, "--json")
    assert (done.code, done.out == wanted) == (0, True), done.errors
    assert note in "\n".join(done.errors)
    assert bool(done.errors) == bool(note)


def test_titles_of_either_language_name_the_columns(
    scorer: Run, installed: Catalogue, tmp_path: Path, wanted: str
) -> None:
    indicators = installed.sets[SET].criteria_set.indicators
    sheets = tables()
    for rows, language in zip(sheets.values(), ("vi", "en", "vi"), strict=True):
        rows[0] = [indicators[str(code)].title[language] if code in indicators else code for code in rows[0]]
        rows[0][:2] = ["Mã đơn vị *", "TÊN  đơn vị"]
    book(sheets).save(tmp_path / "a.xlsx")
    done = scorer("rank", tmp_path / "a.xlsx", "--set", SET, "--json")
    assert done.out == wanted
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


# --- damaged files -------------------------------------------------------------------------------------------------


def at(cell: str, content: object, sheet: str = "Cấp huyện") -> Callable[[Path], None]:
    """A workbook with another cell."""

    def write(path: Path) -> None:
        made = book()
        changed_cell = made[sheet][cell]
        changed_cell.value = content
        if not isinstance(content, datetime.date | datetime.time):
            changed_cell.number_format = "General"
        made.save(path)

    return write


def changed(change: Callable[[openpyxl.Workbook], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        made = book()
        change(made)
        made.save(path)

    return write


def renamed(made: openpyxl.Workbook) -> None:
    for sheet in made:
        sheet.delete_cols(HEADER.index("tier") + 1)
    made["Cấp huyện"].title = "Huyen2"


def other_second_header(made: openpyxl.Workbook) -> None:
    made["Cấp huyện"].insert_rows(2)
    for column, name in enumerate(reversed(HEADER), start=1):
        made["Cấp huyện"].cell(2, column).value = name


def cut(path: Path) -> None:
    book().save(path)
    path.write_bytes(path.read_bytes()[:20_000])


def zip_bomb(path: Path) -> None:
    book().save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as part:
        part.write(b"<a>")
        for _ in range(300):
            part.write(b" " * 2**20)


def cell_of_another_row(path: Path) -> None:
    book().save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: sheet.replace(b'r="A3"', b'r="XFD1048576"', 1))


def renumbered(pattern: bytes, new: bytes) -> Callable[[Path], object]:
    """Gives rows and cells of the second sheet other numbers."""

    def spoil(path: Path) -> None:
        book().save(path)
        change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: re.sub(b'r="%b"' % pattern, b'r="%b"' % new, sheet))

    return spoil


def entities(path: Path) -> None:
    book().save(path)
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{levels}]>'.encode()
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: head + sheet.replace(b">id<", b">&e9;<"))


def bad_xml(path: Path) -> None:
    book().save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: sheet[:-50])


def encrypted(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))


def word_document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")


def repeated_text() -> pa.Table:
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 10_000_000]))
    return pa.table({"id": ids, "tier": ["commune"] * 50_000})


def ods_with(cell: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        sheets = tables()
        sheets["Cấp huyện"][2][HEADER.index("computers")] = cell
        ods(path, sheets)

    return write


def no_number(path: Path) -> None:
    """A program wrote NaN as a number. Nothing is in the cell then, or anything."""
    at("R3", 987654)(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda content: content.replace(b"<v>987654</v>", b"<v>NaN</v>"))


def ods_repeated_error(path: Path) -> None:
    """LibreOffice writes equal neighbours, such as two cells with =NA(), as one cell that is repeated."""
    sheets, column = tables(), HEADER.index("computers")
    sheets["Cấp huyện"][2][column : column + 2] = ["#N/A"]
    ods(path, sheets)
    error = b'<table:table-cell office:value-type="string" calcext:value-type="error"'
    repeated = error.replace(b"cell", b'cell table:number-columns-repeated="2"', 1)
    change_part(path, "content.xml", lambda content: content.replace(error, repeated))


def ods_repeated(path: Path) -> None:
    ods(path, tables())
    change_part(path, "content.xml", lambda content: content.replace(
        b'<table:table-cell office:value-type="string"',
        b'<table:table-cell table:number-columns-repeated="16384" office:value-type="string"', 1,
    ).replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">', 1))  # fmt: skip


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


HEAD = "id,tier,computers,update_days,it_plan_issued\n"

DAMAGED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a sheet of another name": (
        "a.xlsx",
        changed(renamed),
        "sheet Huyen2: gives no tier: it has no column 'tier', and its name is none of 'Departments', 'Districts', "
        "'Communes'; did you mean 'Huyện'?",
    ),
    "merged cells": (
        "a.xlsx",
        changed(lambda b: b["Cấp huyện"].merge_cells("F3:F4")),
        "'Cấp huyện'!F3:F4: the cells F3:F4 are merged",
    ),
    "not a number": ("a.xlsx", no_number, "'Cấp huyện'!R3: the formula gives NaN"),
    "an error": ("a.xlsx", at("R3", "#DIV/0!"), "'Cấp huyện'!R3: the formula gives #DIV/0!"),
    "a formula without a result": ("a.xlsx", at("R3", "=1+1"), "'Cấp huyện'!R3: the formula has no value"),
    "a date for a number": (
        "a.xlsx",
        at("R3", datetime.date(2020, 5, 1)),
        "'Cấp huyện'!R3: expected a number; the cell holds the date 2020-05-01",
    ),
    "a number for a date": (
        "a.xlsx",
        at("K3", 43831),
        "'Cấp huyện'!K3: expected a day such as 2020-06-30; the cell holds the number 43831",
    ),
    "a day that is none": (
        "a.xlsx",
        at("K3", "31/02/2020"),
        "'Cấp huyện'!K3: expected a day such as 2020-06-30, not '31/02/2020'; did you mean '2020-02-29'?",
    ),
    "a day with a time": (
        "a.xlsx",
        at("K3", datetime.datetime(2020, 5, 1, 8)),
        "'Cấp huyện'!K3: expected a day without a time of day",
    ),
    "a time": ("a.xlsx", at("R3", datetime.time(8)), "'Cấp huyện'!R3: holds a time of day or a duration: 08:00:00"),
    "half a count": ("a.xlsx", at("R3", 1.5), "'Cấp huyện'!R3: expected a whole number, not '1.5'"),
    "two readings": (
        "a.xlsx",
        at("R3", "2.000"),
        "'Cấp huyện'!R3: can be read as 2000 or as 2.000: write 2000 or 2, not '2.000'",
    ),
    "a truth value for a number": ("a.xlsx", at("R3", True), "'Cấp huyện'!R3: expected a number, not 'TRUE'"),
    "a word for a flag": (
        "a.xlsx",
        at("H3", "khôg"),
        "'Cấp huyện'!H3: expected 1 (yes), 0 (no) or nothing, not 'khôg'; did you mean 'không'?",
    ),
    "a word for a choice": (
        "a.xlsx",
        at("F3", "deputi"),
        "'Cấp huyện'!F3: expected head (the unit's head), deputy (a deputy), none or nothing, not 'deputi'; "
        "did you mean 'deputy'?",
    ),
    "a tier that is none": (
        "a.xlsx",
        at("C3", "huyệnn"),
        "'Cấp huyện'!C3: expected department or district or commune, not 'huyệnn'",
    ),
    "an id twice on two sheets": (
        "a.xlsx",
        at("A3", "d-ba-be", "Cấp xã"),
        "'Cấp xã'!A3: 'd-ba-be' is already the id at 'Cấp huyện'!A3",
    ),
    "no id": ("a.xlsx", at("A3", None), "'Cấp huyện'!A3: is empty; every unit needs an id"),
    "an unknown criterion": (
        "a.xlsx",
        at("E3", "TX.1O"),
        "'Cấp huyện'!E3: criterion 'TX.1O' is unknown; did you mean 'TX.10'?",
    ),
    "out of range": ("a.xlsx", at("BJ3", -1), "'Cấp huyện'!BJ3: must be from 0 to 366 in tier 'district', not -1"),
    "an empty row": (
        "a.xlsx",
        changed(lambda b: b["Cấp huyện"].insert_rows(4, 3)),
        "'Cấp huyện'!4: is empty: delete it, or fill in the unit",
    ),
    "an unknown title": (
        "a.xlsx",
        at("R1", "Số máy tính trang bị cho cán bộ"),
        "'Cấp huyện'!R1: unknown column 'Số máy tính trang bị cho cán bộ'; did you mean",
    ),
    "a value below no header": (
        "a.xlsx",
        at("CX4", "ghi chú"),
        "'Cấp huyện'!CX4: 'ghi chú' is in a column without a header",
    ),
    "another second header": (
        "a.xlsx",
        changed(other_second_header),
        "'Cấp huyện'!2: is a second header with other columns",
    ),
    "a value far away": ("a.xlsx", at("XFD1048576", 1), "a.xlsx: spans 1048576 rows and 16384 columns"),
    "a hidden sheet": (
        "a.xlsx",
        changed(lambda b: setattr(b["Cấp huyện"], "sheet_state", "hidden")),
        "sheet Cấp huyện: is hidden, but holds units",
    ),
    "a sheet without a header": (
        "a.xlsx",
        changed(lambda b: b["Cấp huyện"].delete_rows(1)),
        "'Cấp huyện'!1: is not the header, which is id,name,tier",
    ),
    "an empty workbook": ("a.xlsx", lambda path: openpyxl.Workbook().save(path), "a.xlsx: the file is empty"),
    "half a file": ("a.xlsx", cut, "a.xlsx: is damaged: "),
    "a cell of another row": ("a.xlsx", cell_of_another_row, "a.xlsx: is damaged: cell XFD1048576 in row 3"),
    "a cell twice": ("a.xlsx", renumbered(b"R3", b"C3"), "a.xlsx: is damaged: 'Cấp huyện'!C3 appears twice; open it"),
    "a row twice": (
        "a.xlsx",
        renumbered(b"([A-Z]*)4", rb"\g<1>3"),
        "a.xlsx: is damaged: 'Cấp huyện'!3 comes after row 3; open it",
    ),
    "rows in another order": (
        "a.xlsx",
        renumbered(b"([A-Z]*)4", rb"\g<1>900"),
        "a.xlsx: is damaged: 'Cấp huyện'!5 comes after row 900",
    ),
    "half a sheet": ("a.xlsx", bad_xml, "a.xlsx: is damaged: "),
    "a zip bomb": ("a.xlsx", zip_bomb, "a.xlsx: unpacks to more than 128 MiB (xl/more.xml)"),
    "an entity bomb": ("a.xlsx", entities, "a.xlsx: has XML entities (xl/worksheets/sheet2.xml)"),
    "a password": ("a.xlsx", encrypted, "a.xlsx: is protected by a password: remove it"),
    "an old workbook": (
        "a.xls",
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "a.xls: is in an old or binary format",
    ),
    "a web page": ("a.xls", text("\n<HTML><table><tr><td>id</td></tr></table>"), "a.xls: is a web page, not a table"),
    "a document": ("a.xlsx", word_document, "a.xlsx: is neither a workbook (.xlsx, .xlsm, .ods)"),
    "an error in ODS": ("a.ods", ods_with("#DIV/0!"), "'Cấp huyện'!R3: the formula gives #DIV/0!"),
    "a repeated row of ODS": ("a.ods", ods_repeated, "a.ods: spans 1048"),
    "half a Parquet file": (
        "a.parquet",
        lambda path: path.write_bytes(b"PAR1" + bytes(99)),
        "; write it again with the program that made it",
    ),
    "a cut Arrow stream": (
        "a.arrows",
        lambda path: arrow_streams(path, 0, cut=True),
        "a.arrows: is damaged: it has no end; it was cut",
    ),
    "two Arrow streams": (
        "a.arrows",
        lambda path: arrow_streams(path, 2),
        "a.arrows: is damaged: it has bytes after its end",
    ),
    "Parquet of other types": (
        "a.parquet",
        lambda path: pyarrow.parquet.write_table(pa.table({"id": [{"a": 1}]}), path),
        "a.parquet: column 'id' holds struct<a: int64>",
    ),
    "too many columns of Arrow": (
        "a.arrow",
        lambda path: pyarrow.feather.write_feather(pa.table({f"c{n}": [1] for n in range(10_001)}), str(path)),
        "a.arrow: the header has 10001 columns, more than 10000; delete empty ones",
    ),
    "a long text repeated": (
        "a.arrow",
        lambda path: pyarrow.feather.write_feather(repeated_text(), str(path), compression="zstd"),
        "a.arrow: has a text of more than 131072 bytes",
    ),
    "a number of Parquet": (
        "a.parquet",
        lambda path: pyarrow.parquet.write_table(
            pa.table({"id": ["a"], "tier": ["commune"], "computers": ["x"]}), path
        ),
        "row 2, column C (computers): expected a number such as 12, not 'x'",
    ),
    "three digits with semicolons": (
        "a.csv",
        text(HEAD.replace(",", ";") + "a;commune;1;1.500;\n"),
        "row 2, column D (update_days): can be read as 1500 or as 1.500: write 1500 or 1,500",
    ),
    "three digits with tabs": (
        "a.csv",
        text(HEAD.replace(",", "\t") + "a\tcommune\t1\t1,500\t\n"),
        "can be read as 1500 or as 1.500: write 1500 or 1.5000, not '1,500'",
    ),
    "no text": ("a.csv", lambda path: path.write_bytes(bytes(range(200, 256)) * 9), "row 1: is not UTF-8"),
    "UTF-16 cut off": (
        "a.csv",
        lambda path: path.write_bytes(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1]),
        "row 1: is damaged UTF-16",
    ),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.long) if case == "a zip bomb" else case for case in DAMAGED]
)
def test_a_damaged_file_is_refused_by_sheet_and_cell(scorer: Run, tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET)
    assert (done.code, done.out) == (2, "")
    first = done.errors[0].replace(f"{tmp_path}/", "")
    assert message in first, first


def many_rows(path: Path) -> None:
    pyarrow.feather.write_feather(pa.table({"id": ["a"] * 9}), str(path))


TOO_LARGE = {
    "bytes": ("a zip bomb", "unpacks to more than 128 MiB"),
    "cells": ("a value far away", "spans 1048576 rows"),
    "columns": ("too many columns of Arrow", "the header has 10001 columns"),
    "a text": ("a long text repeated", "has a text of more than 131072 bytes"),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_a_file_beyond_a_limit_has_the_reason_too_large(installed: Catalogue, tmp_path: Path, case: str) -> None:
    damage, message = TOO_LARGE[case]
    name, write, _ = DAMAGED[damage]
    write(tmp_path / name)
    refused_as(installed, tmp_path / name, "TOO_LARGE", message)


def test_files_beyond_lowered_limits_are_refused(
    installed: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at("R3", "#DIV/0!")(tmp_path / "a.xlsx")
    monkeypatch.setattr("scorer_client.files.scan.MAX_ERRORS", 0)
    refused_as(installed, tmp_path / "a.xlsx", "TOO_LARGE", "has more than 100000 formulas with an error")
    monkeypatch.setattr("scorer_client.files.archive.MAX_PARTS", 5)
    refused_as(installed, tmp_path / "a.xlsx", "TOO_LARGE", "parts, more than 5: is it a file of answers?")
    many_rows(tmp_path / "a.arrow")
    monkeypatch.setattr("scorer_client.files.columnar.MAX_ROWS", 5)
    refused_as(installed, tmp_path / "a.arrow", "TOO_LARGE", "the file has more than 5 rows")
    cut(tmp_path / "half.xlsx")
    refused_as(installed, tmp_path / "half.xlsx", "NOT_READABLE", "is damaged")


def refused_as(installed: Catalogue, path: Path, reason: str, message: str) -> None:
    with pytest.raises(ScorerError) as caught:
        Client(InProcessTransport(installed)).read_file(SET, path)
    (violation,) = caught.value.violations
    assert violation.reason == reason
    assert message in violation.description


def test_every_repeated_error_in_ods_is_refused(scorer: Run, tmp_path: Path) -> None:
    ods_repeated_error(tmp_path / "a.ods")
    done = scorer("check", tmp_path / "a.ods", "--set", SET)
    assert [line.rpartition("a.ods: ")[2] for line in done.errors[:2]] == [
        "'Cấp huyện'!R3: the formula gives #N/A; give the value, or leave the cell empty",
        "'Cấp huyện'!S3: the formula gives #N/A; give the value, or leave the cell empty",
    ]


def test_a_suggestion_names_an_option_of_the_same_column(scorer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,tier,portal,it_official_degree,lan\na,commune,nome,nome,nome\n", "utf-8")
    done = scorer("check", tmp_path / "a.csv", "--set", SET)
    assert [line.rpartition(" or nothing, ")[2] for line in done.errors[:3]] == [
        "not 'nome'; did you mean 'none'?",
        "not 'nome'",
        "not 'nome'; did you mean 'none'?",
    ]


@pytest.mark.parametrize("case", ["an error", "out of range", "a word for a flag", "merged cells", "a password"])
def test_mistakes_are_reported_in_vietnamese(scorer: Run, tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    done = scorer("rank", tmp_path / name, "--set", SET, "--lang", "vi")
    assert message not in done.errors[0]
    assert any(letter in done.errors[0] for letter in "ảấầậạợịộ")
    assert done.errors[-1].endswith("1 lỗi; chưa xếp hạng và chưa ghi gì")


@pytest.mark.parametrize(
    "case",
    [
        "a zip bomb",
        "a repeated row of ODS",
        pytest.param("an entity bomb", marks=pytest.mark.long),
        pytest.param("a value far away", marks=pytest.mark.long),
        pytest.param("a long text repeated", marks=pytest.mark.long),
    ],
)
def test_hostile_files_take_little_memory(tmp_path: Path, case: str) -> None:
    name, write, message = DAMAGED[case]
    write(tmp_path / name)
    code, _, errors, peak = ranked_apart(tmp_path / name)
    assert code == 2
    assert message in errors
    assert peak < 300


def test_a_million_empty_rows_change_nothing_and_take_little_memory(tmp_path: Path, wanted: str) -> None:
    million_empty_rows(tmp_path / "a.xlsx")
    code, results, errors, peak = ranked_apart(tmp_path / "a.xlsx")
    assert (code, results == wanted, errors) == (0, True, "")
    assert peak < 400


MEASURED = """
import os, re, sys
from scorer.cli import main

def print_peak():
    with open("/proc/self/status") as status:
        peak = re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]
    print("peak", peak, file=sys.stderr, flush=True)

def leave(code, at_once=os._exit):
    print_peak()
    at_once(code)

os._exit = leave  # the command may end without leaving main()
try:
    main()
finally:
    print_peak()
"""


def ranked_apart(file: Path) -> tuple[int, str, str, int]:
    """Ranks a file in a process of its own: exit code, both outputs, and the most memory it took, in MiB."""
    command = [sys.executable, "-c", MEASURED, "rank", str(file), "--set", SET, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    errors, _, peak = done.stderr.rpartition("peak ")
    return done.returncode, done.stdout, errors, int(peak) // 1024


def test_the_bundled_answers_are_read_without_notes(scorer: Run) -> None:
    for code in (SET, "hue-2020"):
        done = scorer("rank", files("scorer_plugins.answers") / f"{code}.csv", "--set", code)
        assert (done.code, done.errors) == (0, [])
