"""Converts a table of units and answers (an Arrow stream) into a submission. docs/tables.md describes the table."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scorer.engine.plan import SetPlan
from scorer.engine.validation import Submission
from scorer.model.fixed_point import Floats, Ints
from scorer.model.indicators import COLUMNS_OF_UNITS, IndicatorKind
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.messages import table_columns as columns
from scorer.service.messages.answers import check_count, option_numbers, unknown_option
from scorer.service.messages.table_numbers import with_more_decimals
from scorer.service.messages.table_stream import READ_ERRORS, StreamError

STREAM_PATH = "table.arrow_stream"
"""The field path of the stream."""

*TEXT_COLUMNS, EXCLUSIONS = COLUMNS_OF_UNITS


class TablePaths:
    """Field paths of a table; see ``FieldPaths``."""

    def unit(self, unit: int, field: str) -> str:
        """See ``FieldPaths``."""
        return f"{column_path(field)}[{unit}]"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``FieldPaths``."""
        return f"{column_path(indicator)}[{unit}]"

    def exclusion(self, unit: int, index: int) -> str:
        """See ``FieldPaths``."""
        del index
        return f"{column_path(EXCLUSIONS)}[{unit}]"


def column_path(column: str) -> str:
    """The field path of a column."""
    return f"table[{json.dumps(column[:80], ensure_ascii=not column.isprintable())}]"


_PATH = re.compile(r'table\[("(?:[^"\\]|\\.)*")\](?:\[(\d+)\])?')


def parse_path(path: str) -> tuple[str, int | None]:
    """The column and the row of a field path of ``TablePaths``; "" and None if the path names none."""
    match = _PATH.fullmatch(path)
    if match is None:
        return "", None
    return json.loads(match[1]), None if match[2] is None else int(match[2])


