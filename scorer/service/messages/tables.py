"""A table of units and answers, sent as an Arrow stream, as a sheet for validation. docs/tables.md describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from scorer.service.messages.table_stream import READ_ERRORS, Stream, StreamError

STREAM_PATH = "table.arrow_stream"
"""The field path of the stream."""

*TEXT_COLUMNS, EXCLUSIONS = COLUMNS_OF_UNITS


class TablePaths:
    """Field paths of a table."""

    def unit(self, unit: int, field: str) -> str:
        """See ``Places``."""
        return f"{column_path(field)}[{unit}]"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``Places``."""
        return f"{column_path(indicator)}[{unit}]"

    def exclusion(self, unit: int, at: int) -> str:
        """See ``Places``."""
        del at
        return f"{column_path(EXCLUSIONS)}[{unit}]"


def column_path(column: str) -> str:
    """The field path of a column."""
    return f"table[{json.dumps(column[:80], ensure_ascii=not column.isprintable())}]"


@dataclass(frozen=True)
class UnitTexts:
    """What a table says of its n units, for the reply; null where there is none."""

    ids: pa.StringArray
    names: pa.StringArray
    parents: pa.StringArray


def read_table(plan: SetPlan, stream: Stream, tier: str, violations: Violations) -> tuple[Submission, UnitTexts]:
    """A table as a sheet.

    Args:
        plan: of the criteria set.
        stream: the table.
        tier: of all units, if the table has no column ``tier``.
        violations: collects what is wrong with the stream and its columns; answers are validated later.
    """
    table = _Table(plan, stream, tier, violations)
    ids, names, tiers, parents = (table.texts(name) for name in TEXT_COLUMNS)
    if ids is None:  # this is noted; what else is wrong is looked for all the same
        ids = pa.array([str(row) for row in range(stream.rows)], pa.string())
    of_all = [tier] if tier in plan.tiers and not table.has("tier") else []
    sheet = Submission(
        _empty_for_null(ids),
        [] if names is None else _empty_for_null(names),
        of_all if tiers is None else _empty_for_null(tiers),
        [] if parents is None else _empty_for_null(parents),
        table.answers(),
        table.exclusions(),
    )
    none = pa.nulls(stream.rows, pa.string())
    return sheet, UnitTexts(
        ids, none if names is None else _null_for_empty(names), none if parents is None else _null_for_empty(parents)
    )


def _empty_for_null(texts: pa.StringArray) -> list[str]:
    """Null is the empty text."""
    listed: list[str] = (texts.fill_null("") if texts.null_count else texts).to_pylist()
    return listed


def _null_for_empty(texts: pa.StringArray) -> pa.StringArray:
    """The empty text is null."""
    return pc.if_else(pc.equal(texts, ""), None, texts)


