"""Columns of one table that share a dictionary, as apache-arrow in JavaScript writes them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from arrow_tables import column, stream
from flatbuffers.encode import Get
from flatbuffers.number_types import UOffsetTFlags
from flatbuffers.table import Table
from harness import Service, refusal
from small_set import rank_table

from egov.scorer.v1 import scorer_pb2 as pb

IDS = ["hue", "nam-dong", "phu-loc"]
END = b"\xff\xff\xff\xff" + bytes(4)
"""The end mark of a stream."""
COUNTS = ("computers", "staff", "online", "files")


def sharing(columns: Mapping[str, pa.DictionaryArray]) -> bytes:
    """A table whose columns, but for the first one, all refer to the dictionary of the last one."""
    written = stream(pa.table({"id": IDS, "tier": ["district"] * len(IDS), **columns}))
    last = len(columns) - 1
    parts = []
    for message in pa.ipc.MessageReader.open_stream(written):
        data = bytearray(message.serialize().to_pybytes())
        if message.type == "schema":
            for place in id_places(message.metadata.to_pybytes()):
                struct.pack_into("<q", data, 8 + place, last)
        elif message.type == "dictionary" and 0 < dictionary_id(message) < last:
            continue
        parts.append(bytes(data))
    return b"".join([*parts, END])


def child(table: Table, field: int) -> Table | None:
    offset = table.Offset(4 + 2 * field)
    return Table(table.Bytes, table.Indirect(table.Pos + offset)) if offset else None


def root(data: bytes) -> Table:
    header = child(Table(data, Get(UOffsetTFlags.packer_type, data, 0)), 2)
    assert header is not None
    return header


def id_places(schema: bytes) -> list[int]:
    """Where a schema has the ids of dictionaries, but for 0, which is not written."""
    table, places = root(schema), []
    vector = table.Offset(6)
    for at in range(table.VectorLen(vector)):
        field = Table(schema, table.Indirect(table.Vector(vector) + 4 * at))
        encoding = child(field, 4)
        if encoding is not None and (offset := encoding.Offset(4)):
            places.append(encoding.Pos + offset)
    return places


def dictionary_id(message: pa.ipc.Message) -> int:
    data = message.metadata.to_pybytes()
    table = root(data)
    offset = table.Offset(4)
    return int(struct.unpack_from("<q", data, table.Pos + offset)[0]) if offset else 0


def encoded(values: pa.Array) -> dict[str, pa.DictionaryArray]:
    """The first column has a dictionary of its own, whose id 0 is not written."""
    indices = pa.array([0, 1, 2], pa.int8())
    own = {"issued": pa.nulls(3, pa.dictionary(pa.int8(), pa.date32()))}
    return own | {code: pa.DictionaryArray.from_arrays(indices, values) for code in COUNTS}


def ranked(service: Service, data: bytes) -> dict[str, list[Any]]:
    table = pb.UnitTable(arrow_stream=data)
    [ranking] = rank_table(service, table, view=pb.SCORECARD_VIEW_FULL).rankings
    return {name: column(ranking, name) for name in ("id", "points", "missing")}


def test_columns_may_share_a_dictionary(service: Service) -> None:
    plain = {code: [3, 4, 5] for code in COUNTS}
    expected = ranked(service, stream(pa.table({"id": IDS, "tier": ["district"] * 3, **plain})))
    assert ranked(service, sharing(encoded(pa.array([3, 4, 5])))) == expected


@pytest.mark.parametrize(("entries", "refused"), [(1_000_000, False), (9_000_000, True)])
def test_a_dictionary_counts_for_each_column_that_uses_it(service: Service, entries: int, refused: bool) -> None:
    data = sharing(encoded(pa.array(np.zeros(entries, dtype=np.int64))))
    if not refused:
        assert sorted(ranked(service, data)["id"]) == IDS
        return
    with refusal() as caught:
        ranked(service, data)
    assert caught[0].fields == {"table.arrow_stream": "DICTIONARIES_TOO_LARGE"}
