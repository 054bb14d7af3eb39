"""Looks through a workbook before it is read: what it unpacks to, and what reading alone would not tell.

calamine holds the rectangle around all values of a sheet in memory, gives errors and uncalculated formulas as empty
cells, and does not say which rows are hidden. So the XML is parsed once, as a stream, before calamine reads it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from scorer_client.errors import Violation
from scorer_client.files.cells import UnreadableFile, column_number, letters
from scorer_client.files.messages import Language, say

MAX_UNPACKED = 1024
"""MiB that all parts of a workbook take when unpacked."""
MAX_PART = 128
"""MiB of a part that is read as a whole, such as the shared texts."""
MAX_PARTS = 10_000
MAX_ERRORS = 100_000
"""Cells of a sheet that have an error."""
MAX_CELLS = 12_000_000
"""Cells of the rectangle around all values of a sheet: 100,000 units with 120 columns."""

CHUNK = 2**18

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_MAIN = "xl/workbook.xml"


@dataclass
class Scan:
    """What the XML of one sheet says beyond its values; rows and columns from 0."""

    rows: int = 0
    """Rows up to the last value."""
    columns: int = 0
    first_row: int = 2**31
    first_column: int = 2**31
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells with an error such as #DIV/0!; "": with a formula that has no value."""
    merged: list[tuple[int, str]] = field(default_factory=list)
    """Merged cells: the last row, from 1, and the range."""
    hidden: str = ""
    """The first hidden row or column, such as 5 or C."""

    def add_value(self, row: int, column: int, times: int = 1, rows: int = 1) -> None:
        """Takes note of a value that is there ``times`` times to the right and ``rows`` times downwards."""
        self.rows, self.columns = max(self.rows, row + rows), max(self.columns, column + times)
        self.first_row, self.first_column = min(self.first_row, row), min(self.first_column, column)

    def add_error(self, row: int, column: int, text: str) -> None:
        """Takes note of an error.

        Raises:
            ValueError: there are too many.
        """
        if len(self.errors) == MAX_ERRORS:
            raise ValueError(f"more than {MAX_ERRORS} errors")
        self.errors[row, column] = text

    @property
    def cells(self) -> int:
        """Cells of the rectangle around all values."""
        return max(0, self.rows - self.first_row) * max(0, self.columns - self.first_column)


@dataclass(frozen=True)
class Archive:
    """What a workbook consists of."""

    scans: dict[str, Scan]
    """By name of the sheet."""
    macros: bool


