"""The units and answers of a CSV file, and the rows and columns in which they are."""

from __future__ import annotations

import datetime
import re
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from scorer_client import optional
from scorer_client.errors import ScorerError, Violation, first_of
from scorer_client.forms import Form, Indicator
from scorer_client.requests import EPOCH, Row, Value
from scorer_client.unit_table import write_stream
from scorer_client.units import Units

if TYPE_CHECKING:
    import pyarrow as pa

_TABLE_FIELD = re.compile(r'table\["(?P<column>\w+)"\](?:\[(?P<row>\d+)\])?')

_UNIT_FIELD = re.compile(
    r"unit_answers\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


class CsvTable:
    """A file's units and answers.

    Attributes:
        form: the form of the criteria set for which the file was read.
        header: the names of the file's columns, in order.
        units: one unit per row.
        columns: answers by indicator: numbers with NaN (days since 1970-01-01 for dates), or option codes with "".
        not_applicable: by unit id, the criteria that do not apply; only units that have some.
    """

    def __init__(self, form: Form, header: Sequence[str]) -> None:
        self.form, self.header = form, header
        self.units = Units()
        indicators = [form.indicators[name] for name in header if name in form.indicators]
        self.columns: dict[str, array[float] | list[str]] = {
            indicator.code: list[str]() if indicator.kind == "choice" else array("d") for indicator in indicators
        }
        self.not_applicable: dict[str, list[str]] = {}

    def rows(self) -> list[Row]:
        """The units with their answers, as rows."""
        indicators = [self.form.indicators[code] for code in self.columns]
        rows = []
        for index, unit in enumerate(self.units):
            cells = [(indicator, self.columns[indicator.code][index]) for indicator in indicators]
            answers = {i.code: _value(i, cell) for i, cell in cells if cell not in ("",) and cell == cell}
            left_out = self.not_applicable.get(unit.id, [])
            rows.append(Row(unit.id, unit.tier, answers, unit.name, unit.parent, left_out))
        return rows

    def stream(self) -> bytes:
        """The units with their answers, as an Arrow IPC stream.

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
        """Converts an error about the table that was sent: violations get rows and columns of the file."""

        def of_table(match: re.Match[str]) -> str:
            return place(int(match["row"]) + 2 if match["row"] else 1, self.header, match["column"])

        return _renamed(error, lambda text: _TABLE_FIELD.sub(of_table, text))

    def unit_in_file(self, error: ScorerError, unit: str) -> ScorerError:
        """Converts an error about one unit that was sent alone: violations get rows and columns of the file."""
        row = (self.units.index_of(unit) or 0) + 2

        def of_row(match: re.Match[str]) -> str:
            return place(row, self.header, match["field"] or match["code"] or "not_applicable")

        return _renamed(error, lambda text: _UNIT_FIELD.sub(of_row, text))


def place(row: int, header: Sequence[str], column: str, at: int | None = None) -> str:
    """The name of a cell, such as: row 7, column H (firewall). ``at``: index of the column, if two have this name."""
    if column not in header:
        return f"row {row}, column {column!r}"
    at, letters = (header.index(column) if at is None else at) + 1, ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return f"row {row}, column {letters} ({column})"


def _renamed(error: ScorerError, rename: Callable[[str], str]) -> ScorerError:
    violations = [Violation(rename(v.field), v.reason, rename(v.description)) for v in error.violations]
    message = first_of(violations, error.violations_total)
    return ScorerError(error.code, message, error.reason, error.metadata, violations, error.request_id)


def _arrow_column(indicator: Indicator, values: array[float] | list[str]) -> pa.Array:
    """Flags as bool, dates as date32, choices as a dictionary, other answers as numbers; null where not reported."""
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
