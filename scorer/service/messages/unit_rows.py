"""Converts rows (messages) into a submission, and reports answers that cannot be converted."""

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
"""The maximum length of a list of codes is this number times the number of valid codes. A longer list is one violation,
and its entries are not read."""

_FIELD: Mapping[str, str] = {
    IndicatorKind.COUNT: "number",
    IndicatorKind.NUMBER: "number",
    IndicatorKind.FLAG: "flag",
    IndicatorKind.CHOICE: "choice",
    IndicatorKind.DATE: "date",
}
"""The field of the message Answer that holds the value, by the kind of the indicator."""


class RowPaths:
    """Field paths of rows; see ``FieldPaths``.

    Args:
        single: whether the request is a ScoreUnitRequest, which has only one row.
    """

    def __init__(self, *, single: bool) -> None:
        self._single = single

    def row(self, unit: int) -> str:
        """The path of the row itself."""
        return "unit_answers" if self._single else f"rows.units[{unit}]"

    def unit(self, unit: int, field: str) -> str:
        """See ``FieldPaths``."""
        return f"{self.row(unit)}.unit.{field}"

    def answer(self, unit: int, indicator: str) -> str:
        """See ``FieldPaths``."""
        return f"{self.row(unit)}.answers[{json.dumps(indicator[:80], ensure_ascii=not indicator.isprintable())}]"

    def exclusion(self, unit: int, index: int) -> str:
        """See ``FieldPaths``."""
        return f"{self.row(unit)}.not_applicable_criteria[{index}]"


def read_rows(plan: SetPlan, rows: Sequence[pb.UnitAnswers], paths: RowPaths, violations: Violations) -> Submission:
    """Converts rows into a submission.

    Args:
        plan: the plan of the criteria set.
        rows: one row per unit.
        paths: the field paths of the rows.
        violations: collects the violations.
    """
    matrix = np.full((len(plan.rows), len(rows)), math.nan)
    exclusions: list[tuple[int | Ints, int, str]] = []
    criteria = len(plan.criteria_set.criteria)
    for unit, row in enumerate(rows):
        if row.answers:
            matrix[:, unit] = _answers(plan, row.answers, unit, paths, violations)
        excluded, path = row.not_applicable_criteria, f"{paths.row(unit)}.not_applicable_criteria"
        if check_count(violations, unit, path, len(excluded), criteria):
            exclusions += [(unit, index, code) for index, code in enumerate(excluded)]
    units = [row.unit for row in rows]
    ids, names = [unit.id for unit in units], [unit.name for unit in units]
    tiers, parents = [unit.tier for unit in units], [unit.parent for unit in units]
    return Submission(ids, names, tiers, parents, matrix, exclusions)


class _Reader(NamedTuple):
    """How to read the answers to one indicator."""

    row: int
    """Index of the indicator's row in the matrix of answers."""
    indicator: Indicator
    field: str
    """The field of the message Answer."""
    options: Mapping[str, float]
    """The number of each option of a choice."""


def option_numbers(plan: SetPlan) -> Mapping[str, Mapping[str, float]]:
    """The number of each option, by indicator; empty for indicators that are not choices."""
    return {
        code: {option: float(index) for index, option in enumerate(indicator.options)}
        for code, indicator in plan.criteria_set.indicators.items()
    }


def _readers(plan: SetPlan) -> Mapping[str, _Reader]:
    """The readers of a criteria set, by indicator."""
    indicators, options = plan.criteria_set.indicators, plan.derived(option_numbers)
    return {
        code: _Reader(row, indicators[code], _FIELD[indicators[code].kind], options[code])
        for code, row in plan.rows.items()
    }


def _answers(
    plan: SetPlan, answers: Mapping[str, pb.Answer], unit: int, paths: RowPaths, violations: Violations
) -> list[float]:
    """(indicators,) answers of one unit, in the order of the matrix; NaN where not reported or wrong."""
    readers, wrong, numbers = plan.derived(_readers), [], [math.nan] * len(plan.rows)
    is_readable = check_count(violations, unit, f"{paths.row(unit)}.answers", len(answers), len(readers))
    for code in answers if is_readable else ():
        reader = readers.get(code)
        if reader is None:
            message = f"unknown indicator{violations.suggestions.did_you_mean('indicator', code, readers)}"
            wrong.append((code, "UNKNOWN_INDICATOR", message))
            continue
        try:
            numbers[reader.row] = _number(reader, answers[code], violations.suggestions)
        except _WrongAnswer as problem:
            wrong.append((code, problem.reason, str(problem)))
    for code, reason, message in sorted(wrong):  # sorted, because a map of protobuf has no order
        violations.add(unit, paths.answer(unit, code), reason, message)
    return numbers


class _WrongAnswer(Exception):
    """Raised if an answer cannot be read."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _number(reader: _Reader, answer: pb.Answer, suggestions: Suggestions) -> float:
    """The number that stands for an answer in the matrix of a cohort.

    Raises:
        _WrongAnswer: the answer cannot be read.
    """
    field = answer.WhichOneof("value")
    if field != reader.field:
        problem = "has no value; leave the indicator out when it was not reported" if field is None else f"is a {field}"
        indicator = reader.indicator
        message = f"{problem}; {indicator.code!r} is a {indicator.kind}: give {reader.field!r}"
        raise _WrongAnswer("WRONG_KIND", message)
    if field == "number":
        if math.isnan(answer.number):
            message = "is not a number (NaN); leave the indicator out when it was not reported"
            raise _WrongAnswer("NOT_A_NUMBER", message)
        return answer.number
    if field == "flag":
        return float(answer.flag)
    if field == "choice":
        number = reader.options.get(answer.choice)
        if number is None:
            raise _WrongAnswer("UNKNOWN_CHOICE", unknown_option(reader.indicator, answer.choice, suggestions))
        return number
    try:
        return float(days(datetime.date(answer.date.year, answer.date.month, answer.date.day)))
    except ValueError as error:
        raise _WrongAnswer("BAD_DATE", f"is not a day: {error}") from None


def unknown_option(indicator: Indicator, option: str, suggestions: Suggestions) -> str:
    """The message for an answer to a choice that is not one of its options."""
    known = ", ".join(indicator.options)
    hint = suggestions.did_you_mean(indicator.code, option, indicator.options)
    return f"unknown choice {option[:80]!r}; {indicator.code!r} has {known}{hint}"


def check_count(violations: Violations, unit: int, path: str, count: int, names: int, items: str = "entries") -> bool:
    """Whether a list of names is short enough to be read. If it is not, adds one violation.

    Args:
        violations: collects the violation.
        unit: index of the unit, or WHOLE_REQUEST.
        path: field path of the list.
        count: number of the list's entries.
        names: number of different names that the list can contain.
        items: what the entries are, for the message.
    """
    if count <= MAX_ENTRIES_PER_NAME * names:
        return True
    violations.add(unit, path, "TOO_MANY", f"has {count} {items}; only {names} different names are possible")
    return False
