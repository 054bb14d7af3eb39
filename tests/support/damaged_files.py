"""Makes damaged, hostile and repeated files from the bundled workbook."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from workbooks import HEADER, LINES, book, change_part, ods, tables, value


def arrow_table() -> pa.Table:
    columns = {name: [value(line[at]) for line in LINES] for at, name in enumerate(HEADER)}
    columns["not_applicable"] = [cell and str(cell).split(";") for cell in columns["not_applicable"]]
    return pa.table(columns)


def arrow_streams(path: Path, whole: int, cut: bool = False) -> None:
    """Writes whole streams of one batch per unit, one after the other; then, if wanted, one that is cut between two."""
    table, data = arrow_table(), io.BytesIO()
    with pa.ipc.new_stream(data, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
        end = data.tell()
    path.write_bytes(data.getvalue() * whole + (data.getvalue()[:end] if cut else b""))


def at(cell: str, content: object, sheet: str = "Cấp huyện") -> Callable[[Path], None]:
    """A workbook with one changed cell."""

    def write(path: Path) -> None:
        made = book()
        changed_cell = made[sheet][cell]
        changed_cell.value = content
        if not isinstance(content, datetime.date | datetime.time):
            changed_cell.number_format = "General"
        made.save(path)

    return write


def changed(change: Callable[[openpyxl.Workbook], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        made = book()
        change(made)
        made.save(path)

    return write


def renamed(made: openpyxl.Workbook) -> None:
    for sheet in made:
        sheet.delete_cols(HEADER.index("tier") + 1)
    made["Cấp huyện"].title = "Huyen2"


def other_second_header(made: openpyxl.Workbook) -> None:
    made["Cấp huyện"].insert_rows(2)
    for column, name in enumerate(reversed(HEADER), start=1):
        made["Cấp huyện"].cell(2, column).value = name


def cut(path: Path) -> None:
    book().save(path)
    path.write_bytes(path.read_bytes()[:20_000])


def zip_bomb(path: Path) -> None:
    book().save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as part:
        part.write(b"<a>")
        for _ in range(300):
            part.write(b" " * 2**20)


def cell_of_another_row(path: Path) -> None:
    book().save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: sheet.replace(b'r="A3"', b'r="XFD1048576"', 1))


def renumbered(pattern: bytes, new: bytes) -> Callable[[Path], object]:
    """Gives rows and cells of the second sheet other numbers."""

    def spoil(path: Path) -> None:
        book().save(path)
        change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: re.sub(b'r="%b"' % pattern, b'r="%b"' % new, sheet))

    return spoil


def entities(path: Path) -> None:
    book().save(path)
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{levels}]>'.encode()
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: head + sheet.replace(b">id<", b">&e9;<"))


def bad_xml(path: Path) -> None:
    book().save(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda sheet: sheet[:-50])


def encrypted(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))


def word_document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")


def repeated_text() -> pa.Table:
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 10_000_000]))
    return pa.table({"id": ids, "tier": ["commune"] * 50_000})


def ods_with(cell: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        sheets = tables()
        sheets["Cấp huyện"][2][HEADER.index("computers")] = cell
        ods(path, sheets)

    return write


def no_number(path: Path) -> None:
    """A program wrote NaN as a number. Nothing is in the cell then, or anything."""
    at("R3", 987654)(path)
    change_part(path, "xl/worksheets/sheet2.xml", lambda content: content.replace(b"<v>987654</v>", b"<v>NaN</v>"))


def ods_repeated_error(path: Path) -> None:
    """LibreOffice writes equal neighbours, such as two cells with =NA(), as one cell that is repeated."""
    sheets, column = tables(), HEADER.index("computers")
    sheets["Cấp huyện"][2][column : column + 2] = ["#N/A"]
    ods(path, sheets)
    error = b'<table:table-cell office:value-type="string" calcext:value-type="error"'
    repeated = error.replace(b"cell", b'cell table:number-columns-repeated="2"', 1)
    change_part(path, "content.xml", lambda content: content.replace(error, repeated))


def ods_repeated(path: Path) -> None:
    ods(path, tables())
    change_part(path, "content.xml", lambda content: content.replace(
        b'<table:table-cell office:value-type="string"',
        b'<table:table-cell table:number-columns-repeated="16384" office:value-type="string"', 1,
    ).replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">', 1))  # fmt: skip


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))
