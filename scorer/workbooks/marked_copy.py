"""Writes a copy of a file of answers in which each mistake is coloured and has a comment."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from scorer_client import Violation
from scorer_client.criteria_set_form import Form
from scorer_client.files.file_reader import sheets
from scorer_client.files.header import HEADER_WITHIN, ColumnNames
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import BadCell, Cell, Sheet, column_number

AUTHOR = "scorer check"
"""Author of the comments on mistakes. When a marked copy is checked again, comments of this author are removed."""

_RED = PatternFill("solid", start_color="FFFF9C9C", end_color="FFFF9C9C")
_NO_FILL = PatternFill()

_CELL = re.compile(r"(?:'((?:[^']|'')+)'|([^!':]+))!([A-Z]+)?(\d+)(?::[A-Z]+\d+)?")
_ROW = re.compile(r"row (\d+)(?:, column ([A-Z]+) )?")
_SHEET = re.compile("sheet (.+)", re.DOTALL)


def marked_copy(file: Path, form: Form, violations: Iterable[Violation]) -> bytes:
    """An XLSX file: a copy of an Excel workbook, or a new workbook with the cells of another file.

    Args:
        file: a readable file of answers.
        form: the form of the file's criteria set.
        violations: the mistakes to mark.
    """
    book = openpyxl.load_workbook(file) if _is_excel(file) else _new_workbook(file, form)
    _remove_marks(book)
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
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _remove_marks(book: Any) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    cell.comment, cell.fill = None, _NO_FILL


def _position(book: Any, field: str) -> tuple[str, int, int]:
    """Sheet, row and column of a violation; the first cell if the violation concerns a whole sheet or file."""
    if match := _CELL.fullmatch(field):
        name = (match[1] or match[2]).replace("''", "'")
        position = name, int(match[4]), column_number(match[3] or "A") + 1
    elif match := _ROW.match(field):
        position = book.sheetnames[0], int(match[1]), column_number(match[2] or "A") + 1
    else:
        match = _SHEET.fullmatch(field)
        position = match[1] if match else book.sheetnames[0], 1, 1
    name, row, column = position
    written = {
        unicodedata.normalize("NFC", sheet): sheet for sheet in book.sheetnames
    }  # violations name sheets in NFC form
    return (written[name], row, column) if name in written else (book.sheetnames[0], 1, 1)


def _new_workbook(file: Path, form: Form) -> Any:
    """Copies the cells of a file that is not an Excel workbook into a new workbook."""
    names, book = ColumnNames(form), openpyxl.Workbook()
    book.remove(book.active)
    with file.open("rb") as stream:
        for sheet in sheets(stream, names, Notes()):
            _copy(sheet, book.create_sheet(sheet.name or file.stem[:31]), names, form)
    return book


def _copy(sheet: Sheet, target: Any, names: ColumnNames, form: Form) -> None:
    kinds: dict[int, str] = {}
    for row, cells in sheet.rows:
        if row <= HEADER_WITHIN and not kinds and names.count(cells) > 1:
            kinds = {index: _kind(names, cell, form) for index, cell in enumerate(cells) if isinstance(cell, str)}
        for index, cell in enumerate(cells):
            if cell is not None and cell != "":
                copy = target.cell(row, index + 1)
                copy.value = _value(cell, kinds.get(index, ""), sheet.decimal_mark)
                if isinstance(copy.value, str):
                    copy.data_type = "s"  # a text that begins with "=" must not become a formula


def _kind(names: ColumnNames, title: str, form: Form) -> str:
    """The kind of the indicator in a column with this title; "" if the column has no indicator."""
    columns = names.columns(title)
    return form.indicators[columns[0].name].kind if len(columns) == 1 and columns[0].name in form.indicators else ""


def _value(cell: Cell, kind: str, mark: str) -> object:
    """The value of a cell in the new workbook. In a column of numbers, a text becomes a number if only one reading is
    possible.
    """
    if isinstance(cell, BadCell):
        return cell.text
    if not isinstance(cell, str):
        return cell
    if kind in ("count", "number") and re.fullmatch(r"[+-]?\d+", cell, re.ASCII):
        return float(cell)
    if kind == "number" and mark and re.fullmatch(rf"[+-]?\d+[{mark}]\d+", cell, re.ASCII):
        return float(cell.replace(",", "."))
    return ILLEGAL_CHARACTERS_RE.sub("", cell)
