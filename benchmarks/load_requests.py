"""Requests for a criteria set of a running server, with drawn units or the units of a CSV file."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client import Client, Row, ScorerError, Value
from scorer_client.criteria_set_form import Indicator, form_of
from scorer_client.requests import EPOCH, row_message
from scorer_client.unit_table import table_stream

SEED = 20200630
POOL = 100
"""Number of different units; a larger province repeats their answers."""
LARGEST_RANGE = 1_000.0
"""Maximum difference between a drawn number and the smallest allowed answer."""
MISSING, EXCLUDED = 0.02, 0.05
TRIES = 50
"""Maximum number of rounds that remove refused answers. One round is not enough, because an error lists only some of
the violations."""

_ANSWER = re.compile(r"rows\.units\[(\d+)\]\.answers\[\"(\w+)\"\]")


class NotDrawn(Exception):
    """No requests can be drawn; the text says why."""


@dataclass(frozen=True)
class Requests:
    """Requests with units that the server accepts."""

    criteria_set: str
    rows: tuple[Row, ...]
    repeats: bool
    """Whether rows may be repeated with other ids; False for the rows of a file."""

    @classmethod
    def of(cls, client: Client, criteria_set: str = "", tier: str = "", data: Path | None = None) -> Requests:
        """Draws units, or reads them from a file.

        Args:
            client: a client of the server.
            criteria_set: code of the set; empty: the first set that can be used.
            tier: tier of drawn units; empty: the set's first tier.
            data: a CSV file in the format of 'scorer rank'.

        Raises:
            NotDrawn: the set or tier does not exist, or the server refuses all drawn answers.
            ScorerError: a call failed, or the file has mistakes.
            OSError: the file cannot be read.
        """
        code = criteria_set or next(
            (one.code for one in client.criteria_sets() if one.state == criteria_pb2.CRITERIA_SET_STATE_AVAILABLE), ""
        )
        if not code:
            raise NotDrawn("the server has no criteria set that can be used")
        if data is not None:
            return cls(code, tuple(client.read_file(code, data).rows()), repeats=False)
        message = client.criteria_set(code)
        tier = tier or message.summary.tiers[0]
        if tier not in message.summary.tiers:
            raise NotDrawn(f"{code} has no tier {tier!r}; it has {', '.join(message.summary.tiers)}")
        drawer = _Drawer(message, tier)
        return cls(code, tuple(_taken(client, code, [drawer.row(n) for n in range(POOL)])), repeats=True)

    def single(self) -> list[bytes]:
        """ScoreUnit requests, one per row."""
        return [
            scorer_pb2.ScoreUnitRequest(
                criteria_set=self.criteria_set, unit_answers=row_message(row)
            ).SerializeToString()
            for row in self.rows
        ]

    def province(self, units: int) -> bytes:
        """A RankProvince request with a table: of all rows of a file, or of ``units`` units if rows were drawn."""
        rows = self.rows
        if self.repeats:
            rows = tuple(replace(rows[n % len(rows)], id=f"unit-{n:06d}") for n in range(units))
        codes = dict.fromkeys(code for row in self.rows for code in row.answers)
        request = scorer_pb2.RankProvinceRequest(criteria_set=self.criteria_set)
        fields = ("id", "tier", "name", "parent", "not_applicable")
        columns = {field: [getattr(row, field) for row in rows] for field in fields}
        columns |= {code: [row.answers.get(code) for row in rows] for code in codes}
        request.table.arrow_stream = table_stream(columns)
        return request.SerializeToString()


def _taken(client: Client, code: str, rows: list[Row]) -> list[Row]:
    """The rows, without those answers that the server refuses, such as a part that is larger than its whole."""
    for _ in range(TRIES):
        try:
            client.rank_province(code, rows)
        except ScorerError as error:
            refused = [match for violation in error.violations if (match := _ANSWER.fullmatch(violation.field))]
            if not refused:
                raise
            for match in refused:
                row = rows[int(match[1])]
                answers = {name: value for name, value in row.answers.items() if name != match[2]}
                rows[int(match[1])] = replace(row, answers=answers)
        else:
            return rows
    raise NotDrawn(f"{code}: of {len(rows)} drawn units, some are still refused after {TRIES} rounds; give --data")


class _Drawer:
    def __init__(self, message: criteria_pb2.CriteriaSet, tier: str) -> None:
        self._form, self._tier, self._random = form_of(message), tier, Random(SEED)
        start = message.summary.effective_from
        self._day = (datetime.date(start.year or 2020, start.month or 1, start.day or 1) - EPOCH).days
        criteria = [
            criterion
            for category in message.categories
            for group in category.groups
            for criterion in group.criteria
            if any(points.tier == tier for points in criterion.points)
        ]
        self._codes = dict.fromkeys(code for criterion in criteria for code in criterion.indicators)
        self._excludable = [criterion.id for criterion in criteria if criterion.may_be_not_applicable]
        self._wholes: dict[str, set[str]] = {}
        for criterion in criteria:
            for part, whole in _ratios(json.loads(criterion.parameters or "{}")):
                self._wholes.setdefault(part, set()).add(whole)

    def row(self, number: int) -> Row:
        drawn: dict[str, float] = {}
        for code in self._codes:
            self._draw(code, drawn)
        return Row(
            f"unit-{number:06d}",
            self._tier,
            {code: self._value(code, drawn[code]) for code in self._codes if self._random.random() >= MISSING},
            not_applicable=[code for code in self._excludable if self._random.random() < EXCLUDED],
        )

    def _draw(self, code: str, drawn: dict[str, float]) -> float:
        """Draws an answer as a number; the numerator of a ratio is at most its denominator."""
        if code in drawn:
            return drawn[code]
        indicator = self._form.indicators[code]
        low, high = indicator.ranges[self._tier]
        if indicator.kind == "date":
            low, high = max(low, self._day - 180.0), min(high, self._day + 180.0)
        elif indicator.kind in ("count", "number"):
            low = max(low, 0.0) if high > 0 else low
            high = drawn[code] = min(high, low + LARGEST_RANGE)  # stored first, so that cycles of ratios end
            high = max(low, min([high, *(self._draw(whole, drawn) for whole in self._wholes.get(code, ()))]))
        share = self._random.triangular(0.4, 1.0, 1.0)
        drawn[code] = _rounded(indicator, low, high, low + share * (high - low))
        return drawn[code]

    def _value(self, code: str, number: float) -> Value:
        indicator = self._form.indicators[code]
        if indicator.kind == "flag":
            return bool(number)
        if indicator.kind == "choice":
            return indicator.options[int(number)]
        return EPOCH + datetime.timedelta(days=int(number)) if indicator.kind == "date" else number


def _rounded(indicator: Indicator, low: float, high: float, number: float) -> float:
    """Rounds to a whole number, or to two decimals for a number, within the range."""
    if indicator.kind == "number":
        return min(max(round(number, 2), low), high)
    return float(min(max(round(number), math.ceil(low)), math.floor(high)))


def _ratios(parameters: Any) -> Iterator[tuple[str, str]]:
    """All pairs of numerator and denominator in a formula's parameters."""
    if isinstance(parameters, dict):
        part, whole = parameters.get("numerator"), parameters.get("denominator")
        if isinstance(part, str) and isinstance(whole, str):
            yield part, whole
        parameters = list(parameters.values())
    if isinstance(parameters, list):
        for item in parameters:
            yield from _ratios(item)