class _Table:
    """The columns of a stream that can be read.

    Args:
        plan: of the criteria set.
        stream: the table.
        tier: of all units, if there is no column ``tier``.
        violations: collects what is wrong.
    """

    def __init__(self, plan: SetPlan, stream: Stream, tier: str, violations: Violations) -> None:
        self._plan, self._rows, self._tier, self._violations = plan, stream.rows, tier, violations
        self._columns: dict[str, int] = {}
        self._types: Sequence[pa.DataType] = stream.schema.types
        self._batches: Sequence[pa.RecordBatch] = ()
        self._texts = columns.TextBudget()
        most = len(COLUMNS_OF_UNITS) + len(plan.rows)
        if not check_count(violations, WHOLE_REQUEST, "table", len(stream.schema), most, "columns"):
            return
        self._columns = self._known(stream.schema)
        try:
            self._batches = stream.batches()
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
        self._leave_out_wrong_types()
        self._leave_out_large_views()
        self._leave_out_damaged_columns()

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def texts(self, name: str) -> pa.StringArray | None:
        """A column of texts (n,); None if there is none or it cannot be read."""
        try:
            chunks = columns.to_texts([values for _, values in self._chunks(name)], self._texts)
        except columns.ColumnError as error:
            self._note(name, error.reason, str(error))
            return None
        return pa.concat_arrays(chunks) if chunks else None

    def answers(self) -> Floats:
        """The matrix (indicators, n) in the rows of the set's plan, NaN where not reported or not readable.

        Columns of one type are converted together: one by one, the calls would take longer than the work.
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
                found = columns.value_type(self._types[self._columns[code]])
                groups.setdefault((kind is IndicatorKind.DATE, found), []).append(code)
        together = max(columns.MAX_JOINED // self._rows, 1)
        for (dates, _), codes in groups.items():
            for first in range(0, len(codes), together):
                self._write_numbers(codes[first : first + together], matrix, dates=dates)
        return matrix

    def exclusions(self) -> list[tuple[int | Ints, int, str]]:
        """Which criteria do not apply to which units (m,)."""
        criteria, found = len(self._plan.criteria_set.criteria), list[tuple[int | Ints, int, str]]()
        for first, values in self._chunks(EXCLUSIONS):
            try:
                units, texts = columns.to_lists(values, first, criteria, self._texts)
            except columns.ColumnError as error:
                self._note(EXCLUSIONS, error.reason, str(error))
                break
            used = np.unique(texts.indices).tolist()
            if check_count(self._violations, WHOLE_REQUEST, column_path(EXCLUSIONS), len(used), criteria):
                codes = [*(value or "" for value in texts.values), ""]
                found += [(units[texts.indices == place], 0, codes[place]) for place in used]
        return found

    def _note(self, column: str, reason: str, message: str) -> None:
        self._violations.add(WHOLE_REQUEST, column_path(column), reason, message)

    def _chunks(self, name: str) -> Iterator[tuple[int, pa.Array]]:
        """A column batch by batch: its first row, and its values; none if there is no such column."""
        at, first = self._columns.get(name), 0
        for batch in self._batches if at is not None else ():
            values = batch.column(at)
            yield first, values
            first += len(values)

    def _known(self, schema: pa.Schema) -> dict[str, int]:
        """The places of the columns that are read, by name; notes the others."""
        known: dict[str, int] = {}
        for at, name in enumerate(schema.names):
            if name in known:
                self._note(name, "DUPLICATE_COLUMN", "is in the table twice")
            elif name in COLUMNS_OF_UNITS or name in self._plan.rows:
                known[name] = at
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

    def _leave_out(self, name: str, reason: str, message: str) -> None:
        self._note(name, reason, message)
        del self._columns[name]

    def _leave_out_wrong_types(self) -> None:
        """Columns in which nothing is reported may have any type, but for ids and tiers."""
        accepted = self._plan.derived(_accepted)
        for name, at in list(self._columns.items()):
            found, (accepts, names) = self._types[at], accepted[name]
            if accepts(found):
                continue
            try:
                for batch in self._batches:
                    batch.column(at).validate()
                nothing = all(columns.nothing_reported(batch.column(at)) for batch in self._batches)
            except READ_ERRORS as error:
                self._leave_out(name, "BAD_STREAM", f"is damaged: {error}")
                continue
            if nothing and name not in ("id", "tier"):
                del self._columns[name]
            else:
                self._leave_out(name, "WRONG_TYPE", f"is {found}; give {names}")

    def _leave_out_large_views(self) -> None:
        """Finds views of too long texts, which would take a long time to validate."""
        for name in self._plan.derived(_columns_of_text):
            at = self._columns.get(name)
            if at is None or not columns.has_views(self._types[at]):
                continue
            try:
                for batch in self._batches:
                    batch.column(at).validate()
                    self._texts.spend(columns.view_bytes(batch.column(at)))
            except columns.ColumnError as error:
                self._leave_out(name, error.reason, str(error))
            except READ_ERRORS as error:
                self._leave_out(name, "BAD_STREAM", f"is damaged: {error}")

    def _leave_out_damaged_columns(self) -> None:
        """Finds texts that are not UTF-8, indices beyond a dictionary, buffers that are too short."""
        for batch in self._batches:
            try:
                batch.select([*self._columns.values()]).validate(full=True)
            except READ_ERRORS:
                for name, at in list(self._columns.items()):
                    try:
                        batch.column(at).validate(full=True)
                    except READ_ERRORS as error:
                        self._leave_out(name, "BAD_STREAM", f"is damaged: {error}")

    def _write_numbers(self, codes: Sequence[str], matrix: Floats, *, dates: bool) -> None:
        """Writes the columns of some indicators, which have the same type; notes dates that are none."""
        rows = [self._plan.rows[code] for code in codes]
        values = columns.joined([batch.column(self._columns[code]) for code in codes for batch in self._batches])
        numbers, wrong = columns.to_days(values) if dates else (columns.to_numbers(values), None)
        more = with_more_decimals(values)
        numbers[more] = math.nan
        matrix[rows] = numbers.reshape(len(codes), self._rows)
        if len(more):
            self._note_decimals(codes, values, more)
        if wrong is not None:
            message = "has a time of day; give a date, or midnight"
            for code, units in zip(codes, wrong.reshape(len(codes), self._rows), strict=True):
                self._violations.add_all(np.flatnonzero(units), _places(code), "BAD_DATE", lambda _: message)

    def _note_decimals(self, codes: Sequence[str], values: pa.Array, places: Ints) -> None:
        """Notes the decimals at places (m,) among the values, which have more than six; doubles may hide it."""
        for first, code in zip(range(0, len(values), self._rows), codes, strict=True):

            def describe(row: int, first: int = first) -> str:
                return f"must have at most six decimals, not {values[first + row].as_py()}"

            rows = places[(places >= first) & (places < first + self._rows)] - first
            self._violations.add_all(rows, _places(code), "TOO_MANY_DECIMALS", describe)

    def _write_choice(self, code: str, out: Floats) -> None:
        """Writes the column of a choice (n,); notes texts that are no option."""
        indicator, options = self._plan.criteria_set.indicators[code], self._plan.derived(option_numbers)[code]
        for first, values in self._chunks(code):
            try:
                texts = columns.Texts.of(values, self._texts)
            except columns.ColumnError as error:
                self._note(code, error.reason, str(error))
                out[:] = math.nan
                return
            out[first : first + len(values)] = texts.numbers(options)

            def describe(row: int, first: int = first, texts: columns.Texts = texts) -> str:
                return unknown_option(indicator, texts.values[texts.indices[row - first]], self._violations.suggestions)

            self._violations.add_all(first + texts.unknown(options), _places(code), "UNKNOWN_CHOICE", describe)


def _places(code: str) -> Callable[[int], str]:
    """The field paths of a column's values, by row."""
    return lambda row: f"{column_path(code)}[{row}]"


def _columns_of_text(plan: SetPlan) -> Sequence[str]:
    """The columns that can hold texts."""
    indicators = plan.criteria_set.indicators
    return [*COLUMNS_OF_UNITS, *(code for code in plan.rows if indicators[code].kind is IndicatorKind.CHOICE)]


def _accepted(plan: SetPlan) -> Mapping[str, tuple[Callable[[pa.DataType], bool], str]]:
    """Which types each column may have: as a function, and for people."""
    indicators = plan.criteria_set.indicators
    return {
        **dict.fromkeys(TEXT_COLUMNS, (columns.is_text, "text")),
        EXCLUSIONS: (columns.is_text_list, "lists of text"),
        **{code: columns.ACCEPTED[IndicatorKind(indicators[code].kind)] for code in plan.rows},
    }
