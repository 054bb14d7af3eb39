"""Columns of answers as the numbers that they are in a cohort."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.findings import REQUEST, Findings
from scorer.indicators import Indicator, IndicatorKind
from scorer.plan import SetPlan
from scorer.points import Floats
from scorer.service.answers import unknown_option

UNKNOWN = -1.0
"""Stands for an option that there is not."""


class Columns:
    """The answers of a table.

    Args:
        plan: of the criteria set.
        units: how many there are.
        findings: takes what is wrong with a column's form; whether a number can be is the door's business.
    """

    def __init__(self, plan: SetPlan, units: int, findings: Findings) -> None:
        self._plan, self._units, self._findings = plan, units, findings
        self._matrix = np.empty((len(plan.rows), units))
        self._given: dict[str, str] = {}
        """Where each indicator has its column."""

    def add(self, column: pb.Column, path: str) -> None:
        """One column."""
        if indicator := self._indicator(column.indicator, path, f"{path}.indicator"):
            _fill(self._matrix[self._plan.rows[column.indicator]], indicator, column, path, self._findings)

    def add_block(self, block: pb.NumberColumns, path: str) -> None:
        """Several columns of numbers."""
        matrix, units, size = self._matrix, self._units, len(block.indicators)
        rows = {}
        for at, code in enumerate(block.indicators):
            where = f"{path}.indicators[{at}]"
            indicator = self._indicator(code, where, where)
            if indicator and indicator.kind is IndicatorKind.CHOICE:
                self._findings.add(REQUEST, where, "WRONG_KIND", f"{code!r} is a choice: give a column of its own")
                matrix[self._plan.rows[code]] = math.nan
            elif indicator:
                rows[at] = self._plan.rows[code]
        if len(block.numbers) == size * units:
            numbers = np.asarray(block.numbers).reshape(size, units)
            matrix[[*rows.values()]] = numbers if len(rows) == size else numbers[[*rows]]
        else:
            message = f"has {len(block.numbers)} entries for {size} indicators of {units} units"
            self._findings.add(REQUEST, f"{path}.numbers", "WRONG_LENGTH", message)
            matrix[[*rows.values()]] = math.nan

    def matrix(self) -> Floats:
        """All answers, in the rows of the plan; NaN for those to indicators without a column."""
        for code, row in self._plan.rows.items():
            if code not in self._given:
                self._matrix[row] = math.nan
        return self._matrix

    def _indicator(self, code: str, path: str, field: str) -> Indicator | None:
        """The indicator of the column at ``path``, unless there is none, or it has a column already."""
        indicator = self._plan.criteria_set.indicators.get(code)
        if indicator is None:
            hint = self._findings.hints.nearly("indicator", code, self._plan.rows)
            self._findings.add(REQUEST, field, "UNKNOWN_INDICATOR", f"unknown indicator {code[:80]!r}{hint}")
        elif (first := self._given.setdefault(code, path)) != path:
            self._findings.add(REQUEST, field, "DUPLICATE_COLUMN", f"{code!r} is given by {first} already")
            return None
        return indicator


def _fill(row: Floats, indicator: Indicator, column: pb.Column, path: str, findings: Findings) -> None:
    """Fills a matrix row (n,) with a column's answers; with NaN when the column cannot be read.

    Args:
        row: to be filled.
        indicator: the column's.
        column: what came.
        path: the column's, for violations.
        findings: takes what is wrong with the column's form.
    """
    if len(column.numbers) == len(row) and not (indicator.options or column.options or column.choices):
        row[:] = np.asarray(column.numbers)  # as nearly all columns are, so they are not looked at any closer
    elif problem := _problem(indicator, column, len(row)):
        field, reason, message = problem
        findings.add(REQUEST, f"{path}{field}", reason, message)
        row[:] = math.nan
    elif column.options:
        _fill_from_options(row, indicator, column, path, findings)
    elif column.choices:
        choices = column.choices
        known = _Places({option: float(n) for n, option in enumerate(indicator.options)} | {"": math.nan})
        row[:] = np.fromiter(map(known.__getitem__, choices), dtype=np.float64, count=len(row))
        _refuse_unknown(row, indicator, choices.__getitem__, f"{path}.choices", findings)
    else:
        row[:] = math.nan  # a choice that nobody reported, as numbers


def _problem(indicator: Indicator, column: pb.Column, units: int) -> tuple[str, str, str] | None:
    """Field, reason and words, when a column cannot be read; a list in which nothing is reported fits any kind."""
    numbers, choices, options = column.numbers, column.choices, column.options
    if choices and (numbers or options):
        return (
            "",
            "BOTH_LISTS",
            f"gives both {'numbers' if numbers else 'options'} and choices; give exactly one of them",
        )
    wanted = ""
    if indicator.kind is not IndicatorKind.CHOICE:
        wanted = "'numbers'" if options or any(choices) else ""
    elif numbers and not options and not np.isnan(numbers).all():
        wanted = "'choices', or 'options' with their places as numbers"
    if wanted:
        return "", "WRONG_KIND", f"{indicator.code!r} is a {indicator.kind}: give {wanted}"
    field, given = ("choices", len(choices)) if choices else ("numbers", len(numbers))
    if given != units:
        return f".{field}", "WRONG_LENGTH", f"has {given} entries for {units} units"
    return None


def _fill_from_options(row: Floats, indicator: Indicator, column: pb.Column, path: str, findings: Findings) -> None:
    """The same when numbers are places in the column's own options; options that no unit chose may be anything."""
    numbers, options = np.asarray(column.numbers), column.options
    places = _Places({option: float(n) for n, option in enumerate(indicator.options)})
    known = [math.nan, *map(places.__getitem__, options)]
    # One place on, so that NaN, which becomes the smallest integer (or 0), is at the first one, as is what is negative.
    at = (numbers + 1).astype(np.intp)
    row[:] = np.array(known).take(at, mode="clip")
    fits = np.array([math.nan, *range(len(options))]).take(at, mode="clip") == numbers
    if np.count_nonzero(fits) + np.count_nonzero(np.isnan(numbers)) < len(row):
        wrong = np.flatnonzero(~fits & ~np.isnan(numbers))
        findings.add_all(
            wrong,
            lambda unit: f"{path}.numbers[{unit}]",
            "OUT_OF_RANGE",
            lambda unit: (
                f"must be a place in options, from 0 to {len(options) - 1}, not {indicator.show(column.numbers[unit])}"
            ),
        )
        row[wrong] = math.nan
    if UNKNOWN in known:
        _refuse_unknown(row, indicator, lambda unit: options[int(numbers[unit])], f"{path}.numbers", findings)


def _refuse_unknown(
    row: Floats, indicator: Indicator, chosen: Callable[[int], str], path: str, findings: Findings
) -> None:
    """Notes the units that chose what is no option, and leaves them without an answer."""
    unknown = np.flatnonzero(row == UNKNOWN)
    findings.add_all(
        unknown,
        lambda unit: f"{path}[{unit}]",
        "UNKNOWN_CHOICE",
        lambda unit: unknown_option(indicator, chosen(unit), findings.hints),
    )
    row[unknown] = math.nan


class _Places(dict[str, float]):
    """Places of options."""

    def __missing__(self, option: str) -> float:
        return UNKNOWN
