"""Tables that cannot be sent, and the results of tables."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from harness import Service, installed_catalogue, serving

from scorer_client import Client, Province, ScorerError

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


FRAME = pd.DataFrame({"id": ["a", "b", "c"], "tier": "district", "computers": [1, 2, 3]})


BAD: dict[str, tuple[Any, str, str]] = {
    "a text among numbers": ([1, 2, "many"], "[2]", "cannot convert 'many' of type str; the values above it are int64"),
    "a number among flags": ([True, None, 1], "[2]", "cannot convert 1 of type int; the values above it are bool"),
    "an object": ([object], "[0]", "cannot convert <class 'object'> of type type"),
    "a large integer": ([1, 2**70], "[1]", f"cannot convert {2**70} of type int; the values above it are int64"),
    "half a character": (
        ["a", "\ud800"],
        "[1]",
        "cannot convert '\\ud800' of type str; the values above it are string",
    ),
    "a table": (np.zeros((2, 2)), "", "cannot be converted to Arrow: only handle 1-dimensional arrays"),
    "a text": ("many", "", "cannot be converted to Arrow: a column is a sequence of values, not str"),
    "a number": (3, "", "cannot be converted to Arrow: 'int' object is not iterable"),
    "a set": ({1, 2}, "", "cannot be converted to Arrow: a column is a sequence of values, not set"),
}


@pytest.mark.parametrize("case", BAD)
def test_unconvertible_values_have_column_and_row(client: Client, case: str) -> None:
    values, row, description = BAD[case]
    with pytest.raises(ScorerError) as caught:
        client.rank_table(SET, {"id": ["a"], "tier": ["district"], "computers": values})
    error = caught.value
    (violation,) = error.violations
    assert violation == (f'table["computers"]{row}', "WRONG_TYPE", description)
    assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "INVALID_TABLE")
    assert error.message == f"{violation.field}: {violation.description}"


def test_all_columns_of_a_frame_that_cannot_be_converted_are_named(client: Client) -> None:
    frame = FRAME.assign(staff=[1, "x", 2], firewall=["yes", 1, 0])[::-1]
    with pytest.raises(ScorerError) as caught:
        client.rank_table(SET, frame)
    assert [violation.field for violation in caught.value.violations] == ['table["staff"][1]', 'table["firewall"][2]']
    assert caught.value.message.endswith("(and 1 more)")


def test_columns_of_different_lengths_are_refused(client: Client) -> None:
    with pytest.raises(ScorerError) as caught:
        client.rank_table(SET, {"id": ["a", "b"], "computers": [1, 2, 3]})
    assert [tuple(violation) for violation in caught.value.violations] == [
        ('table["computers"]', "WRONG_LENGTH", "has 3 values, 'id' has 2")
    ]


@pytest.mark.parametrize(
    "table", [None, [1, 2], "answers.parquet", pl.LazyFrame({"id": ["a"]})], ids=lambda table: type(table).__name__
)
def test_an_argument_that_is_not_a_table_raises_a_type_error(client: Client, table: object) -> None:
    with pytest.raises(TypeError, match="rows go to rank_province"):
        client.rank_table(SET, table)


def test_violations_have_column_and_row(client: Client) -> None:
    frame = FRAME.assign(tier=["district", "distrct", "district"], computers=[1, 2, -3], computrs=1)
    with pytest.raises(ScorerError) as caught:
        client.rank_table(SET, frame)
    assert {(violation.field, violation.reason) for violation in caught.value.violations} == {
        ('table["tier"][1]', "UNKNOWN_TIER"),
        ('table["computers"][2]', "OUT_OF_RANGE"),
        ('table["computrs"]', "UNKNOWN_COLUMN"),
    }


@pytest.fixture(scope="module")
def province(client: Client, answers: pa.Table) -> Province:
    return client.rank_table(SET, answers, full=True)


def test_a_ranking_has_its_units_as_a_table(province: Province) -> None:
    ranking = province.ranking("district")
    assert ranking.table.num_rows == ranking.unit_count == len(ranking.units)
    assert ranking.table["id"].to_pylist() == [unit.id for unit in ranking.units]
    assert ranking.table.schema.metadata[b"tier"] == b"district"
    assert ranking.table.schema.field("readiness.percent").metadata == {b"unit": b"percent"}


def test_the_table_of_a_province_has_the_units_of_all_tiers(province: Province) -> None:
    table = province.table
    assert table["id"].to_pylist() == [unit.id for ranking in province.rankings for unit in ranking.units]
    assert table.num_rows == 140
    columns = dict.fromkeys(name for ranking in province.rankings for name in ranking.table.column_names)
    assert table.column_names == list(columns)
    assert set(table.schema.metadata) == {b"provenance", b"names", b"decimals"}
    for ranking in province.rankings:
        part = table.filter(pa.compute.equal(table["tier"], ranking.tier))
        for name in table.column_names:
            if name in ranking.table.column_names:
                assert part[name].to_pylist() == ranking.table[name].to_pylist()
            else:
                assert part[name].null_count == len(part)
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            assert len({chunk.dictionary.to_string() for chunk in column.chunks}) == 1


def test_pandas_and_polars_frames_have_the_same_values(province: Province) -> None:
    for result in (province, province.ranking("commune")):
        expected, frame = result.table.to_pydict(), result.to_pandas()
        assert frame.dtypes[["rank", "readiness.level", "missing"]].tolist() == ["Int32", "Int8", "Int32"]
        assert list(frame.columns) == list(expected) == result.to_polars().columns
        assert result.to_polars().to_dict(as_series=False) == expected
        for name, values in expected.items():
            assert [None if pd.isna(value) else value for value in frame[name]] == values


def test_units_are_found_by_id_and_by_index(province: Province) -> None:
    ranking = province.ranking("district")
    everyone = list(ranking.units)
    assert province.unit("d-ba-be") == next(unit for unit in everyone if unit.id == "d-ba-be")
    assert ranking.units[2:5] == everyone[2:5]
    assert ranking.units[::-3] == everyone[::-3]
    assert ranking.units[5:5] == []
    with pytest.raises(KeyError, match="nobody"):
        province.unit("nobody")


def test_rows_have_no_table(client: Client) -> None:
    with as_file(files("scorer_plugins.answers") / f"{SET}.csv") as file:
        rows = client.read_file(SET, file).rows()
    province = client.rank_province(SET, rows)
    for result in (province, province.rankings[0]):
        for give in (lambda result=result: result.table, result.to_pandas, result.to_polars):
            with pytest.raises(ValueError, match="rank_table"):
                give()


def test_a_missing_library_is_named_with_its_install_command(
    province: Province, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "polars", None)
        with pytest.raises(ImportError, match="to_polars needs polars: pip install polars"):
            province.to_polars()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pandas", None)
        with pytest.raises(ImportError, match="to_pandas needs pandas: pip install pandas"):
            province.to_pandas()
        without.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(ImportError, match=r"need pyarrow: pip install 'egov-scorer-client\[arrow\]'"):
            client.rank_table(SET, {"id": ["a"]})


ROWS_ONLY = """
import sys
from scorer_client import Client, Row