class TableSource(Protocol):
    """A table that has not been read yet, such as a ``Stream``."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""

    @property
    def rows(self) -> int:
        """Number of rows in all batches."""

    def batches(self) -> Sequence[pa.RecordBatch]:
        """The rows.

        Raises:
            StreamError: the data are damaged.
        """


@dataclass(frozen=True)
class UnitTexts:
    """Columns of a table that the reply repeats, for n units; null instead of empty names and parents."""

    ids: pa.StringArray
    names: pa.StringArray
    parents: pa.StringArray


def read_table(plan: SetPlan, source: TableSource, tier: str, violations: Violations) -> tuple[Submission, UnitTexts]:
    """Converts a table into a submission, and returns the texts for the reply too.

    Args:
        plan: the plan of the criteria set.
        source: the table.
        tier: the tier of all units, if the table has no column ``tier``.
        violations: collects the violations of the source and its columns. Answers are validated later.
    """
    table = _Table(plan, source, tier, violations)
    ids, names, tiers, parents = (table.texts(name) for name in TEXT_COLUMNS)
    if ids is None:  # there is a violation for this; these ids only let validation find further violations
        ids = pa.array([str(row) for row in range(source.rows)], pa.string())
    common_tier = [tier] if tier in plan.tiers and not table.has("tier") else []
    submission = Submission(
        _empty_for_null(ids),
        [] if names is None else _empty_for_null(names),
        common_tier if tiers is None else _empty_for_null(tiers),
        [] if parents is None else _empty_for_null(parents),
        table.answers(),
        table.exclusions(),
    )
    nulls = pa.nulls(source.rows, pa.string())
    return submission, UnitTexts(
        ids, nulls if names is None else _null_for_empty(names), nulls if parents is None else _null_for_empty(parents)
    )


def _empty_for_null(texts: pa.StringArray) -> list[str]:
    """The texts as a list, with empty texts for nulls."""
    texts_list: list[str] = (texts.fill_null("") if texts.null_count else texts).to_pylist()
    return texts_list


def _null_for_empty(texts: pa.StringArray) -> pa.StringArray:
    """The texts, with nulls for empty texts."""
    return pc.if_else(pc.equal(texts, ""), None, texts)


class _Table:
    """A table whose columns have been checked. Columns that cannot be read are treated as absent.

    Args:
        plan: the plan of the criteria set.
        source: the table.
        tier: the tier of all units, if there is no column ``tier``.
        violations: collects the violations.
    """

    def __init__(self, plan: SetPlan, source: TableSource, tier: str, violations: Violations) -> None:
        self._plan, self._rows, self._tier, self._violations = plan, source.rows, tier, violations
        self._columns: dict[str, int] = {}
        """Index of each column that is read, by name."""
        self._types: Sequence[pa.DataType] = source.schema.types
        self._batches: Sequence[pa.RecordBatch] = ()
        self._text_budget = columns.TextBudget()
        names = len(COLUMNS_OF_UNITS) + len(plan.rows)
        if not check_count(violations, WHOLE_REQUEST, "table", len(source.schema), names, "columns"):
            return
        self._columns = self._find_columns(source.schema)
        try:
            self._batches = source.batches()
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
        self._check_types()
        self._check_views()
        self._check_data()

    def has(self, name: str) -> bool:
        """Whether there is a readable column of this name."""
        return name in self._columns

    def texts(self, name: str) -> pa.StringArray | None:
        """(n,) a column of texts; None if it is absent or cannot be read."""
        try:
            chunks = [columns.to_texts(values, self._text_budget) for _, values in self._chunks(name)]
        except columns.ColumnError as error:
            self._note(name, error.reason, str(error))
            return None
        return pa.concat_arrays(chunks) if chunks else None

    def answers(self) -> Floats:
        """(indicators, n) answers in the order of the set plan's rows; NaN where not reported or not readable.

        Several columns of one type are converted in one call, because the overhead of calls is larger than their work.
        """
        matrix = np.empty((len(self._plan.rows), self._rows))
        groups: dict[tuple[bool, pa.DataType], list[str]] = {}
        for code, row in self._plan.rows.items():
            kind = self._plan.criteria_set.indicators[code].kind
            if not (self._batches and code in self._columns):
                matrix[row] = math.nan
            elif kind is IndicatorKind.CHOICE:
                self._write_choice(code, matrix[row])
            else:
                value_type = columns.value_type(self._types[self._columns[code]])
                groups.setdefault((kind is IndicatorKind.DATE, value_type), []).append(code)
        columns_per_call = max(columns.VALUES_PER_CALL // self._rows, 1)
        for (dates, _), codes in groups.items():
            for first in range(0, len(codes), columns_per_call):
                self._write_numbers(codes[first : first + columns_per_call], matrix, dates=dates)
        return matrix

    def exclusions(self) -> list[tuple[int | Ints, int, str]]:
        """Criteria that do not apply to units, in the form of ``Submission.exclusions``."""
        criteria, exclusions = len(self._plan.criteria_set.criteria), list[tuple[int | Ints, int, str]]()
        for first, values in self._chunks(EXCLUSIONS):
            try:
                units, texts = columns.to_lists(values, first, criteria, self._text_budget)
            except columns.ColumnError as error:
                self._note(EXCLUSIONS, error.reason, str(error))
                break
            used = np.unique(texts.indices).tolist()
            if check_count(self._violations, WHOLE_REQUEST, column_path(EXCLUSIONS), len(used), criteria):
                codes = [*(value or "" for value in texts.values), ""]
                exclusions += [(units[texts.indices == index], 0, codes[index]) for index in used]
        return exclusions

    def _note(self, column: str, reason: str, message: str) -> None:
        self._violations.add(WHOLE_REQUEST, column_path(column), reason, message)

    def _chunks(self, name: str) -> Iterator[tuple[int, pa.Array]]:
        """For each batch, the first row and the values of a column; nothing if the column is absent."""
        column, first = self._columns.get(name), 0
        for batch in self._batches if column is not None else ():
            values = batch.column(column)
            yield first, values
            first += len(values)

    def _find_columns(self, schema: pa.Schema) -> dict[str, int]:
        """Index of each known column, by name. Notes unknown, duplicate and missing columns."""
        known: dict[str, int] = {}
        for index, name in enumerate(schema.names):
            if name in known:
                self._note(name, "DUPLICATE_COLUMN", "is in the table twice")
            elif name in COLUMNS_OF_UNITS or name in self._plan.rows:
                known[name] = index
            else:
                hint = self._violations.suggestions.did_you_mean("column", name, (*COLUMNS_OF_UNITS, *self._plan.rows))
                self._note(
                    name, "UNKNOWN_COLUMN", f"{self._plan.criteria_set.code} has no indicator of this name{hint}"
                )
        if "tier" not in known and not self._tier:
            message = "give the units' tiers in a column 'tier', or the tier of all units in the request"
            self._note("tier", "MISSING_COLUMN", message)
        if "id" not in known:
            self._note("id", "MISSING_COLUMN", "give the units' ids in a column 'id'")
        return known

    def _drop(self, name: str, reason: str, message: str) -> None:
        """Adds a violation of a column, and treats the column as absent."""
        self._note(name, reason, message)
        del self._columns[name]

    def _check_types(self) -> None:
        """Drops columns of wrong types. Except for ids and tiers, a column without any answer may have any type."""
        accepted = self._plan.derived(_accepted)
        for name, column in list(self._columns.items()):
            column_type, (accepts, names) = self._types[column], accepted[name]
            if accepts(column_type):
                continue
            try:
                for batch in self._batches:
                    batch.column(column).validate()
                is_empty = all(columns.nothing_reported(batch.column(column)) for batch in self._batches)
            except READ_ERRORS as error:
                self._drop(name, "BAD_STREAM", f"is damaged: {error}")
                continue
            if is_empty and name not in ("id", "tier"):
                del self._columns[name]
            else:
                self._drop(name, "WRONG_TYPE", f"is {column_type}; give {names}")

    def _check_views(self) -> None:
        """Drops columns with views of too much text, before ``_check_data`` would take a long time for them."""
        for name in self._plan.derived(_text_columns):
            column = self._columns.get(name)
            if column is None or not columns.has_views(self._types[column]):
                continue
            try:
                for batch in self._batches:
                    batch.column(column).validate()
                    self._text_budget.spend(columns.view_bytes(batch.column(column)))
            except columns.ColumnError as error:
                self._drop(name, error.reason, str(error))
            except READ_ERRORS as error:
                self._drop(name, "BAD_STREAM", f"is damaged: {error}")

    def _check_data(self) -> None:
        """Drops columns with texts that are not UTF-8, indices beyond a dictionary, or buffers that are too short."""
        for batch in self._batches:
            try:
                batch.select([*self._columns.values()]).validate(full=True)
            except READ_ERRORS:
                for name, column in list(self._columns.items()):
                    try:
                        batch.column(column).validate(full=True)
                    except READ_ERRORS as error:
                        self._drop(name, "BAD_STREAM", f"is damaged: {error}")

    def _write_numbers(self, codes: Sequence[str], matrix: Floats, *, dates: bool) -> None:
        """Writes the columns of several indicators, which have one type, to the matrix. Notes wrong values."""
        rows = [self._plan.rows[code] for code in codes]
        values = columns.joined([batch.column(self._columns[code]) for code in codes for batch in self._batches])
        numbers, has_time = columns.to_days(values) if dates else (columns.to_numbers(values), None)
        too_precise = with_more_decimals(values)
        numbers[too_precise] = math.nan
        matrix[rows] = numbers.reshape(len(codes), self._rows)
        if len(too_precise):
            self._note_decimals(codes, values, too_precise)
        if has_time is not None:
            message = "has a time of day; give a date, or midnight"
            for code, mask in zip(codes, has_time.reshape(len(codes), self._rows), strict=True):
                self._violations.add_all(np.flatnonzero(mask), _value_paths(code), "BAD_DATE", lambda _: message)

    def _note_decimals(self, codes: Sequence[str], values: pa.Array, indices: Ints) -> None:
        """Adds violations for values with more than six decimals: ``indices`` (m,) of the values of several columns."""
        for first, code in zip(range(0, len(values), self._rows), codes, strict=True):

            def describe(row: int, first: int = first) -> str:
                return f"must have at most six decimals, not {values[first + row].as_py()}"

            rows = indices[(indices >= first) & (indices < first + self._rows)] - first
            self._violations.add_all(rows, _value_paths(code), "TOO_MANY_DECIMALS", describe)

    def _write_choice(self, code: str, out: Floats) -> None:
        """Writes the column of a choice to ``out`` (n,). Notes texts that are not options."""
        indicator, options = self._plan.criteria_set.indicators[code], self._plan.derived(option_numbers)[code]
        for first, values in self._chunks(code):
            try:
                texts = columns.Texts.of(values, self._text_budget)
            except columns.ColumnError as error:
                self._note(code, error.reason, str(error))
                out[:] = math.nan
                return
            out[first : first + len(values)] = texts.numbers(options)

            def describe(row: int, first: int = first, texts: columns.Texts = texts) -> str:
                return unknown_option(indicator, texts.values[texts.indices[row - first]], self._violations.suggestions)

            self._violations.add_all(first + texts.unknown(options), _value_paths(code), "UNKNOWN_CHOICE", describe)


def _value_paths(code: str) -> Callable[[int], str]:
    """A function that returns the field path of a column's value in a row."""
    return lambda row: f"{column_path(code)}[{row}]"


def _text_columns(plan: SetPlan) -> Sequence[str]:
    """Names of the columns that can hold texts."""
    indicators = plan.criteria_set.indicators
    return [*COLUMNS_OF_UNITS, *(code for code in plan.rows if indicators[code].kind is IndicatorKind.CHOICE)]


def _accepted(plan: SetPlan) -> Mapping[str, tuple[Callable[[pa.DataType], bool], str]]:
    """The types that each column may have: as a function and as text for people."""
    indicators = plan.criteria_set.indicators
    return {
        **dict.fromkeys(TEXT_COLUMNS, (columns.is_text, "text")),
        EXCLUSIONS: (columns.is_text_list, "lists of text"),
        **{code: columns.ACCEPTED[IndicatorKind(indicators[code].kind)] for code in plan.rows},
    }
