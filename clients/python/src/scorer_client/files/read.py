"""Reads a file of answers, or a folder of them, by what it contains."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from scorer_client.file_table import FileTable
from scorer_client.files.archive import refused
from scorer_client.files.cells import Sheet, UnreadableFile, shown
from scorer_client.files.columnar import read_columnar
from scorer_client.files.header import ColumnNames
from scorer_client.files.messages import CRITERIA_SET, INSTRUCTIONS, Language
from scorer_client.files.names import plain
from scorer_client.files.notes import Notes
from scorer_client.files.reader import TableReader
from scorer_client.files.text import Progress, read_text
from scorer_client.files.workbook import read_workbook
from scorer_client.forms import Form

ENDINGS = (".xlsx", ".xlsm", ".ods", ".csv", ".parquet", ".arrow")
"""Of the files that are read from a folder."""

_OLE = b"\xd0\xcf\x11\xe0"
"""How old Excel files begin, and workbooks with a password."""
_STREAM = b"\xff\xff\xff\xff"
"""How Arrow streams begin."""


def read_file(file: Path, form: Form, progress: Progress | None = None, language: Language = "en") -> FileTable:
    """Reads a file for a criteria set; only its columns are kept of CSV files, which are read row by row.

    Args:
        file: a workbook (.xlsx, .xlsm, .ods), a CSV, Parquet or Arrow file, told apart by their content.
        form: the criteria set.
        progress: told how far reading is.
        language: of messages.

    Raises:
        ScorerError: the file breaks its form; every violation has its position.
        OSError: the file cannot be read.
        ImportError: a library for this kind of file is not installed.
    """
    notes, names = Notes(language), ColumnNames(form)
    reader = TableReader(form, names, notes)
    with file.open("rb") as opened:
        reader.read(sheets(opened, names, notes, progress))
    return reader.finish()


def sheets(
    file: io.BufferedReader, names: ColumnNames, notes: Notes, progress: Progress | None = None, name: str = ""
) -> Iterator[Sheet]:
    """The sheets of a file, whatever it is.

    Raises:
        UnreadableFile: it cannot be read.
        ImportError: a library for this kind of file is not installed.
    """
    head = file.peek(16)[:16]
    if head.startswith(b"PK"):
        yield from read_workbook(file, notes, progress, name)
    elif head.startswith((b"PAR1", b"ARROW1", _STREAM)):
        yield read_columnar(file, head, notes, progress, name)
    elif head.startswith(_OLE):
        raise refused(
            notes.language, "password" if "EncryptedPackage".encode("utf-16-le") in file.read(2**20) else "old_excel"
        )
    elif head.lstrip().lower().startswith((b"<html", b"<!doctype", b"<?xml")):
        raise refused(notes.language, "html")
    else:
        yield read_text(file, names.is_known, notes, progress, name)


def criteria_set_of(file: Path) -> str:
    """The code of the criteria set that a form says to be for, on its sheet of instructions; "" if it does not.

    Raises:
        OSError: the file cannot be read.
        ImportError: python-calamine is not installed.
    """
    with file.open("rb") as opened:
        if not opened.peek(2).startswith(b"PK"):
            return ""
        try:
            for sheet in read_workbook(opened, Notes(), None):
                rows = sheet.rows if plain(sheet.name) in INSTRUCTIONS else iter(())
                for _, cells in rows:
                    if len(cells) > 1 and plain(shown(cells[0])) in CRITERIA_SET:
                        return shown(cells[1])
        except UnreadableFile:
            pass  # reading it will say why
    return ""
