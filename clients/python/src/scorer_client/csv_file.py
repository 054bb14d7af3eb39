"""Reads answers from a CSV file, and names the row and column of every mistake.

The file is UTF-8, with or without a byte order mark. The header has ``id,name,tier,parent,not_applicable`` and
indicator codes, in any order; only id and tier are required. An empty cell means not reported. Flags are 0 or 1, days
are YYYY-MM-DD, and criteria that do not apply are separated by ';'.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import io
import math
import os
import re
import sys
import warnings
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

from scorer_client.csv_table import CsvTable, place
from scorer_client.errors import ScorerError, Violation
from scorer_client.forms import Form, Indicator
from scorer_client.names import DoubtfulName, is_doubtful
from scorer_client.requests import EPOCH

FIXED = ("id", "name", "tier", "parent", "not_applicable")
REQUIRED = ("id", "tier")

MAX_CELL = 200
MAX_DECIMALS = 6

MAX_COLUMNS = 10_000
MAX_ROWS = 1_100_000
"""More than a spreadsheet has."""
MAX_LINE = 2**22
"""Bytes of one line."""

SEARCHES, MANY_NAMES = 20, 5_000
"""Limits for suggestions, which are slow: names per file for which one is looked for, and names to choose from."""

MANY_VIOLATIONS = 1_000
"""Largest number of violations that are kept; all are counted."""

MANY_WARNINGS = 5
"""Largest number of doubtful names in warnings; all are counted."""

_LOST = ": save the file as 'CSV UTF-8'"

STEP = 2**18
"""Bytes between two reports of progress."""

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the number of bytes that were read, and the size of the file; 0 if it is unknown, as for a pipe."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[., ]\d{3})+", re.ASCII)
"""A whole number with separators: 2.000 means two thousand to some people, and two to others."""
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_csv(file: Path, form: Form, progress: Progress | None = None) -> CsvTable:
    """Reads a file for a criteria set, row by row. Only the columns stay in memory.

    Warns (``DoubtfulName``) of the first names that have probably lost letters, and counts the others.

    Raises:
        ScorerError: the file breaks its form; every violation has its row and column.
        OSError: the file cannot be read.
    """
    reader = _Reader(form)
    with file.open("rb") as opened:
        table = reader.read(_records(_lines(opened, progress)))
    reader.warn(file)
    return table


class _Unreadable(Exception):
    """The file cannot be read beyond this violation."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.description)
        self.violation = violation


def _lines(file: BinaryIO, progress: Progress | None) -> Iterator[str]:
    """Reads lines of text.

    Raises:
        _Unreadable: a line is not UTF-8, or too long.
    """
    total, done, reported = os.fstat(file.fileno()).st_size, 0, 0
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE + 1), b""), start=1):
        if len(line) > MAX_LINE:
            raise _too_large(number, f"has a line of more than {MAX_LINE} bytes; is it a CSV file?")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            message = "is not UTF-8; save the file as 'CSV UTF-8'"
            raise _Unreadable(Violation(f"row {number}", "NOT_UTF8", message)) from None
        yield from io.StringIO(text, newline="")  # old spreadsheets end lines with a carriage return alone
        done += len(line)
        if progress and done - reported >= STEP:
            progress(done, total)
            reported = done
    if progress:
        progress(done, total)


def _too_large(row: int, why: str) -> _Unreadable:
    return _Unreadable(Violation(f"row {row}", "TOO_LARGE", why))


