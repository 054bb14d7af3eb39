"""What all kinds of files become: sheets of cells, each with its position."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from scorer_client.errors import Violation

MAX_COLUMNS = 10_000
MAX_ROWS = 1_100_000
"""More than a spreadsheet has."""


@dataclass(frozen=True)
class BadCell:
    """A cell without a usable value, such as a formula that gives #DIV/0!."""

    message: str
    """Key of the message that says why."""
    text: str = ""


Cell: TypeAlias = str | float | bool | datetime.date | BadCell | None
"""Texts are stripped and composed (NFC); None and "" are empty."""


def shown(cell: Cell) -> str:
    """A cell for people."""
    if isinstance(cell, BadCell):
        return cell.text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return "" if cell is None else str(cell)


class SheetRow(NamedTuple):
    """A row, numbered from 1 as a spreadsheet does."""

    number: int
    cells: list[Cell]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, or a file without sheets."""

    rows: Iterator[SheetRow]
    """Read once, in order. Empty rows at the end are left out."""
    name: str = ""
    """Empty: the file has no sheets."""
    file: str = ""
    """Name of the file, where several are read."""
    decimal_mark: str = ""
    """How texts write decimals: "." or ","; "" where the file does not tell."""
    separated: bool = False
    """Whether the rows are lines of text, in which a missing cell means a missing separator."""
    only: bool = True
    """Whether the file has no other sheet."""
    hidden: bool = False
    has_hidden: bool = False
    """Whether a row or column with values is hidden."""
    percent: str = ""
    """The first number that is shown as a percentage, such as F3."""
    merged: Iterable[tuple[int, str]] = field(default=())
    """Merged cells: the last row, and the range such as B3:C4."""

    def position(self, row: int | None, column: int | None = None, name: str = "") -> str:
        """A position for people: ``row 7, column H (firewall)``, or ``Huyện!H7``.

        Args:
            row: from 1; None: the whole sheet.
            column: from 0; None: the whole row, or a column that is not in the sheet.
            name: of the column.
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
    """The name of a sheet as formulas write it."""
    return sheet if sheet.isalnum() else "'" + sheet.replace("'", "''") + "'"


def letters(column: int) -> str:
    """A column, from 0, as spreadsheets call it."""
    column, text = column + 1, ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_number(text: str) -> int:
    """The reverse: 0 for A."""
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number - 1


class UnreadableFile(Exception):
    """The file, or the rest of it, cannot be read."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.description)
        self.violation = violation


def without_empty_end(rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
    """Rows up to the last one that has a value; those without any have no cells."""
    empty: list[int] = []
    for row in rows:
        if all(cell is None or cell == "" for cell in row.cells):
            empty.append(row.number)
            continue
        for number in empty:
            yield SheetRow(number, [])
        empty.clear()
        yield row
