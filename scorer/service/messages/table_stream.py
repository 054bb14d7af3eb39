"""Reads an Arrow IPC stream that a caller sent (https://arrow.apache.org/docs/format/Columnar.html)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from flatbuffers.encode import Get
from flatbuffers.number_types import BoolFlags, Int64Flags, UOffsetTFlags
from flatbuffers.table import Table

from scorer.service.messages.table_schema import dictionary_uses, is_big_endian

MAX_BATCHES = 1_000
"""Record batches, and dictionary batches per column: each takes as long to read as some hundred rows."""

MAX_DICTIONARY_BYTES = 256 * 2**20
"""Bytes of dictionaries, counted again for every column and record batch that may refer to them: twice the largest
request.

A dictionary that grows is copied for each batch, and every column's of every batch is looked through.
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
            StreamError: not a stream, big-endian, compressed, in too many batches, or with too large dictionaries.
            TooManyRows: the batches have more than ``max_rows`` rows.
        """
        if data.startswith(FILE_MAGIC):
            raise StreamError("BAD_STREAM", "is an Arrow file; write the stream format (in pyarrow: new_stream)")
        buffer = pa.py_buffer(data)
        rows = batches = dictionary_batches = 0
        dictionaries, described = _Dictionaries(), None
        try:
            schema = pa.ipc.read_schema(buffer)
            columns = len(schema.names)  # raises for names that are not UTF-8
            for message in pa.ipc.MessageReader.open_stream(buffer):
                header = _header(message)
                if message.type == "schema":
                    described = described or header
                    if is_big_endian(header):
                        raise StreamError("BIG_ENDIAN", "is big-endian; write the table on a little-endian machine")
                    continue
                batch = _child(header, _DICTIONARY_DATA) if message.type == "dictionary" else header
                if batch.Offset(_COMPRESSION) or _OLD_COMPRESSION in message.metadata.to_pybytes():
                    raise StreamError("COMPRESSED", "the record batches are compressed; write them without compression")
                if message.type == "dictionary":
                    dictionary_batches += 1
                    dictionaries.add(header, message.body.size if message.body else 0)
                else:
                    batches += 1
                    rows += _length(batch)
                    dictionaries.add_batch()
                if batches > MAX_BATCHES or dictionary_batches > MAX_BATCHES * max(columns, 1):
                    problem = f"has more than {MAX_BATCHES} record batches; combine them into a few large ones"
                    raise StreamError("TOO_MANY_BATCHES", problem)
            # Who uses which dictionary is looked up only if it can matter.
            may_be_large = described and dictionaries.bytes() * columns > MAX_DICTIONARY_BYTES
            if may_be_large and dictionaries.bytes(dictionary_uses(described)) > MAX_DICTIONARY_BYTES:
                problem = (
                    f"its dictionaries take more than {MAX_DICTIONARY_BYTES} bytes, counted for each column and "
                    "record batch that uses them; combine the batches, and leave out values that no row has"
                )
                raise StreamError("DICTIONARIES_TOO_LARGE", problem)
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
    """How large dictionaries are, each counted again for every record batch that may refer to it."""

    def __init__(self) -> None:
        self._batches = 0
        self._sizes: dict[int, int] = {}
        self._since: dict[int, int] = {}
        """Record batches before the dictionary got its size."""
        self._earlier: dict[int, int] = {}
        """Bytes counted for earlier sizes."""

    def add(self, header: Table, size: int) -> None:
        """A dictionary batch of this many bytes: it replaces the dictionary, or adds to it if it is a delta."""
        code = _number(header, _DICTIONARY_ID, Int64Flags)
        before = self._sizes.get(code, 0)
        self._earlier[code] = self._counted(code)
        self._since[code] = self._batches
        self._sizes[code] = size + (before if _number(header, _DICTIONARY_IS_DELTA, BoolFlags) else 0)

    def add_batch(self) -> None:
        """A record batch, which may refer to all of them."""
        self._batches += 1

    def bytes(self, uses: Counter[int] | None = None) -> int:
        """All bytes; ``uses`` are how many times each dictionary counts, by id."""
        return sum(self._counted(code) * (1 if uses is None else uses[code]) for code in self._sizes)

    def _counted(self, code: int) -> int:
        batches = self._batches - self._since.get(code, 0)
        return self._earlier.get(code, 0) + self._sizes.get(code, 0) * batches


def _header(message: pa.ipc.Message) -> Table:
    """The header of a schema, record batch or dictionary batch.

    pyarrow decompresses while it reads and has no option not to, so the headers are read with Google's library.

    Raises:
        ValueError: there is no such header.
    """
    if message.type not in ("schema", "record batch", "dictionary"):
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
