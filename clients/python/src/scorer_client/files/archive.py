"""Checks the archive of a workbook before calamine reads it.

calamine keeps the rectangle around all values of a sheet in memory, reads errors and uncalculated formulas as empty
cells, and does not report which rows are hidden. Therefore all XML is parsed once before, as a stream.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from scorer_client.errors import Violation
from scorer_client.files.messages import Language, say
from scorer_client.files.sheets import UnreadableFile
from scorer_client.files.xml_scan import MAX_ERRORS, Scan, TooManyErrors, scan_ods, scan_sheet, scan_styles

MAX_UNPACKED_MIB = 512
"""Maximum size in MiB of all parts of a workbook when unpacked."""
MAX_PART_MIB = 128
"""Maximum size in MiB of an unpacked part that calamine reads as a whole, such as the shared texts."""
MAX_PARTS = 10_000

LIMITS = frozenset(("bomb", "far_cells", "long_text", "many_columns", "many_errors", "many_parts", "many_rows"))
"""Keys of the messages that refuse a file because it is too large."""

CHUNK = 2**18

_MAIN = "xl/workbook.xml"


@dataclass(frozen=True)
class Archive:
    """The result of checking a workbook."""

    scans: dict[str, Scan]
    """The scan of each sheet, by the sheet's name."""
    macros: bool
    """Whether the workbook has macros."""


class _Part:
    """An XML file in the archive, parsed as a stream.

    Args:
        archive: the workbook.
        name: name of the part.
        language: language of messages.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str, language: Language) -> None:
        self._archive, self._name, self._language = archive, name, language
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_: object) -> None:
        raise refused(self._language, "entities", part=self._name)

    def parse(self, limit: int) -> Iterator[int]:
        """Parses the part. Yields the number of bytes of each chunk that was parsed.

        Args:
            limit: maximum size of the part in bytes.

        Raises:
            UnreadableFile: the part is larger.
        """
        size = 0
        with self._archive.open(self._name) as part:
            for data in iter(lambda: part.read(CHUNK), b""):
                size += len(data)
                if size > limit:
                    raise refused(self._language, "bomb", limit=limit // 2**20, part=self._name)
                self.parser.Parse(data, False)
                yield len(data)
        self.parser.Parse(b"", True)


def refused(language: Language, key: str, **values: object) -> UnreadableFile:
    """The error for a whole file. ``key`` is the key of its message."""
    return UnreadableFile(
        Violation("file", "TOO_LARGE" if key in LIMITS else "NOT_READABLE", say(language, key, **values))
    )


def look_through(
    archive: zipfile.ZipFile, language: Language, wanted: Callable[[str], bool], report: Callable[[float], object]
) -> Archive:
    """Parses the XML of a workbook once.

    Args:
        archive: the workbook.
        language: language of messages.
        wanted: returns whether the sheet with a name will be read. In XLSX files, other sheets are not parsed.
        report: called with the fraction that has been parsed.

    Raises:
        UnreadableFile: the file is too large, damaged, protected, or not a workbook.
    """
    try:
        return _look_through(archive, language, wanted, report)
    except TooManyErrors:
        raise refused(language, "many_errors", limit=MAX_ERRORS) from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError) as error:
        raise refused(language, "damaged", why=str(error)[:100] or type(error).__name__) from None
    except (RuntimeError, NotImplementedError):  # parts are encrypted, or compressed in an unknown way
        raise refused(language, "password") from None


def _look_through(
    archive: zipfile.ZipFile, language: Language, wanted: Callable[[str], bool], report: Callable[[float], object]
) -> Archive:
    names, parts = {info.filename for info in archive.infolist()}, len(archive.infolist())
    if parts > MAX_PARTS:
        raise refused(language, "many_parts", n=parts, limit=MAX_PARTS)
    if len(names) < parts:
        raise refused(language, "damaged", why="a part appears twice")
    if "xl/workbook.bin" in names:
        raise refused(language, "old_excel")
    if _MAIN not in names and not ("mimetype" in names and "content.xml" in names):
        raise refused(language, "not_a_workbook")
    scans: dict[str, Scan] = {}
    percents: set[str] = set()
    sheets = dict(_sheet_parts(archive, language)) if _MAIN in names else {}
    remaining, done = MAX_UNPACKED_MIB * 2**20, 0
    total = 1 + sum(info.file_size for info in archive.infolist())
    for name in sorted(names):
        if not name.endswith((".xml", ".rels")) or (name in sheets and not wanted(sheets[name])):
            continue
        part, limit = _Part(archive, name, language), min(remaining, MAX_PART_MIB * 2**20)
        if name in sheets:
            scans[sheets[name]] = scan_sheet(part.parser, percents, sheets[name])
            limit = remaining
        elif name == "content.xml" and _MAIN not in names:
            scans, limit = scan_ods(part.parser), remaining
        elif name == "xl/styles.xml":  # comes before xl/worksheets, which need the percent styles
            scan_styles(part.parser, percents)
        elif name == "META-INF/manifest.xml":
            _refuse_encrypted(part.parser, language)
        for size in part.parse(limit):
            remaining -= size
            done += size
            report(min(1.0, done / total))  # min(), because the sizes that the archive states may be wrong
    return Archive(scans, any(name.endswith("vbaProject.bin") for name in names))


def _refuse_encrypted(parser: expat.XMLParserType, language: Language) -> None:
    def start(name: str, _: dict[str, str]) -> None:
        if name.endswith("encryption-data"):
            raise refused(language, "password")

    parser.StartElementHandler = start


def _sheet_parts(archive: zipfile.ZipFile, language: Language) -> Iterator[tuple[str, str]]:
    """The parts with the sheets of an XLSX file, each with the name of its sheet."""
    targets, sheets = dict[str, str](), list[tuple[str, str]]()

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("Relationship"):
            path = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            targets[attributes.get("Id", "")] = path.removeprefix("/")

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet":
            relations = (value for key, value in attributes.items() if key.endswith(":id"))
            sheets.append((attributes["name"], next(relations, "")))

    for part_name, handler in (("xl/_rels/workbook.xml.rels", relation), (_MAIN, sheet)):
        part = _Part(archive, part_name, language)
        part.parser.StartElementHandler = handler
        deque(part.parse(MAX_PART_MIB * 2**20), maxlen=0)
    for title, identifier in sheets:
        yield targets[identifier], title
