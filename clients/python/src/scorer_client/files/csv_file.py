"""Reads CSV files in the encodings and with the separators that spreadsheets use."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from scorer_client.errors import Violation
from scorer_client.files.messages import Language, say
from scorer_client.files.names import sheet_of_file
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import MAX_ROWS, Sheet, SheetRow, UnreadableFile, without_empty_end

MAX_LINE_BYTES = 2**22
"""Maximum size of a line."""

PROGRESS_STEP_BYTES = 2**18
"""Number of bytes between two calls of the progress function."""

Progress: TypeAlias = Callable[[int, int], object]
"""A function that is called with the amount of a file that has been read, and the total. The total is 0 if it is not
known, as for pipes."""

SEPARATORS = (",", ";", "\t")
_SEP_LINE = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)


def read_csv(
    file: io.BufferedReader, known: Callable[[str], bool], notes: Notes, progress: Progress | None, name: str = ""
) -> Sheet:
    """Reads a CSV file line by line as a sheet.

    Args:
        file: the file, open for reading; it may be a pipe.
        known: returns whether a text is the name of a column.
        notes: collects notes on the encoding and the separator.
        progress: called with the number of bytes that have been read, and their total.
        name: name of the file if several files are read.

    Raises:
        UnreadableFile: the first line is too long, or in an unknown encoding.
    """
    lines = _lines(file, notes, progress)
    first, skipped = next(lines, ""), 0
    if match := _SEP_LINE.fullmatch(first):
        separator, first, skipped = match[1], next(lines, ""), 1
    else:
        separator = _separator(first, known)
    if separator != ",":
        shown = say(notes.language, "tab") if separator == "\t" else f"'{separator}'"
        notes.add("note_separator", separator=shown)
    rows = _rows(chain([first], lines), separator, skipped, notes)
    mark = {",": ".", ";": ","}.get(separator, "")
    saved_from = sheet_of_file(Path(str(file.name)))
    return Sheet(without_empty_end(rows), file=name, saved_from=saved_from, decimal_mark=mark, separated=True)


def _separator(line: str, known: Callable[[str], bool]) -> str:
    """The separator that splits a header into the most known names; a comma if it has no known name."""

    def known_names(separator: str) -> int:
        try:
            return sum(map(known, next(csv.reader([line], delimiter=separator), [])))
        except csv.Error:
            return 0

    return max(SEPARATORS, key=known_names)


def _lines(file: io.BufferedReader, notes: Notes, progress: Progress | None) -> Iterator[str]:
    """Yields the lines of a file. A line may also end with a single carriage return.

    Raises:
        UnreadableFile: a line is too long, or in an unknown encoding.
    """
    total, done, reported = os.fstat(file.fileno()).st_size, 0, 0
    head = file.peek(4)[:4]
    decoded = _utf16_lines(file, head, notes) if _utf16(head) else _byte_lines(file, notes)
    for size, text in decoded:
        if not text.isascii() and not unicodedata.is_normalized("NFC", text):
            notes.add("note_composed")
            text = unicodedata.normalize("NFC", text)
        yield from io.StringIO(text, newline="")
        done += size
        if progress and done - reported >= PROGRESS_STEP_BYTES:
            progress(done, total)
            reported = done
    if progress:
        progress(done, total)


def _utf16(head: bytes) -> str:
    """The UTF-16 codec for a file that begins with these bytes; "" if the file is not UTF-16."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) == 4 and head[0] and head[2] and not head[1] and not head[3]:
        return "utf-16-le"
    return "utf-16-be" if len(head) == 4 and head[1] and head[3] and not head[0] and not head[2] else ""


def _utf16_lines(file: io.BufferedReader, head: bytes, notes: Notes) -> Iterator[tuple[int, str]]:
    notes.add("note_encoding", encoding="UTF-16")
    text = io.TextIOWrapper(file, _utf16(head), newline="")
    try:
        for number, line in enumerate(iter(lambda: text.readline(MAX_LINE_BYTES + 1), ""), start=1):
            if len(line) > MAX_LINE_BYTES:
                raise _too_large(number, notes.language, "long_line", MAX_LINE_BYTES)
            yield 2 * len(line), line
    except UnicodeError:
        message = say(notes.language, "not_utf16")
        raise UnreadableFile(Violation("row 1", "NOT_UTF8", message)) from None
    finally:
        text.detach()


def _byte_lines(file: io.BufferedReader, notes: Notes) -> Iterator[tuple[int, str]]:
    """Yields the size in bytes and the text of each line.

    The file is read as UTF-8. If the first line that is not ASCII is not UTF-8 either, the file is read as
    Windows-1258.

    Raises:
        UnreadableFile: a line is too long, or in neither encoding.
    """
    ascii_only, encoding = True, "utf-8"
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(line) > MAX_LINE_BYTES:
            raise _too_large(number, notes.language, "long_line", MAX_LINE_BYTES)
        try:
            text = line.decode("utf-8-sig" if number == 1 else encoding)
        except UnicodeDecodeError:
            try:
                text = line.decode("cp1258") if ascii_only else ""
            except UnicodeDecodeError:
                text = ""
            if not text or not _may_be_vietnamese(text):
                message = say(notes.language, "not_utf8")
                raise UnreadableFile(Violation(f"row {number}", "NOT_UTF8", message)) from None
            encoding = "cp1258"
            notes.add("note_encoding", encoding="Windows-1258")
        ascii_only = ascii_only and line.isascii()
        # Windows-1258 has accents as separate characters after their letters.
        yield len(line), unicodedata.normalize("NFC", text) if encoding == "cp1258" else text


_VIETNAMESE_LETTERS = frozenset("ăâđêôơưĂÂĐÊÔƠƯ\u0300\u0301\u0303\u0309\u0323")
"""Letters and combining accents that Vietnamese texts in Windows-1258 have besides ASCII."""


def _may_be_vietnamese(text: str) -> bool:
    """Whether a text decoded from Windows-1258 can be Vietnamese: every accent belongs to a vowel."""
    for before, letter in zip(" " + text, text, strict=False):
        if letter.isascii() or unicodedata.category(letter)[0] in "PSN":
            continue
        if unicodedata.combining(letter):
            if before.lower() not in "aeiouyăâêôơư":
                return False
        elif letter not in _VIETNAMESE_LETTERS and unicodedata.normalize("NFD", letter)[0] not in "aeiouyAEIOUY":
            return False
    return True


def _too_large(row: int, language: Language, key: str, limit: int) -> UnreadableFile:
    return UnreadableFile(Violation(f"row {row}", "TOO_LARGE", say(language, key, limit=limit)))


def _rows(lines: Iterator[str], separator: str, skipped: int, notes: Notes) -> Iterator[SheetRow]:
    """The rows of a CSV file, with stripped cells.

    Raises:
        UnreadableFile: a line is not CSV, or there are too many rows.
    """
    row = skipped
    try:
        for row, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), start=1 + skipped):
            if row > MAX_ROWS:
                raise _too_large(row, notes.language, "many_rows", MAX_ROWS)
            yield SheetRow(row, [cell.strip() for cell in cells])
    except csv.Error as error:
        if "field limit" in str(error):  # the cell may be long, or a quote before it may never be closed
            raise _too_large(row + 1, notes.language, "long_csv_cell", csv.field_size_limit()) from None
        unclosed = "end of data" in str(error)
        message = say(notes.language, "unclosed" if unclosed else "not_csv", why=str(error))
        raise UnreadableFile(Violation(f"row {row + 1}", "NOT_CSV", message)) from None
