"""Writes and reads tables as Arrow streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from egov.scorer.v1 import scorer_pb2 as pb


def stream(table: pa.Table, **options: Any) -> bytes:
    """A table as an Arrow IPC stream; options as pyarrow's IpcWriteOptions has them."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def as_message(table: pa.Table) -> pb.UnitTable:
    return pb.UnitTable(arrow_stream=stream(table))


def unit_table(
    ids: Sequence[str | None], columns: Mapping[str, Any] | None = None, *, tier: str = "district"
) -> pb.UnitTable:
    """Units of one tier, and columns of any kind."""
    units = {"id": pa.array(ids, pa.string()), "tier": [tier] * len(ids)}
    return as_message(pa.table(units | dict(columns or {})))


def read(ranking: pb.Ranking) -> pa.Table:
    """The table of a ranking."""
    with pa.ipc.open_stream(ranking.table.arrow_stream) as reader:
        return reader.read_all()


def column(ranking: pb.Ranking, name: str) -> list[Any]:
    """One column of the table of a ranking."""
    return read(ranking)[name].to_pylist()