class _Part:
    """A part of the archive, parsed as a stream.

    Args:
        archive: the workbook.
        name: of the part.
        language: of what is refused.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, language: Language) -> None:
        self._archive, self._name, self._language = archive, name, language
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> None:
        raise refused(self._language, "entities", part=self._name)

    def parse(self, most: int) -> int:
        """Parses the part, and gives its size in bytes.

        Args:
            most: bytes that it may have.
        """
        size = 0
        with self._archive.open(self._name) as part:
            for data in iter(lambda: part.read(CHUNK), b""):
                size += len(data)
                if size > most:
                    raise refused(self._language, "bomb", limit=most // 2**20, part=self._name)
                self.parser.Parse(data, False)
        self.parser.Parse(b"", True)
        return size


def refused(language: Language, key: str, **values: object) -> UnreadableFile:
    """The whole file is refused."""
    return UnreadableFile(
        Violation("file", "TOO_LARGE" if key == "bomb" else "NOT_READABLE", say(language, key, **values))
    )


def look_through(archive: zipfile.ZipFile, language: Language) -> Archive:
    """Parses all XML of a workbook once.

    Raises:
        UnreadableFile: it is too large, damaged, protected, or no workbook.
    """
    try:
        return _look_through(archive, language)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError) as error:
        raise refused(language, "damaged", why=str(error)[:100] or type(error).__name__) from None
    except (RuntimeError, NotImplementedError):  # parts of the archive are encrypted, or packed in an unknown way
        raise refused(language, "password") from None


def _look_through(archive: zipfile.ZipFile, language: Language) -> Archive:
    names = {info.filename for info in archive.infolist()}
    if len(archive.infolist()) > MAX_PARTS or len(names) < len(archive.infolist()):
        raise refused(language, "damaged", why=f"{len(archive.infolist())} parts")
    if "xl/workbook.bin" in names:
        raise refused(language, "old_excel")
    if _MAIN not in names and not ("mimetype" in names and "content.xml" in names):
        raise refused(language, "not_a_workbook")
    scans: dict[str, Scan] = {}
    sheets = dict(_sheet_parts(archive, language)) if _MAIN in names else {}
    left = MAX_UNPACKED * 2**20
    for name in sorted(names):
        if not name.endswith((".xml", ".rels")):
            continue
        part, most = _Part(archive, name, language), min(left, MAX_PART * 2**20)
        if name in sheets:
            scans[sheets[name]] = _scan_sheet(part.parser)
            most = left
        elif name == "content.xml" and _MAIN not in names:
            scans, most = _scan_ods(part.parser), left
        elif name == "META-INF/manifest.xml":
            _refuse_encrypted(part.parser, language)
        left -= part.parse(most)
    return Archive(scans, any(name.endswith("vbaProject.bin") for name in names))


def _refuse_encrypted(parser: expat.XMLParserType, language: Language) -> None:
    def start(name: str, _: dict[str, str]) -> None:
        if name.endswith("encryption-data"):
            raise refused(language, "password")

    parser.StartElementHandler = start


def _sheet_parts(archive: zipfile.ZipFile, language: Language) -> Iterator[tuple[str, str]]:
    """The parts that hold sheets of an XLSX file, and the names of the sheets."""
    targets, sheets = dict[str, str](), list[tuple[str, str]]()

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("Relationship"):
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet":
            relations = (value for key, value in attributes.items() if key.endswith(":id"))
            sheets.append((attributes["name"], next(relations, "")))

    for part_name, handler in (("xl/_rels/workbook.xml.rels", relation), (_MAIN, sheet)):
        part = _Part(archive, part_name, language)
        part.parser.StartElementHandler = handler
        part.parse(MAX_PART * 2**20)
    for title, identifier in sheets:
        yield targets[identifier], title


def _scan_sheet(parser: expat.XMLParserType) -> Scan:
    """Fills a scan while the part of an XLSX sheet is parsed."""
    scan = Scan()
    row = column = -1
    error = formula = value = False
    text: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, error, formula, value
        name = name.rpartition(":")[2]
        if name == "c":
            match = _REFERENCE.fullmatch(attributes.get("r", ""))
            column = column_number(match[1]) if match else column + 1
            row = int(match[2]) - 1 if match else row
            error, formula, value = attributes.get("t") == "e", False, False
            text.clear()
        elif name == "v":
            parser.CharacterDataHandler = text.append
        elif name == "is":
            value = True
        elif name == "f":
            formula = True
        elif name == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
            if attributes.get("hidden") in ("1", "true") and not scan.hidden:
                scan.hidden = str(row + 1)
        elif name == "mergeCell":
            match = _REFERENCE.fullmatch(attributes.get("ref", "").rpartition(":")[2])
            if match:
                scan.merged.append((int(match[2]), attributes["ref"]))
        elif name == "col" and attributes.get("hidden") in ("1", "true") and not scan.hidden:
            scan.hidden = f"{attributes.get('min')}"

    def end(name: str) -> None:
        nonlocal value
        name = name.rpartition(":")[2]
        if name == "v":
            value = value or bool(text)
            parser.CharacterDataHandler = None
        elif name == "c" and (value or formula):
            scan.add_value(row, column)
            if error or not value:
                scan.add_error(row, column, "".join(text)[:20] if error else "")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    return scan


def _scan_ods(parser: expat.XMLParserType) -> dict[str, Scan]:
    """Fills scans while the content of an ODS file is parsed."""
    scans: dict[str, Scan] = {}
    scan, row, column, rows, times = Scan(), 0, 0, 1, 1
    text: list[str] = []
    valued = False

    def number(attributes: dict[str, str], name: str) -> int:
        return max(1, int(attributes.get(f"table:{name}", "1")))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal scan, row, column, rows, times, valued
        if name == "table:table":
            scan, row = scans.setdefault(attributes.get("table:name", ""), Scan()), 0
        elif name == "table:table-row":
            column, rows = 0, number(attributes, "number-rows-repeated")
            if attributes.get("table:visibility", "visible") != "visible" and not scan.hidden:
                scan.hidden = str(row + 1)
        elif name in ("table:table-cell", "table:covered-table-cell"):
            times = number(attributes, "number-columns-repeated")
            kind = attributes.get("calcext:value-type") or attributes.get("office:value-type", "")
            valued = bool(kind) or "table:formula" in attributes
            text.clear()
            if valued:
                scan.add_value(row, column, times, rows)
                if kind == "error":
                    parser.CharacterDataHandler = text.append
                elif not kind:
                    scan.add_error(row, column, "")
            spans = number(attributes, "number-columns-spanned"), number(attributes, "number-rows-spanned")
            if spans != (1, 1):
                scan.merged.append(
                    (row + spans[1], f"{_name(row, column)}:{_name(row + spans[1] - 1, column + spans[0] - 1)}")
                )

    def end(name: str) -> None:
        nonlocal row, column
        if name == "table:table-row":
            row += rows
        elif name in ("table:table-cell", "table:covered-table-cell"):
            if parser.CharacterDataHandler:
                parser.CharacterDataHandler = None
                scan.add_error(row, column, "".join(text)[:20] or "#ERR")
            column += times

    parser.StartElementHandler, parser.EndElementHandler = start, end
    return scans


def _name(row: int, column: int) -> str:
    return f"{letters(column)}{row + 1}"
