"""Python values as request messages."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, TypeAlias

from google.type import date_pb2

from egov.scorer.v1 import scorer_pb2 as pb

Value: TypeAlias = bool | int | float | str | datetime.date
"""An answer: bool for a flag, a number for a count or number, str for a choice, date for a date."""

EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Unit:
    """A government unit."""

    id: str
    tier: str
    name: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Row:
    """One unit with its answers; an indicator left out was not reported, which is not zero."""

    id: str
    tier: str
    answers: Mapping[str, Value]
    name: str = ""
    parent: str = ""
    not_applicable: Sequence[str] = ()
    """Ids of criteria that do not apply."""


def row_message(row: Row) -> pb.UnitAnswers:
    """A row for the wire."""
    return pb.UnitAnswers(
        unit=pb.Unit(id=row.id, name=row.name, tier=row.tier, parent=row.parent),
        answers={code: _answer(value) for code, value in row.answers.items()},
        not_applicable_criteria=row.not_applicable,
    )


def table_message(
    units: Iterable[Unit], columns: Mapping[str, Iterable[Any]], not_applicable: Mapping[str, Sequence[str]]
) -> pb.UnitTable:
    """Columns for the wire: None or NaN is not reported."""
    return pb.UnitTable(
        units=[pb.Unit(id=unit.id, name=unit.name, tier=unit.tier, parent=unit.parent) for unit in units],
        columns=[_column(code, values) for code, values in columns.items()],
        exclusions=[
            pb.Exclusion(unit_id=unit, criterion_ids=criteria) for unit, criteria in not_applicable.items() if criteria
        ],
    )


def view(full: bool) -> pb.ScorecardView:
    """BASIC or FULL."""
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


def _answer(value: Value) -> pb.Answer:
    if isinstance(value, bool):
        return pb.Answer(flag=value)
    if isinstance(value, str):
        return pb.Answer(choice=value)
    if isinstance(value, datetime.date):
        return pb.Answer(date=date_pb2.Date(year=value.year, month=value.month, day=value.day))
    return pb.Answer(number=value)


def _column(code: str, values: Iterable[Any]) -> pb.Column:
    # A NumPy array becomes a list first: that is faster than reading it item by item.
    plain = values.tolist() if hasattr(values, "tolist") else list(values)
    kinds = set(map(type, plain)) - {NoneType, float}
    if not kinds and None not in plain:
        return pb.Column(indicator=code, numbers=plain)
    if str in kinds and any(isinstance(value, str) and value for value in plain):
        return pb.Column(indicator=code, choices=["" if _missing(value) else value for value in plain])
    return pb.Column(indicator=code, numbers=[math.nan if _missing(value) else _number(value) for value in plain])


def _missing(value: Any) -> bool:
    """Whether a value stands for an answer that was not reported."""
    return value is None or value == "" or value != value


def _number(value: Any) -> float:
    if isinstance(value, datetime.datetime):
        value = value.date()
    return float((value - EPOCH).days if isinstance(value, datetime.date) else value)
