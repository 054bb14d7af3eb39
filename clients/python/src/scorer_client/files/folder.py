"""Reads a folder of files, such as one file per unit, into one table."""

from __future__ import annotations

from pathlib import Path

from scorer_client.criteria_set_form import Form
from scorer_client.errors import ScorerError
from scorer_client.file_table import FileTable
from scorer_client.files.csv_file import Progress
from scorer_client.files.file_reader import ENDINGS, read_file, sheets
from scorer_client.files.header import ColumnNames
from scorer_client.files.messages import Language
from scorer_client.files.names import is_instructions, sheet_of_file
from scorer_client.files.reading_notes import Notes
from scorer_client.files.table_reader import TableReader

REGISTER = "units.csv"
"""A file in the folder that lists all units, without answers. Each of these units must be in another file."""


def read_path(path: Path, form: Form, progress: Progress | None = None, language: Language = "en") -> FileTable:
    """Reads a file, or all files of a folder; see ``read_file``.

    Files of a folder are recognized by their endings; a note names what has another ending. Hidden files, lock files of
    spreadsheets, and instructions that were saved as CSV are skipped.

    Raises:
        ScorerError: a file does not fit the form, or a unit of the register is in no file. Violations have positions.
        OSError: a file cannot be read.
        ImportError: a library for a kind of file is not installed.
    """
    return _read_folder(path, form, progress, language) if path.is_dir() else read_file(path, form, progress, language)


def _read_folder(folder: Path, form: Form, progress: Progress | None, language: Language) -> FileTable:
    notes, names, files = Notes(language), ColumnNames(form), list[Path]()
    for file in sorted(folder.iterdir()):
        if file.name == REGISTER or file.name.startswith((".", "~$")):
            continue
        if file.suffix.lower() not in ENDINGS or file.is_dir():
            notes.add("note_unread", file.name)
        elif not (file.suffix.lower() == ".csv" and is_instructions(sheet_of_file(file))):
            files.append(file)
    reader = TableReader(form, names, notes)
    done, total = 0, sum(file.stat().st_size for file in files)
    for file in files:
        with file.open("rb") as stream:
            reader.read(sheets(stream, names, notes, name=file.name), file.name)
        done += file.stat().st_size
        if progress:
            progress(done, total)
    if not files:
        reader.refuse("file", "EMPTY", "no_files")
    elif (folder / REGISTER).exists():
        _check_register(reader, folder / REGISTER, names, language)
    table = reader.finish()
    for index in _unanswered(table):
        notes.add("note_unanswered", table.positions.of(index, "id"))
    table.notes = notes.sentences()
    return table


def _check_register(reader: TableReader, file: Path, names: ColumnNames, language: Language) -> None:
    """Adds violations for units of the register that are in no file, and for mistakes in the register."""
    register = TableReader(reader.table.form, names, Notes(language))
    with file.open("rb") as stream:
        register.read(sheets(stream, names, register.notes, name=REGISTER), REGISTER)
    try:
        units = register.finish().units
    except ScorerError as error:
        reader.refuse_other(error)
        return
    for unit in units:
        if not reader.may_have(unit.id):
            reader.refuse("file", "MISSING_UNIT", "missing_unit", id=unit.id, name=unit.name, register=REGISTER)


def _unanswered(table: FileTable) -> list[int]:
    """Indices of the units without any answer."""
    columns = table.columns.values()
    return [i for i in range(len(table.units)) if not any(c[i] == c[i] and c[i] != "" for c in columns)]
