"""The same units give the same bits: as rows or as a table, in any order, one by one or all at once.

Only ranks need all units, so a unit scored alone has none. ``TEST_EXAMPLES=10`` draws ten times as many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import harness
import oracle
import pytest
import strategies
from hypothesis import event, given
from hypothesis import strategies as st
from oracle import Unit
from strategies import assert_same

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

BASIC, FULL = pb.SCORECARD_VIEW_BASIC, pb.SCORECARD_VIEW_FULL
METHOD = "/egov.scorer.v1.ScorerService/RankProvince"


def request(units: Sequence[Unit], *, as_table: bool, view: pb.ScorecardView = FULL) -> pb.RankProvinceRequest:
    sent = pb.RankProvinceRequest(criteria_set="drawn", view=view, province="Bắc Kạn")
    if as_table:
        sent.table.CopyFrom(strategies.table(units))
    else:
        sent.rows.CopyFrom(strategies.rows(units))
    return sent


def reply_bytes(service: harness.Service, sent: pb.RankProvinceRequest) -> bytes:
    """The reply as it comes over the wire."""
    call = service.channel.unary_unary(METHOD, request_serializer=pb.RankProvinceRequest.SerializeToString)
    return call(sent)


def drawn_service(document: oracle.Document) -> Any:
    return harness.serving(harness.good(harness.catalogue(strategies.HOST, strategies.yaml_text(document))))


@strategies.drawn(40)
@given(st.data())
def test_order_of_units_and_repetition_change_no_bit_of_a_reply(data: st.DataObject) -> None:
    document = data.draw(strategies.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(strategies.provinces(document), label="units")
        shuffled = data.draw(st.permutations(units), label="shuffled")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        for as_table in (False, True):
            once = reply_bytes(service, request(units, as_table=as_table, view=view))
            assert reply_bytes(service, request(units, as_table=as_table, view=view)) == once
            assert reply_bytes(service, request(shuffled, as_table=as_table, view=view)) == once


@strategies.drawn(40)
@given(st.data())
def test_table_has_the_same_bits_as_rows(data: st.DataObject) -> None:
    document = data.draw(strategies.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(strategies.provinces(document), label="units")
        for view in (BASIC, FULL):
            in_rows = service.scorer.RankProvince(request(units, as_table=False, view=view))
            in_table = service.scorer.RankProvince(request(units, as_table=True, view=view))
            full = service.scorer.RankProvince(request(units, as_table=False))
            for ranking, every in zip(in_rows.rankings, full.rankings, strict=True):
                event(f"{len(ranking.scorecards)} units")
                ranking.table.CopyFrom(as_columns(every.scorecards, view))
                if oracle.of_tier(document.get("commend", {}).get("best"), ranking.tier):
                    ranking.table.commended.extend(card.commended for card in every.scorecards)
                ranking.ClearField("scorecards")
            assert_same(in_table, in_rows)


@strategies.drawn(40)
@given(st.data())
def test_fast_forms_of_a_table_have_the_same_bits(data: st.DataObject) -> None:
    document = data.draw(strategies.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(strategies.provinces(document), label="units")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        slow = request(units, as_table=True, view=view)
        fast = request(units, as_table=True, view=view)
        fast.table.CopyFrom(strategies.fast_table(units))
        event(f"{len(fast.table.criterion_exclusions)} criteria excluded")
        event(f"{len(fast.table.unit_columns.tiers)} tiers, {len(fast.table.unit_columns.parents)} parents")
        event(f"{sum(bool(column.options) for column in fast.table.columns)} choices")
        assert reply_bytes(service, fast) == reply_bytes(service, slow)


def as_columns(cards: Sequence[pb.Scorecard], view: pb.ScorecardView) -> pb.RankingTable:
    """FULL scorecards of one ranking as the table of a view."""
    columns = pb.RankingTable(
        unit_ids=[card.unit.id for card in cards],
        overall=score_columns([card.overall.score for card in cards]),
        overall_ranks=[card.overall.rank for card in cards],
    )
    for scores in zip(*(card.categories for card in cards), strict=True):
        first = scores[0]
        category = columns.categories.add(
            category=first.category,
            score=score_columns([score.score for score in scores]),
            standings=[score.standing for score in scores],
            levels=[score.level for score in scores],
            ranks=[score.rank for score in scores],
            gates=[result.gate for result in first.gates],
            failed_gates=[
                sum(1 << bit for bit, result in enumerate(score.gates) if not result.passed) for score in scores
            ],
        )
        for place, measure in enumerate(first.measures):
            compared = {result.gate.unit for result in first.gates if result.gate.measure == measure.measure}
            results = [score.measures[place] for score in scores]
            category.measures.add(
                measure=measure.measure,
                percent=[result.percent if result.max_points else math.nan for result in results]
                if pb.GATE_UNIT_PERCENT in compared
                else [],
                points=[result.points for result in results] if pb.GATE_UNIT_POINTS in compared else [],
            )
        if view == FULL:
            for place, group in enumerate(first.groups):
                scored = score_columns([score.groups[place].score for score in scores])
                category.groups.add(group=group.group, score=scored)
    return columns


def score_columns(scores: Sequence[pb.Score]) -> pb.ScoreColumns:
    [nominal] = {score.nominal_max_points for score in scores}
    return pb.ScoreColumns(
        points=[score.points for score in scores],
        max_points=[score.max_points for score in scores],
        percent=[score.percent for score in scores],
        converted=[score.converted for score in scores],
        published=[score.published for score in scores],
        missing=[score.missing for score in scores],
        not_applicable=[score.not_applicable for score in scores],
        nominal_max_points=nominal,
    )


@strategies.drawn(40)
@given(st.data())
def test_unit_scored_alone_has_the_bits_it_has_among_others_but_for_ranks(data: st.DataObject) -> None:
    document = data.draw(strategies.documents(strategies.ALONE), label="document")
    with drawn_service(document) as service:
        units = data.draw(strategies.provinces(document), label="units")
        view = data.draw(st.sampled_from([BASIC, FULL]), label="view")
        together = service.scorer.RankProvince(request(units, as_table=False, view=view))
        cards = {card.unit.id: card for ranking in together.rankings for card in ranking.scorecards}
        assert len(cards) == len(units)
        for unit in units:
            sent = pb.ScoreUnitRequest(criteria_set="drawn", unit_answers=strategies.unit_answers(unit), view=view)
            alone = service.scorer.ScoreUnit(sent)
            card = cards[unit.id]
            event("ranked" if card.overall.rank else "not ranked")
            card.overall.rank, card.commended = 0, False
            for category in card.categories:
                category.rank = 0
            assert_same(alone.scorecard, card)
            together.provenance.province = ""
            assert_same(alone.provenance, together.provenance)


@strategies.drawn(40)
@given(st.data())
def test_basic_reply_names_every_cause_in_rows_and_in_a_table(data: st.DataObject) -> None:
    document = data.draw(strategies.documents(), label="document")
    with drawn_service(document) as service:
        units = data.draw(strategies.provinces(document), label="units")
        in_rows = service.scorer.RankProvince(request(units, as_table=False, view=BASIC))
        in_table = service.scorer.RankProvince(request(units, as_table=True, view=BASIC))
        for ranking, columns in zip(in_rows.rankings, in_table.rankings, strict=True):
            for at, card in enumerate(ranking.scorecards):
                assert columns.table.unit_ids[at] == card.unit.id
                for score, column in zip(card.categories, columns.table.categories, strict=True):
                    assert [*score.failing] == [*causes(column, at)]
                    if score.standing == pb.STANDING_BELOW_MINIMUM:
                        event("below the minimum")
                        assert score.failing


def causes(column: pb.CategoryColumn, at: int) -> Iterator[pb.GateResult]:
    """What keeps a unit of a table from its next better level, or from the lowest one."""
    levels = list(dict.fromkeys(gate.level for gate in column.gates))
    reached = column.levels[at]
    better = levels[: levels.index(reached)] if reached else levels
    measures = {measure.measure: measure for measure in column.measures}
    for bit, gate in enumerate(column.gates):
        if gate.level in better[-1:] and column.failed_gates[at] >> bit & 1:
            measure = measures[gate.measure]
            values = measure.percent if gate.unit == pb.GATE_UNIT_PERCENT else measure.points
            yield pb.GateResult(gate=gate, value=values[at], passed=False)


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
def test_unranked_district_is_told_each_gate_it_fails_with_its_value_and_the_minimum(as_table: bool) -> None:
    host = harness.host(
        harness.group("infrastructure", Indicator("machine_points", kind="number")),
        harness.group("human_resources", Indicator("staff_points", kind="number")),
    )
    unit = Unit("Ngân Sơn", "district", {"machine_points": 11, "staff_points": 5})
    with harness.serving(harness.good(harness.catalogue(host, CAUSES))) as service:
        reply = service.scorer.RankProvince(request([unit], as_table=as_table, view=BASIC))
    [ranking] = reply.rankings
    if as_table:
        [category] = ranking.table.categories
        found, standing = [*causes(category, 0)], category.standings[0]
    else:
        [category] = ranking.scorecards[0].categories
        found, standing = category.failing, category.standing
    assert standing == pb.STANDING_BELOW_MINIMUM
    assert [
        (cause.gate.level, cause.gate.measure, cause.value, cause.gate.minimum, cause.gate.strict) for cause in found
    ] == [(4, "infrastructure+human_resources", 45.7142, 70, False), (4, "human_resources", 5, 5, True)]
