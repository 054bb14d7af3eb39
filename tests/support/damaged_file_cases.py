"""Damaged files by what is wrong with them, and the messages that name it."""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from damaged_files import (
    arrow_streams,
    at,
    bad_xml,
    cell_of_another_row,
    changed,
    cut,
    encrypted,
    entities,
    no_number,
    ods_repeated,
    ods_with,
    other_second_header,
    renamed,
    renumbered,
    repeated_text,
    text,
    word_document,
    zip_bomb,
)
from workbooks import TEXT

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
