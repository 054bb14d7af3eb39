"""Checks and reads Arrow IPC streams from callers (https://arrow.apache.org/docs/format/Columnar.html)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from flatbuffers.encode import Get
from flatbuffers.number_types import BoolFlags, Int64Flags, UOffsetTFlags
from flatbuffers.table import Table

from scorer.service.messages.table_schema import dictionary_uses, is_big_endian, number

MAX_BATCHES = 1_000
"""Maximum number of record batches, and of dictionary batches per column. Reading a batch takes about as long as
reading a hundred rows."""

MAX_DICTIONARY_BYTES = 256 * 2**20
"""Maximum total size of all dictionaries of a stream in bytes: twice the default limit of a request. A dictionary is
counted once for each column and record batch that uses it.

Without this limit, a small request could take much time and memory. If a dictionary grows, pyarrow copies it for each
batch; and validation reads a dictionary again for each column and batch that uses it.
"""

END_MARKS = (b"\xff\xff\xff\xff\x00\x00\x00\x00", b"\x00\x00\x00\x00")
"""The last bytes of a stream: in today's format, and in the format before Arrow 0.15."""

FILE_MAGIC = b"ARROW1"
"""The first bytes of Arrow's file format, which is not supported."""

READ_ERRORS = (pa.ArrowException, OSError, ValueError, KeyError, NotImplementedError)
"""Exceptions that pyarrow raises for damaged streams."""


class StreamError(Exception):
    """Raised if a stream cannot be read.

    Args:
        reason: a word in capitals for programs.
        message: what is wrong and how to fix it.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Stream:
    """A stream of which only the schema has been decoded."""

    schema: pa.Schema
    rows: int
    """Number of rows in all record batches."""
    data: pa.Buffer

    @classmethod
    def open(cls, data: bytes) -> Stream:
        """Reads the headers of all messages, and checks that the stream can be decoded without too much memory.

        Raises:
            StreamError: the data are not a stream; or the stream is big-endian or compressed, or has too many batches
                or too large dictionaries.
        """
        if data.startswith(FILE_MAGIC):
            raise StreamError("BAD_STREAM", "is an Arrow file; write the stream format (in pyarrow: new_stream)")
        buffer = pa.py_buffer(data)
        rows = batches = dictionary_batches = 0
        dictionaries, schema_header = _Dictionaries(), None
        try:
            schema = pa.ipc.read_schema(buffer)
            columns = len(schema.names)  # raises for names that are not UTF-8
            source = pa.BufferReader(buffer)
            end_of_messages = 0
            for message in pa.ipc.MessageReader.open_stream(source):
                end_of_messages = source.tell()
                header = _header(message)
                if message.type == "schema":
                    schema_header = schema_header or header
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
            # pyarrow would accept a stream that is cut between two batches, and ignore bytes after the end.
            if data[end_of_messages:] not in END_MARKS:
                raise StreamError("BAD_STREAM", _wrong_end(data[end_of_messages:]))
            # The uses of dictionaries take time to count, so they are counted only if the result can matter.
            may_be_large = schema_header and dictionaries.bytes() * columns > MAX_DICTIONARY_BYTES
            if may_be_large and dictionaries.bytes(dictionary_uses(schema_header)) > MAX_DICTIONARY_BYTES:
                problem = (
                    f"its dictionaries take more than {MAX_DICTIONARY_BYTES} bytes, counted for each column and "
                    "record batch that uses them; combine the batches, and leave out values that no row uses"
                )
                raise StreamError("DICTIONARIES_TOO_LARGE", problem)
        except READ_ERRORS as error:
            raise _damaged(error) from error
        return cls(schema, rows, buffer)

    def batches(self) -> Sequence[pa.RecordBatch]:
        """Decodes all record batches. The batches refer to the memory of the stream and do not copy it.

        Raises:
            StreamError: the stream is damaged.
        """
        options = pa.ipc.IpcReadOptions(use_threads=False)
        try:
            with pa.ipc.open_stream(self.data, options=options) as reader:
                return list(reader)
        except READ_ERRORS as error:
            raise _damaged(error) from error


def _wrong_end(rest: bytes) -> str:
    """What is wrong with a stream that has these bytes after its last message."""
    if rest.startswith(END_MARKS):
        return "has bytes after its end; send exactly one stream"
    return "has no end: it was cut, or its writer was not closed; close the writer and send all bytes"


def _damaged(error: Exception) -> StreamError:
    return StreamError("BAD_STREAM", f"cannot be read as an Arrow IPC stream: {error}")


# Offsets of fields in the tables of Arrow's format/Message.fbs: 4 + 2 x the field's number.
_HEADER = 8
_LENGTH = 4
_COMPRESSION = 10
_DICTIONARY_ID = 4
_DICTIONARY_DATA = 6
_DICTIONARY_IS_DELTA = 8

_OLD_COMPRESSION = b"ARROW:experimental_compression"
"""The key under which Arrow 0.17 named the compression in a message's metadata. pyarrow still honours it."""


class _Dictionaries:
    """Adds up the sizes of dictionaries. Each dictionary is counted for each record batch that may use it."""

    def __init__(self) -> None:
        self._batches = 0
        """Number of record batches that have been added so far."""
        self._sizes: dict[int, int] = {}
        """Current size of each dictionary, by id."""
        self._first_batch: dict[int, int] = {}
        """Index of the first record batch that uses the current content of a dictionary, by the dictionary's id."""
        self._earlier_bytes: dict[int, int] = {}
        """Bytes that were counted for the record batches before ``_first_batch``, by the dictionary's id."""

    def add(self, header: Table, size: int) -> None:
        """Adds a dictionary batch of ``size`` bytes. It replaces the dictionary, or extends it if it is a delta."""
        dictionary = number(header, _DICTIONARY_ID, Int64Flags)
        previous = self._sizes.get(dictionary, 0)
        self._earlier_bytes[dictionary] = self._bytes(dictionary)
        self._first_batch[dictionary] = self._batches
        self._sizes[dictionary] = size + (previous if number(header, _DICTIONARY_IS_DELTA, BoolFlags) else 0)

    def add_batch(self) -> None:
        """Adds a record batch. It may use every dictionary, so each dictionary is counted once more."""
        self._batches += 1

    def bytes(self, uses: Counter[int] | None = None) -> int:
        """The sum of all counted bytes; with ``uses``, the bytes of each dictionary are multiplied by its uses."""
        return sum(self._bytes(dictionary) * (1 if uses is None else uses[dictionary]) for dictionary in self._sizes)

    def _bytes(self, dictionary: int) -> int:
        batches = self._batches - self._first_batch.get(dictionary, 0)
        return self._earlier_bytes.get(dictionary, 0) + self._sizes.get(dictionary, 0) * batches


def _header(message: pa.ipc.Message) -> Table:
    """The header of a schema, record batch or dictionary batch.

    The headers are read with the flatbuffers library, because pyarrow always decompresses the data too.

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


def _length(batch: Table) -> int:
    """Number of rows of a record batch."""
    length = number(batch, _LENGTH, Int64Flags)
    if length < 0:
        raise ValueError("a record batch of negative length")
    return length