def _records(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Row numbers, from 1, and cells. Empty rows have no cells; empty rows at the end of the file are left out.

    Raises:
        _Unreadable: a row is not CSV, or there are too many rows.
    """
    row = blank = 0
    try:
        for row, cells in enumerate(csv.reader(lines, strict=True), start=1):
            if row > MAX_ROWS:
                raise _too_large(row, f"the file has more than {MAX_ROWS} rows; delete empty ones")
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                blank += 1
                continue
            yield from ((n, []) for n in range(row - blank, row))
            yield row, cells
            blank = 0
    except csv.Error as error:
        unclosed = "end of data" in str(error) or "field limit" in str(error)
        what = "a quote is opened and never closed" if unclosed else str(error)
        raise _Unreadable(Violation(f"row {row + 1}", "NOT_CSV", f"is not CSV: {what}")) from None


class _Reader:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.table = CsvTable(form, [])
        self.violations: list[Violation] = []
        """The first ``MANY_VIOLATIONS``."""
        self.total = 0
        """The number of all violations."""
        self.rows = array("q")
        """The row number of each unit."""
        self.unread: set[str] = set()
        """Ids of units whose rows could not be read."""
        self.hints: dict[str, str] = {}

    def read(self, records: Iterator[tuple[int, list[str]]]) -> CsvTable:
        try:
            row, header = next(records, (0, []))
            if not row:
                self._refuse("row 1", "EMPTY", f"the file is empty; its first row must be {','.join(FIXED)},...")
            else:
                self._header(header)
            self._check()
            for row, cells in records:
                self._row(row, cells)
        except _Unreadable as found:
            raise ScorerError.before_sending("INVALID_FILE", [found.violation], 1) from None
        if row == 1:
            self._refuse("row 2", "EMPTY", "there are no units below the header")
        self._parents()
        self._check()
        return self.table

    def warn(self, file: Path) -> None:
        """Warns of names that have probably lost letters."""
        rows = [(row, unit.name) for row, unit in zip(self.rows, self.table.units, strict=True)]
        doubtful = [(row, name) for row, name in rows if is_doubtful(name)]
        for row, name in doubtful[:MANY_WARNINGS]:
            where = place(row, self.table.header, "name")
            warnings.warn(f"{file}: {where}: {name!r} has probably lost letters{_LOST}", DoubtfulName, stacklevel=2)
        if len(doubtful) > MANY_WARNINGS:
            more = len(doubtful) - MANY_WARNINGS
            warnings.warn(f"{file}: {more} more names have probably lost letters{_LOST}", DoubtfulName, stacklevel=2)

    def _refuse(self, where: str, reason: str, description: str) -> None:
        self.total += 1
        if len(self.violations) < MANY_VIOLATIONS:
            self.violations.append(Violation(where, reason, description))

    def _check(self) -> None:
        if self.violations:
            raise ScorerError.before_sending("INVALID_FILE", self.violations, self.total)

    def _header(self, header: list[str]) -> None:
        known = [*FIXED, *self.form.indicators]
        if len(header) > MAX_COLUMNS:
            message = f"the header has {len(header)} columns, more than {MAX_COLUMNS}; delete empty ones"
            self._refuse("row 1", "TOO_LARGE", message)
            return
        if len(header) == 1 and ";" in header[0]:
            self._refuse("row 1", "NOT_CSV", "is separated by ';': save the file with commas")
            return
        if not set(header) & set(known):
            found = ",".join(header)[:60]
            self._refuse("row 1", "NO_HEADER", f"is not the header, which is {','.join(FIXED)},...; found {found!r}")
            return
        before: set[str] = set()
        for at, name in enumerate(header):
            where = place(1, header, name, at)
            if name in before:
                self._refuse(where, "DUPLICATE_COLUMN", f"column {name!r} is there twice")
            elif name not in known:
                message = f"unknown column {name[:80]!r}{self._nearly(name, [k for k in known if k not in header])}"
                self._refuse(where, "UNKNOWN_COLUMN", message)
            before.add(name)
        for name in REQUIRED:
            if name not in header:
                self._refuse("row 1", "MISSING_COLUMN", f"the column {name!r} is missing")
        self.table = CsvTable(self.form, header)

    def _row(self, row: int, cells: list[str]) -> None:
        header = self.table.header
        if not any(cells):
            self._refuse(f"row {row}", "EMPTY_ROW", "is empty: delete it, or fill in the unit")
            return
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}: is a comma missing or a text unquoted?"
            self._refuse(f"row {row}", "WRONG_LENGTH", message)
            self.unread.update(cells[:1] if header[0] == "id" else cells)
            return
        fixed = dict.fromkeys(FIXED, "")
        for name, cell in zip(header, cells, strict=True):
            if name in fixed:
                fixed[name] = cell
                continue
            indicator, column = self.form.indicators[name], self.table.columns[name]
            try:
                if isinstance(column, list):
                    column.append(_option(indicator, cell))
                else:
                    column.append(_number(indicator, cell))
            except ValueError as error:
                self._refuse(place(row, header, name), "WRONG_KIND", str(error))
        self._fixed(row, fixed)

    def _fixed(self, row: int, fixed: dict[str, str]) -> None:
        header, tiers = self.table.header, self.form.tiers
        if not fixed["id"]:
            self._refuse(place(row, header, "id"), "BAD_UNIT_ID", "is empty; every unit needs an id")
        if fixed["tier"] not in tiers:
            message = f"expected {' or '.join(tiers)}, not {fixed['tier'][:80]!r}{self._nearly(fixed['tier'], tiers)}"
            self._refuse(place(row, header, "tier"), "UNKNOWN_TIER", message)
        left_out = [code.strip() for code in fixed["not_applicable"].split(";") if code.strip()]
        for at, code in enumerate(left_out):
            if code in left_out[:at]:
                message = f"criterion {code!r} is there twice"
                self._refuse(place(row, header, "not_applicable"), "DUPLICATE_CRITERION", message)
            elif code not in self.form.excludable:
                what = "cannot be not applicable" if code in self.form.texts else "is unknown"
                message = f"criterion {code!r} {what}{self._nearly(code, self.form.excludable)}"
                self._refuse(place(row, header, "not_applicable"), "UNKNOWN_CRITERION", message)
        if left_out:
            self.table.not_applicable[fixed["id"]] = left_out
        if fixed["id"] and (first := self.table.units.index_of(fixed["id"])) is not None:
            message = f"{fixed['id'][:80]!r} is the id at {place(self.rows[first], header, 'id')} already"
            self._refuse(place(row, header, "id"), "DUPLICATE_UNIT_ID", message)
        self.rows.append(row)
        self.table.units.append(fixed["id"], fixed["tier"], fixed["name"], fixed["parent"])

    def _parents(self) -> None:
        """If a file has some parents of a tier's units, it must have all: otherwise a row is missing or misspelt."""
        ids = self.table.units.ids() | self.unread if self.unread else self.table.units.ids()
        whole = {unit.tier for unit in self.table.units if unit.parent in ids}
        for row, unit in zip(self.rows, self.table.units, strict=True):
            if unit.parent and unit.parent not in ids and unit.tier in whole:
                hint = self._nearly(unit.parent, ids) or "; is its row missing?"
                message = f"no unit of the file has the id {unit.parent[:80]!r}{hint}"
                self._refuse(place(row, self.table.header, "parent"), "UNKNOWN_PARENT", message)

    def _nearly(self, name: str, names: Collection[str]) -> str:
        """A suggestion for a wrong name. Each name is looked up once; after ``SEARCHES`` names there are no more."""
        if name not in self.hints:
            if len(self.hints) >= SEARCHES or len(names) > MANY_NAMES:
                return ""
            self.hints[name] = _nearly(name, names)
        return self.hints[name]


def _option(indicator: Indicator, cell: str) -> str:
    _check_length(cell)
    if cell and cell not in indicator.options:
        raise ValueError(
            f"expected {', '.join(indicator.options)} or nothing, not {cell!r}{_nearly(cell, indicator.options)}"
        )
    return sys.intern(cell)  # thousands of cells have the same text


def _number(indicator: Indicator, cell: str) -> float:
    _check_length(cell)
    if not cell:
        return math.nan
    if indicator.kind == "flag":
        if cell not in ("0", "1"):
            raise ValueError(f"expected 1 (yes), 0 (no) or nothing, not {cell!r}")
        return float(cell)
    if indicator.kind == "date":
        try:
            if _DAY.fullmatch(cell):
                return float((datetime.date.fromisoformat(cell) - EPOCH).days)
        except ValueError:
            pass
        raise ValueError(f"expected a day such as 2020-06-30, not {cell!r}")
    if _THOUSANDS.fullmatch(cell) and (indicator.kind == "count" or not _NUMBER.fullmatch(cell)):
        raise ValueError(_two_readings(cell, indicator))
    if _COMMA.fullmatch(cell):
        raise ValueError(f"write decimals with a point: {cell.replace(',', '.')}, not {cell!r}")
    if not _NUMBER.fullmatch(cell):
        raise ValueError(f"expected a number such as 12{'' if indicator.kind == 'count' else '.5'}, not {cell!r}")
    decimals = cell.partition(".")[2].rstrip("0")  # of the text, because the double may hide some
    if decimals and indicator.kind == "count":
        raise ValueError(f"expected a whole number, not {cell!r}")
    if len(decimals) > MAX_DECIMALS:
        raise ValueError(f"expected at most six decimals, not {cell!r}")
    return float(cell)


def _two_readings(cell: str, indicator: Indicator) -> str:
    whole = re.sub(r"[., ]", "", cell)
    if len(cell) - len(whole) > 1 or " " in cell:
        return f"write numbers without separators: {whole}, not {cell!r}"
    decimal = cell.replace(",", ".")
    if indicator.kind == "count" and not float(decimal).is_integer():
        return f"expected a whole number: write {whole} if that is meant, not {cell!r}"
    other = f"{float(decimal):.0f}" if indicator.kind == "count" else decimal
    return f"can be read as {whole} or as {decimal}: write {whole} or {other}, not {cell!r}"


def _check_length(cell: str) -> None:
    if len(cell) > MAX_CELL:
        raise ValueError(f"has {len(cell)} letters; is a quote missing? It begins {cell[:40]!r}")


def _nearly(name: str, names: Iterable[str]) -> str:
    by_lower = {known.lower(): known for known in sorted(names)}
    close = difflib.get_close_matches(name[:80].lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
