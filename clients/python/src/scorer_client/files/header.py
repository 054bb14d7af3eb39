"""The header of a sheet: which column is which, by code or by title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scorer_client.files.cells import Cell
from scorer_client.files.messages import COLUMN_TITLES, NOT_APPLICABLE
from scorer_client.files.names import plain
from scorer_client.forms import Form

FIXED = ("id", "name", "tier", "parent", "not_applicable")
"""Columns that say what unit it is and what does not apply to it; every other one is an indicator's."""
REQUIRED = ("id", "tier")

HEADER_WITHIN = 20
"""Rows among which the header is looked for."""


@dataclass(frozen=True)
class Column:
    """What a column holds."""

    name: str
    """One of ``FIXED``, or the code of an indicator."""
    criterion: str = ""
    """Of a column of ticks for one criterion that does not apply."""


class ColumnNames:
    """How the columns for a criteria set may be called: by code, or by title in any language.

    Args:
        form: the criteria set.
    """

    def __init__(self, form: Form) -> None:
        self.codes = {code: Column(code) for code in (*FIXED, *form.indicators)}
        self._titles: dict[str, dict[Column, None]] = {}
        self.written = [*self.codes]
        """All codes and titles."""
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

    def meant(self, text: str) -> Sequence[Column]:
        """The columns that a text may mean: one if it is clear."""
        if text in self.codes:
            return (self.codes[text],)
        return tuple(self._titles.get(plain(text), ()))

    def is_known(self, text: str) -> bool:
        """Whether a text is the name of a column."""
        return bool(self.meant(text.strip()))

    def count(self, cells: Iterable[Cell]) -> int:
        """How many different columns the cells of a row name."""
        return len({found[0] for cell in cells if isinstance(cell, str) and cell and (found := self.meant(cell))})
