"""Reads units and answers from sheets of cells, and collects mistakes with their positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice

from scorer_client.criteria_set_form import Form
from scorer_client.errors import ScorerError, Violation
from scorer_client.file_table import FileTable, InvalidFileError
from scorer_client.files.cell_parser import CellParser
from scorer_client.files.header import HEADER_WITHIN, REFUSED, REQUIRED, Column, ColumnNames
from scorer_client.files.messages import say
from scorer_client.files.names import NearestNames, is_instructions, named_set, plain, sheet_names, tier_words
from scorer_client.files.reading_notes import Notes
from scorer_client.files.row_reader import RowReader
from scorer_client.files.sheets import MAX_COLUMNS, Cell, Sheet, SheetRow, UnreadableFile, quoted, shown

MAX_VIOLATIONS = 1_000
"""Maximum number of violations that are listed. All violations are counted."""


class TableReader:
    """Makes one table from the sheets of one or several files.

    Args:
        form: the form of the criteria set.
        names: names of the form's columns.
        notes: collects notes on values that are read differently from how they are written.
    """

    def __init__(self, form: Form, names: ColumnNames, notes: Notes) -> None:
        self._form, self._names, self.notes = form, names, notes
        self._tier_words = tier_words(form)
        self.tiers = {plain(word): tier for tier, words in self._tier_words.items() for word in words}
        """The tier that each word means, by the word in the form that ``plain`` returns."""
        self.nearest = NearestNames(notes.language)
        self.table = FileTable(form, [])
        self._violations: list[Violation] = []
        self._total = 0
        self._other_set: Violation | None = None
        """Names the criteria set of a form if it is another one, which can be the reason of all other violations."""
        self.complete = True
        """Whether all units of all files have been read, with their ids, tiers and parents."""
        self.absent: frozenset[str] = frozenset()
        """Required columns that the current sheet does not have."""
        self._unread: set[str] = set()
        """Ids of units whose rows could not be read."""
        self._first_unit = ""
        """Position where the first unit is expected; "" until a header has been read."""

    def read(self, sheets: Iterable[Sheet], name: str = "") -> None:
        """Adds the units of a file.

        Args:
            sheets: the sheets of the file.
            name: name of the file if several files are read.
        """
        try:
            have_units = [self._sheet(sheet) for sheet in sheets]
        except UnreadableFile as error:
            for where, reason, description in error.violations:
                prefix = name if where == "file" and name else f"{name}: {where}" if name else where
                self.refuse_text(prefix, reason, description)
            self.complete = False
        else:
            if not any(have_units) and not self._violations:
                self.refuse(name or "file", "NO_HEADER", "no_sheet" if have_units else "empty")

    def finish(self) -> FileTable:
        """Returns the table of all files.

        Raises:
            InvalidFileError: there are mistakes. Every violation has its position.
        """
        if not self.table.units and not self._violations:
            self.refuse(self._first_unit or "row 2", "EMPTY", "no_units")
        if self.complete:
            self._check_parents()
        if self._violations:
            if self._other_set:
                self._violations.insert(0, self._other_set)
                self._total += 1
            error = InvalidFileError.before_sending("INVALID_FILE", self._violations, self._total)
            error.table = self.table if self.complete and self.table.units else None
            raise error
        self.table.notes = self.notes.sentences()
        return self.table

    def may_have(self, unit: str) -> bool:
        """Whether a unit with this id has been read, or may be in a part that could not be read."""
        return not self.complete or unit in self._unread or self.table.units.index_of(unit) is not None

    def refuse(self, where: str, reason: str, key: str, **values: object) -> None:
        """Adds a violation whose description is the message ``key`` of ``MESSAGES``."""
        self.refuse_text(where, reason, say(self.notes.language, key, **values))

    def refuse_text(self, where: str, reason: str, description: str) -> None:
        """Adds a violation with a description."""
        self._total += 1
        if len(self._violations) < MAX_VIOLATIONS:
            self._violations.append(Violation(where, reason, description))

    def refuse_other(self, error: ScorerError) -> None:
        """Adds the violations of a file that has no answers, such as the register."""
        for violation in error.violations:
            self.refuse_text(*violation)
        self._total += error.violations_total - len(error.violations)

    def _sheet(self, sheet: Sheet) -> bool:
        """Reads a sheet. Returns False if it has no units and is skipped."""
        first = list(islice(sheet.rows, HEADER_WITHIN))
        tier = self.tiers.get(plain(sheet.name or sheet.saved_from), "")
        index = self._names.header_index(first)
        if is_instructions(sheet.name) and (index is None or self._names.count(first[index].cells) < 2):
            self._check_set(named_set(chain(first, sheet.rows))[:80], sheet.position(None))
            return False
        if index is None or (not sheet.only and not tier and self._names.count(first[index].cells) < 2):
            return self._no_header(sheet, first, required=bool(tier) or sheet.only)
        if sheet.hidden:
            self.refuse(sheet.position(None), "HIDDEN_SHEET", "hidden_sheet")
            self.complete = False
            return True
        total_before = self._total
        header, rows = self._joined_header(sheet, first, index), chain(first[index + 1 :], sheet.rows)
        if header is None:
            self.complete = False
            return True
        if header.number > first[index].number:
            next(rows)
        for row in first[:index]:
            if row.cells:
                self.notes.add("note_above", sheet.position(row.number))
        if sheet.has_hidden:
            self.notes.add("note_hidden_rows", sheet.position(None))
        if sheet.percent:
            self.notes.add("note_percent", f"{quoted(sheet.name)}!{sheet.percent}")
        columns = self._columns(sheet, header)
        if not columns:
            self.complete = False
            return True
        self._refuse_units_above(sheet, first[:index], columns)
        for last_row, merged in sheet.merged:
            if last_row > header.number:
                self.refuse(f"{quoted(sheet.name)}!{merged}", "MERGED", "merged", range=merged)
        self.absent = self._missing_columns(sheet, header, columns, tier)
        has_parents = any(column and column.name == "parent" for column in columns)
        if self.absent or (self._total > total_before and self._form.within_parent and not has_parents):
            self.complete = False  # the column may be misspelt
        self._rows(sheet, header, columns, rows, tier)
        return True

    def _check_set(self, code: str, position: str) -> None:
        """Notes a form of another criteria set. It may be meant, for example to compare with an earlier period."""
        if code and code != self._form.criteria_set:
            self.notes.add("note_other_set", code=code, wanted=self._form.criteria_set)
            message = say(self.notes.language, "note_other_set", code=code, wanted=self._form.criteria_set)
            self._other_set = Violation(position, "OTHER_SET", message)

    def _no_header(self, sheet: Sheet, rows: list[SheetRow], *, required: bool) -> bool:
        row = next((row for row in rows if row.cells), None)
        if not required:
            if row is not None and not sheet.hidden:
                self.notes.add("note_sheet", sheet.position(None))
            return False
        self.complete = False
        if row is None:
            self.refuse(sheet.position(1), "EMPTY", "empty")
        elif not self._has_many_columns(sheet, row):
            start = ",".join(shown(cell) for cell in row.cells)[:60]
            self.refuse(sheet.position(row.number), "NO_HEADER", "no_header", found=start)
        return True

    def _refuse_units_above(self, sheet: Sheet, rows: list[SheetRow], columns: list[Column | None]) -> None:
        """Refuses rows above the header that name a tier in the column of tiers: they hold units."""
        tiers = [index for index, column in enumerate(columns) if column and column.name == "tier"]
        for row in rows:
            cells = [row.cells[index] for index in tiers if index < len(row.cells)]
            if any(isinstance(cell, str) and plain(cell) in self.tiers for cell in cells):
                self.refuse(sheet.position(row.number), "ABOVE_HEADER", "above_header")

    def _has_many_columns(self, sheet: Sheet, row: SheetRow) -> bool:
        """Whether a row has too many columns. If so, adds a violation."""
        if len(row.cells) <= MAX_COLUMNS:
            return False
        self.refuse(sheet.position(row.number), "TOO_LARGE", "many_columns", n=len(row.cells), limit=MAX_COLUMNS)
        return True

    def _joined_header(self, sheet: Sheet, rows: list[SheetRow], index: int) -> SheetRow | None:
        """The header. If the next row is a second header, both are joined; None if they contradict each other."""
        first, second = rows[index], rows[index + 1] if index + 1 < len(rows) else None
        if second is None or self._names.count(second.cells) < 2:
            return first
        joined: list[Cell] = []
        for column in range(max(len(first.cells), len(second.cells))):
            above, below = (row.cells[column] if column < len(row.cells) else "" for row in (first, second))
            named = [self._names.columns(cell) if isinstance(cell, str) else () for cell in (above, below)]
            if all(named) and not set(named[0]) & set(named[1]):
                self.refuse(sheet.position(second.number), "SECOND_HEADER", "other_second_header")
                return None
            joined.append(below if len(named[1]) == 1 else above or below)
        self.notes.add("note_second_header", sheet.position(second.number))
        return SheetRow(second.number, joined)

    def _columns(self, sheet: Sheet, header: SheetRow) -> list[Column | None]:
        """The meaning of each column; None for a column without a header. Empty if there are too many columns.

        Adds a violation for each wrong header.
        """
        cells = header.cells
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        if self._has_many_columns(sheet, header):
            return []
        texts, columns, known = [shown(cell) for cell in cells], list[Column | None](), set[Column]()
        present = set(texts)
        absent = [name for name in self._names.written if name not in present]
        for index, text in enumerate(texts):
            where, named = sheet.position(header.number, index, text), self._names.columns(text)
            total_before = self._total
            if len(named) > 1:
                codes = ", ".join(column.name for column in named)
                self.refuse(where, "UNKNOWN_COLUMN", "two_columns", name=text[:80], codes=codes)
            elif named and named[0] in known:
                self.refuse(where, "DUPLICATE_COLUMN", "duplicate_column", name=named[0].criterion or named[0].name)
            elif not named and (text or sheet.separated):
                hint = self.nearest.hint(text, absent)
                self.refuse(where, "UNKNOWN_COLUMN", "unknown_column", name=text[:80], hint=hint)
            refused = self._total > total_before
            columns.append(REFUSED if refused else named[0] if named else None)
            known.update(named)
            if named and text not in self._names.codes and not self.notes.more("note_title"):
                self.notes.add("note_title", where, text, named[0].name)
        return columns

    def _missing_columns(
        self, sheet: Sheet, header: SheetRow, columns: list[Column | None], tier: str
    ) -> frozenset[str]:
        """The required columns that are missing. Adds a violation for each."""
        have, missing = {column.name for column in columns if column}, set[str]()
        for name in REQUIRED:
            if name in have:
                continue
            if name == "tier" and tier:
                if not sheet.name:
                    self.notes.add("note_file_tier", sheet.position(header.number), sheet.saved_from, tier)
                continue
            missing.add(name)
            if name == "tier" and sheet.name:
                language = self.notes.language
                names = sheet_names(self._form.tier_titles(language)).values()
                every = [word for words in self._tier_words.values() for word in words]
                listed, hint = ", ".join(map(repr, names)), self.nearest.hint(sheet.name, every)
                self.refuse(sheet.position(None), "WRONG_SHEET_NAME", "wrong_sheet_name", names=listed, hint=hint)
            else:
                self.refuse(sheet.position(header.number), "MISSING_COLUMN", "missing_column", name=name)
        return frozenset(missing)

    def _rows(
        self, sheet: Sheet, header: SheetRow, columns: list[Column | None], rows: Iterator[SheetRow], tier: str
    ) -> None:
        names = [column.name if column else "" for column in columns]
        table, values = self.table, CellParser(self.notes.language, sheet.decimal_mark, self.nearest)
        if not table.header:
            table.header = names
        table.add_columns(names)
        table.positions.begin(sheet, header.number, {name: index for index, name in reversed([*enumerate(names)])})
        read = RowReader(self, sheet, columns, values, tier)
        self._first_unit = self._first_unit or sheet.position(header.number + 1)
        for row, cells in rows:
            read.read(row, cells)
        table.fill()

    def add_unread(self, ids: Collection[str]) -> None:
        """Adds texts of a row that cannot be read. One of them may be the id of its unit."""
        self._unread.update(ids)

    def _check_parents(self) -> None:
        """Refuses unknown parents in tiers where other parents are known: a row is missing, or an id is wrong."""
        ids = frozenset(self.table.units.ids() | self._unread)  # frozen, because ``NearestNames`` uses it in a key
        tiers_with_parents = {unit.tier for unit in self.table.units if unit.parent in ids}
        for index, unit in enumerate(self.table.units):
            if unit.parent and unit.parent not in ids and unit.tier in tiers_with_parents:
                hint = self.nearest.hint(unit.parent, ids) or say(self.notes.language, "row_missing")
                where = self.table.positions.of(index, "parent")
                self.refuse(where, "UNKNOWN_PARENT", "parent", id=unit.parent[:80], hint=hint)
