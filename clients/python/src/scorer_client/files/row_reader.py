"""Reads the rows of a sheet as units and answers."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Protocol

from scorer_client.doubtful_names import is_doubtful
from scorer_client.file_table import FileTable
from scorer_client.files.cell_parser import CellParser, WrongCell
from scorer_client.files.header import FIXED, Column
from scorer_client.files.messages import say
from scorer_client.files.names import NearestNames, plain
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import Cell, Sheet, shown


class Collector(Protocol):
    """Collects units and violations. ``table_reader.TableReader`` implements it."""

    table: FileTable
    notes: Notes
    nearest: NearestNames
    tiers: dict[str, str]
    absent: frozenset[str]

    def refuse(self, where: str, reason: str, key: str, **values: object) -> None:
        """See ``TableReader.refuse``."""

    def refuse_text(self, where: str, reason: str, description: str) -> None:
        """See ``TableReader.refuse_text``."""

    def add_unread(self, ids: Collection[str]) -> None:
        """See ``TableReader.add_unread``."""


class RowReader:
    """Reads the rows of one sheet.

    Args:
        reader: collects units and violations.
        sheet: the sheet to read.
        columns: the meaning of each column; None for a column without a header.
        values: converts cells.
        tier: tier of units whose row has none; "" if the sheet has no tier.
    """

    def __init__(
        self, reader: Collector, sheet: Sheet, columns: list[Column | None], values: CellParser, tier: str
    ) -> None:
        self._reader, self._sheet, self._columns, self._values = reader, sheet, columns, values
        self._tier, self._notes = tier, reader.notes
        self._in_gap = False
        """Whether the previous row was empty."""
        form = reader.table.form
        self._answers = [
            (index, form.indicators[column.name], reader.table.columns[column.name])
            for index, column in enumerate(columns)
            if column and column.name in form.indicators
        ]
        self._fixed = [(index, column) for index, column in enumerate(columns) if column and column.name in FIXED]
        self._index_by_name = {column.name: index for index, column in reversed(self._fixed)}
        self._unnamed = [index for index, column in enumerate(columns) if column is None]

    def read(self, row: int, cells: list[Cell]) -> None:
        """Adds a row to the table."""
        sheet, values, width = self._sheet, self._values, len(self._columns)
        if not cells:
            if not (
                sheet.name and self._in_gap
            ):  # a workbook gets one violation per gap, which may have thousands of rows
                self._reader.refuse(sheet.position(row), "EMPTY_ROW", "empty_row")
            self._in_gap = True
            return
        self._in_gap = False
        if len(cells) != width and not self._fit(row, cells):
            return
        for index in self._unnamed:
            self._check_empty(row, index, cells[index])
        for index, indicator, column in self._answers:
            try:
                if isinstance(column, list):
                    column.append(values.option(indicator, cells[index]))
                else:
                    column.append(values.number(indicator, cells[index]))
            except WrongCell as error:
                self._reader.refuse_text(sheet.position(row, index, indicator.code), "WRONG_KIND", str(error))
                if isinstance(column, list):  # the other answers of the row can still be checked
                    column.append("")
                else:
                    column.append(math.nan)
            if values.noted:
                self._note(row, index, cells[index])
        self._unit(row, cells)

    def _fit(self, row: int, cells: list[Cell]) -> bool:
        """Makes a row as long as the header. Returns False, and adds a violation, if it has another number of cells."""
        width = len(self._columns)
        if len(cells) < width and not self._sheet.separated:
            cells += [None] * (width - len(cells))
            return True
        if any(cell is not None and cell != "" for cell in cells[width:]) or len(cells) < width:
            if self._sheet.separated:
                self._reader.refuse(self._sheet.position(row), "WRONG_LENGTH", "wrong_length", n=len(cells), of=width)
                texts = [cell for cell in cells if isinstance(cell, str)]
                first = self._columns[0]
                self._reader.add_unread(texts[:1] if first and first.name == "id" else texts)
                return False
            for index in range(width, len(cells)):
                self._check_empty(row, index, cells[index])
        del cells[width:]
        return True

    def _check_empty(self, row: int, index: int, cell: Cell) -> None:
        """Refuses a value in a column without a header, because it would be lost."""
        if cell is not None and cell != "":
            self._reader.refuse(self._sheet.position(row, index), "UNKNOWN_COLUMN", "no_column", cell=shown(cell)[:40])

    def _unit(self, row: int, cells: list[Cell]) -> None:
        fixed, left_out = dict.fromkeys(FIXED, ""), list[str]()
        for index, column in self._fixed:
            try:
                if column.criterion:
                    if self._values.tick(cells[index]):
                        left_out.append(column.criterion)
                elif column.name == "not_applicable":
                    excludable = self._reader.table.form.excludable
                    fixed[column.name] = self._values.criteria(cells[index], excludable)
                else:
                    fixed[column.name] = self._values.text(cells[index])
            except WrongCell as error:
                self._reader.refuse_text(self._sheet.position(row, index, column.name), "WRONG_KIND", str(error))
            if self._values.noted:
                self._note(row, index, cells[index])
        left_out += [code.strip() for code in fixed["not_applicable"].split(";") if code.strip()]
        fixed["tier"] = fixed["tier"] or self._tier
        self._add_unit(row, fixed, left_out)

    def _add_unit(self, row: int, fixed: dict[str, str], left_out: list[str]) -> None:
        """Adds a unit. Adds violations for its mistakes.

        Args:
            row: number of the unit's row.
            fixed: the unit's id, name, tier and parent.
            left_out: criteria that do not apply to the unit.
        """
        table, code = self._reader.table, fixed["id"]
        if not code and "id" not in self._reader.absent:
            self._refuse(row, "id", "BAD_UNIT_ID", "no_id")
        if fixed["tier"] not in table.form.tiers and "tier" not in self._reader.absent:
            fixed["tier"] = self._tier_of_word(row, fixed["tier"])
        if self._tier and fixed["tier"] != self._tier and not self._notes.more("note_other_tier"):
            self._notes.add(
                "note_other_tier", self._position(row, "tier"), sheet=self._sheet.name or self._sheet.saved_from
            )
        self._check_left_out(row, left_out)
        if is_doubtful(fixed["name"]) and not self._notes.more("note_lost_letters"):
            self._notes.add("note_lost_letters", self._position(row, "name"), fixed["name"])
        if left_out:
            table.not_applicable[code] = left_out
        if code and (first := table.units.index_of(code)) is not None:
            where = table.positions.of(first, "id")
            self._refuse(row, "id", "DUPLICATE_UNIT_ID", "duplicate_id", id=code[:80], position=where)
        table.positions.add(row)
        table.units.append(code, fixed["tier"], fixed["name"], fixed["parent"])

    def _tier_of_word(self, row: int, word: str) -> str:
        """The tier that a word means. An unknown word is returned as it is, and is a violation."""
        tier, tiers = self._reader.tiers.get(plain(word)), self._reader.table.form.tiers
        if tier is None:
            expected, hint = say(self._notes.language, "or").join(tiers), self._reader.nearest.hint(word, tiers)
            self._refuse(row, "tier", "UNKNOWN_TIER", "tier", tiers=expected, cell=word[:80], hint=hint)
            return word
        if not self._notes.more("note_tier"):
            self._notes.add("note_tier", self._position(row, "tier"), word, tier)
        return tier

    def _check_left_out(self, row: int, left_out: list[str]) -> None:
        form = self._reader.table.form
        for index, criterion in enumerate(left_out):
            if criterion in left_out[:index]:
                self._refuse(row, "not_applicable", "DUPLICATE_CRITERION", "criterion_twice", criterion=criterion)
            elif criterion not in form.excludable:
                key = "not_excludable" if criterion in form.texts else "unknown_criterion"
                hint = self._reader.nearest.hint(criterion, form.excludable)
                if any(part.strip() in form.excludable for part in criterion.split(",")):
                    hint = say(self._notes.language, "by_semicolon")
                self._refuse(row, "not_applicable", "UNKNOWN_CRITERION", key, criterion=criterion, hint=hint)

    def _refuse(self, row: int, column: str, reason: str, key: str, **values: object) -> None:
        """Adds a violation of a cell; see ``TableReader.refuse``."""
        self._reader.refuse(self._position(row, column), reason, key, **values)

    def _position(self, row: int, column: str) -> str:
        """The position of a cell, by the code of its column."""
        return self._sheet.position(row, self._index_by_name.get(column), column)

    def _note(self, row: int, index: int, cell: Cell) -> None:
        """Adds the notes about the cell that was converted last to the notes of the file."""
        column = self._columns[index]
        for key, value in self._values.noted:
            if not self._notes.more(key):
                self._notes.add(
                    key, self._sheet.position(row, index, column.name if column else ""), shown(cell), value
                )
        self._values.noted.clear()
