"""The units and answers of a file, and where each stands in it."""

from __future__ import annotations

import datetime
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from scorer_client.errors import ScorerError, Violation
from scorer_client.forms import Form, Indicator
from scorer_client.requests import EPOCH, Row, Value
from scorer_client.tables import by_criterion
from scorer_client.units import Units

_PLACE = re.compile(
    r"table\.(?:unit_columns\.(?P<field>\w+)s\[(?P<unit>\d+)\]"
    r"|columns\[(?P<column>\d+)\]\.\w+\[(?P<entry>\d+)\]"
    r"|criterion_exclusions\[(?P<exclusion>\d+)\]\.criterion_id)"
)

_ROW = re.compile(
    r"(?:unit_answers|rows\.units\[(?P<at>\d+)\])"
    r"\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


@dataclass
class Sheet:
    """A file's units and answers, and where each stands."""

    units: Units = field(default_factory=Units)
    columns: dict[str, array[float] | list[str]] = field(default_factory=dict)
    """By indicator: numbers with NaN, or option codes with ""."""
    not_applicable: dict[str, list[str]] = field(default_factory=dict)
    """Criteria by unit id, for units that have any."""
    header: list[str] = field(default_factory=list)

    def rows(self, form: Form) -> list[Row]:
        """The same, unit by unit."""
        indicators = [form.indicators[code] for code in self.columns]
        rows = []
        for at, unit in enumerate(self.units):
            cells = [(indicator, self.columns[indicator.code][at]) for indicator in indicators]
            answers = {i.code: _value(i, cell) for i, cell in cells if cell not in ("",) and cell == cell}
            left_out = self.not_applicable.get(unit.id, [])
            rows.append(Row(unit.id, unit.tier, answers, unit.name, unit.parent, left_out))
        return rows

    def in_file(self, error: ScorerError, unit: str = "") -> ScorerError:
        """What the service refuses, with rows and columns of the file instead of field paths.

        Args:
            error: of the whole file sent as a table or as rows; or of one unit sent alone.
            unit: the id of that one unit.
        """
        if unit:
            alone = self.units.place(unit) or 0
            violations = [v._replace(field=self._place(v.field, alone)) for v in error.violations]
            return self._with(error, violations)
        violations = [
            v._replace(field=self._place(v.field), description=_PLACE.sub(self._of_match, v.description))
            for v in error.violations
        ]
        return self._with(error, violations)

    @staticmethod
    def _with(error: ScorerError, violations: list[Violation]) -> ScorerError:
        first, total = violations[0], error.violations_total
        more = f" (and {total - 1} more)" if total > 1 else ""
        message = f"{first.field}: {first.description}{more}"
        return ScorerError(error.code, message, error.reason, error.metadata, violations, error.request_id)

    def _place(self, path: str, alone: int = 0) -> str:
        if match := _PLACE.fullmatch(path):
            return self._of_match(match)
        if match := _ROW.fullmatch(path):
            row = int(match["at"] or alone) + 2
            return place(row, self.header, match["field"] or match["code"] or "not_applicable")
        return path

    def _of_match(self, match: re.Match[str]) -> str:
        if match["unit"]:
            return place(int(match["unit"]) + 2, self.header, match["field"])
        if match["column"]:
            return place(int(match["entry"]) + 2, self.header, list(self.columns)[int(match["column"])])
        first, *_ = list(by_criterion(self.not_applicable).values())[int(match["exclusion"])]
        return place((self.units.place(first) or 0) + 2, self.header, "not_applicable")


def place(row: int, header: Sequence[str], column: str, at: int | None = None) -> str:
    """Such as: row 7, column H (firewall); ``at`` tells of two columns of one name which is meant."""
    if column not in header:
        return f"row {row}, column {column!r}"
    at, letters = (header.index(column) if at is None else at) + 1, ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return f"row {row}, column {letters} ({column})"


def _value(indicator: Indicator, cell: float | str) -> Value:
    if isinstance(cell, str):
        return cell
    if indicator.kind == "flag":
        return bool(cell)
    return EPOCH + datetime.timedelta(days=int(cell)) if indicator.kind == "date" else cell
