"""A table of units and answers, sent as an Arrow stream, as a sheet for validation. docs/tables.md describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from scorer.findings import REQUEST, Findings
from scorer.indicators import Indicator, IndicatorKind
from scorer.intake import Sheet
from scorer.plan import SetPlan
from scorer.points import Floats, Ints
from scorer.service import table_columns as columns
from scorer.service.answers import check_count, unknown_option
from scorer.service.table_stream import READ_ERRORS, Stream, StreamError

STREAM = "table.arrow_stream"
"""The field path of the stream."""

TEXT_COLUMNS = ("id", "name", "tier", "parent")
EXCLUSIONS = "not_applicable"
UNIT_COLUMNS = (*TEXT_COLUMNS, EXCLUSIONS)
"""Every other column is an indicator's."""


class TablePlaces:
    """Field paths of a table."""

    def unit(self, unit: int, field: str) -> str:
        """See ``Places``."""
        return f"{path(field)}[{unit}]"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``Places``."""
        return f"{path(indicator)}[{unit}]"

    def exclusion(self, unit: int, at: int) -> str:
        """See ``Places``."""
        del at
        return f"{path(EXCLUSIONS)}[{unit}]"


def path(column: str) -> str:
    """The field path of a column."""
    return f"table[{json.dumps(column[:80], ensure_ascii=not column.isprintable())}]"


def table_sheet(plan: SetPlan, stream: Stream, tier: str, findings: Findings) -> Sheet:
    """A table as a sheet.

    Args:
        plan: of the criteria set.
        stream: the table.
        tier: of all units, if the table has no column ``tier``.
        findings: collects what is wrong with the stream and its columns; whether an answer is allowed is decided later.
    """
    table = _Table(plan, stream, tier, findings)
    ids, names, tiers, parents = (table.texts(name) for name in TEXT_COLUMNS)
    if not table.has("tier"):
        tiers = [tier] if tier in plan.tiers else []
    return Sheet(ids, names, tiers, parents, table.answers(), table.exclusions())


class _Table:
    """The columns of a stream that can be read.

    Args:
        plan: of the criteria set.
        stream: the table.
        tier: of all units, if there is no column ``tier``.
        findings: collects what is wrong.
    """

    def __init__(self, plan: SetPlan, stream: Stream, tier: str, findings: Findings) -> None:
        self._plan, self._rows, self._tier, self._findings = plan, stream.rows, tier, findings
        self._columns: Mapping[str, int] = {}
        self._batches: Sequence[pa.RecordBatch] = ()
        if not check_count(findings, REQUEST, "table", len(stream.schema), len(UNIT_COLUMNS) + len(plan.rows)):
            return
        self._columns = self._known(stream.schema)
        try:
            self._batches = stream.batches()
        except StreamError as error:
            findings.add(REQUEST, STREAM, error.reason, str(error))

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def texts(self, name: str) -> list[str]:
        """A column of texts (n,); empty if there is none or it cannot be read."""
        texts = list[str]()
        with self._noting(name):
            for _, values in self._chunks(name, columns.is_text, "text"):
                texts += columns.to_texts(values)
        return texts if len(texts) == self._rows else []

    def answers(self) -> Floats:
        """The matrix (indicators, n) in the rows of the set's plan, NaN where not reported or not readable."""
        matrix = np.empty((len(self._plan.rows), self._rows))
        for code, row in self._plan.rows.items():
            indicator, filled = self._plan.criteria_set.indicators[code], 0
            with self._noting(code):
                accepts, accepted = columns.ACCEPTED[IndicatorKind(indicator.kind)]
                for first, values in self._chunks(code, accepts, accepted):
                    filled = first + len(values)
                    matrix[row, first:filled] = self._numbers(indicator, first, values)
            if filled < self._rows:
                matrix[row] = math.nan
        return matrix

    def exclusions(self) -> list[tuple[int | Ints, int, str]]:
        """Which criteria do not apply to which units (m,)."""
        criteria, found = len(self._plan.criteria_set.criteria), list[tuple[int | Ints, int, str]]()
        with self._noting(EXCLUSIONS):
            for first, values in self._chunks(EXCLUSIONS, columns.is_text_list, "lists of text"):
                if pa.types.is_null(values.type):
                    continue
                units, texts = columns.to_lists(values, criteria)
                if check_count(self._findings, REQUEST, path(EXCLUSIONS), len(texts.values), criteria):
                    codes = [*(value or "" for value in texts.values), ""]
                    used = np.unique(texts.places).tolist()
                    found += [(first + units[texts.places == place], 0, codes[place]) for place in used]
        return found

    def _known(self, schema: pa.Schema) -> dict[str, int]:
        """The places of the columns that are read, by name; notes the others."""
        known: dict[str, int] = {}
        for at, name in enumerate(schema.names):
            if name in known:
                self._findings.add(REQUEST, path(name), "DUPLICATE_COLUMN", "is in the table twice")
            elif name in UNIT_COLUMNS or name in self._plan.rows:
                known[name] = at
            else:
                hint = self._findings.hints.nearly("column", name, (*UNIT_COLUMNS, *self._plan.rows))
                message = f"{self._plan.criteria_set.code} has no indicator of this name{hint}"
                self._findings.add(REQUEST, path(name), "UNKNOWN_COLUMN", message)
        if "tier" not in known and not self._tier:
            message = "give the units' tiers in a column 'tier', or the tier of all units in the request"
            self._findings.add(REQUEST, path("tier"), "MISSING_COLUMN", message)
        if "id" not in known:
            self._findings.add(REQUEST, path("id"), "MISSING_COLUMN", "give the units' ids in a column 'id'")
        return known

    def _chunks(
        self, name: str, accepts: Callable[[pa.DataType], bool], accepted: str
    ) -> Iterator[tuple[int, pa.Array]]:
        """A column batch by batch: its first row, and its values. A batch in which nothing is reported is left out.

        Raises:
            StreamError: the column is damaged, or its type is not accepted.
        """
        first = 0
        for batch in self._batches if name in self._columns else ():
            values = batch.column(self._columns[name])
            try:
                values.validate(full=True)
            except READ_ERRORS as error:
                raise StreamError("BAD_STREAM", f"is damaged: {error}") from error
            if accepts(values.type):
                yield first, values
            elif columns.nothing_reported(values):
                yield first, pa.nulls(len(values))
            else:
                raise StreamError("WRONG_TYPE", f"is {values.type}; give {accepted}")
            first += len(values)

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Notes what makes a column unreadable."""
        try:
            yield
        except StreamError as error:
            self._findings.add(REQUEST, path(name), error.reason, str(error))
        except READ_ERRORS as error:
            self._findings.add(REQUEST, path(name), "BAD_COLUMN", str(error))

    def _numbers(self, indicator: Indicator, first: int, values: pa.Array) -> Floats | float:
        """Answers to one indicator (m,), as they are in a cohort; notes choices and dates that are none."""
        if pa.types.is_null(values.type):
            return math.nan
        code, add_all = indicator.code, self._findings.add_all
        if indicator.kind is IndicatorKind.DATE:
            numbers, wrong = columns.to_days(values)
            message = "has a time of day; give a date, or midnight"
            add_all(np.flatnonzero(wrong) + first, lambda unit: f"{path(code)}[{unit}]", "BAD_DATE", lambda _: message)
        elif indicator.kind is IndicatorKind.CHOICE:
            texts = columns.Texts.of(values)
            numbers = texts.numbers(self._plan.once(_options)[code])
            unknown = np.flatnonzero(numbers == columns.UNKNOWN_OPTION)
            numbers[unknown] = math.nan

            def describe(unit: int) -> str:
                return unknown_option(indicator, texts.values[texts.places[unit - first]], self._findings.hints)

            add_all(unknown + first, lambda unit: f"{path(code)}[{unit}]", "UNKNOWN_CHOICE", describe)
        else:
            numbers = columns.to_numbers(values)
        return numbers


def _options(plan: SetPlan) -> Mapping[str, Mapping[str, float]]:
    """The number of every option, by choice."""
    return {
        code: {option: float(at) for at, option in enumerate(indicator.options)}
        for code, indicator in plan.criteria_set.indicators.items()
    }
