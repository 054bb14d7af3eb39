"""Answers as messages, rows or columns, to a sheet for the door; what only the wire can get wrong is noted here."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.findings import REQUEST, Findings
from scorer.hints import Hints
from scorer.indicators import Indicator, IndicatorKind, days
from scorer.intake import Sheet
from scorer.plan import SetPlan
from scorer.points import Floats

MORE = 4
"""A list longer than so many times what it can name is one violation, not one for each entry."""

_FIELD: Mapping[str, str] = {
    IndicatorKind.COUNT: "number",
    IndicatorKind.NUMBER: "number",
    IndicatorKind.FLAG: "flag",
    IndicatorKind.CHOICE: "choice",
    IndicatorKind.DATE: "date",
}
"""Which field of an answer an indicator's kind takes."""


class RowPlaces:
    """Field paths of rows; of the one row of ScoreUnit when ``single``."""

    def __init__(self, *, single: bool) -> None:
        self._single = single

    def row(self, unit: int) -> str:
        """The row itself."""
        return "unit_answers" if self._single else f"rows.units[{unit}]"

    def unit(self, unit: int, field: str) -> str:
        """See ``Places``."""
        return f"{self.row(unit)}.unit.{field}"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``Places``."""
        return f"{self.row(unit)}.answers[{json.dumps(indicator[:80], ensure_ascii=not indicator.isprintable())}]"

    def exclusion(self, unit: int, at: int) -> str:
        """See ``Places``."""
        return f"{self.row(unit)}.not_applicable_criteria[{at}]"


class TablePlaces:
    """Field paths of a table."""

    def __init__(self, table: pb.UnitTable) -> None:
        self._columns = {
            column.indicator: f"table.columns[{n}].{'choices' if column.choices else 'numbers'}"
            for n, column in reversed(list(enumerate(table.columns)))  # of two, the first one is read
        }

    def unit(self, unit: int, field: str) -> str:
        """See ``Places``."""
        return f"table.units[{unit}].{field}"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``Places``."""
        return f"{self._columns[indicator]}[{unit}]"

    def exclusion(self, unit: int, at: int) -> str:
        """See ``Places``; ``at`` counts exclusions by 2^32 and criteria within one by 1."""
        del unit
        return f"table.exclusions[{at >> 32}].criterion_ids[{at & 0xFFFFFFFF}]"


def rows_sheet(plan: SetPlan, rows: Sequence[pb.UnitAnswers], places: RowPlaces, findings: Findings) -> Sheet:
    """Rows as a sheet."""
    indicators = plan.criteria_set.indicators
    matrix = np.full((len(plan.rows), len(rows)), np.nan)
    exclusions = []
    for unit, row in enumerate(rows):
        answers = row.answers
        few = _check_count(findings, unit, f"{places.row(unit)}.answers", len(answers), len(indicators))
        for code in sorted(answers) if few else ():
            indicator = indicators.get(code)
            if indicator is None:
                message = f"unknown indicator{findings.hints.nearly('indicator', code, indicators)}"
                findings.add(unit, places.answer(unit, code), "UNKNOWN_INDICATOR", message)
                continue
            try:
                matrix[plan.rows[code], unit] = _number(indicator, answers[code], findings.hints)
            except _WrongAnswer as wrong:
                findings.add(unit, places.answer(unit, code), wrong.reason, str(wrong))
        left_out, path = row.not_applicable_criteria, f"{places.row(unit)}.not_applicable_criteria"
        if _check_count(findings, unit, path, len(left_out), len(plan.criteria_set.criteria)):
            exclusions += [(unit, at, code) for at, code in enumerate(left_out)]
    return _sheet([row.unit for row in rows], matrix, exclusions)


def table_sheet(plan: SetPlan, table: pb.UnitTable, findings: Findings) -> Sheet:
    """A table as a sheet."""
    matrix = np.full((len(plan.rows), len(table.units)), np.nan)
    given: dict[str, int] = {}
    few = _check_count(findings, REQUEST, "table.columns", len(table.columns), len(plan.rows))
    for n, column in enumerate(table.columns if few else ()):
        code, path = column.indicator, f"table.columns[{n}]"
        indicator = plan.criteria_set.indicators.get(code)
        if indicator is None:
            message = f"unknown indicator {code[:80]!r}{findings.hints.nearly('indicator', code, plan.rows)}"
            findings.add(REQUEST, f"{path}.indicator", "UNKNOWN_INDICATOR", message)
        elif code in given:
            message = f"{code!r} is given by table.columns[{given[code]}] already"
            findings.add(REQUEST, f"{path}.indicator", "DUPLICATE_COLUMN", message)
        else:
            given[code] = n
            _fill(matrix[plan.rows[code]], indicator, column, path, findings)
    exclusions = []
    if _check_count(findings, REQUEST, "table.exclusions", len(table.exclusions), len(table.units)):
        exclusions = _table_exclusions(table, len(plan.criteria_set.criteria), findings)
    return _sheet(table.units, matrix, exclusions)


