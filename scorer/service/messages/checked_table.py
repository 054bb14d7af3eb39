"""Checks the columns of a table of units: their names, types and data. docs/tables.md describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from scorer.engine.plan import SetPlan
from scorer.model.indicators import COLUMNS_OF_UNITS, IndicatorKind
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.messages import table_columns as columns
from scorer.service.messages.table_paths import EXCLUSIONS, STREAM_PATH, TEXT_COLUMNS, column_path
from scorer.service.messages.table_stream import READ_ERRORS, StreamError
from scorer.service.messages.unit_rows import check_count


class TableSource(Protocol):
    """A table whose rows have not been read yet, such as a ``Stream``."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""

    @property
    def rows(self) -> int:
        """Number of rows in all batches."""

    def batches(self) -> Sequence[pa.RecordBatch]:
        """Reads the rows.

        Raises:
            StreamError: the data are damaged.
        """


class CheckedTable:
    """A table whose columns have been checked. Columns that cannot be read are treated as absent.

    Args:
        plan: the plan of the criteria set.
        source: the table.
        tier: the tier of all units, if there is no column ``tier``.
        violations: collects the violations.
    """

    def __init__(self, plan: SetPlan, source: TableSource, tier: str, violations: Violations) -> None:
        self._plan, self._tier, self._violations = plan, tier, violations
        self.rows = source.rows
        self._columns: dict[str, int] = {}
        """Index of each column whose name is known and whose type can be read, by name."""
        self._types: Sequence[pa.DataType] = source.schema.types
        self.batches: Sequence[pa.RecordBatch] = ()
        """The rows; empty if the data are damaged."""
        self.text_budget = columns.TextBudget()
        names = len(COLUMNS_OF_UNITS) + len(plan.rows)
        if not check_count(violations, WHOLE_REQUEST, "table", len(source.schema), names, "columns"):
            return
        self._columns = self._find_columns(source.schema)
        try:
            self.batches = source.batches()
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
        self._check_types()
        self._check_views()
        self._check_data()

    def has(self, name: str) -> bool:
        """Whether there is a readable column with this name."""
        return name in self._columns

    def column_type(self, name: str) -> pa.DataType:
        """The type of a readable column."""
        return self._types[self._columns[name]]

    def chunks(self, name: str) -> Iterator[tuple[int, pa.Array]]:
        """Yields, for each batch, its first row and a column's values. Yields nothing if the column is absent."""
        column, first = self._columns.get(name), 0
        for batch in self.batches if column is not None else ():
            values = batch.column(column)
            yield first, values
            first += len(values)

    def note(self, column: str, reason: str, message: str) -> None:
        """Adds a violation of a column."""
        self._violations.add(WHOLE_REQUEST, column_path(column), reason, message)

    def _find_columns(self, schema: pa.Schema) -> dict[str, int]:
        """Index of each known column, by name. Adds violations for unknown, duplicate and missing columns."""
        known: dict[str, int] = {}
        for index, name in enumerate(schema.names):
            if name in known:
                self.note(name, "DUPLICATE_COLUMN", "is in the table twice")
            elif name in COLUMNS_OF_UNITS or name in self._plan.rows:
                known[name] = index
            else:
                hint = self._violations.suggestions.did_you_mean("column", name, (*COLUMNS_OF_UNITS, *self._plan.rows))
                self.note(name, "UNKNOWN_COLUMN", f"{self._plan.criteria_set.code} has no indicator of this name{hint}")
        if "tier" not in known and not self._tier:
            message = "give the units' tiers in a column 'tier', or the tier of all units in the request"
            self.note("tier", "MISSING_COLUMN", message)
        if "id" not in known:
            self.note("id", "MISSING_COLUMN", "give the units' ids in a column 'id'")
        return known

    def _drop(self, name: str, reason: str, message: str) -> None:
        """Adds a violation of a column, and treats the column as absent."""
        self.note(name, reason, message)
        del self._columns[name]

    def _check_types(self) -> None:
        """Drops columns of wrong types. Columns without any value may have any type, except ``id`` and ``tier``."""
        accepted = self._plan.derived(_accepted)
        for name, column in list(self._columns.items()):
            column_type, (accepts, names) = self._types[column], accepted[name]
            if accepts(column_type):
                continue
            try:
                for batch in self.batches:
                    batch.column(column).validate()
                is_empty = all(columns.nothing_reported(batch.column(column)) for batch in self.batches)
            except READ_ERRORS as error:
                self._drop(name, "BAD_STREAM", f"is damaged: {error}")
                continue
            if is_empty and name not in ("id", "tier"):
                del self._columns[name]
            else:
                self._drop(name, "WRONG_TYPE", f"is {column_type}; give {names}")

    def _check_views(self) -> None:
        """Drops columns with views of too much text. ``_check_data`` would take a long time for them."""
        for name in self._plan.derived(_text_columns):
            column = self._columns.get(name)
            if column is None or not columns.has_views(self._types[column]):
                continue
            try:
                for batch in self.batches:
                    batch.column(column).validate()
                    self.text_budget.spend(columns.view_bytes(batch.column(column)))
            except columns.ColumnError as error:
                self._drop(name, error.reason, str(error))
            except READ_ERRORS as error:
                self._drop(name, "BAD_STREAM", f"is damaged: {error}")

    def _check_data(self) -> None:
        """Drops columns with texts that are not UTF-8, indices outside a dictionary, or too short buffers."""
        for batch in self.batches:
            try:
                batch.select([*self._columns.values()]).validate(full=True)
            except READ_ERRORS:
                for name, column in list(self._columns.items()):
                    try:
                        batch.column(column).validate(full=True)
                    except READ_ERRORS as error:
                        self._drop(name, "BAD_STREAM", f"is damaged: {error}")


def _text_columns(plan: SetPlan) -> Sequence[str]:
    """Names of the columns that can hold texts."""
    indicators = plan.criteria_set.indicators
    return [*COLUMNS_OF_UNITS, *(code for code in plan.rows if indicators[code].kind is IndicatorKind.CHOICE)]


def _accepted(plan: SetPlan) -> Mapping[str, tuple[Callable[[pa.DataType], bool], str]]:
    """Which types each column may have: a function that tests a type, and a text for people."""
    indicators = plan.criteria_set.indicators
    return {
        **dict.fromkeys(TEXT_COLUMNS, (columns.is_text, "text")),
        EXCLUSIONS: (columns.is_text_list, "lists of text"),
        **{code: columns.ACCEPTED[IndicatorKind(indicators[code].kind)] for code in plan.rows},
    }
