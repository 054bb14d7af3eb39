"""Reads Parquet and Arrow files as sheets of cells."""

from __future__ import annotations

import datetime
import io
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scorer_client import optional_libraries
from scorer_client.errors import Violation
from scorer_client.files.archive import refused
from scorer_client.files.csv_file import Progress
from scorer_client.files.messages import say
from scorer_client.files.reading_notes import Notes
from scorer_client.files.sheets import MAX_COLUMNS, MAX_ROWS, Cell, Sheet, SheetRow, UnreadableFile

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1_000
"""Number of rows that are converted to Python objects together."""
MAX_UNPACKED_BYTES = 2**30
"""Maximum unpacked size of a Parquet file, which its metadata states, and of a batch of an Arrow file."""
MAX_TEXT_BYTES = 2**17
"""Maximum size of one text. Dictionaries and views could repeat a long text many times."""

END_MARKS = (b"\xff\xff\xff\xff\x00\x00\x00\x00", b"\x00\x00\x00\x00")
"""The last bytes of an Arrow stream: in today's format, and in the format before Arrow 0.15."""

_LISTS = ("list", "large_list", "list_view", "large_list_view", "fixed_size_list")


def read_columnar(
    file: io.BufferedReader, head: bytes, notes: Notes, progress: Progress | None, name: str = ""
) -> Sheet:
    """Reads a Parquet file, or an Arrow file or stream. The first row of the sheet has the names of the columns.

    Args:
        file: the file, open for reading at its beginning.
        head: first bytes of the file.
        notes: has the language of the messages.
        progress: called with the number of rows that have been read, and their total.
        name: name of the file if several files are read.

    Raises:
        UnreadableFile: the file is damaged, too large, or has columns of unsupported types.
        ImportError: pyarrow is not installed.
    """
    pa = optional_libraries.pyarrow()
    if not file.seekable():
        raise refused(notes.language, "no_pipe")
    try:
        schema, count, batches = _parquet(file, notes) if head.startswith(b"PAR1") else _arrow(file, head)
    except pa.ArrowException as error:
        raise refused(notes.language, "damaged_table", why=str(error)[:100]) from None
    if len(schema) > MAX_COLUMNS:
        raise refused(notes.language, "many_columns", n=len(schema), limit=MAX_COLUMNS)
    if count > MAX_ROWS:
        raise refused(notes.language, "many_rows", limit=MAX_ROWS)
    if unreadable := [field for field in schema if not _readable(field.type)]:
        messages = [say(notes.language, "columnar_type", column=f.name[:80], type=f.type) for f in unreadable]
        raise UnreadableFile(*[Violation("file", "WRONG_TYPE", message) for message in messages])
    rows = _rows(schema.names, batches, count, notes, progress)
    return Sheet(rows, file=name, decimal_mark=".")


def _parquet(file: io.BufferedReader, notes: Notes) -> tuple[pa.Schema, int, Iterator[pa.RecordBatch]]:
    optional_libraries.pyarrow()
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(file)
    metadata = parquet.metadata
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if unpacked > MAX_UNPACKED_BYTES:
        raise refused(notes.language, "bomb", limit=MAX_UNPACKED_BYTES // 2**20, part="Parquet")
    return parquet.schema_arrow, metadata.num_rows, parquet.iter_batches(BATCH_ROWS)


def _arrow(file: io.BufferedReader, head: bytes) -> tuple[pa.Schema, int, Iterator[pa.RecordBatch]]:
    pa = optional_libraries.pyarrow()
    if head.startswith(b"ARROW1"):
        reader = pa.ipc.open_file(file)
        return reader.schema, 0, (reader.get_batch(index) for index in range(reader.num_record_batches))
    stream = pa.ipc.open_stream(file)
    return stream.schema, 0, _stream_batches(file, stream)


def _stream_batches(file: io.BufferedReader, stream: pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    """The batches of a stream. pyarrow would accept a stream that is cut between two batches, and would ignore a second
    stream in the file.

    Raises:
        ValueError: the stream has no end mark, or bytes after it.
    """
    end_of_batches = file.tell()
    for batch in stream:
        end_of_batches = file.tell()
        yield batch
    file.seek(end_of_batches)
    rest = file.read(len(END_MARKS[0]) + 1)
    if rest not in END_MARKS:
        problem = "it has bytes after its end" if rest.startswith(END_MARKS) else "it has no end; it was cut"
        raise ValueError(problem)


def _readable(kind: pa.DataType) -> bool:
    types = optional_libraries.pyarrow().types
    if types.is_dictionary(kind):
        return _readable(kind.value_type)
    if any(getattr(types, f"is_{name}")(kind) for name in _LISTS):
        return bool(_readable(kind.value_type))
    names = (
        "null", "boolean", "integer", "floating", "decimal", "string", "large_string", "string_view", "date",
        "timestamp",
    )  # fmt: skip
    return any(getattr(types, f"is_{name}")(kind) for name in names)


def _rows(
    names: list[str], batches: Iterator[pa.RecordBatch], count: int, notes: Notes, progress: Progress | None
) -> Iterator[SheetRow]:
    pa = optional_libraries.pyarrow()
    yield SheetRow(1, [*names])
    number = 1
    try:
        for batch in batches:
            batch.validate(full=True)
            if batch.nbytes > MAX_UNPACKED_BYTES:
                raise refused(notes.language, "bomb", limit=MAX_UNPACKED_BYTES // 2**20, part="Arrow")
            if any(_longest_text(column) > MAX_TEXT_BYTES for column in batch.columns):
                raise refused(notes.language, "long_text", limit=MAX_TEXT_BYTES)
            for first in range(0, batch.num_rows, BATCH_ROWS):
                columns = [_values(column) for column in batch.slice(first, BATCH_ROWS).columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    if number > MAX_ROWS:
                        raise refused(notes.language, "many_rows", limit=MAX_ROWS)
                    yield SheetRow(number, [_cell(value) for value in values])
            if progress:
                progress(number, count)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise refused(notes.language, "damaged_table", why=str(error)[:100]) from None


def _longest_text(column: pa.Array) -> int:
    """Length in bytes of the longest text of a column."""
    pa = optional_libraries.pyarrow()
    if pa.types.is_dictionary(column.type):
        return _longest_text(column.dictionary)
    if any(getattr(pa.types, f"is_{name}")(column.type) for name in _LISTS):
        return _longest_text(column.values)
    if pa.types.is_string_view(column.type):
        views = column.buffers()[1]  # four 32-bit words per text: its length, then the text or its position
        return max(memoryview(views).cast("B").cast("i")[::4], default=0) if views is not None else 0
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pa.compute.max(pa.compute.binary_length(column)).as_py() or 0
    return 0


def _values(column: pa.Array) -> list[object]:
    """The values of a column. float16 and float32 become the shortest decimal that they stand for, such as 70.1."""
    types = optional_libraries.pyarrow().types
    if types.is_float16(column.type) or types.is_float32(column.type):
        shortest: list[object] = column.to_numpy(zero_copy_only=False).astype(str).astype(float).tolist()
        return shortest
    values: list[object] = column.to_pylist()
    return values


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool | datetime.date):
        return value
    if isinstance(value, str):
        text = value.strip()
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(value, list):
        return ";".join(str(item) for item in value if item is not None)
    number = float(str(value))  # also rounds decimals correctly
    return None if number != number else number
