"""A copy of a file of answers in which each mistake is coloured, with what is wrong as a comment."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from scorer_client import Violation
from scorer_client.files.cells import BadCell, Cell, Sheet, column_number
from scorer_client.files.header import HEADER_WITHIN, ColumnNames
from scorer_client.files.notes import Notes
from scorer_client.files.read import sheets
from scorer_client.forms import Form

AUTHOR = "scorer check"
"""Author of the comments that say what is wrong. They are deleted when a marked copy is checked again."""

_RED = PatternFill("solid", start_color="FFFF9C9C", end_color="FFFF9C9C")
_NONE = PatternFill()

_CELL = re.compile(r"(?:'((?:[^']|'')+)'|([^!':]+))!([A-Z]+)?(\d+)(?::[A-Z]+\d+)?")
_ROW = re.compile(r"row (\d+)(?:, column ([A-Z]+) )?")
_SHEET = re.compile("sheet (.+)", re.DOTALL)


def marked_copy(file: Path, form: Form, violations: Iterable[Violation]) -> bytes:
    """An XLSX file: a copy of a workbook, or a new one of what is in another file.

    Args:
        file: of answers, which can be read.
        form: the criteria set that it answers.
        violations: what is wrong with it.
    """
    book = openpyxl.load_workbook(file) if _is_excel(file) else _new_workbook(file, form)
    _take_marks_away(book)
    messages: dict[tuple[str, int, int], list[str]] = {}
    for violation in violations:
        messages.setdefault(_position(book, violation.field), []).append(violation.description)
    for (sheet, row, column), texts in messages.items():
        cell = book[sheet].cell(row, column)
        if isinstance(cell, MergedCell):
            continue
        cell.fill = _RED
        lines = texts if cell.comment is None else [*texts, cell.comment.text]
        text = ILLEGAL_CHARACTERS_RE.sub("", "\n".join(lines))
        cell.comment = Comment(text, AUTHOR, height=40 + 40 * len(lines), width=320)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _is_excel(file: Path) -> bool:
    return zipfile.is_zipfile(file) and "xl/workbook.xml" in zipfile.ZipFile(file).namelist()


def _take_marks_away(book: Any) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    cell.comment, cell.fill = None, _NONE


def _position(book: Any, field: str) -> tuple[str, int, int]:
    """The sheet, row and column of a violation; the first cell where it is of a whole sheet or file."""
    if match := _CELL.fullmatch(field):
        name = (match[1] or match[2]).replace("''", "'")
        place = name, int(match[4]), column_number(match[3] or "A") + 1
    elif match := _ROW.match(field):
        place = book.sheetnames[0], int(match[1]), column_number(match[2] or "A") + 1
    else:
        match = _SHEET.fullmatch(field)
        place = match[1] if match else book.sheetnames[0], 1, 1
    return place if place[0] in book.sheetnames else (book.sheetnames[0], 1, 1)


def _new_workbook(file: Path, form: Form) -> Any:
    """A new workbook with the cells of a file that is not XLSX."""
    names, book = ColumnNames(form), openpyxl.Workbook()
    book.remove(book.active)
    with file.open("rb") as opened:
        for sheet in sheets(opened, names, Notes()):
            _copy(sheet, book.create_sheet(sheet.name or file.stem[:31]), names, form)
    return book


def _copy(sheet: Sheet, target: Any, names: ColumnNames, form: Form) -> None:
    kinds: dict[int, str] = {}
    for row, cells in sheet.rows:
        if row <= HEADER_WITHIN and not kinds and names.count(cells) > 1:
            kinds = {at: _kind(names, cell, form) for at, cell in enumerate(cells) if isinstance(cell, str)}
        for at, cell in enumerate(cells):
            if cell is not None and cell != "":
                made = target.cell(row, at + 1)
                made.value = _value(cell, kinds.get(at, ""), sheet.decimal_mark)
                if isinstance(made.value, str):
                    made.data_type = "s"  # and not a formula, whatever it begins with


def _kind(names: ColumnNames, title: str, form: Form) -> str:
    """The kind of the indicator of a column; "" if it is none's."""
    meant = names.meant(title)
    return form.indicators[meant[0].name].kind if len(meant) == 1 and meant[0].name in form.indicators else ""


def _value(cell: Cell, kind: str, mark: str) -> object:
    """A cell for openpyxl: a text that is certainly a number, in a column of numbers, becomes one."""
    if isinstance(cell, BadCell):
        return cell.text
    if not isinstance(cell, str):
        return cell
    if kind in ("count", "number") and re.fullmatch(r"[+-]?\d+", cell, re.ASCII):
        return float(cell)
    if kind == "number" and mark and re.fullmatch(rf"[+-]?\d+[{mark}]\d+", cell, re.ASCII):
        return float(cell.replace(",", "."))
    return ILLEGAL_CHARACTERS_RE.sub("", cell)
