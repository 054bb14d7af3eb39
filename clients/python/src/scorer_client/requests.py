"""Converts Python values to request messages."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias, TypedDict

from google.type import date_pb2

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.errors import ScorerError, Violation
from scorer_client.formatting import described, shown

Value: TypeAlias = bool | int | float | str | datetime.date
"""An answer: bool for a flag, a number for a count or number, str for a choice, date for a date."""

EPOCH = datetime.date(1970, 1, 1)

MAX_FULL_ROWS = 5_000
"""Maximum number of FULL scorecards in a reply with rows. The service imports this limit too."""


@dataclass(frozen=True)
class Row:
    """One unit with its answers. An indicator without an answer was not reported, which is different from zero."""

    id: str
    tier: str
    answers: Mapping[str, Value]
    name: str = ""
    parent: str = ""
    not_applicable: Sequence[str] = ()
    """Ids of the criteria that do not apply to the unit."""


class ReplyOptions(TypedDict, total=False):
    """Fields of the message RankProvinceRequest."""

    province: str
    period: str
    tier: str
    full: bool
    page_size: int
    page_token: str


class RankOptions(ReplyOptions, total=False):
    """``ReplyOptions``, and options that name the criteria set by a day on which it is in force."""

    effective_on: datetime.date | None
    series: str


def row_message(row: Row) -> pb.UnitAnswers:
    """Converts the row of a ScoreUnit request.

    Raises:
        ScorerError: the row has values that cannot be sent. Violations have the same field paths as the service's.
    """
    reader = _RowReader()
    return reader.checked([reader.message("unit_answers", row)])[0]


def row_messages(rows: Iterable[Row]) -> list[pb.UnitAnswers]:
    """Converts the rows of a RankProvince request.

    Raises:
        ScorerError: see ``row_message``; it has the violations of all rows.
        TypeError: ``rows`` is not iterable.
    """
    if not isinstance(rows, Iterable):
        raise TypeError(f"rows: expected a list of rows, not {described(rows)}")
    reader = _RowReader()
    return reader.checked([reader.message(f"rows.units[{index}]", row) for index, row in enumerate(rows)])


def day_message(day: datetime.date | None) -> date_pb2.Date | None:
    """Converts the option ``effective_on``.

    Raises:
        TypeError: the value is not a date, or it has a time.
    """
    try:
        return None if day is None else _date(day)
    except _InvalidValue as invalid:
        raise TypeError(f"effective_on: {invalid}") from None


def view(full: bool) -> pb.ScorecardView:
    """The view FULL or BASIC."""
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


class _InvalidValue(Exception):
    """Raised if a value cannot be sent."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(description)
        self.reason = reason


