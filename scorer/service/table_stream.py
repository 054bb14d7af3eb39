"""Reads an Arrow IPC stream that a caller sent (https://arrow.apache.org/docs/format/Columnar.html)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from flatbuffers.encode import Get
from flatbuffers.number_types import Int64Flags, UOffsetTFlags
from flatbuffers.table import Table

MAX_BATCHES = 1_000
"""Record batches, and dictionary batches per column: each takes as long to read as some hundred rows."""

FILE_MAGIC = b"ARROW1"
"""How Arrow's other format begins, which needs random access."""

READ_ERRORS = (pa.ArrowException, OSError, ValueError, KeyError, NotImplementedError)
"""What pyarrow raises for a damaged stream."""


class StreamError(Exception):
    """A stream that cannot be read.

    Args:
        reason: in capitals, for programs.
        message: what is wrong, and how to fix it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TooManyRows(Exception):
    """A stream with more rows than are accepted."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(frozen=True)
class Stream:
    """A stream of which nothing but the schema has been decoded."""

    schema: pa.Schema
    rows: int
    data: pa.Buffer

    @classmethod
    def open(cls, data: bytes, max_rows: int) -> Stream:
        """Checks what could take much memory, from the headers alone.

        Raises:
            StreamError: not a stream, compressed, or in too many batches.
            TooManyRows: the batches have more than ``max_rows`` rows.
        """
        if data.startswith(FILE_MAGIC):
            raise StreamError("BAD_STREAM", "is an Arrow file; write the stream format (in pyarrow: new_stream)")
        buffer = pa.py_buffer(data)
        rows = batches = dictionaries = 0
        try:
            schema = pa.ipc.read_schema(buffer)
            columns = len(schema.names)  # raises for names that are not UTF-8
            for message in pa.ipc.MessageReader.open_stream(buffer):
                if message.type == "schema":
                    continue
                batch = _record_batch(message)
                if batch.Offset(_COMPRESSION):
                    raise StreamError("COMPRESSED", "the record batches are compressed; write them without compression")
                if message.type == "dictionary":
                    dictionaries += 1
                else:
                    batches += 1
                    rows += _length(batch)
                if rows > max_rows:
                    raise TooManyRows(rows)
                if batches > MAX_BATCHES or dictionaries > MAX_BATCHES * max(columns, 1):
                    message = f"has more than {MAX_BATCHES} record batches; combine them into a few large ones"
                    raise StreamError("TOO_MANY_BATCHES", message)
        except READ_ERRORS as error:
            raise _damaged(error) from error
        return cls(schema, rows, buffer)

    def batches(self) -> Sequence[pa.RecordBatch]:
        """All record batches. They share the memory of the stream.

        Raises:
            StreamError: a damaged stream.
        """
        options = pa.ipc.IpcReadOptions(use_threads=False)
        try:
            with pa.ipc.open_stream(self.data, options=options) as reader:
                return list(reader)
        except READ_ERRORS as error:
            raise _damaged(error) from error


def _damaged(error: Exception) -> StreamError:
    return StreamError("BAD_STREAM", f"cannot be read as an Arrow IPC stream: {error}")


# Where the tables of format/Message.fbs keep the fields that are read here: 4 + 2 x the field's number.
_HEADER = 8
_LENGTH = 4
_COMPRESSION = 10
_DICTIONARY_DATA = 6


def _record_batch(message: pa.ipc.Message) -> Table:
    """The header of a record batch, or of the one inside a dictionary batch.

    pyarrow decompresses while it reads and has no option not to, so the headers are read with Google's library.

    Raises:
        ValueError: there is no such header.
    """
    metadata = message.metadata.to_pybytes()
    header = _child(Table(metadata, Get(UOffsetTFlags.packer_type, metadata, 0)), _HEADER)
    if message.type == "dictionary":
        return _child(header, _DICTIONARY_DATA)
    if message.type != "record batch":
        raise ValueError(f"a message of type {message.type}")
    return header


def _child(table: Table, field: int) -> Table:
    offset = table.Offset(field)
    if not offset:
        raise ValueError("a message without a header")
    return Table(table.Bytes, table.Indirect(table.Pos + offset))


def _length(batch: Table) -> int:
    offset = batch.Offset(_LENGTH)
    length = batch.Get(Int64Flags, batch.Pos + offset) if offset else 0
    if length < 0:
        raise ValueError("a record batch of negative length")
    return int(length)
