"""The units and answers of a file, and their positions in it."""

from __future__ import annotations

import datetime
import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from scorer_client import optional_libraries
from scorer_client.criteria_set_form import Form, Indicator
from scorer_client.errors import ScorerError, Violation, first_of
from scorer_client.requests import EPOCH, Row, Value
from scorer_client.unit_table import write_stream
from scorer_client.units import Units

if TYPE_CHECKING:
    import pyarrow as pa

_TABLE_FIELD = re.compile(r'table\["(?P<column>\w+)"\](?:\[(?P<row>\d+)\])?')

_UNIT_FIELD = re.compile(
    r"unit_answers\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


class NamedPositions(Protocol):
    """A sheet, which can describe positions in it for people."""

    def position(self, row: int | None, column: int | None = None, name: str = "") -> str:
        """See ``files.sheets.Sheet``."""


class Positions:
    """The positions of a table's units in its sheets."""

    def __init__(self) -> None:
        self._sheets: list[tuple[NamedPositions, int, Mapping[str, int]]] = []
        self._starts: list[int] = []
        self._rows = array("q")

    def begin(self, sheet: NamedPositions, header_row: int, columns: Mapping[str, int]) -> None:
        """Begins a sheet. The units that are added next are on this sheet.

        Args:
            sheet: the sheet.
            header_row: number of the row with the header.
            columns: index of each column, by its code.
        """
        self._sheets.append((sheet, header_row, columns))
        self._starts.append(len(self._rows))

    def add(self, row: int) -> None:
        """Adds the row number of the next unit."""
        self._rows.append(row)

    def of(self, unit: int, column: str) -> str:
        """The position of a unit's cell."""
        sheet, _, columns = self._sheets[bisect_right(self._starts, unit) - 1]
        return sheet.position(self._rows[unit], columns.get(column), column)

    def of_header(self, column: str) -> str:
        """The position of a column's header."""
        sheet, row, columns = next((entry for entry in self._sheets if column in entry[2]), self._sheets[0])
        return sheet.position(row, columns.get(column), column)


class FileTable:
    """A file's units and answers.

    Attributes:
        form: the form of the criteria set for which the file was read.
        header: the names of the file's columns, in order; if there are several sheets, those of the first one.
        units: one unit per row.
        columns: (n,) answers by indicator: numbers, with NaN where not reported (dates are days since 1970-01-01); or
            codes of options, with "" where not reported.
        not_applicable: the criteria that do not apply, by unit id; units to which all criteria apply are left out.
        positions: the positions of the units in the file.
        notes: sentences about cells that were read differently from how they are written, such as 12,5 as 12.5.
    """

    def __init__(self, form: Form, header: Sequence[str]) -> None:
        self.form, self.header = form, header
        self.units = Units()
        self.columns: dict[str, array[float] | list[str]] = {}
        self.add_columns(header)
        self.not_applicable: dict[str, list[str]] = {}
        self.positions = Positions()
        self.notes: tuple[str, ...] = ()

    def add_columns(self, names: Sequence[str]) -> None:
        """Adds columns that are missing. The units that already exist have not reported these indicators."""
        for name in names:
            if name in self.form.indicators and name not in self.columns:
                choice, count = self.form.indicators[name].kind == "choice", len(self.units)
                self.columns[name] = [""] * count if choice else array("d", [math.nan]) * count

    def fill(self) -> None:
        """Extends columns that are shorter than the list of units, because the last units have not reported them."""
        for values in self.columns.values():
            if missing := len(self.units) - len(values):
                if isinstance(values, list):
                    values += [""] * missing
                else:
                    values.extend([math.nan] * missing)

    def rows(self) -> list[Row]:
        """The units with their answers, as rows."""
        indicators = [self.form.indicators[code] for code in self.columns]
        rows = []
        for index, unit in enumerate(self.units):
            cells = [(indicator, self.columns[indicator.code][index]) for indicator in indicators]
            answers = {i.code: _value(i, cell) for i, cell in cells if cell != "" and cell == cell}
            left_out = self.not_applicable.get(unit.id, [])
            rows.append(Row(unit.id, unit.tier, answers, unit.name, unit.parent, left_out))
        return rows

    def stream(self) -> bytes:
        """The units with their answers, as an Arrow IPC stream.

        Raises:
            ImportError: pyarrow is not installed.
        """
        pa = optional_libraries.pyarrow()
        columns = self.units.arrow_columns()
        if self.not_applicable:
            left_out = [self.not_applicable.get(unit.id) for unit in self.units]
            columns["not_applicable"] = pa.array(left_out, pa.list_(pa.string()))
        for code, values in self.columns.items():
            columns[code] = _arrow_column(self.form.indicators[code], values)
        return write_stream(pa.table(columns))

    def in_file(self, error: ScorerError) -> ScorerError:
        """Converts an error about the table that was sent: positions in the file replace its field paths."""

        def of_table(match: re.Match[str]) -> str:
            column = match["column"]
            return self.positions.of(int(match["row"]), column) if match["row"] else self.positions.of_header(column)

        return _renamed(error, lambda text: _TABLE_FIELD.sub(of_table, text))

    def unit_in_file(self, error: ScorerError, unit: str) -> ScorerError:
        """Converts an error about one unit that was sent alone: positions in the file replace its field paths."""
        index = self.units.index_of(unit) or 0

        def of_row(match: re.Match[str]) -> str:
            return self.positions.of(index, match["field"] or match["code"] or "not_applicable")

        return _renamed(error, lambda text: _UNIT_FIELD.sub(of_row, text))


class InvalidFileError(ScorerError):
    """Raised if a file has mistakes.

    Attributes:
        table: the table without the answers that have mistakes; None if units could not be read.
    """

    table: FileTable | None = None


def _renamed(error: ScorerError, rename: Callable[[str], str]) -> ScorerError:
    violations = [Violation(rename(v.field), v.reason, rename(v.description)) for v in error.violations]
    message = first_of(violations, error.violations_total)
    return ScorerError(error.code, message, error.reason, error.metadata, violations, error.request_id)


def _arrow_column(indicator: Indicator, values: array[float] | list[str]) -> pa.Array:
    """Flags as bool, dates as date32, choices as a dictionary, other answers as numbers; null where not reported."""
    pa = optional_libraries.pyarrow()
    if isinstance(values, list):
        return pa.array([value or None for value in values], pa.string()).dictionary_encode()
    numbers = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])
    numbers = pa.compute.if_else(pa.compute.is_nan(numbers), None, numbers)
    match indicator.kind:
        case "flag":
            return numbers.cast(pa.bool_())
        case "date":
            return numbers.cast(pa.int32()).cast(pa.date32())
    return numbers


def _value(indicator: Indicator, cell: float | str) -> Value:
    if isinstance(cell, str):
        return cell
    if indicator.kind == "flag":
        return bool(cell)
    return EPOCH + datetime.timedelta(days=int(cell)) if indicator.kind == "date" else cell
