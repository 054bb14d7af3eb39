"""Tables of every library are sent as the same stream."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from google.protobuf.message import Message
from harness import Service, installed_catalogue, serving

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client import Client
from scorer_client.sync_async import Call
from scorer_client.unit_table import table_stream

SET = "bac-kan-2020"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def answers(client: Client) -> pa.Table:
    """The units of Bắc Kạn; every indicator has answers."""
    with as_file(files("scorer_plugins.answers") / f"{SET}.csv") as file:
        return read(client.read_file(SET, file).stream())


def read(stream: bytes) -> pa.Table:
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


class Recorder:
    """A transport that keeps the bytes of the last reply."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.reply = b""

    def send(self, call: Call) -> Message:
        reply = getattr(self._service.scorer, call.method)(call.request)
        self.reply = reply.SerializeToString(deterministic=True)
        return reply

    def close(self) -> None: ...


def reply_to(service: Service, table: object, **options: Any) -> bytes:
    recorder = Recorder(service)
    Client(recorder).rank_table(SET, table, **options)
    return recorder.reply


def with_types(table: pa.Table, *changes: Callable[[pa.DataType], pa.DataType]) -> pa.Table:
    for change in changes:
        table = table.cast(pa.schema([field.with_type(change(field.type)) for field in table.schema]))
    return table


def with_texts(kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    """The table with another type of texts, without dictionaries."""
    return lambda table: with_types(
        table,
        lambda found: pa.string() if pa.types.is_dictionary(found) else found,
        lambda found: kind if pa.types.is_string(found) else found,
    )


def with_dictionaries(table: pa.Table) -> pa.Table:
    texts = pa.dictionary(pa.int16(), pa.large_string())
    return with_types(table, lambda found: texts if pa.types.is_string(found) else found)


def with_integers(table: pa.Table) -> pa.Table:
    """The table with whole numbers as integers, and flags as 0 and 1."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_floating(column.type):
            numbers = pa.array(column.to_pylist(), from_pandas=True)
            whole = all(number is None or number.is_integer() for number in numbers.to_pylist())
            column = numbers.cast(pa.int32()) if whole else numbers
        columns[name] = column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column
    return pa.table(columns)


def with_dates_at_midnight(table: pa.Table) -> pa.Table:
    return with_types(table, lambda found: pa.timestamp("us") if pa.types.is_date32(found) else found)


def filtered(table: pa.Table) -> pd.DataFrame:
    """A data frame whose index is not a range."""
    frame = table.to_pandas()
    twice = pd.concat([frame, frame.iloc[:20].assign(tier="nowhere")])
    twice.index = twice.index[::-1]
    return twice[twice["tier"] != "nowhere"]


def in_batches(table: pa.Table) -> pa.RecordBatchReader:
    batches = table.to_batches(max_chunksize=9)
    return pa.RecordBatchReader.from_batches(table.schema, batches)


FORMS: dict[str, Callable[[pa.Table], object]] = {
    "pyarrow": lambda table: table,
    "large texts": with_texts(pa.large_string()),
    "text views": with_texts(pa.string_view()),
    "plain texts": with_texts(pa.string()),
    "dictionaries": with_dictionaries,
    "integers": with_integers,
    "timestamps": with_dates_at_midnight,
    "a reader of batches": in_batches,
    "other order of columns": lambda table: table.select(table.column_names[::-1]),
    "pandas": lambda table: table.to_pandas(),
    "pandas, nullable": lambda table: table.to_pandas().convert_dtypes(),
    "pandas on pyarrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, filtered": filtered,
    "pandas, ids as index": lambda table: table.to_pandas().set_index("id"),
    "polars": pl.from_arrow,
    "polars, strict types": lambda table: pl.from_arrow(table).with_columns(pl.col(pl.Categorical).cast(pl.String)),
    "DuckDB": lambda table: duckdb.sql("select * from units", connection=_duckdb(table)),
    "lists": lambda table: table.to_pydict(),
    "arrays": lambda table: {name: np.array(table[name].to_pylist(), dtype=object) for name in table.column_names},
    "series of pandas": lambda table: dict(table.to_pandas().items()),
    "series of polars": lambda table: dict(zip(table.column_names, pl.from_arrow(table), strict=True)),
    "columns of pyarrow": lambda table: dict(zip(table.column_names, table.columns, strict=True)),
}


def _duckdb(table: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("units", table)
    return connection


@pytest.mark.parametrize("form", FORMS)
def test_the_same_units_give_the_same_stream(service: Service, answers: pa.Table, form: str) -> None:
    table = FORMS[form](answers)
    assert reply_to(service, table, full=True) == expected(service, answers)


def expected(service: Service, answers: pa.Table) -> bytes:
    """The reply of the service to a stream that this file writes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, answers.schema) as writer:
        writer.write_table(answers)
    request = pb.RankProvinceRequest(criteria_set=SET, view=pb.SCORECARD_VIEW_FULL)
    request.table.arrow_stream = sink.getvalue().to_pybytes()
    return service.scorer.RankProvince(request).SerializeToString(deterministic=True)


