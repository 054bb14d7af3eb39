"""Recognizes the columns of a sheet by code or title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scorer_client.criteria_set_form import Form
from scorer_client.files.names import plain
from scorer_client.files.sheets import MAX_COLUMNS, Cell, SheetRow
from scorer_client.files.words import COLUMN_TITLES, NOT_APPLICABLE

FIXED = ("id", "name", "tier", "parent", "not_applicable")
"""Codes of the columns that describe the unit. All other columns are indicators."""
REQUIRED = ("id", "tier")

HEADER_WITHIN = 20
"""The header must be one of this number of rows at the beginning of a sheet."""


@dataclass(frozen=True)
class Column:
    """The meaning of a column."""

    name: str
    """One of ``FIXED``, or the code of an indicator."""
    criterion: str = ""
    """For a column in which units are ticked: the criterion that does not apply to ticked units; otherwise ""."""


REFUSED = Column("")
"""A column whose header is wrong. Its cells are not read."""


class ColumnNames:
    """The names that columns may have for a criteria set: codes, and titles in any language.

    Args:
        form: the form of the criteria set.
    """

    def __init__(self, form: Form) -> None:
        self.codes = {code: Column(code) for code in (*FIXED, *form.indicators)}
        self._titles: dict[str, dict[Column, None]] = {}
        self.written = [*self.codes]
        """All codes and titles of columns."""
        for name, titles in COLUMN_TITLES.items():
            self._add(Column(name), titles)
        for code, indicator in form.indicators.items():
            self._add(Column(code), indicator.titles.values())
        for criterion in form.excludable:
            ticks = Column("not_applicable", criterion)
            self._add(ticks, [title.format(criterion=criterion) for title in NOT_APPLICABLE])

    def _add(self, column: Column, titles: Iterable[str]) -> None:
        for title in titles:
            self.written.append(title)
            for text in (title, f"{title} ({column.name})"):
                self._titles.setdefault(plain(text), {})[column] = None

    def columns(self, text: str) -> Sequence[Column]:
        """The columns that a text names: none if it is unknown, several if it is ambiguous."""
        if text in self.codes:
            return (self.codes[text],)
        return tuple(self._titles.get(plain(text), ()))

    def is_known(self, text: str) -> bool:
        """Whether a text names a column."""
        return bool(self.columns(text.strip()))

    def count(self, cells: Iterable[Cell]) -> int:
        """The number of different columns that the cells of a row name."""
        return len({named[0] for cell in cells if isinstance(cell, str) and cell and (named := self.columns(cell))})

    def header_index(self, rows: Sequence[SheetRow]) -> int | None:
        """Index of the first row that names two columns; if there is none, of the first row that names one."""
        counts = [self.count(row.cells[:MAX_COLUMNS]) for row in rows]
        return next((index for least in (2, 1) for index, count in enumerate(counts) if count >= least), None)