with Client(sys.argv[1]) as client:
    rows = [Row("a", "district", {"computers": 1})]
    client.score_unit("bac-kan-2020", rows[0], full=True)
    assert client.rank_province("bac-kan-2020", rows, full=True).lacking("INF.02")
    assert client.who_lacks("bac-kan-2020", rows, "INF.02")
    client.form("bac-kan-2020")
assert not {"pyarrow", "numpy", "pandas", "polars"} & sys.modules.keys()
"""


def test_rows_need_no_pyarrow(service: Service) -> None:
    command = [sys.executable, "-c", ROWS_ONLY, service.address]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_file_is_sent_in_natural_types(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(
        "id,name,tier,not_applicable,computers,regulation_lan,steering_committee,it_plan_issued\n"
        "a,,district,INF.12;INF.14,7,1,head,2020-01-27\n"
        "b,,district,,,,,\n"
        "c,Huyện C,commune,,0,0,deputy,1969-12-31\n",
        encoding="utf-8",
    )
    sent = read(client.read_file(SET, file).stream())
    assert "parent" not in sent.column_names
    assert [str(sent[name].type) for name in ("computers", "regulation_lan", "it_plan_issued")] == [
        "int8", "bool", "date32[day]",
    ]  # fmt: skip
    assert pa.types.is_dictionary(sent["steering_committee"].type)
    assert pa.types.is_list(sent["not_applicable"].type)
    assert sent.to_pydict() == {
        "id": ["a", "b", "c"],
        "name": [None, None, "Huyện C"],
        "tier": ["district", "district", "commune"],
        "not_applicable": [["INF.12", "INF.14"], None, None],
        "computers": [7, None, 0],
        "regulation_lan": [True, None, False],
        "steering_committee": ["head", None, "deputy"],
        "it_plan_issued": [datetime.date(2020, 1, 27), None, datetime.date(1969, 12, 31)],
    }
