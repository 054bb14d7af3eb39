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
from scorer.model.indicators import COLUMNS_OF_UNITS, Indicator, IndicatorKind
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.messages import table_columns as columns
from scorer.service.messages.answers import check_count, unknown_option
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
        self._batches: Sequence[pa.RecordBatch] = ()
        most = len(COLUMNS_OF_UNITS) + len(plan.rows)
        if not check_count(violations, WHOLE_REQUEST, "table", len(stream.schema), most, "columns"):
            return
        self._columns = self._known(stream.schema)
        try:
            self._batches = stream.batches()
        except StreamError as error:
            violations.add(WHOLE_REQUEST, STREAM_PATH, error.reason, str(error))
        self._leave_out_damaged_columns()
        self._leave_out_wrong_types(stream.schema)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def texts(self, name: str) -> pa.StringArray | None:
        """A column of texts (n,); None if there is none or it cannot be read."""
        try:
            chunks = columns.to_texts([values for _, values in self._chunks(name)])
        except READ_ERRORS as error:
            self._note(name, "BAD_COLUMN", str(error))
            return None
        return pa.concat_arrays(chunks) if chunks else None

    def answers(self) -> Floats:
        """The matrix (indicators, n) in the rows of the set's plan, NaN where not reported or not readable."""
        matrix = np.empty((len(self._plan.rows), self._rows))
        for code, row in self._plan.rows.items():
            filled = 0
            for first, values in self._chunks(code):
                filled = first + len(values)
                try:
                    self._write(self._plan.criteria_set.indicators[code], first, values, matrix[row, first:filled])
                except READ_ERRORS as error:
                    self._note(code, "BAD_COLUMN", str(error))
            if filled < self._rows:
                matrix[row] = math.nan
        return matrix

    def exclusions(self) -> list[tuple[int | Ints, int, str]]:
        """Which criteria do not apply to which units (m,)."""
        criteria, found = len(self._plan.criteria_set.criteria), list[tuple[int | Ints, int, str]]()
        for first, values in self._chunks(EXCLUSIONS):
            try:
                units, texts = columns.to_lists(values, first, criteria)
            except READ_ERRORS as error:
                self._note(EXCLUSIONS, "BAD_COLUMN", str(error))
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
                        self._note(name, "BAD_STREAM", f"is damaged: {error}")
                        del self._columns[name]

    def _leave_out_wrong_types(self, schema: pa.Schema) -> None:
        """Columns in which nothing is reported may have any type, but for ids and tiers."""
        accepted = self._plan.derived(_accepted)
        for name, at in list(self._columns.items()):
            found, (accepts, names) = schema.field(at).type, accepted[name]
            if not accepts(found):
                required = name in ("id", "tier")
                if required or not all(columns.nothing_reported(batch.column(at)) for batch in self._batches):
                    self._note(name, "WRONG_TYPE", f"is {found}; give {names}")
                del self._columns[name]

    def _write(self, indicator: Indicator, first: int, values: pa.Array, out: Floats) -> None:
        """Writes answers to one indicator (m,) as they are in a cohort; notes choices and dates that are none."""
        code, add_all = indicator.code, self._violations.add_all
        if indicator.kind is IndicatorKind.DATE:
            days, wrong = columns.to_days(values)
            out[:] = days
            message = "has a time of day; give a date, or midnight"
            add_all(
                np.flatnonzero(wrong) + first, lambda row: f"{column_path(code)}[{row}]", "BAD_DATE", lambda _: message
            )
        elif indicator.kind is IndicatorKind.CHOICE:
            texts = columns.Texts.of(values)
            out[:] = texts.numbers(self._plan.derived(_options)[code])
            unknown = np.flatnonzero(out == columns.UNKNOWN_OPTION)
            out[unknown] = math.nan

            def describe(row: int) -> str:
                return unknown_option(indicator, texts.values[texts.indices[row - first]], self._violations.suggestions)

            add_all(unknown + first, lambda row: f"{column_path(code)}[{row}]", "UNKNOWN_CHOICE", describe)
        else:
            columns.write_numbers(values, out)


def _accepted(plan: SetPlan) -> Mapping[str, tuple[Callable[[pa.DataType], bool], str]]:
    """Which types each column may have: as a function, and for people."""
    indicators = plan.criteria_set.indicators
    return {
        **dict.fromkeys(TEXT_COLUMNS, (columns.is_text, "text")),
        EXCLUSIONS: (columns.is_text_list, "lists of text"),
        **{code: columns.ACCEPTED[IndicatorKind(indicators[code].kind)] for code in plan.rows},
    }


def _options(plan: SetPlan) -> Mapping[str, Mapping[str, float]]:
    """The number of every option, by choice."""
    return {
        code: {option: float(at) for at, option in enumerate(indicator.options)}
        for code, indicator in plan.criteria_set.indicators.items()
    }