def test_the_answers_have_columns_of_every_type(answers: pa.Table) -> None:
    kinds = {str(column.type).partition("<")[0] for column in answers.columns}
    assert kinds >= {"string", "double", "bool", "date32[day]", "list"}


@pytest.mark.parametrize("nothing", [[[], []], [None, None], [[], None], pl.Series([[], []])], ids=str)
def test_not_applicable_may_be_empty_for_all_units(client: Client, nothing: Any) -> None:
    units = {"id": ["a", "b"], "tier": ["commune", "commune"]}
    assert client.rank_table(SET, {**units, "not_applicable": nothing}).table.equals(
        client.rank_table(SET, units).table
    )


def test_a_table_of_one_tier_needs_no_tier_column(client: Client, answers: pa.Table) -> None:
    communes = answers.filter(pa.compute.equal(answers["tier"], "commune"))
    by_option = client.rank_table(SET, communes.drop_columns("tier"), tier="commune")
    assert by_option.table.equals(client.rank_table(SET, communes).table)


FRAME = pd.DataFrame({"id": ["a", "b", "c"], "tier": "district", "computers": [1, 2, 3]})


def test_neither_an_index_nor_metadata_is_sent() -> None:
    for table in (FRAME, FRAME[FRAME["computers"] > 1], pa.Table.from_pandas(FRAME[FRAME["computers"] > 1])):
        sent = read(table_stream(table))
        assert sent.column_names == ["id", "tier", "computers"]
        assert sent.schema.metadata is None
    categories = pl.DataFrame({"head": ["chairman"]}, schema={"head": pl.Categorical})
    assert pa.table(categories).schema.field("head").metadata
    assert read(table_stream(categories)).schema.field("head").metadata is None


def test_an_index_with_a_name_is_a_column() -> None:
    assert read(table_stream(FRAME.set_index(["id", "tier"]))).to_pydict() == FRAME.to_dict("list")


def test_many_batches_are_sent_as_one() -> None:
    table = pa.table({"id": pa.chunked_array([[str(n)] for n in range(2_000)])})
    stream = table_stream(table)
    with pa.ipc.open_stream(stream) as reader:
        assert [batch.num_rows for batch in reader] == [2_000]


def encoded(indices: list[int | None], values: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), values)


@pytest.mark.parametrize(
    "batches",
    [
        [encoded([0, 1], pa.array(["a", None])), encoded([1, 0], pa.array(["b", "a"]))],
        [encoded([0], pa.array(["a"], pa.string_view())), encoded([0, None], pa.array(["b"], pa.string_view()))],
        [encoded([0, 1], pa.array([1.5, 2.5], pa.float16())), encoded([0], pa.array([3.5], pa.float16()))],
        [encoded([*range(100)], pa.array([f"{letter}{n}" for n in range(100)])) for letter in "ab"],
    ],
    ids=["a null", "views", "half floats", "more texts than indices"],
)
def test_batches_with_their_own_dictionaries_are_sent_as_one(batches: list[pa.Array]) -> None:
    sent = read(table_stream({"x": pa.chunked_array(batches)}))["x"]
    assert sent.to_pylist() == [value for batch in batches for value in batch.to_pylist()]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, None, -128.0], pa.int8()),
        ([1, 128], pa.int16()),
        (np.array([70_000, np.nan]), pa.int32()),
        ([0.5, None], pa.float64()),
        ([2**31], pa.int64()),
        ([1e300], pa.float64()),
        ([float("inf")], pa.float64()),
        (pa.array([0, 1], pa.uint64()), pa.int8()),
        (pa.array([1, 2], pa.float32()), pa.int8()),
    ],
    ids=str,
)
def test_whole_numbers_are_sent_as_small_integers(values: Any, kind: pa.DataType) -> None:
    column = read(table_stream({"x": values}))["x"]
    assert column.type == kind
    assert column.to_pylist() == pa.array(values, from_pandas=True).to_pylist()


NA = pd.NA


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, NA, float("nan")], pa.int8()),
        ([True, None], pa.bool_()),
        (["a", float("nan"), NA], pa.string()),
        ([datetime.date(2020, 1, 1), pd.NaT], pa.date32()),
        ([["INF.02"], None, []], pa.list_(pa.string())),
        (np.ma.masked_equal(np.array([7.5, 0.0]), 0), pa.float64()),
        (np.array([7.5, np.nan], dtype=">f8"), pa.float64()),
        (np.array([7.5, 0, np.nan])[::2], pa.float64()),
        (pd.Series([1, None], dtype="Int64"), pa.int8()),
        (pd.Series([True, None], dtype=object), pa.bool_()),
    ],
    ids=lambda value: getattr(getattr(value, "dtype", None), "str", str(value)).replace("<", ""),
)
def test_missing_answers_are_null(values: Any, kind: pa.DataType) -> None:
    column = read(table_stream({"x": values}))["x"]
    assert column.type == kind
    missing = [index for index, value in enumerate(values) if value is np.ma.masked or not_there(value)]
    assert [index for index, value in enumerate(column.to_pylist()) if value is None] == missing


def not_there(value: object) -> bool:
    return not isinstance(value, list) and bool(pd.isna(value))
