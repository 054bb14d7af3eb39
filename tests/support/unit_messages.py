"""Units as the messages that are sent: rows and tables."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from arrow_tables import as_message
from google.type import date_pb2
from oracle import Unit

from egov.scorer.v1 import scorer_pb2 as pb


def _answer(value: Any) -> pb.Answer:
    if isinstance(value, bool):
        return pb.Answer(flag=value)
    if isinstance(value, str):
        return pb.Answer(choice=value)
    if isinstance(value, datetime.date):
        return pb.Answer(date=date_pb2.Date(year=value.year, month=value.month, day=value.day))
    return pb.Answer(number=float(value))


def unit_message(unit: Unit) -> pb.Unit:
    """The message Unit."""
    return pb.Unit(id=unit.id, name=unit.name, tier=unit.tier, parent=unit.parent)


def unit_answers(unit: Unit) -> pb.UnitAnswers:
    """A unit as a row."""
    return pb.UnitAnswers(
        unit=unit_message(unit),
        answers={code: _answer(value) for code, value in unit.answers.items()},
        not_applicable_criteria=unit.not_applicable,
    )


def rows(units: Iterable[Unit]) -> pb.UnitRows:
    """Units as rows."""
    return pb.UnitRows(units=map(unit_answers, units))


def table(units: Sequence[Unit]) -> pb.UnitTable:
    """Units as a table."""
    return as_message(arrow_table(units))


def arrow_table(units: Sequence[Unit]) -> pa.Table:
    """Units as an Arrow table; columns that are empty are left out."""
    columns: dict[str, Any] = {}
    for field in ("id", "name", "tier", "parent"):
        texts = [getattr(unit, field) for unit in units]
        if any(texts):
            columns[field] = texts
    if any(unit.not_applicable for unit in units):
        columns["not_applicable"] = [list(unit.not_applicable) for unit in units]
    for code in sorted({code for unit in units for code in unit.answers}):
        answers = [unit.answers.get(code) for unit in units]
        columns[code] = [float(answer) if isinstance(answer, int | Decimal) else answer for answer in answers]
    return pa.table(columns)
