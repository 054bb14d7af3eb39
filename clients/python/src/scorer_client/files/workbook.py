"""Reads workbooks (XLSX, XLSM, ODS) as sheets of cells."""

from __future__ import annotations

import datetime
import io
import math
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scorer_client import optional_libraries
from scorer_client.files.archive import look_through, refused
from scorer_client.files.csv_file import Progress
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import MAX_COLUMNS, MAX_ROWS, BadCell, Cell, Sheet, SheetRow, without_empty_end
from scorer_client.files.xml_scan import MAX_CELLS, Scan

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

ROWS_PER_REPORT = 500
"""Number of rows between two calls of the progress function."""


def read_workbook(
    file: io.BufferedReader,
    notes: Notes,
    progress: Progress | None,
    name: str = "",
    wanted: Callable[[str], bool] = lambda _: True,
) -> Iterator[Sheet]:
    """Yields the sheets of a workbook. Each sheet is read when the iterator reaches it.

    Args:
        file: the file, open for reading at its beginning.
        notes: collects a note on macros.
        progress: called with the amount that has been read, and the total, in bytes of the file. Checking the archive
            counts as half of the file, and reading the rows as the other half.
        name: name of the file if several files are read.
        wanted: returns whether to read the sheet with a name.

    Raises:
        UnreadableFile: the file is damaged, protected, too large, or not a workbook.
        ImportError: python-calamine is not installed.
    """
    calamine = optional_libraries.calamine()
    if not file.seekable():
        raise refused(notes.language, "no_pipe")
    size = file.seek(0, io.SEEK_END)

    def report(fraction: float) -> None:
        if progress:
            progress(int(size * fraction), size)

    try:
        with zipfile.ZipFile(file) as archive:
            parts = look_through(archive, notes.language, wanted, lambda fraction: report(fraction / 2))
    except (zipfile.BadZipFile, ValueError) as error:
        raise refused(notes.language, "damaged", why=str(error)[:100]) from None
    for (
        scan
    ) in parts.scans.values():  # checked before calamine opens the file, because it then reads an ODS file as a whole
        if scan.rows > MAX_ROWS or scan.columns > MAX_COLUMNS or scan.cells > MAX_CELLS:
            raise refused(notes.language, "far_cells", rows=scan.rows, columns=scan.columns)
    if parts.macros:
        notes.add("note_macros", name)
    file.seek(0)
    try:
        with calamine.load_workbook(file) as workbook:
            if missing := set(filter(wanted, workbook.sheet_names)) - parts.scans.keys():
                raise refused(notes.language, "damaged", why=", ".join(sorted(missing))[:100])
            yield from _sheets(workbook, parts.scans, name, wanted, lambda fraction: report((1 + fraction) / 2))
    except calamine.PasswordError:
        raise refused(notes.language, "password") from None
    except calamine.CalamineError as error:
        raise refused(notes.language, "damaged", why=str(error)[:100]) from None
    report(1.0)


def _sheets(
    workbook: CalamineWorkbook,
    scans: dict[str, Scan],
    file: str,
    wanted: Callable[[str], bool],
    report: Callable[[float], object],
) -> Iterator[Sheet]:
    done, total = 0, sum(scan.rows for scan in scans.values())
    kinds = optional_libraries.calamine()
    worksheets = [item for item in workbook.sheets_metadata if item.typ == kinds.SheetTypeEnum.WorkSheet]
    for item in filter(lambda item: wanted(item.name), worksheets):
        scan = scans[item.name]
        if not scan.cells:
            continue
        sheet = workbook.get_sheet_by_name(item.name)
        yield Sheet(
            without_empty_end(_rows(_reported(sheet.iter_rows(), done, total, report), scan)),
            unicodedata.normalize("NFC", item.name),
            file,
            only=len(worksheets) == 1,
            hidden=item.visible != kinds.SheetVisibleEnum.Visible,
            has_hidden=scan.hidden,
            percent=scan.percent,
            merged=scan.merged,
        )
        done += scan.rows


def _reported(
    rows: Iterable[Sequence[object]], done: int, total: int, report: Callable[[float], object]
) -> Iterator[Sequence[object]]:
    """Yields the rows of a sheet, and reports the fraction of all rows that has been read.

    Args:
        rows: the rows of the sheet.
        done: number of rows of earlier sheets.
        total: number of rows of all sheets.
        report: called with the fraction.
    """
    for number, row in enumerate(rows, start=1):
        if number % ROWS_PER_REPORT == 0:
            report((done + number) / total)
        yield row


def _rows(rows: Iterable[Sequence[object]], scan: Scan) -> Iterator[SheetRow]:
    errors: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in scan.errors.items():
        errors.setdefault(row, []).append((column, text))
    for number, values in enumerate(rows, start=1):
        cells = [_cell(value) for value in values]
        for column, text in errors.get(number - 1, ()):
            cells += [None] * (column + 1 - len(cells))
            cells[column] = BadCell("error_cell", text) if text else BadCell("uncalculated")
        yield SheetRow(number, cells)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        text = value.strip()
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(value, float) and math.isnan(
        value
    ):  # not an empty cell, although the service treats NaN as not reported
        return BadCell("error_cell", "NaN")
    if isinstance(value, float | bool | datetime.date):
        return value
    if isinstance(value, int):
        return float(value)
    return BadCell("time_cell", str(value))
