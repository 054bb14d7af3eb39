"""Answers from a CSV file, every mistake with its row and column.

UTF-8 (a byte order mark is allowed); the header is ``id,name,tier,parent,not_applicable`` and then indicator codes, in
any order; only id and tier must be there. Empty is not reported; flags are 0 or 1; days are ISO; criteria that do not
apply are separated by ';'.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import io
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scorer_client.errors import ScorerError, Violation
from scorer_client.forms import Form, Indicator
from scorer_client.requests import EPOCH, Row, Unit, Value

FIXED = ("id", "name", "tier", "parent", "not_applicable")
REQUIRED = ("id", "tier")

MAX_CELL = 200

SEARCHES, MANY_NAMES = 20, 5_000
"""Nearly-right names are looked for so many times a file, among so many names: it takes longer than it helps."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLACE = re.compile(
    r"table\.(?:units\[(?P<unit>\d+)\]\.(?P<field>\w+)"
    r"|columns\[(?P<column>\d+)\]\.\w+\[(?P<entry>\d+)\]"
    r"|exclusions\[(?P<exclusion>\d+)\]\.criterion_ids\[\d+\])"
)

_ROW = re.compile(
    r"(?:unit_answers|rows\.units\[(?P<at>\d+)\])"
    r"\.(?:unit\.(?P<field>\w+)|answers\[\"(?P<code>\w+)\"\]|not_applicable_criteria\[\d+\])"
)


@dataclass
class Sheet:
    """A file's units and answers, and where each stands."""

    units: list[Unit] = field(default_factory=list)
    columns: dict[str, list[float | str]] = field(default_factory=dict)
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
            alone = [known.id for known in self.units].index(unit)
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
        return ScorerError(error.code, message, error.reason, error.metadata, violations)

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
        code = list(self.not_applicable)[int(match["exclusion"])]
        return place([unit.id for unit in self.units].index(code) + 2, self.header, "not_applicable")


def place(row: int, header: Sequence[str], column: str, at: int | None = None) -> str:
    """Such as: row 7, column H (firewall); ``at`` tells of two columns of one name which is meant."""
    if column not in header:
        return f"row {row}, column {column!r}"
    at, letters = (header.index(column) if at is None else at) + 1, ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return f"row {row}, column {letters} ({column})"


def read_csv(file: Path, form: Form) -> Sheet:
    """Reads a file for a criteria set.

    Raises:
        ScorerError: the file breaks its form; every violation has its row and column.
        OSError: the file cannot be read.
    """
    return _Reader(form).read(file.read_bytes())


