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

UNKNOWN = -1.0
"""Stands for an option that there is not."""

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
    asked = plan.asked
    for unit, row in enumerate(rows):
        answers = row.answers
        few = _check_count(findings, unit, f"{places.row(unit)}.answers", len(answers), len(indicators))
        wrong = []
        for code in answers if few else ():
            try:
                place, indicator, is_number = asked[code]
            except KeyError:
                message = f"unknown indicator{findings.hints.nearly('indicator', code, indicators)}"
                wrong.append((code, "UNKNOWN_INDICATOR", message))
                continue
            answer = answers[code]
            if is_number and 0 < answer.number < math.inf:  # so it has a number: most answers do
                matrix[place, unit] = answer.number
                continue
            try:
                matrix[place, unit] = _number(indicator, answer, findings.hints)
            except _WrongAnswer as problem:
                wrong.append((code, problem.reason, str(problem)))
        for code, reason, message in sorted(wrong):  # a map has no order
            findings.add(unit, places.answer(unit, code), reason, message)
        left_out, path = row.not_applicable_criteria, f"{places.row(unit)}.not_applicable_criteria"
        if _check_count(findings, unit, path, len(left_out), len(plan.criteria_set.criteria)):
            exclusions += [(unit, at, code) for at, code in enumerate(left_out)]
    return _sheet([row.unit for row in rows], matrix, exclusions)


def table_sheet(plan: SetPlan, table: pb.UnitTable, findings: Findings) -> Sheet:
    """A table as a sheet."""
    matrix = np.empty((len(plan.rows), len(table.units)))
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
    for code, row in plan.rows.items():
        if code not in given:
            matrix[row] = math.nan
    sheet = _sheet(table.units, matrix, [])
    if _check_count(findings, REQUEST, "table.exclusions", len(table.exclusions), len(table.units)):
        sheet.exclusions.extend(_table_exclusions(table, sheet.ids, len(plan.criteria_set.criteria), findings))
    return sheet


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
    """Fills ``row`` with a column's numbers; with NaN when the column cannot be read."""
    chosen = indicator.kind is IndicatorKind.CHOICE
    numbers, choices = column.numbers, column.choices
    if numbers and choices:
        findings.add(REQUEST, path, "BOTH_LISTS", "gives both numbers and choices; give exactly one of them")
        row[:] = math.nan
        return
    wrong = numbers if chosen else choices
    if wrong and not (np.isnan(wrong).all() if chosen else not any(wrong)):  # nothing reported fits either list
        wanted = "choices" if chosen else "numbers"
        message = f"{indicator.code!r} is a {indicator.kind}: give {wanted!r}"
        findings.add(REQUEST, path, "WRONG_KIND", message)
        row[:] = math.nan
        return
    chosen = bool(choices)
    field, length = ("choices", len(choices)) if chosen else ("numbers", len(numbers))
    if length != len(row):
        message = f"has {length} entries for {len(row)} units"
        findings.add(REQUEST, f"{path}.{field}", "WRONG_LENGTH", message)
        row[:] = math.nan
    elif not chosen:
        row[:] = np.asarray(numbers)
    elif wrong:
        row[:] = math.nan
    else:
        known = _Options({option: float(n) for n, option in enumerate(indicator.options)} | {"": math.nan})
        row[:] = np.fromiter(map(known.__getitem__, choices), dtype=np.float64, count=length)
        unknown = np.flatnonzero(row == UNKNOWN)
        findings.add_all(
            unknown,
            lambda unit: f"{path}.choices[{unit}]",
            "UNKNOWN_CHOICE",
            lambda unit: _unknown_option(indicator, choices[unit], findings.hints),
        )
        row[unknown] = math.nan


class _Options(dict[str, float]):
    """Options' numbers."""

    def __missing__(self, option: str) -> float:
        return UNKNOWN


def _check_count(findings: Findings, unit: int, path: str, found: int, most: int) -> bool:
    """Whether a list is of a sensible length: one violation for what would be a million of them."""
    if found <= MORE * most:
        return True
    findings.add(unit, path, "TOO_MANY", f"has {found} entries; there are {most} that it could name")
    return False


def _table_exclusions(
    table: pb.UnitTable, ids: Sequence[str], criteria: int, findings: Findings
) -> list[tuple[int, int, str]]:
    if not table.exclusions:
        return []
    units = dict(zip(ids, range(len(ids)), strict=True))
    exclusions, seen = [], set[str]()
    for n, exclusion in enumerate(table.exclusions):
        code, criterion_ids = exclusion.unit_id, exclusion.criterion_ids
        if code not in units:
            hint = findings.hints.nearly("unit", code, units)
            message = f"no unit of the table has the id {code[:80]!r}{hint}"
            findings.add(REQUEST, f"table.exclusions[{n}].unit_id", "UNKNOWN_UNIT", message)
        elif code in seen:
            path = f"table.exclusions[{n}].unit_id"
            findings.add(REQUEST, path, "DUPLICATE_EXCLUSION", f"{code!r} has an exclusion already")
        elif len(criterion_ids) <= MORE * criteria:
            unit, place = units[code], n << 32
            for criterion in criterion_ids:
                exclusions.append((unit, place, criterion))
                place += 1
        else:
            path = f"table.exclusions[{n}].criterion_ids"
            _check_count(findings, units[code], path, len(criterion_ids), criteria)
        seen.add(code)
    return exclusions


def _sheet(units: Sequence[pb.Unit], matrix: Floats, exclusions: list[tuple[int, int, str]]) -> Sheet:
    ids, names, tiers, parents = list[str](), list[str](), list[str](), list[str]()
    for unit in units:
        ids.append(unit.id)
        names.append(unit.name)
        tiers.append(unit.tier)
        parents.append(unit.parent)
    return Sheet(ids, names, tiers, parents, matrix, exclusions)
