"""The units and answers of a CSV file, and where each stands in it."""

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

_IN_TABLE = re.compile(r'table\["(?P<column>\w+)"\](?:\[(?P<row>\d+)\])?')

_ALONE = re.compile(
    r"unit_answers\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


class CsvTable:
    """A file's units and answers.

    Attributes:
        form: the criteria set that the file answers.
        header: the names of the file's columns, in order.
        units: one per row.
        columns: answers by indicator: numbers with NaN (days since 1970-01-01 for dates), or option codes with "".
        not_applicable: criteria by unit id, of units that have any.
    """

    def __init__(self, form: Form, header: Sequence[str]) -> None:
        self.form, self.header = form, header
        self.units = Units()
        asked = [form.indicators[name] for name in header if name in form.indicators]
        self.columns: dict[str, array[float] | list[str]] = {
            indicator.code: list[str]() if indicator.kind == "choice" else array("d") for indicator in asked
        }
        self.not_applicable: dict[str, list[str]] = {}

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
            return place(int(match["row"]) + 2 if match["row"] else 1, self.header, match["column"])

        return _moved(error, lambda text: _IN_TABLE.sub(of_table, text))

    def unit_in_file(self, error: ScorerError, unit: str) -> ScorerError:
        """The same of one unit that was sent alone."""
        row = (self.units.place(unit) or 0) + 2

        def of_row(match: re.Match[str]) -> str:
            return place(row, self.header, match["field"] or match["code"] or "not_applicable")

        return _moved(error, lambda text: _ALONE.sub(of_row, text))


def place(row: int, header: Sequence[str], column: str, at: int | None = None) -> str:
    """Such as: row 7, column H (firewall); ``at`` tells of two columns of one name which is meant."""
    if column not in header:
        return f"row {row}, column {column!r}"
    at, letters = (header.index(column) if at is None else at) + 1, ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return f"row {row}, column {letters} ({column})"


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
