"""The same units give the same bits: as rows or as a table, in any order, alone or together.

Ranks need all units, so a unit scored alone has none. ``TEST_EXAMPLES=10`` generates ten times as many examples as
the long run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import example_counts
import generated_formulas
import generated_sets
import generated_units
import harness
import oracle
import pyarrow as pa
import pytest
import unit_messages
from arrow_tables import as_message, read
from expected_replies import assert_same
from hypothesis import event, given
from hypothesis import strategies as st
from oracle import Unit
from set_documents import yaml_text
from table_as_rows import check_metadata, table_rows

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

BASIC, FULL = pb.SCORECARD_VIEW_BASIC, pb.SCORECARD_VIEW_FULL
METHOD = "/egov.scorer.v1.ScorerService/RankProvince"


def request(units: Sequence[Unit], *, as_table: bool, view: pb.ScorecardView = FULL) -> pb.RankProvinceRequest:
    sent = pb.RankProvinceRequest(criteria_set="drawn", view=view, province="Bắc Kạn")
    if as_table:
        sent.table.CopyFrom(unit_messages.table(units))
    else:
        sent.rows.CopyFrom(unit_messages.rows(units))
    return sent


def reply_bytes(service: harness.Service, sent: pb.RankProvinceRequest) -> bytes:
    """The reply as it comes over the wire."""
    call = service.channel.unary_unary(METHOD, request_serializer=pb.RankProvinceRequest.SerializeToString)
    return call(sent)


def drawn_service(document: oracle.Document) -> Any:
    return harness.serving(harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document))))


@example_counts.with_examples(40)
@given(st.data())
def test_order_of_units_and_repetition_change_no_bit_of_a_reply(data: st.DataObject) -> None:
    document = data.draw(generated_sets.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(generated_units.provinces(document), label="units")
        shuffled = data.draw(st.permutations(units), label="shuffled")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        for as_table in (False, True):
            once = reply_bytes(service, request(units, as_table=as_table, view=view))
            assert reply_bytes(service, request(units, as_table=as_table, view=view)) == once
            assert reply_bytes(service, request(shuffled, as_table=as_table, view=view)) == once


@example_counts.with_examples(40)
@given(st.data())
def test_a_table_gives_the_bits_of_rows(data: st.DataObject) -> None:
    document = data.draw(generated_sets.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(generated_units.provinces(document), label="units")
        for view in (BASIC, FULL):
            in_rows = service.scorer.RankProvince(request(units, as_table=False, view=view))
            in_table = service.scorer.RankProvince(request(units, as_table=True, view=view))
            full = service.scorer.RankProvince(request(units, as_table=False))
            for ranking, every, other in zip(in_rows.rankings, full.rankings, in_table.rankings, strict=True):
                event(f"{len(ranking.scorecards)} units")
                table = read(other)
                assert table.to_pylist() == list(table_rows(every, view))
                check_metadata(table.schema, every, view, full.provenance)
                other.ClearField("table")
                ranking.ClearField("scorecards")
            assert_same(in_table, in_rows)


TEXT = (pa.string(), pa.large_string(), pa.string_view())


@example_counts.with_examples(40)
@given(st.data())
def test_the_arrow_types_of_a_table_change_no_bit_of_the_reply(data: st.DataObject) -> None:
    document = data.draw(generated_sets.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(generated_units.provinces(document), label="units")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        plain = unit_messages.arrow_table(units)
        columns = {name: retyped(data, name, plain[name].combine_chunks()) for name in plain.column_names}
        order = data.draw(st.permutations(list(columns)))
        other = pa.table({name: columns[name] for name in order})
        rows = data.draw(st.integers(1, len(units)), label="rows per batch")
        chunked = pa.concat_tables([other.slice(first, rows) for first in range(0, len(units), rows)])
        sent = request(units, as_table=True, view=view)
        expected = reply_bytes(service, sent)
        sent.table.CopyFrom(as_message(chunked))
        assert reply_bytes(service, sent) == expected


def retyped(data: st.DataObject, name: str, column: pa.Array) -> pa.Array:
    """The same values as another of the types that the column may have."""
    kind = data.draw(st.sampled_from(TEXT)) if pa.types.is_string(column.type) else column.type
    if pa.types.is_list(kind):
        kind = data.draw(st.sampled_from([pa.list_, pa.large_list, pa.list_view]))(data.draw(st.sampled_from(TEXT)))
    elif pa.types.is_date(kind):
        kind = data.draw(
            st.sampled_from([kind, pa.date64(), *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns"))])
        )
    elif name.startswith("flag"):
        kind = data.draw(st.sampled_from([pa.bool_(), pa.uint8(), pa.float32(), pa.float64()]))
        column = column.cast(pa.uint8())  # a double cannot become a truth value at once
    elif name.startswith("count"):
        kind = data.draw(st.sampled_from([pa.int64(), pa.uint64(), pa.decimal128(20, 3), kind]))
    views = pa.types.is_list_view(kind)  # to which Arrow casts nothing
    retyped = pa.array(column.to_pylist(), kind) if views else column.cast(kind)
    encodable = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return retyped.dictionary_encode() if encodable and data.draw(st.booleans()) else retyped


@example_counts.with_examples(40)
@given(st.data())
def test_a_unit_scored_alone_has_the_bits_it_has_among_others(data: st.DataObject) -> None:
    document = data.draw(generated_sets.documents(generated_formulas.ALONE), label="document")
    with drawn_service(document) as service:
        units = data.draw(generated_units.provinces(document), label="units")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        together = service.scorer.RankProvince(request(units, as_table=False, view=view))
        cards = {card.unit.id: card for ranking in together.rankings for card in ranking.scorecards}
        assert len(cards) == len(units)
        for unit in units:
            sent = pb.ScoreUnitRequest(criteria_set="drawn", unit_answers=unit_messages.unit_answers(unit), view=view)
            alone = service.scorer.ScoreUnit(sent)
            card = cards[unit.id]
            event("ranked" if card.overall.rank else "not ranked")
            card.overall.rank, card.commended = 0, False
            for category in card.categories:
                category.rank = 0
            assert_same(alone.scorecard, card)
            together.provenance.province = ""
            assert_same(alone.provenance, together.provenance)


@example_counts.with_examples(40)
@given(st.data())
def test_a_table_has_the_causes_of_a_unit_below_the_minimum(data: st.DataObject) -> None:
    document = data.draw(generated_sets.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(generated_units.provinces(document), label="units")
        for ranking in service.scorer.RankProvince(request(units, as_table=True, view=BASIC)).rankings:
            for row in read(ranking).to_pylist():
                for name, standing in row.items():
                    if name.endswith(".standing") and standing in ("below_minimum", "excluded"):
                        event("below the minimum")
                        assert row[f"{name.removesuffix('standing')}failing"]


CAUSES = """
criteria_set: drawn
title: {en: Causes}
provenance: published
tiers: [district]
categories:
  readiness:
    groups:
      infrastructure:
        criteria: [{id: INF.01, formula: awarded, indicator: machine_points, points: 25}]
      human_resources:
        criteria: [{id: HR.01, formula: awarded, indicator: staff_points, points: 10}]
    levels:
      - level: 4
        gates:
          - {measure: infrastructure + human_resources, at_least: 70%}
          - {measure: human_resources, above: 5}
          - {measure: infrastructure, at_least: 40%}
