"""Workbooks with the bundled answers."""

from __future__ import annotations

import csv
import datetime
import html
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import openpyxl
from cli_in_process import Run

SET = "bac-kan-2020"
COMMUNES = 16
"""The number of communes used, of 108: all of them would make every file three times as large."""


def _some_answers() -> str:
    """The bundled answers of the departments, the districts and some communes, as the lines of their file."""
    lines = (files("scorer_plugins.answers") / f"{SET}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    communes = [line for line in lines if ",commune," in line]
    return "".join(line for line in lines if line not in communes[COMMUNES:])


TEXT = _some_answers()
HEADER, *LINES = list(csv.reader(io.StringIO(TEXT)))
SHEETS = {"department": "Cấp sở, ban, ngành", "district": "Cấp huyện", "commune": "Cấp xã"}

Table = Sequence[Sequence[object]]


def value(text: str) -> object:
    """A cell of the CSV file as people type it into a spreadsheet."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return datetime.date.fromisoformat(text)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    return text or None


def tables() -> dict[str, list[list[object]]]:
    """One sheet per tier."""
    return {
        name: [list(HEADER), *([value(cell) for cell in line] for line in LINES if line[2] == tier)]
        for tier, name in SHEETS.items()
    }


def book(sheets: Mapping[str, Table] | None = None) -> Any:
    """The same for openpyxl."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in (tables() if sheets is None else sheets).items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


_NAMES = " ".join(
    f'xmlns:{name}="urn:{urn}"'
    for name, urn in {
        "office": "oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }.items()
)


_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def ods(path: Path, sheets: Mapping[str, Table]) -> None:
    """Writes an ODS file as LibreOffice does: with empty cells to the end of the sheet."""
    content = "".join(map(_ods_table, sheets, sheets.values()))
    document = f"<office:document-content {_NAMES}><office:body><office:spreadsheet>{content}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        end = "</office:spreadsheet></office:body></office:document-content>"
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{document}{end}')


def _ods_table(name: str, rows: Table) -> str:
    cells = '<table:table-cell table:number-columns-repeated="16200"/>'
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}{cells}</table:table-row>" for row in rows)
    empty = f'<table:table-row table:number-rows-repeated="1048000">{cells}</table:table-row>'
    return f'<table:table table:name="{html.escape(name)}">{lines}{empty}</table:table>'


def _ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        kind = f'"boolean" office:boolean-value="{str(cell).lower()}"'
    elif isinstance(cell, int | float):
        kind = f'"float" office:value="{cell!r}"'
    elif isinstance(cell, datetime.date):
        kind = f'"date" office:date-value="{cell.isoformat()}"'
    elif str(cell).startswith("#"):
        kind = '"string" calcext:value-type="error"'
    else:
        kind = '"string"'
    text = html.escape(str(cell))
    return f"<table:table-cell office:value-type={kind}><text:p>{text}</text:p></table:table-cell>"


def fill(path: Path) -> None:
    """Fills in a form by the codes in the comments of its headers."""
    form, rows = openpyxl.load_workbook(path), {line[0]: dict(zip(HEADER, line, strict=True)) for line in LINES}
    for sheet in form.worksheets:
        for row in range(2, sheet.max_row + 1):
            unit = rows.get(sheet.cell(row, 1).value)
            for cell in sheet[1] if unit else ():
                code = re.search(r"^(?:Mã|Code): (\w+)$", cell.comment.text, re.MULTILINE)
                if code:
                    sheet.cell(row, cell.column).value = value(unit[code[1]])
                elif ": " in cell.value and cell.value.partition(": ")[2] in unit["not_applicable"].split(";"):
                    sheet.cell(row, cell.column).value = "x"
    form.save(path)


def change_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Rewrites one part of a workbook, or adds it; ``change`` is given its bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = [(info, archive.read(info)) for info in archive.infolist()]
    if part not in (info.filename for info, _ in parts):
        parts.append((zipfile.ZipInfo(part), b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in parts:
            archive.writestr(info, change(data) if info.filename == part else data)


def results(scorer: Run, file: Path, *words: object) -> str:
    """The ranking of a file, as JSON."""
    done = scorer("rank", file, *words, "--json")
    assert done.code == 0, done.errors
    return done.out
