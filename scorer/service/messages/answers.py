"""Rows of answers as messages to a sheet for the door; what only the wire can get wrong is noted here."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.plan import SetPlan
from scorer.engine.validation import Submission
from scorer.model.fixed_point import Ints
from scorer.model.indicators import Indicator, IndicatorKind, days
from scorer.model.suggestions import Suggestions
from scorer.model.violations import Violations

MAX_ENTRIES_PER_NAME = 4
"""A list with more entries for each name that it could contain is one violation, not one for each entry."""

_FIELD: Mapping[str, str] = {
    IndicatorKind.COUNT: "number",
    IndicatorKind.NUMBER: "number",
    IndicatorKind.FLAG: "flag",
    IndicatorKind.CHOICE: "choice",
    IndicatorKind.DATE: "date",
}
"""Which field of an answer an indicator's kind takes."""


class RowPaths:
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


def read_rows(plan: SetPlan, rows: Sequence[pb.UnitAnswers], places: RowPaths, violations: Violations) -> Submission:
    """Rows as a sheet.

    Args:
        plan: of the criteria set.
        rows: one per unit.
        places: the field paths of the rows.
        violations: collects what is wrong.
    """
    matrix = np.full((len(plan.rows), len(rows)), math.nan)
    exclusions: list[tuple[int | Ints, int, str]] = []
    criteria = len(plan.criteria_set.criteria)
    for unit, row in enumerate(rows):
        if row.answers:
            matrix[:, unit] = _answers(plan, row.answers, unit, places, violations)
        left_out, path = row.not_applicable_criteria, f"{places.row(unit)}.not_applicable_criteria"
        if check_count(violations, unit, path, len(left_out), criteria):
            exclusions += [(unit, at, code) for at, code in enumerate(left_out)]
    units = [row.unit for row in rows]
    ids, names = [unit.id for unit in units], [unit.name for unit in units]
    tiers, parents = [unit.tier for unit in units], [unit.parent for unit in units]
    return Submission(ids, names, tiers, parents, matrix, exclusions)


class _Reader(NamedTuple):
    """How the answers to one indicator are read."""

    row: int
    """Of the matrix."""
    indicator: Indicator
    field: str
    """Of the message Answer."""
    options: Mapping[str, float]
    """Of a choice: the number of each."""


def option_numbers(plan: SetPlan) -> Mapping[str, Mapping[str, float]]:
    """The number of every option, by indicator; no options where it is no choice."""
    return {
        code: {option: float(at) for at, option in enumerate(indicator.options)}
        for code, indicator in plan.criteria_set.indicators.items()
    }


def _readers(plan: SetPlan) -> Mapping[str, _Reader]:
    """The readers of a set, by indicator."""
    indicators, options = plan.criteria_set.indicators, plan.derived(option_numbers)
    return {
        code: _Reader(row, indicators[code], _FIELD[indicators[code].kind], options[code])
        for code, row in plan.rows.items()
    }


def _answers(
    plan: SetPlan, answers: Mapping[str, pb.Answer], unit: int, places: RowPaths, violations: Violations
) -> list[float]:
    """The answers of a unit in the order of matrix rows (rows,), NaN where not reported; notes what is wrong."""
    readers, wrong, numbers = plan.derived(_readers), [], [math.nan] * len(plan.rows)
    few = check_count(violations, unit, f"{places.row(unit)}.answers", len(answers), len(readers))
    for code in answers if few else ():
        reader = readers.get(code)
        if reader is None:
            message = f"unknown indicator{violations.suggestions.did_you_mean('indicator', code, readers)}"
            wrong.append((code, "UNKNOWN_INDICATOR", message))
            continue
        try:
            numbers[reader.row] = _number(reader, answers[code], violations.suggestions)
        except _WrongAnswer as problem:
            wrong.append((code, problem.reason, str(problem)))
    for code, reason, message in sorted(wrong):  # a map has no order
        violations.add(unit, places.answer(unit, code), reason, message)
    return numbers


class _WrongAnswer(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _number(reader: _Reader, answer: pb.Answer, suggestions: Suggestions) -> float:
    """An answer as the number it is in a cohort."""
    given = answer.WhichOneof("value")
    if given != reader.field:
        what = "has no value; leave the indicator out when it was not reported" if given is None else f"is a {given}"
        indicator = reader.indicator
        message = f"{what}; {indicator.code!r} is a {indicator.kind}: give {reader.field!r}"
        raise _WrongAnswer("WRONG_KIND", message)
    if given == "number":
        if math.isnan(answer.number):
            message = "is not a number (NaN); leave the indicator out when it was not reported"
            raise _WrongAnswer("NOT_A_NUMBER", message)
        return answer.number
    if given == "flag":
        return float(answer.flag)
    if given == "choice":
        number = reader.options.get(answer.choice)
        if number is None:
            raise _WrongAnswer("UNKNOWN_CHOICE", unknown_option(reader.indicator, answer.choice, suggestions))
        return number
    try:
        return float(days(datetime.date(answer.date.year, answer.date.month, answer.date.day)))
    except ValueError as error:
        raise _WrongAnswer("BAD_DATE", f"is no day: {error}") from None


def unknown_option(indicator: Indicator, option: str, suggestions: Suggestions) -> str:
    """What is wrong with a choice that is no option, and what the options are."""
    known = ", ".join(indicator.options)
    hint = suggestions.did_you_mean(indicator.code, option, indicator.options)
    return f"unknown choice {option[:80]!r}; {indicator.code!r} has {known}{hint}"


def check_count(violations: Violations, unit: int, path: str, found: int, most: int, what: str = "entries") -> bool:
    """Whether a list is of a sensible length: one violation for what would be a million of them."""
    if found <= MAX_ENTRIES_PER_NAME * most:
        return True
    violations.add(unit, path, "TOO_MANY", f"has {found} {what}; there are {most} that it could name")
    return False
