"""Columns of answers as the numbers that they are in a cohort."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.compiled import look_up, place_columns
from scorer.findings import REQUEST, Findings
from scorer.indicators import Indicator, IndicatorKind
from scorer.plan import SetPlan
from scorer.points import Floats
from scorer.service.answers import unknown_option
from scorer.service.unpacking import DOUBLE

UNKNOWN = -1.0
"""Stands for an option that there is not."""

NOWHERE = -1
"""Stands for the row of a column that is not wanted."""

PLAIN, PLACED = (False, False, False), (True, True, False)
"""Whether the indicator has options, the column has options, and it has choices: numbers, and places in options."""


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
        indicator = self._indicator(column.indicator, path, f"{path}.indicator")
        if indicator is None:
            return
        row, numbers = self._plan.rows[column.indicator], column.numbers
        form = bool(indicator.options), bool(column.options), bool(column.choices)
        if len(numbers) == self._units and form == PLAIN:  # as nearly all are, so they are not looked at any closer
            self._matrix[row] = np.asarray(numbers)
        elif len(numbers) == self._units and form == PLACED:
            self._fill_from_options(row, indicator, column, path)
        elif problem := _problem(indicator, column, self._units):
            field, reason, message = problem
            self._findings.add(REQUEST, f"{path}{field}", reason, message)
            self._matrix[row] = math.nan
        elif column.choices:
            _fill_from_choices(self._matrix[row], indicator, column.choices, path, self._findings)
        else:
            self._matrix[row] = math.nan  # a choice that nobody reported, as numbers

    def add_block(self, block: pb.NumberColumns, numbers: memoryview | None, path: str) -> None:
        """Several columns of numbers; ``numbers`` are the block's when they are not in it."""
        units, size = self._units, len(block.indicators)
        rows = self._rows_of(list(block.indicators), path)
        data = np.asarray(block.numbers).data if numbers is None else numbers
        if data.nbytes == size * units * DOUBLE:
            place_columns(data, np.array([rows.get(at, NOWHERE) for at in range(size)], dtype=np.intp), self._matrix)
        else:
            message = f"has {data.nbytes // DOUBLE} entries for {size} indicators of {units} units"
            self._findings.add(REQUEST, f"{path}.numbers", "WRONG_LENGTH", message)
            self._matrix[[*rows.values()]] = math.nan

    def matrix(self) -> Floats:
        """All answers, in the rows of the plan; NaN for those to indicators without a column."""
        for code in self._plan.rows.keys() - self._given.keys():
            self._matrix[self._plan.rows[code]] = math.nan
        return self._matrix

    def _fill_from_options(self, row: int, indicator: Indicator, column: pb.Column, path: str) -> None:
        """Fills a matrix row when numbers are places in the column's own options; one that no unit chose may be
        anything."""
        places, numbers = self._plan.once(_places)[indicator.code], np.asarray(column.numbers)
        known, out = [places[option] for option in column.options], self._matrix[row]
        if look_up(numbers, np.array(known), out):
            wrong = np.flatnonzero(np.isnan(out) & ~np.isnan(numbers))
            allowed = f"must be a place in options, from 0 to {len(known) - 1}"
            self._findings.add_all(
                wrong,
                lambda unit: f"{path}.numbers[{unit}]",
                "OUT_OF_RANGE",
                lambda unit: f"{allowed}, not {indicator.show(column.numbers[unit])}",
            )
        if UNKNOWN in known:

            def chosen(unit: int) -> str:
                return column.options[int(column.numbers[unit])]

            _refuse_unknown(out, indicator, chosen, f"{path}.numbers", self._findings)

    def _rows_of(self, codes: Sequence[str], path: str) -> dict[int, int]:
        """The matrix row of each column of a block, by its place there, as far as it can be read."""
        numbers = self._plan.number_rows
        rows = {at: numbers[code] for at, code in enumerate(codes) if code in numbers}
        if len(codes) == len(rows) == len(set(rows.values())) and self._given.keys().isdisjoint(codes):
            self._given |= dict.fromkeys(codes, path)
            return rows
        rows = {}
        for at, code in enumerate(codes):
            where = f"{path}.indicators[{at}]"
            indicator = self._indicator(code, where, where)
            if indicator and indicator.kind is IndicatorKind.CHOICE:
                self._findings.add(REQUEST, where, "WRONG_KIND", f"{code!r} is a choice: give a column of its own")
                self._matrix[self._plan.rows[code]] = math.nan
            elif indicator:
                rows[at] = self._plan.rows[code]
        return rows

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


def _fill_from_choices(
    row: Floats, indicator: Indicator, choices: Sequence[str], path: str, findings: Findings
) -> None:
    """Fills a matrix row (n,) with the places of options that are given by their codes."""
    known = _Places(_Places.of(indicator) | {"": math.nan})
    row[:] = np.fromiter(map(known.__getitem__, choices), dtype=np.float64, count=len(row))
    _refuse_unknown(row, indicator, choices.__getitem__, f"{path}.choices", findings)


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

    @classmethod
    def of(cls, indicator: Indicator) -> _Places:
        """Those of a choice."""
        return cls({option: float(n) for n, option in enumerate(indicator.options)})

    def __missing__(self, option: str) -> float:
        return UNKNOWN


def _places(plan: SetPlan) -> dict[str, _Places]:
    """The options of every indicator of a set."""
    return {code: _Places.of(indicator) for code, indicator in plan.criteria_set.indicators.items()}