class _Reader:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.sheet = Sheet()
        self.violations: list[Violation] = []
        self.first: dict[str, int] = {}
        """The first row of each id."""
        self.rows: list[int] = []
        """The row of each unit."""
        self.unread: set[str] = set()
        """Ids of units whose rows could not be read."""
        self.hints: dict[str, str] = {}

    def read(self, data: bytes) -> Sheet:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            row = data[: error.start].count(b"\n") + 1
            self._refuse(f"row {row}", "NOT_UTF8", "is not UTF-8; save the file as 'CSV UTF-8'")
            raise ScorerError.of_file(self.violations) from None
        lines: list[list[str]] = []
        try:
            lines.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            what = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
            self._refuse(f"row {len(lines) + 1}", "NOT_CSV", f"is not CSV: {what}")
            raise ScorerError.of_file(self.violations) from None
        while lines and not any(cell.strip() for cell in lines[-1]):
            lines.pop()
        if not lines:
            self._refuse("row 1", "EMPTY", f"the file is empty; its first row must be {','.join(FIXED)},...")
            raise ScorerError.of_file(self.violations)
        self._header([cell.strip() for cell in lines[0]])
        if self.violations:
            raise ScorerError.of_file(self.violations)
        if len(lines) == 1:
            self._refuse("row 2", "EMPTY", "there are no units below the header")
        for row, cells in enumerate(lines[1:], start=2):
            self._row(row, [cell.strip() for cell in cells])
        self._parents()
        if self.violations:
            raise ScorerError.of_file(self.violations)
        return self.sheet

    def _refuse(self, where: str, reason: str, description: str) -> None:
        self.violations.append(Violation(where, reason, description))

    def _header(self, header: list[str]) -> None:
        self.sheet.header = header
        known = [*FIXED, *self.form.indicators]
        if len(header) == 1 and ";" in header[0]:
            self._refuse("row 1", "NOT_CSV", "is separated by ';': save the file with commas")
            return
        if not set(header) & set(known):
            found = ",".join(header)[:60]
            self._refuse("row 1", "NO_HEADER", f"is not the header, which is {','.join(FIXED)},...; found {found!r}")
            return
        for at, name in enumerate(header):
            where = place(1, header, name, at)
            if name in header[:at]:
                self._refuse(where, "DUPLICATE_COLUMN", f"column {name!r} is there twice")
            elif name not in known:
                message = f"unknown column {name[:80]!r}{self._nearly(name, [k for k in known if k not in header])}"
                self._refuse(where, "UNKNOWN_COLUMN", message)
        for name in REQUIRED:
            if name not in header:
                self._refuse("row 1", "MISSING_COLUMN", f"the column {name!r} is missing")
        self.sheet.columns = {name: [] for name in header if name in self.form.indicators}

    def _row(self, row: int, cells: list[str]) -> None:
        header = self.sheet.header
        if not any(cells):
            self._refuse(f"row {row}", "EMPTY_ROW", "is empty: delete it, or fill in the unit")
            return
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}: is a comma missing or a text unquoted?"
            self._refuse(f"row {row}", "WRONG_LENGTH", message)
            self.unread.update(cells[:1] if header[0] == "id" else cells)
            return
        fixed = dict.fromkeys(FIXED, "")
        for name, cell in zip(header, cells, strict=True):
            if name in fixed:
                fixed[name] = cell
                continue
            try:
                self.sheet.columns[name].append(_cell(self.form.indicators[name], cell))
            except ValueError as error:
                self.sheet.columns[name].append(math.nan)
                self._refuse(place(row, header, name), "WRONG_KIND", str(error))
        self._fixed(row, fixed)

    def _fixed(self, row: int, fixed: dict[str, str]) -> None:
        header, tiers = self.sheet.header, self.form.tiers
        if not fixed["id"]:
            self._refuse(place(row, header, "id"), "BAD_UNIT_ID", "is empty; every unit needs an id")
        if fixed["tier"] not in tiers:
            message = f"expected {' or '.join(tiers)}, not {fixed['tier'][:80]!r}{self._nearly(fixed['tier'], tiers)}"
            self._refuse(place(row, header, "tier"), "UNKNOWN_TIER", message)
        left_out = [code.strip() for code in fixed["not_applicable"].split(";") if code.strip()]
        for code in left_out:
            if code not in self.form.excludable:
                what = "cannot be not applicable" if code in self.form.texts else "is unknown"
                message = f"criterion {code!r} {what}{self._nearly(code, self.form.excludable)}"
                self._refuse(place(row, header, "not_applicable"), "UNKNOWN_CRITERION", message)
        if left_out:
            self.sheet.not_applicable[fixed["id"]] = left_out
        if fixed["id"] and fixed["id"] in self.first:
            message = f"{fixed['id'][:80]!r} is the id at {place(self.first[fixed['id']], header, 'id')} already"
            self._refuse(place(row, header, "id"), "DUPLICATE_UNIT_ID", message)
        self.first.setdefault(fixed["id"], row)
        self.rows.append(row)
        self.sheet.units.append(Unit(fixed["id"], fixed["tier"], fixed["name"], fixed["parent"]))

    def _parents(self) -> None:
        """A file that holds some of a tier's parents must hold all: or a row is missing, or a parent misspelt."""
        ids = {unit.id for unit in self.sheet.units} | self.unread
        whole = {unit.tier for unit in self.sheet.units if unit.parent in ids}
        for row, unit in zip(self.rows, self.sheet.units, strict=True):
            if unit.parent and unit.parent not in ids and unit.tier in whole:
                hint = self._nearly(unit.parent, ids) or "; is its row missing?"
                message = f"no unit of the file has the id {unit.parent[:80]!r}{hint}"
                self._refuse(place(row, self.sheet.header, "parent"), "UNKNOWN_PARENT", message)

    def _nearly(self, name: str, names: Collection[str]) -> str:
        """A hint; each misspelling is looked up once, and not too many are."""
        if name not in self.hints:
            if len(self.hints) >= SEARCHES or len(names) > MANY_NAMES:
                return ""
            self.hints[name] = _nearly(name, names)
        return self.hints[name]


def _cell(indicator: Indicator, cell: str) -> float | str:
    if len(cell) > MAX_CELL:
        raise ValueError(f"has {len(cell)} letters; is a quote missing? It begins {cell[:40]!r}")
    if indicator.kind == "choice":
        if cell and cell not in indicator.options:
            raise ValueError(
                f"expected {', '.join(indicator.options)} or nothing, not {cell!r}{_nearly(cell, indicator.options)}"
            )
        return cell
    if not cell:
        return math.nan
    if indicator.kind == "flag":
        if cell not in ("0", "1"):
            raise ValueError(f"expected 1 (yes), 0 (no) or nothing, not {cell!r}")
        return float(cell)
    if indicator.kind == "date":
        try:
            if _DAY.fullmatch(cell):
                return float((datetime.date.fromisoformat(cell) - EPOCH).days)
        except ValueError:
            pass
        raise ValueError(f"expected a day such as 2020-06-30, not {cell!r}")
    if _COMMA.fullmatch(cell):
        raise ValueError(f"write decimals with a point: {cell.replace(',', '.')}, not {cell!r}")
    if not _NUMBER.fullmatch(cell):
        raise ValueError(f"expected a number such as 12{'' if indicator.kind == 'count' else '.5'}, not {cell!r}")
    number = float(cell)
    if indicator.kind == "count" and not number.is_integer():
        raise ValueError(f"expected a whole number, not {cell!r}")
    return number


def _value(indicator: Indicator, cell: float | str) -> Value:
    if isinstance(cell, str):
        return cell
    if indicator.kind == "flag":
        return bool(cell)
    return EPOCH + datetime.timedelta(days=int(cell)) if indicator.kind == "date" else cell


def _nearly(name: str, names: Iterable[str]) -> str:
    by_lower = {known.lower(): known for known in sorted(names)}
    close = difflib.get_close_matches(name[:80].lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""