class _WrongAnswer(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _number(indicator: Indicator, answer: pb.Answer, hints: Hints) -> float:
    """An answer as the number it is in a cohort."""
    given, wanted = answer.WhichOneof("value"), _FIELD[indicator.kind]
    if given != wanted:
        what = "has no value; leave the indicator out when it was not reported" if given is None else f"is a {given}"
        raise _WrongAnswer("WRONG_KIND", f"{what}; {indicator.code!r} is a {indicator.kind}: give {wanted!r}")
    if given == "number":
        if math.isnan(answer.number):
            message = "is not a number (NaN); leave the indicator out when it was not reported"
            raise _WrongAnswer("NOT_A_NUMBER", message)
        return answer.number
    if given == "flag":
        return float(answer.flag)
    if given == "choice":
        if answer.choice not in indicator.options:
            raise _WrongAnswer("UNKNOWN_CHOICE", _unknown_option(indicator, answer.choice, hints))
        return float(indicator.options.index(answer.choice))
    try:
        return float(days(datetime.date(answer.date.year, answer.date.month, answer.date.day)))
    except ValueError as error:
        raise _WrongAnswer("BAD_DATE", f"is no day: {error}") from None


def _unknown_option(indicator: Indicator, option: str, hints: Hints) -> str:
    known = ", ".join(indicator.options)
    hint = hints.nearly(indicator.code, option, indicator.options)
    return f"unknown choice {option[:80]!r}; {indicator.code!r} has {known}{hint}"


def _fill(row: Floats, indicator: Indicator, column: pb.Column, path: str, findings: Findings) -> None:
    chosen = indicator.kind is IndicatorKind.CHOICE
    if column.numbers and column.choices:
        findings.add(REQUEST, path, "BOTH_LISTS", "gives both numbers and choices; give exactly one of them")
        return
    wrong = column.numbers if chosen else column.choices
    if wrong and not (np.isnan(wrong).all() if chosen else not any(wrong)):  # nothing reported fits either list
        wanted = "choices" if chosen else "numbers"
        message = f"{indicator.code!r} is a {indicator.kind}: give {wanted!r}"
        findings.add(REQUEST, path, "WRONG_KIND", message)
        return
    chosen = bool(column.choices)
    field, length = ("choices", len(column.choices)) if chosen else ("numbers", len(column.numbers))
    if length != len(row):
        message = f"has {length} entries for {len(row)} units"
        findings.add(REQUEST, f"{path}.{field}", "WRONG_LENGTH", message)
    elif not chosen:
        row[:] = np.asarray(column.numbers)
    elif wrong:
        row[:] = math.nan
    else:
        numbers: dict[str, float] = {option: float(n) for n, option in enumerate(indicator.options)}
        numbers[""] = math.nan
        row[:] = [numbers.get(option, -1.0) for option in column.choices]
        unknown = np.flatnonzero(row == -1.0)
        findings.add_all(
            unknown,
            lambda unit: f"{path}.choices[{unit}]",
            "UNKNOWN_CHOICE",
            lambda unit: _unknown_option(indicator, column.choices[unit], findings.hints),
        )
        row[unknown] = math.nan


def _check_count(findings: Findings, unit: int, path: str, found: int, most: int) -> bool:
    """Whether a list is of a sensible length: one violation for what would be a million of them."""
    if found <= MORE * most:
        return True
    findings.add(unit, path, "TOO_MANY", f"has {found} entries; there are {most} that it could name")
    return False


def _table_exclusions(table: pb.UnitTable, criteria: int, findings: Findings) -> list[tuple[int, int, str]]:
    if not table.exclusions:
        return []
    units = {unit.id: n for n, unit in enumerate(table.units)}
    exclusions, seen = [], set[str]()
    for n, exclusion in enumerate(table.exclusions):
        unit = units.get(exclusion.unit_id)
        path = f"table.exclusions[{n}].unit_id"
        if unit is None:
            hint = findings.hints.nearly("unit", exclusion.unit_id, units)
            message = f"no unit of the table has the id {exclusion.unit_id[:80]!r}{hint}"
            findings.add(REQUEST, path, "UNKNOWN_UNIT", message)
        elif exclusion.unit_id in seen:
            findings.add(REQUEST, path, "DUPLICATE_EXCLUSION", f"{exclusion.unit_id!r} has an exclusion already")
        elif _check_count(
            findings, unit, f"table.exclusions[{n}].criterion_ids", len(exclusion.criterion_ids), criteria
        ):
            exclusions += [(unit, n << 32 | at, code) for at, code in enumerate(exclusion.criterion_ids)]
        seen.add(exclusion.unit_id)
    return exclusions


def _sheet(units: Sequence[pb.Unit], matrix: Floats, exclusions: list[tuple[int, int, str]]) -> Sheet:
    return Sheet(
        ids=[unit.id for unit in units],
        names=[unit.name for unit in units],
        tiers=[unit.tier for unit in units],
        parents=[unit.parent for unit in units],
        matrix=matrix,
        exclusions=exclusions,
    )