"""


@pytest.mark.parametrize("as_table", [False, True], ids=["rows", "table"])
def test_an_unranked_district_has_each_failed_gate_with_value_and_minimum(as_table: bool) -> None:
    host = harness.host(
        harness.group("infrastructure", Indicator("machine_points", kind="number")),
        harness.group("human_resources", Indicator("staff_points", kind="number")),
    )
    unit = Unit("Ngân Sơn", "district", {"machine_points": 11, "staff_points": 5})
    with harness.serving(harness.good(harness.catalogue(host, CAUSES))) as service:
        reply = service.scorer.RankProvince(request([unit], as_table=as_table, view=BASIC))
    [ranking] = reply.rankings
    if as_table:
        [row] = read(ranking).to_pylist()
        assert row["readiness.standing"] == "below_minimum"
        assert row["readiness.failing"] == "level 4: infrastructure+human_resources >= 70%, human_resources > 5"
        assert row["readiness.infrastructure+human_resources.percent"] == 45.7142
        assert row["readiness.human_resources.points"] == 5
        return
    [category] = ranking.scorecards[0].categories
    found, standing = category.failing, category.standing
    assert standing == pb.STANDING_BELOW_MINIMUM
    assert [
        (cause.gate.level, cause.gate.measure, cause.value, cause.gate.minimum, cause.gate.strict) for cause in found
    ] == [(4, "infrastructure+human_resources", 45.7142, 70, False), (4, "human_resources", 5, 5, True)]
