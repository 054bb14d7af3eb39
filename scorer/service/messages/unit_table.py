"""Converts a table of units and answers (an Arrow stream) into a submission. docs/tables.md describes the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scorer.engine.plan import SetPlan
from scorer.engine.validation import Submission
from scorer.model.fixed_point import Floats, Ints
from scorer.model.indicators import IndicatorKind
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.messages import table_columns as columns
from scorer.service.messages.checked_table import CheckedTable, TableSource
from scorer.service.messages.table_numbers import with_more_decimals
from scorer.service.messages.table_paths import EXCLUSIONS, TEXT_COLUMNS, cell_path, column_path
from scorer.service.messages.unit_rows import check_count, option_numbers, unknown_option


@dataclass(frozen=True)
class UnitTexts:
    """The columns of a table that the reply repeats, for n units. Empty names and parents are null."""

    ids: pa.StringArray
    names: pa.StringArray
    parents: pa.StringArray


def read_table(plan: SetPlan, source: TableSource, tier: str, violations: Violations) -> tuple[Submission, UnitTexts]:
    """Converts a table into a submission. Also returns the texts that the reply repeats.

    Args:
        plan: the plan of the criteria set.
        source: the table.
        tier: the tier of all units, if the table has no column ``tier``.
        violations: collects the violations of the table, its columns, and values that cannot be converted. Ranges are
            checked later, by ``scorer.engine.validation``.
    """
    table = CheckedTable(plan, source, tier, violations)
    reader = _Reader(plan, table, violations)
    ids, names, tiers, parents = (reader.texts(name) for name in TEXT_COLUMNS)
    if ids is None:  # this is a violation; with substitute ids, validation can find further violations
        ids = pa.array([str(row) for row in range(source.rows)], pa.string())
    common_tier = [tier] if tier in plan.tiers and not table.has("tier") else []
    submission = Submission(
        _empty_for_null(ids),
        [] if names is None else _empty_for_null(names),
        common_tier if tiers is None else _empty_for_null(tiers),
        [] if parents is None else _empty_for_null(parents),
        reader.answers(),
        reader.exclusions(),
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


class _Reader:
    """Reads the values of a table.

    Args:
        plan: the plan of the criteria set.
        table: the table.
        violations: collects the violations of values.
    """

    def __init__(self, plan: SetPlan, table: CheckedTable, violations: Violations) -> None:
        self._plan, self._table, self._violations = plan, table, violations

    def texts(self, name: str) -> pa.StringArray | None:
        """(n,) a column of texts; None if it is absent or cannot be read."""
        try:
            chunks = [columns.to_texts(values, self._table.text_budget) for _, values in self._table.chunks(name)]
        except columns.ColumnError as error:
            self._table.note(name, error.reason, str(error))
            return None
        return pa.concat_arrays(chunks) if chunks else None

    def answers(self) -> Floats:
        """(indicators, n) answers in the order of ``SetPlan.rows``; NaN where not reported or not readable.

        Columns of the same type are converted together, because the overhead of each call is larger than its work.
        """
        matrix = np.empty((len(self._plan.rows), self._table.rows))
        groups: dict[tuple[bool, pa.DataType], list[str]] = {}
        for code, row in self._plan.rows.items():
            kind = self._plan.criteria_set.indicators[code].kind
            if not (self._table.batches and self._table.has(code)):
                matrix[row] = math.nan
            elif kind is IndicatorKind.CHOICE:
                self._write_choice(code, matrix[row])
            else:
                value_type = columns.value_type(self._table.column_type(code))
                groups.setdefault((kind is IndicatorKind.DATE, value_type), []).append(code)
        columns_per_call = max(columns.VALUES_PER_CALL // self._table.rows, 1)
        for (dates, _), codes in groups.items():
            for first in range(0, len(codes), columns_per_call):
                self._write_numbers(codes[first : first + columns_per_call], matrix, dates=dates)
        return matrix

    def exclusions(self) -> list[tuple[int | Ints, int, str]]:
        """Criteria that do not apply to units, in the form of ``Submission.exclusions``."""
        criteria, exclusions = len(self._plan.criteria_set.criteria), list[tuple[int | Ints, int, str]]()
        for first, values in self._table.chunks(EXCLUSIONS):
            try:
                units, texts = columns.to_lists(values, first, criteria, self._table.text_budget)
            except columns.ColumnError as error:
                self._table.note(EXCLUSIONS, error.reason, str(error))
                break
            used = np.unique(texts.indices).tolist()
            if check_count(self._violations, WHOLE_REQUEST, column_path(EXCLUSIONS), len(used), criteria):
                codes = [*(value or "" for value in texts.values), ""]
                exclusions += [(units[texts.indices == index], 0, codes[index]) for index in used]
        return exclusions

    def _write_numbers(self, codes: Sequence[str], matrix: Floats, *, dates: bool) -> None:
        """Writes the columns of indicators, all of the same type, to the matrix. Adds violations for wrong values."""
        rows = [self._plan.rows[code] for code in codes]
        values = columns.joined([chunk for code in codes for _, chunk in self._table.chunks(code)])
        numbers, has_time = columns.to_days(values) if dates else (columns.to_numbers(values), None)
        too_precise = with_more_decimals(values)
        numbers[too_precise] = math.nan
        matrix[rows] = numbers.reshape(len(codes), self._table.rows)
        if len(too_precise):
            self._note_decimals(codes, values, too_precise)
        if has_time is not None:
            message = "has a time of day; give a date, or midnight"
            for code, mask in zip(codes, has_time.reshape(len(codes), self._table.rows), strict=True):
                self._violations.add_all(np.flatnonzero(mask), partial(cell_path, code), "BAD_DATE", message)

    def _note_decimals(self, codes: Sequence[str], values: pa.Array, indices: Ints) -> None:
        """Adds violations for values with more than six decimals.

        Args:
            codes: the indicators.
            values: the values of all these indicators, one column after the other.
            indices: (m,) the indices of the wrong values in ``values``.
        """
        for first, code in zip(range(0, len(values), self._table.rows), codes, strict=True):

            def describe(row: int, first: int = first) -> str:
                return f"must have at most six decimals, not {values[first + row].as_py()}"

            rows = indices[(indices >= first) & (indices < first + self._table.rows)] - first
            self._violations.add_all(rows, partial(cell_path, code), "TOO_MANY_DECIMALS", describe)

    def _write_choice(self, code: str, out: Floats) -> None:
        """Writes the column of a choice to ``out`` (n,). Adds violations for texts that are not options."""
        indicator, options = self._plan.criteria_set.indicators[code], self._plan.derived(option_numbers)[code]
        for first, values in self._table.chunks(code):
            try:
                texts = columns.Texts.of(values, self._table.text_budget)
            except columns.ColumnError as error:
                self._table.note(code, error.reason, str(error))
                out[:] = math.nan
                return
            out[first : first + len(values)] = texts.numbers(options)

            def describe(row: int, first: int = first, texts: columns.Texts = texts) -> str:
                return unknown_option(indicator, texts.values[texts.indices[row - first]], self._violations.suggestions)

            self._violations.add_all(
                first + texts.unknown(options), partial(cell_path, code), "UNKNOWN_CHOICE", describe
            )
