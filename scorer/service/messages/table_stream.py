"""Reads an Arrow IPC stream that a caller sent (https://arrow.apache.org/docs/format/Columnar.html)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from flatbuffers.encode import Get
from flatbuffers.number_types import BoolFlags, Int64Flags, UOffsetTFlags
from flatbuffers.table import Table

MAX_BATCHES = 1_000
"""Record batches, and dictionary batches per column: each takes as long to read as some hundred rows."""

MAX_DICTIONARY_BYTES = 256 * 2**20
"""Bytes of dictionaries, counted again for every record batch that may refer to them: twice the largest request.

A dictionary that grows is copied for each batch, and every batch's is looked through.
"""

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
        rows = batches = dictionary_batches = dictionary_bytes = 0
        dictionaries = _Dictionaries()
        try:
            schema = pa.ipc.read_schema(buffer)
            columns = len(schema.names)  # raises for names that are not UTF-8
            for message in pa.ipc.MessageReader.open_stream(buffer):
                if message.type == "schema":
                    continue
                header = _header(message)
                batch = _child(header, _DICTIONARY_DATA) if message.type == "dictionary" else header
                if batch.Offset(_COMPRESSION) or _OLD_COMPRESSION in message.metadata.to_pybytes():
                    raise StreamError("COMPRESSED", "the record batches are compressed; write them without compression")
                if message.type == "dictionary":
                    dictionary_batches += 1
                    dictionaries.add(header, message.body.size if message.body else 0)
                else:
                    batches += 1
                    rows += _length(batch)
                    dictionary_bytes += dictionaries.bytes
                if batches > MAX_BATCHES or dictionary_batches > MAX_BATCHES * max(columns, 1):
                    problem = f"has more than {MAX_BATCHES} record batches; combine them into a few large ones"
                    raise StreamError("TOO_MANY_BATCHES", problem)
                if dictionary_bytes > MAX_DICTIONARY_BYTES:
                    problem = (
                        f"its dictionaries are too large for {batches} record batches or more; combine the batches"
                    )
                    raise StreamError("TOO_MANY_BATCHES", problem)
        except READ_ERRORS as error:
            raise _damaged(error) from error
        if rows > max_rows:
            raise TooManyRows(rows)
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
_DICTIONARY_ID = 4
_DICTIONARY_DATA = 6
_DICTIONARY_IS_DELTA = 8

_OLD_COMPRESSION = b"ARROW:experimental_compression"
"""The key under which Arrow 0.17 named the compression in a message's own metadata; pyarrow still reads it."""


class _Dictionaries:
    """How large the dictionaries are that the next record batch may refer to."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self.bytes = 0

    def add(self, header: Table, size: int) -> None:
        """A dictionary batch of this many bytes: it replaces the dictionary, or adds to it if it is a delta."""
        code, before = _number(header, _DICTIONARY_ID, Int64Flags), 0
        if _number(header, _DICTIONARY_IS_DELTA, BoolFlags):
            before = self._sizes.get(code, 0)
        self.bytes += before + size - self._sizes.get(code, 0)
        self._sizes[code] = before + size


def _header(message: pa.ipc.Message) -> Table:
    """The header of a record batch or dictionary batch.

    pyarrow decompresses while it reads and has no option not to, so the headers are read with Google's library.

    Raises:
        ValueError: there is no such header.
    """
    if message.type not in ("record batch", "dictionary"):
        raise ValueError(f"a message of type {message.type}")
    metadata = message.metadata.to_pybytes()
    return _child(Table(metadata, Get(UOffsetTFlags.packer_type, metadata, 0)), _HEADER)


def _child(table: Table, field: int) -> Table:
    offset = table.Offset(field)
    if not offset:
        raise ValueError("a message without a header")
    return Table(table.Bytes, table.Indirect(table.Pos + offset))


def _number(table: Table, field: int, kind: type) -> int:
    """A number or truth value; 0 if it is not there."""
    offset = table.Offset(field)
    return int(table.Get(kind, table.Pos + offset)) if offset else 0


def _length(batch: Table) -> int:
    length = _number(batch, _LENGTH, Int64Flags)
    if length < 0:
        raise ValueError("a record batch of negative length")
    return length
