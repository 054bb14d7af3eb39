"""Python values as request messages."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from google.type import date_pb2

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.errors import ScorerError, Violation

Value: TypeAlias = bool | int | float | str | datetime.date
"""An answer: bool for a flag, a number for a count or number, str for a choice, date for a date."""

EPOCH = datetime.date(1970, 1, 1)


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
    """The row of ScoreUnit for the wire.

    Raises:
        ScorerError: it holds values that cannot be sent; violations name their fields as the service would.
    """
    reader = _RowReader()
    return reader.checked([reader.message("unit_answers", row)])[0]


def row_messages(rows: Iterable[Row]) -> list[pb.UnitAnswers]:
    """The rows of RankProvince for the wire.

    Raises:
        ScorerError: as ``row_message``, with the violations of all rows.
    """
    reader = _RowReader()
    return reader.checked([reader.message(f"rows.units[{at}]", row) for at, row in enumerate(rows)])


def day_message(day: datetime.date | None) -> date_pb2.Date | None:
    """The option ``effective_on`` for the wire.

    Raises:
        TypeError: it is no date, or a moment.
    """
    try:
        return None if day is None else _date(day)
    except _Wrong as wrong:
        raise TypeError(f"effective_on: {wrong}") from None


def check_texts(**options: object) -> None:
    """Checks options that have to be texts.

    Raises:
        TypeError: one is something else.
    """
    for name, value in options.items():
        if not isinstance(value, str):
            raise TypeError(f"{name}: expected a str, not {_described(value)}")


def view(full: bool) -> pb.ScorecardView:
    """BASIC or FULL."""
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


class _Wrong(Exception):
    """A value that cannot be sent."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(description)
        self.reason = reason


class _RowReader:
    """Makes messages of rows, and collects what is wrong with them."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def checked(self, messages: list[pb.UnitAnswers]) -> list[pb.UnitAnswers]:
        """The messages, if there was nothing wrong.

        Raises:
            ScorerError: there was.
        """
        if self._violations:
            raise ScorerError.before_sending("INVALID_ROWS", self._violations, len(self._violations))
        return messages

    def message(self, path: str, row: Row) -> pb.UnitAnswers:
        """A row; incomplete if something is wrong with it."""
        message = pb.UnitAnswers()
        if not isinstance(row, Row):
            self._refuse(path, _Wrong("WRONG_TYPE", f"expected a Row, not {_described(row)}"))
            return message
        for field in ("id", "name", "tier", "parent"):
            try:
                setattr(message.unit, field, _text(getattr(row, field)))
            except _Wrong as wrong:
                self._refuse(f"{path}.unit.{field}", wrong)
        if isinstance(row.answers, Mapping):
            for code, value in row.answers.items():
                try:
                    message.answers[_text(code)].CopyFrom(_answer(value))
                except _Wrong as wrong:
                    self._refuse(f"{path}.answers[{json.dumps(str(code), ensure_ascii=False)}]", wrong)
        else:
            wrong = _Wrong("WRONG_TYPE", f"expected a mapping of answers by indicator, not {_described(row.answers)}")
            self._refuse(f"{path}.answers", wrong)
        self._exclude(message, f"{path}.not_applicable_criteria", row.not_applicable)
        return message

    def _exclude(self, message: pb.UnitAnswers, path: str, codes: object) -> None:
        if not isinstance(codes, Iterable) or isinstance(codes, str | bytes | Mapping):
            self._refuse(path, _Wrong("WRONG_TYPE", f"expected a list of ids of criteria, not {_described(codes)}"))
            return
        for at, code in enumerate(codes):
            try:
                message.not_applicable_criteria.append(_text(code))
            except _Wrong as wrong:
                self._refuse(f"{path}[{at}]", wrong)

    def _refuse(self, path: str, wrong: _Wrong) -> None:
        self._violations.append(Violation(path, wrong.reason, str(wrong)))


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
            return pb.Answer()  # the service says what to do instead
    if (plain := _plain(value)) is not value:
        return _answer(plain)
    raise _Wrong("WRONG_TYPE", f"expected a bool, a number, a str or a date, not {_described(value)}")


def _plain(value: Any) -> object:
    """A scalar of NumPy as Python's own; of single or half precision, as it is printed: 70.1 and not 70.0999984741."""
    try:
        narrow = value.dtype.kind == "f" and value.dtype.itemsize < 8
        return float(str(value)) if narrow else value.item()
    except (AttributeError, TypeError, ValueError):
        return value


def _number(value: int | Decimal | Fraction) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise _Wrong("OUT_OF_RANGE", "is larger than any number that can be sent") from None
    if isinstance(value, Decimal | Fraction) and abs(number) < 2**53 and type(value)(repr(number)) != value:
        raise _Wrong("TOO_MANY_DECIMALS", f"must have at most six decimals, not {value}")  # a double would hide some
    return number


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Wrong("WRONG_TYPE", f"expected a str, not {_described(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Wrong("BAD_TEXT", f"has a character that UTF-8 cannot express: {value[:80]!r}") from None
    return value


def _date(value: object) -> date_pb2.Date:
    """A day. A moment is one only at midnight and without a time zone: elsewhere it is another day."""
    if not isinstance(value, datetime.date) or value != value:  # NaT, which is no day
        raise _Wrong("WRONG_TYPE", f"expected a date, not {_described(value)}")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            raise _Wrong("BAD_DATE", f"has a time zone; give a date, not {value}")
        if value.time() != datetime.time():
            raise _Wrong("BAD_DATE", f"has a time of day; give a date, or midnight, not {value}")
    return date_pb2.Date(year=value.year, month=value.month, day=value.day)


def _described(value: object) -> str:
    return f"{value!r:.80} of type {type(value).__name__}"
