"""Converts Python values to request messages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from google.type import date_pb2

from egov.scorer.v1 import scorer_pb2 as pb

Value: TypeAlias = bool | int | float | str | datetime.date
"""An answer: bool for a flag, a number for a count or number, str for a choice, date for a date."""

EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Row:
    """One unit with its answers. An indicator without an answer was not reported, which is different from zero."""

    id: str
    tier: str
    answers: Mapping[str, Value]
    name: str = ""
    parent: str = ""
    not_applicable: Sequence[str] = ()
    """Ids of criteria that do not apply."""


def row_message(row: Row) -> pb.UnitAnswers:
    """Converts a row to a message."""
    return pb.UnitAnswers(
        unit=pb.Unit(id=row.id, name=row.name, tier=row.tier, parent=row.parent),
        answers={code: _answer(value) for code, value in row.answers.items()},
        not_applicable_criteria=row.not_applicable,
    )


def day_message(day: datetime.date | None) -> date_pb2.Date | None:
    """Converts a day to a message."""
    return None if day is None else date_pb2.Date(year=day.year, month=day.month, day=day.day)


def view(full: bool) -> pb.ScorecardView:
    """The view FULL or BASIC."""
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


def _answer(value: Value) -> pb.Answer:
    if isinstance(value, bool):
        return pb.Answer(flag=value)
    if isinstance(value, str):
        return pb.Answer(choice=value)
    if isinstance(value, datetime.date):
        return pb.Answer(date=day_message(value))
    return pb.Answer(number=value)
