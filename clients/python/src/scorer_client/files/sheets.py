"""Sheets of cells, to which all kinds of files are converted, and names for positions in them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from scorer_client.errors import Violation

MAX_COLUMNS = 10_000
MAX_ROWS = 1_100_000
"""Maximum number of rows of a file. No spreadsheet can have so many."""


@dataclass(frozen=True)
class BadCell:
    """A cell without a usable value, such as a formula that gives #DIV/0!."""

    message: str
    """Key in ``MESSAGES`` of the message that gives the reason."""
    text: str = ""
    """What the cell shows."""


Cell: TypeAlias = str | float | bool | datetime.date | BadCell | None
"""The value of a cell. Texts are stripped and in Unicode form NFC; None and "" are empty cells."""


def shown(cell: Cell) -> str:
    """The text of a cell for messages."""
    if isinstance(cell, BadCell):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return "" if cell is None else str(cell)


class SheetRow(NamedTuple):
    """A row with its number, which counts from 1 as in spreadsheets."""

    number: int
    cells: list[Cell]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, or a whole file of a kind that has no sheets."""

    rows: Iterator[SheetRow]
    """All rows up to the last one with a value. The iterator can be used once."""
    name: str = ""
    """Name of the sheet; "" for a file without sheets."""
    file: str = ""
    """Name of the file if several files are read; otherwise ""."""
    saved_from: str = ""
    """Name of the sheet from which a CSV file was saved, taken from the file's name; "" for other files."""
    decimal_mark: str = ""
    """Decimal mark of numbers in texts: "." or ","; "" if it is not known."""
    separated: bool = False
    """Whether the rows are lines of text, so that a row with too few cells lacks a separator."""
    only: bool = True
    """Whether the file has no other sheet."""
    hidden: bool = False
    """Whether the sheet is hidden."""
    has_hidden: bool = False
    """Whether a row or column with values is hidden."""
    percent: str = ""
    """Position of the first number that is shown as a percentage, such as F3; "" if there is none."""
    merged: Iterable[tuple[int, str]] = field(default=())
    """Merged cells: the number of the last row, and the range, such as B3:C4."""

    def position(self, row: int | None, column: int | None = None, name: str = "") -> str:
        """A position for messages: ``row 7, column H (firewall)``, or ``Huyện!H7``.

        Args:
            row: number of the row, from 1; None for the whole sheet.
            column: index of the column, from 0; None for the whole row, or for a column that the sheet does not have.
            name: code of the column.
        """
        if row is None:
            where = f"sheet {self.name}"
        elif self.name:
            where = f"{quoted(self.name)}!{letters(column) if column is not None else ''}{row}"
        elif column is None:
            where = f"row {row}, column {name!r}" if name else f"row {row}"
        else:
            where = f"row {row}, column {letters(column)} ({name})"
        return f"{self.file}: {where}" if self.file else where


def quoted(sheet: str) -> str:
    """The name of a sheet as it is written in formulas."""
    return sheet if sheet.isalnum() else "'" + sheet.replace("'", "''") + "'"


def letters(column: int) -> str:
    """The letters of a column index: A for 0."""
    column, text = column + 1, ""
    while column:
        column, remainder = divmod(column - 1, 26)
        text = chr(65 + remainder) + text
    return text


def column_number(text: str) -> int:
    """The index of a column's letters: 0 for A."""
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number - 1


class UnreadableFile(Exception):
    """Raised if a file, or the rest of it, cannot be read."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__(violations[0].description)
        self.violations = violations


def without_empty_end(rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
    """The rows up to the last row with a value. Empty rows before it become rows without cells."""
    empty_rows: list[int] = []
    for row in rows:
        if all(cell is None or cell == "" for cell in row.cells):
            empty_rows.append(row.number)
            continue
        for number in empty_rows:
            yield SheetRow(number, [])
        empty_rows.clear()
        yield row
