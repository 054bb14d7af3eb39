"""Python values as request messages."""

from __future__ import annotations

import datetime
import math
import sys
from array import array
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


def fill_table(
    table: pb.UnitTable,
    units: Iterable[Unit],
    columns: Mapping[str, Iterable[Any]],
    not_applicable: Mapping[str, Sequence[str]],
) -> None:
    """Columns for the wire: None or NaN is not reported."""
    for unit in units:
        message = table.units.add(id=unit.id, tier=unit.tier)
        if unit.name:
            message.name = unit.name
        if unit.parent:
            message.parent = unit.parent
    for code, values in columns.items():
        _fill_column(table.columns.add(indicator=code), values)
    for code, criteria in not_applicable.items():
        if criteria:
            table.exclusions.add(unit_id=code, criterion_ids=criteria)


def day_message(day: datetime.date | None) -> date_pb2.Date | None:
    """A day for the wire."""
    return None if day is None else date_pb2.Date(year=day.year, month=day.month, day=day.day)


def view(full: bool) -> pb.ScorecardView:
    """BASIC or FULL."""
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


def _answer(value: Value) -> pb.Answer:
    if isinstance(value, bool):
        return pb.Answer(flag=value)
    if isinstance(value, str):
        return pb.Answer(choice=value)
    if isinstance(value, datetime.date):
        return pb.Answer(date=day_message(value))
    return pb.Answer(number=value)


def _fill_column(column: pb.Column, values: Any) -> None:
    if isinstance(values, array) and values.typecode == "d":
        _fill_as_it_lies(column, values.tobytes() if sys.byteorder == "little" else _swapped(values).tobytes())
        return
    # Not what is like an array: a masked one would send what it hides, and others lie differently in memory.
    plain_array = hasattr(values, "tobytes") and not hasattr(values, "mask")
    if plain_array and getattr(values, "dtype", None) == "float64" and getattr(values, "ndim", 0) == 1:
        _fill_as_it_lies(column, values.astype("<f8", copy=False).tobytes())
        return
    # Another NumPy array becomes a list first: that is faster than reading it item by item.
    plain = values.tolist() if hasattr(values, "tolist") else list(values)
    kinds = set(map(type, plain)) - {NoneType, float}
    if not kinds and None not in plain:
        column.numbers.extend(plain)
    elif set(map(type, plain)) == {str}:
        column.choices.extend(plain)
    elif str in kinds and any(isinstance(value, str) and value for value in plain):
        column.choices.extend("" if _missing(value) else value for value in plain)
    else:
        column.numbers.extend(math.nan if _missing(value) else _number(value) for value in plain)


def _swapped(values: array[float]) -> array[float]:
    swapped = values[:]
    swapped.byteswap()
    return swapped


def _fill_as_it_lies(column: pb.Column, data: bytes) -> None:
    """An array of doubles as it lies in memory: twenty times as fast as number by number.

    A packed field is a tag, a length in bytes and the numbers, the least significant byte first
    (https://protobuf.dev/programming-guides/encoding).
    """
    length, left = bytearray(), len(data)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    tag = pb.Column.NUMBERS_FIELD_NUMBER << 3 | 2
    column.MergeFromString(b"".join((bytes([tag]), length, bytes([left]), data)))


def _missing(value: Any) -> bool:
    """Whether a value stands for an answer that was not reported."""
    return value is None or value == "" or value != value


def _number(value: Any) -> float:
    if isinstance(value, datetime.datetime):
        value = value.date()
    return float((value - EPOCH).days if isinstance(value, datetime.date) else value)
