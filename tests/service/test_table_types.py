"""Every Arrow type that docs/tables.md promises for a column, also as the values of a dictionary."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from arrow_tables import stream
from harness import Service
from small_set import rank_table

from egov.scorer.v1 import scorer_pb2

IDS = ["hue", "nam-dong", "phu-loc"]
DAYS = [datetime.date(1969, 12, 31), None, datetime.date(2020, 6, 30)]
ANSWERS: dict[str, list[Any]] = {
    "computers": [3, None, 1],
    "staff": [4, None, 4],
    "firewall": [True, None, False],
    "head": ["chairman", None, "deputy"],
    "issued": DAYS,
    "awarded": [1.5, None, 2.25],
}
INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
FLOATS = [pa.float16(), pa.float32(), pa.float64()]
DECIMALS = [pa.decimal32(5, 2), pa.decimal64(9, 2), pa.decimal128(20, 3), pa.decimal256(60, 9)]
TIMESTAMPS = [pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")]
TYPES: dict[str, list[pa.DataType]] = {
    "computers": [*INTEGERS, *FLOATS, *DECIMALS],
    "firewall": [pa.bool_(), *INTEGERS, *FLOATS],
    "head": [pa.string(), pa.large_string(), pa.string_view()],
    "issued": [pa.date32(), pa.date64(), *TIMESTAMPS],
    "awarded": [*FLOATS, *DECIMALS],
}


def ranked(service: Service, **columns: Any) -> bytes:
    units = pa.table({"id": IDS, **ANSWERS, **columns})
    table = scorer_pb2.UnitTable(arrow_stream=stream(units))
    [ranking] = rank_table(service, table, tier="district", view=scorer_pb2.SCORECARD_VIEW_FULL).rankings
    return ranking.table.arrow_stream


def answers(indicator: str, kind: pa.DataType) -> pa.Array:
    values = ANSWERS[indicator]
    if indicator == "issued":
        return pa.array(values, pa.date32()).cast(kind)
    if indicator == "firewall" and not pa.types.is_boolean(kind):
        values = [None if value is None else int(value) for value in values]
    if pa.types.is_decimal(kind):
        values = [None if value is None else Decimal(str(value)) for value in values]
    return pa.array(values, kind)


@pytest.mark.parametrize(
    ("indicator", "kind"), [(code, kind) for code, kinds in TYPES.items() for kind in kinds], ids=str
)
def test_every_documented_type_gives_the_same_bytes(service: Service, indicator: str, kind: pa.DataType) -> None:
    column = answers(indicator, kind)
    shuffled = pa.concat_arrays([column.slice(2), column.slice(0, 2)])  # its second value is the column's first
    encoded = pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.uint8()), shuffled)
    with_null = pa.DictionaryArray.from_arrays(pa.array([1, 2, 0], pa.int64()), shuffled)
    expected = ranked(service)
    assert [ranked(service, **{indicator: one}) for one in (column, encoded, with_null)] == [expected] * 3


def test_null_lists_may_have_entries_in_memory(service: Service) -> None:
    """The format allows this: the offsets of a null list have no meaning."""
    offsets, valid = pa.py_buffer(np.array([0, 1, 2, 3], dtype=np.int32)), pa.py_buffer(b"\x05")
    codes = pa.array(["INF.02", "INF.05", "INF.02"])
    lists = pa.Array.from_buffers(pa.list_(pa.string()), 3, [valid, offsets], children=[codes])
    assert lists.to_pylist() == [["INF.02"], None, ["INF.02"]]
    assert ranked(service, not_applicable=lists) == ranked(service, not_applicable=lists.to_pylist())


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32()], ids=str)
def test_narrow_floats_are_the_numbers_that_were_written(service: Service, kind: pa.DataType) -> None:
    written = [2.7, 0.1, 1.3]
    column = pa.array(written, kind)
    assert column.to_pylist() != written
    expected = ranked(service, awarded=written)
    assert ranked(service, awarded=column) == expected
    assert ranked(service, awarded=column.dictionary_encode()) == expected


@pytest.mark.parametrize("deltas", [True, False], ids=["that grow", "that are replaced"])
def test_batches_may_have_different_dictionaries(service: Service, deltas: bool) -> None:
    heads = ["chairman", None, "deputy"]
    growing = (pa.array(heads[: row + 1]) for row in range(3))
    dictionaries = list(growing) if deltas else [pa.array(["nobody", head]) for head in heads]
    sink = pa.BufferOutputStream()
    units = pa.table({"id": IDS, **ANSWERS}).drop_columns("head")
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    kind = pa.dictionary(pa.int8(), pa.string())
    with pa.ipc.new_stream(sink, units.schema.append(pa.field("head", kind)), options=options) as writer:
        for row, values in enumerate(dictionaries):
            head = pa.DictionaryArray.from_arrays(pa.array([len(values) - 1], pa.int8()), values)
            writer.write_table(units.slice(row, 1).append_column("head", head))
    table = scorer_pb2.UnitTable(arrow_stream=sink.getvalue().to_pybytes())
    [ranking] = rank_table(service, table, tier="district", view=scorer_pb2.SCORECARD_VIEW_FULL).rankings
    assert ranking.table.arrow_stream == ranked(service)
