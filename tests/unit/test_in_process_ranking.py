"""Ranking a table without a call, and compiled sets that are sent between processes."""

from __future__ import annotations

import pickle

import harness
import pyarrow as pa
import pytest
from arrow_tables import as_message, read
from example_counts import scaled
from harness import Service, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from network_set import NETWORK, NETWORK_GROUP
from province import Province, installed

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.plan import SetPlan
from scorer.model.violations import Violations
from scorer.service.in_process_ranking import RecordBatches, rank_table, ranking_schemas
from scorer.service.messages.table_paths import column_path, parse_path

UNITS = pa.table(
    {
        "id": ["na-ri", "ba-be", "kim-lu", "hao-nghia", "dia-linh"],
        "tier": ["district", "district", "commune", "commune", "commune"],
        "parent": [None, None, "na-ri", "na-ri", "ba-be"],
        "firewall": [True, True, True, None, False],
        "computers": [3, 4, 2, 2, 0],
    }
)


def ranked(plan: SetPlan, table: pa.Table, tier: str = "", *, full: bool = False) -> list[pa.RecordBatch]:
    violations = Violations()
    source = RecordBatches(table.schema, table.to_batches(max_chunksize=2))
    batches = rank_table(plan, source, tier, violations, full=full)
    assert bool(batches) is not bool(violations.total)
    return batches


def rows(table: pa.Table | pa.RecordBatch) -> list[dict[str, object]]:
    found: list[dict[str, object]] = table.to_pylist()
    return found


@pytest.mark.parametrize("full", [False, True])
def test_tables_ranked_without_a_call_equal_the_service(full: bool) -> None:
    sets = harness.good(harness.catalogue(harness.host(NETWORK_GROUP), NETWORK))
    view = pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC
    with serving(sets) as service:
        answered = tables(service, view)
    batches = ranked(sets.sets["network-2020"], UNITS, full=full)
    assert [row for batch in batches for row in rows(batch)] == [row for table in answered for row in rows(table)]
    assert len(answered) == 3  # the communes of two districts, and the districts
    schemas = ranking_schemas(sets.sets["network-2020"], ["district", "commune"], full=full)
    assert [schema.names for schema in schemas] == [batch.schema.names for batch in batches]


def tables(service: Service, view: int) -> list[pa.Table]:
    request = pb.RankProvinceRequest(criteria_set="network-2020", table=as_message(UNITS), view=view)
    return [read(ranking) for ranking in service.scorer.RankProvince(request).rankings]


@pytest.mark.parametrize("code", [*installed().sets])
def test_a_pickled_set_gives_the_same_results(code: str) -> None:
    province = Province.draw(installed().sets[code], 50)
    [before] = ranked(province.set_plan, province.arrow, province.plan.tier, full=True)
    [after] = ranked(pickle.loads(pickle.dumps(province.set_plan)), province.arrow, province.plan.tier, full=True)
    assert rows(after) == rows(before)


def test_nothing_is_ranked_if_there_are_violations() -> None:
    plan = harness.good(harness.catalogue(harness.host(NETWORK_GROUP), NETWORK)).sets["network-2020"]
    assert not ranked(plan, UNITS.drop_columns("parent"))


@settings(max_examples=scaled(60))
@given(st.text(max_size=80), st.none() | st.integers(0, 10**6))
def test_a_path_names_its_column_and_row(column: str, row: int | None) -> None:
    path = column_path(column)
    assert parse_path(path if row is None else f"{path}[{row}]") == (column, row)


@pytest.mark.parametrize("path", ["table", "table.arrow_stream", "criteria_set"])
def test_other_paths_name_no_column(path: str) -> None:
    assert parse_path(path) == ("", None)
