"""Rows of answers as messages to a sheet for the door; what only the wire can get wrong is noted here."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.compiled import read_answers
from scorer.findings import Findings
from scorer.hints import Hints
from scorer.indicators import Indicator, IndicatorKind, days
from scorer.intake import Sheet
from scorer.plan import SetPlan
from scorer.points import Floats, Ints

MORE = 4
"""A list longer than so many times what it can name is one violation, not one for each entry."""

AT_ONCE = 1_000
"""Rows that are read before other threads may go on."""

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


def rows_sheet(
    plan: SetPlan, rows: Sequence[pb.UnitAnswers], taken: Sequence[bytes], places: RowPlaces, findings: Findings
) -> Sheet:
    """Rows as a sheet.

    Args:
        plan: of the criteria set.
        rows: with the answers that were not taken out of them.
        taken: those that were (``unpacking.ApartRows``), of each row; or none at all.
        places: how a row's fields are named.
        findings: takes what is wrong.
    """
    matrix = np.full((len(plan.rows), len(rows)), math.nan)
    exclusions: list[tuple[int | Ints, int, str]] = []
    doubts = _read_taken(plan, tuple(taken), matrix)
    criteria = len(plan.criteria_set.criteria)
    for unit, row in enumerate(rows):
        answers = pb.UnitAnswers.FromString(taken[unit]).answers if unit in doubts else row.answers
        if answers:
            matrix[:, unit] = _column(plan, answers, unit, places, findings)
        left_out, path = row.not_applicable_criteria, f"{places.row(unit)}.not_applicable_criteria"
        if check_count(findings, unit, path, len(left_out), criteria):
            exclusions += [(unit, at, code) for at, code in enumerate(left_out)]
    return Sheet(*unit_texts([row.unit for row in rows]), matrix, exclusions)


def _read_taken(plan: SetPlan, taken: tuple[bytes, ...], matrix: Floats) -> set[int]:
    """Fills the columns (rows, n) of units whose answers are all as they should be; gives the others that have some."""
    doubts = set[int]()
    for start in range(0, len(taken), AT_ONCE):
        units = slice(start, start + AT_ONCE)
        doubts.update(start + unit for unit in read_answers(taken[units], plan.once(_asked), matrix[:, units]))
    return doubts


def _asked(plan: SetPlan) -> dict[bytes, tuple[int, int, dict[bytes, float]]]:
    """Of each indicator, by code: its matrix row, the number of the field for its answers, its options' numbers."""
    fields, asked = pb.Answer.DESCRIPTOR.fields_by_name, {}
    for code, row in plan.rows.items():
        indicator = plan.criteria_set.indicators[code]
        options = {option.encode(): float(at) for at, option in enumerate(indicator.options)}
        asked[code.encode()] = row, fields[_FIELD[indicator.kind]].number, options
    return asked


def _column(
    plan: SetPlan, answers: Mapping[str, pb.Answer], unit: int, places: RowPlaces, findings: Findings
) -> list[float]:
    """A row's answers as a column (rows,); notes what is wrong with them."""
    indicators, wrong, column = plan.criteria_set.indicators, [], [math.nan] * len(plan.rows)
    few = check_count(findings, unit, f"{places.row(unit)}.answers", len(answers), len(indicators))
    for code in answers if few else ():
        if code in plan.rows:
            try:
                column[plan.rows[code]] = _number(indicators[code], answers[code], findings.hints)
            except _WrongAnswer as problem:
                wrong.append((code, problem.reason, str(problem)))
        else:
            message = f"unknown indicator{findings.hints.nearly('indicator', code, indicators)}"
            wrong.append((code, "UNKNOWN_INDICATOR", message))
    for code, reason, message in sorted(wrong):  # a map has no order
        findings.add(unit, places.answer(unit, code), reason, message)
    return column


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
            raise _WrongAnswer("UNKNOWN_CHOICE", unknown_option(indicator, answer.choice, hints))
        return float(indicator.options.index(answer.choice))
    try:
        return float(days(datetime.date(answer.date.year, answer.date.month, answer.date.day)))
    except ValueError as error:
        raise _WrongAnswer("BAD_DATE", f"is no day: {error}") from None


def unknown_option(indicator: Indicator, option: str, hints: Hints) -> str:
    """What is wrong with a choice that is no option, and what the options are."""
    known = ", ".join(indicator.options)
    hint = hints.nearly(indicator.code, option, indicator.options)
    return f"unknown choice {option[:80]!r}; {indicator.code!r} has {known}{hint}"


def check_count(findings: Findings, unit: int, path: str, found: int, most: int) -> bool:
    """Whether a list is of a sensible length: one violation for what would be a million of them."""
    if found <= MORE * most:
        return True
    findings.add(unit, path, "TOO_MANY", f"has {found} entries; there are {most} that it could name")
    return False


def unit_texts(units: Sequence[pb.Unit]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Ids, names, tiers and parents."""
    ids, names, tiers, parents = list[str](), list[str](), list[str](), list[str]()
    for unit in units:
        ids.append(unit.id)
        names.append(unit.name)
        tiers.append(unit.tier)
        parents.append(unit.parent)
    return ids, names, tiers, parents
