"""The units and answers of a file, and where each stands in it."""

from __future__ import annotations

import datetime
import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from scorer_client import optional
from scorer_client.errors import ScorerError, Violation, first_of
from scorer_client.forms import Form, Indicator
from scorer_client.requests import EPOCH, Row, Value
from scorer_client.unit_table import write_stream
from scorer_client.units import Units

if TYPE_CHECKING:
    import pyarrow as pa

_IN_TABLE = re.compile(r'table\["(?P<column>\w+)"\](?:\[(?P<row>\d+)\])?')

_ALONE = re.compile(
    r"unit_answers\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


class NamedPositions(Protocol):
    """Names the positions of a sheet."""

    def position(self, row: int | None, column: int | None = None, name: str = "") -> str:
        """See ``files.cells.Sheet``."""


class Positions:
    """Where the units of a table stand in its sheets."""

    def __init__(self) -> None:
        self._sheets: list[tuple[NamedPositions, int, Mapping[str, int]]] = []
        self._starts: list[int] = []
        self._rows = array("q")

    def begin(self, sheet: NamedPositions, header_row: int, columns: Mapping[str, int]) -> None:
        """The units that follow stand in this sheet, with these columns."""
        self._sheets.append((sheet, header_row, columns))
        self._starts.append(len(self._rows))

    def add(self, row: int) -> None:
        """The next unit stands in this row."""
        self._rows.append(row)

    def of(self, unit: int, column: str) -> str:
        """The position of a unit's cell."""
        sheet, _, columns = self._sheets[bisect_right(self._starts, unit) - 1]
        return sheet.position(self._rows[unit], columns.get(column), column)

    def of_header(self, column: str) -> str:
        """The position of a column's name."""
        sheet, row, columns = next((found for found in self._sheets if column in found[2]), self._sheets[0])
        return sheet.position(row, columns.get(column), column)


class FileTable:
    """A file's units and answers.

    Attributes:
        form: the criteria set that the file answers.
        header: the names of the file's columns, in order; of several sheets, those of the first one.
        units: one per row.
        columns: answers by indicator: numbers with NaN (days since 1970-01-01 for dates), or option codes with "".
        not_applicable: criteria by unit id, of units that have any.
        positions: where the units stand in the file.
        notes: sentences on what was read differently from how it was written.
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
        """Adds columns that are not there yet; the units so far have not reported them."""
        for name in names:
            if name in self.form.indicators and name not in self.columns:
                choice, count = self.form.indicators[name].kind == "choice", len(self.units)
                self.columns[name] = [""] * count if choice else array("d", [math.nan]) * count

    def fill(self) -> None:
        """Lets units that lack a column not have reported it."""
        for values in self.columns.values():
            if missing := len(self.units) - len(values):
                if isinstance(values, list):
                    values += [""] * missing
                else:
                    values.extend([math.nan] * missing)

    def rows(self) -> list[Row]:
        """The same, unit by unit."""
        indicators = [self.form.indicators[code] for code in self.columns]
        rows = []
        for at, unit in enumerate(self.units):
            cells = [(indicator, self.columns[indicator.code][at]) for indicator in indicators]
            answers = {i.code: _value(i, cell) for i, cell in cells if cell not in ("",) and cell == cell}
            left_out = self.not_applicable.get(unit.id, [])
            rows.append(Row(unit.id, unit.tier, answers, unit.name, unit.parent, left_out))
        return rows

    def stream(self) -> bytes:
        """The same as an Arrow IPC stream.

        Raises:
            ImportError: pyarrow is not installed.
        """
        pa = optional.pyarrow()
        columns = self.units.arrow_columns()
        if self.not_applicable:
            left_out = [self.not_applicable.get(unit.id) for unit in self.units]
            columns["not_applicable"] = pa.array(left_out, pa.list_(pa.string()))
        for code, values in self.columns.items():
            columns[code] = _arrow_column(self.form.indicators[code], values)
        return write_stream(pa.table(columns))

    def in_file(self, error: ScorerError) -> ScorerError:
        """What the service refuses of the file sent as a table, with the file's rows and columns as fields."""

        def of_table(match: re.Match[str]) -> str:
            column = match["column"]
            return self.positions.of(int(match["row"]), column) if match["row"] else self.positions.of_header(column)

        return _moved(error, lambda text: _IN_TABLE.sub(of_table, text))

    def unit_in_file(self, error: ScorerError, unit: str) -> ScorerError:
        """The same of one unit that was sent alone."""
        at = self.units.place(unit) or 0

        def of_row(match: re.Match[str]) -> str:
            return self.positions.of(at, match["field"] or match["code"] or "not_applicable")

        return _moved(error, lambda text: _ALONE.sub(of_row, text))


def _moved(error: ScorerError, move: Callable[[str], str]) -> ScorerError:
    violations = [Violation(move(v.field), v.reason, move(v.description)) for v in error.violations]
    message = first_of(violations, error.violations_total)
    return ScorerError(error.code, message, error.reason, error.metadata, violations, error.request_id)


def _arrow_column(indicator: Indicator, values: array[float] | list[str]) -> pa.Array:
    """Flags as bool, dates as date32, choices as a dictionary, everything else as numbers; null where not reported."""
    pa = optional.pyarrow()
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
