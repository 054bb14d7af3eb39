"""Reads a file of answers. The content of the file decides how it is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from scorer_client.criteria_set_form import Form
from scorer_client.file_table import FileTable
from scorer_client.files.archive import refused
from scorer_client.files.columnar import read_columnar
from scorer_client.files.csv_file import Progress, read_csv
from scorer_client.files.header import ColumnNames
from scorer_client.files.messages import Language
from scorer_client.files.names import is_instructions, named_set
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import Sheet, UnreadableFile
from scorer_client.files.table_reader import TableReader
from scorer_client.files.workbook import read_workbook

ENDINGS = (".xlsx", ".xlsm", ".ods", ".csv", ".parquet", ".arrow")
"""Endings of the files that are read from a folder."""

_OLE = b"\xd0\xcf\x11\xe0"
"""First bytes of old Excel files, and of workbooks with a password."""
_STREAM = b"\xff\xff\xff\xff"
"""First bytes of Arrow streams."""


def read_file(file: Path, form: Form, progress: Progress | None = None, language: Language = "en") -> FileTable:
    """Reads a file of answers for a criteria set, row by row.

    Args:
        file: a workbook (.xlsx, .xlsm, .ods), a CSV, Parquet or Arrow file. Its kind is found from its content.
        form: the form of the criteria set.
        progress: called with the amount that has been read, and the total.
        language: language of the messages.

    Raises:
        ScorerError: the file does not fit the form. Every violation has its position.
        OSError: the file cannot be read.
        ImportError: a library for this kind of file is not installed.
    """
    notes, names = Notes(language), ColumnNames(form)
    reader = TableReader(form, names, notes)
    with file.open("rb") as stream:
        reader.read(sheets(stream, names, notes, progress))
    return reader.finish()


def sheets(
    file: io.BufferedReader, names: ColumnNames, notes: Notes, progress: Progress | None = None, name: str = ""
) -> Iterator[Sheet]:
    """Yields the sheets of a file of any supported kind.

    Raises:
        UnreadableFile: the file cannot be read.
        ImportError: a library for this kind of file is not installed.
    """
    head = file.peek(16)[:16]
    if head.startswith(b"PK"):
        yield from read_workbook(file, notes, progress, name)
    elif head.startswith((b"PAR1", b"ARROW1", _STREAM)):
        yield read_columnar(file, head, notes, progress, name)
    elif head.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in file.read(2**20)
        raise refused(notes.language, "password" if encrypted else "old_excel")
    elif head.lstrip().lower().startswith((b"<html", b"<!doctype", b"<?xml")):
        raise refused(notes.language, "html")
    else:
        yield read_csv(file, names.is_known, notes, progress, name)


def criteria_set_of(file: Path) -> str:
    """The code of the criteria set that a form names on its sheet of instructions; "" if it names none.

    Raises:
        OSError: the file cannot be read.
        ImportError: python-calamine is not installed.
    """
    with file.open("rb") as stream:
        if not stream.peek(2).startswith(b"PK"):
            return ""
        try:
            for sheet in read_workbook(stream, Notes(), None, wanted=is_instructions):
                if code := named_set(sheet.rows):
                    return code
        except UnreadableFile:
            pass  # the reason is reported when the answers are read
    return ""