class _RowReader:
    """Converts rows to messages, and collects their violations."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def checked(self, messages: list[pb.UnitAnswers]) -> list[pb.UnitAnswers]:
        """Returns the messages.

        Raises:
            ScorerError: there are violations.
        """
        if self._violations:
            raise ScorerError.before_sending("INVALID_ROWS", self._violations, len(self._violations))
        return messages

    def message(self, path: str, row: Row) -> pb.UnitAnswers:
        """Converts a row. If the row has violations, the message is incomplete."""
        message = pb.UnitAnswers()
        if not isinstance(row, Row):
            self._add(path, _InvalidValue("WRONG_TYPE", f"expected a Row, not {described(row)}"))
            return message
        for field in ("id", "name", "tier", "parent"):
            try:
                setattr(message.unit, field, _text(getattr(row, field)))
            except _InvalidValue as invalid:
                self._add(f"{path}.unit.{field}", invalid)
        if isinstance(row.answers, Mapping):
            for code, value in row.answers.items():
                try:
                    message.answers[_text(code)].CopyFrom(_answer(value))
                except _InvalidValue as invalid:
                    name = code if isinstance(code, str) else shown(code)
                    self._add(f"{path}.answers[{json.dumps(name, ensure_ascii=not name.isprintable())}]", invalid)
        else:
            invalid = _InvalidValue(
                "WRONG_TYPE", f"expected a mapping of answers by indicator, not {described(row.answers)}"
            )
            self._add(f"{path}.answers", invalid)
        self._exclude(message, f"{path}.not_applicable_criteria", row.not_applicable)
        return message

    def _exclude(self, message: pb.UnitAnswers, path: str, codes: object) -> None:
        if not isinstance(codes, Iterable) or isinstance(codes, str | bytes | Mapping):
            self._add(path, _InvalidValue("WRONG_TYPE", f"expected a list of ids of criteria, not {described(codes)}"))
            return
        for index, code in enumerate(codes):
            try:
                message.not_applicable_criteria.append(_text(code))
            except _InvalidValue as invalid:
                self._add(f"{path}[{index}]", invalid)

    def _add(self, path: str, invalid: _InvalidValue) -> None:
        self._violations.append(Violation(path, invalid.reason, str(invalid)))


def _answer(value: object) -> pb.Answer:
    match value:
        case bool():
            return pb.Answer(flag=value)
        case float():
            return pb.Answer(number=value)
        case int() | Decimal() | Fraction():
            return pb.Answer(number=_number(value))
        case str():
            return pb.Answer(choice=_text(value))
        case datetime.date():
            return pb.Answer(date=_date(value))
        case None:
            return pb.Answer()  # the service explains how to leave an answer out
    if (plain := _plain(value)) is not value:
        return _answer(plain)
    raise _InvalidValue("WRONG_TYPE", f"expected a bool, a number, a str or a date, not {described(value)}")


def _plain(value: Any) -> object:
    """Converts a NumPy scalar to a Python value; returns other values as they are.

    A float32 or float16 is converted as NumPy prints it: to 70.1, not to 70.0999984741.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.generic):
        return value
    match value.dtype.kind:
        case "b" | "i" | "u":
            return value.item()
        case "f":
            return Decimal(str(value))
        case "M":
            if numpy.datetime_data(value.dtype)[0] in ("Y", "M", "W") and not numpy.isnat(value):
                raise _InvalidValue("BAD_DATE", f"is a year, month or week; give a day, not {value}")
            day = value.astype("datetime64[D]")
            if day != value and not numpy.isnat(value):
                raise _InvalidValue("BAD_DATE", f"has a time of day; give a date, or midnight, not {value}")
            date = day.item()  # item() returns an integer for years after 9999
            return value if isinstance(date, int) else date
    return value


def _number(value: int | Decimal | Fraction) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise _InvalidValue("OUT_OF_RANGE", "is larger than any number that can be sent") from None
    except ValueError:
        return math.nan  # a signaling NaN; the service refuses every NaN
    if isinstance(value, Decimal | Fraction) and abs(number) < 2**53 and type(value)(repr(number)) != value:
        raise _InvalidValue(
            "TOO_MANY_DECIMALS", f"must have at most six decimals, not {shown(value, str)}"
        )  # converting to a double would hide this
    return number


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _InvalidValue("WRONG_TYPE", f"expected a str, not {described(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _InvalidValue("BAD_TEXT", f"has a character that UTF-8 cannot express: {shown(value)}") from None
    return value


def _date(value: object) -> date_pb2.Date:
    """Converts a day. A datetime must be midnight without a time zone: with one, its day would depend on the place."""
    if not isinstance(value, datetime.date) or value != value:  # NaT of pandas
        raise _InvalidValue("WRONG_TYPE", f"expected a date, not {described(value)}")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            raise _InvalidValue("BAD_DATE", f"has a time zone; give a date, not {shown(value, str)}")
        if value.time() != datetime.time() or getattr(
            value, "nanosecond", False
        ):  # pandas keeps nanoseconds in an attribute of their own
            raise _InvalidValue("BAD_DATE", f"has a time of day; give a date, or midnight, not {shown(value, str)}")
    return date_pb2.Date(year=value.year, month=value.month, day=value.day)
