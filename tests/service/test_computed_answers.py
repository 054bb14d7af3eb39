"""Answers of districts that are computed from their communes in the same call, in rows and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import example_counts
import oracle
import pytest
import set_documents
import unit_messages
from arrow_tables import as_message
from expected_replies import assert_same, expected_reply
from harness import COMPILER, Service, catalogue, good, host, refusal, serving
from hypothesis import given
from hypothesis import strategies as st
from oracle import Unit
from ruamel.yaml import YAML

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.catalogue.catalogue import load_set
from scorer_client.replies import province

SET = """\
criteria_set: communes-2026
title: {en: Districts and communes}
provenance: reconstructed
notes: {en: Made up.}
tiers: [district, commune]
from_children:
  computers: {tier: district, sum: computers}
  online: {tier: district, count: portal}
  share: {tier: district, share: portal}
  rating: {tier: district, mean: rating}
categories:
  readiness:
    groups:
      offices:
        indicators:
          computers: {kind: count, title: {en: Computers}}
          portal: {kind: flag, title: {en: Portal}}
          online: {kind: count, title: {en: Communes with a portal}}
          share: {kind: number, title: {en: Share of communes with a portal}}
          rating: {kind: number, title: {en: Rating}}
        criteria:
          - {id: A, formula: count, indicator: computers, each: 0.001, points: 100}
          - {id: B, formula: count, indicator: online, each: 1, points: {district: 10}}
          - {id: C, formula: linear, indicator: share, from: 0, to: 1, points: {district: 1}}
          - {id: D, formula: linear, indicator: rating, from: 0, to: 10, points: 10}
"""
DOCUMENT: oracle.Document = YAML(typ="safe", pure=True).load(SET)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(good(catalogue(host(), SET))) as running:
        yield running


def communes(*answers: dict[str, Any], parent: str = "d") -> list[Unit]:
    return [Unit(f"{parent}{n}", "commune", own, parent=parent) for n, own in enumerate(answers)]


def ranked(service: Service, units: Sequence[Unit], *, table: bool = False) -> pb.RankProvinceResponse:
    source: dict[str, Any] = {"table": unit_messages.table(units)} if table else {"rows": unit_messages.rows(units)}
    request = pb.RankProvinceRequest(criteria_set="communes-2026", view=pb.SCORECARD_VIEW_FULL, **source)
    return service.scorer.RankProvince(request)


def points(reply: pb.RankProvinceResponse) -> dict[str, dict[str, float | str]]:
    return {
        unit.id: {
            item.criterion: item.points if item.status == "scored" else item.status
            for item in unit.categories[0].groups[0].criteria
        }
        for unit in province(reply, "").rankings[0].units
    }


THREE = communes(
    {"computers": 10, "portal": True, "rating": 7},
    {"computers": 0, "portal": False, "rating": 8},
    {"computers": 5, "portal": True, "rating": 8.5},
)


@pytest.mark.parametrize("table", [False, True])
def test_answers_are_computed_as_sum_mean_share_and_count(service: Service, table: bool) -> None:
    reply = ranked(service, [Unit("d", "district"), *THREE], table=table)
    assert points(reply) == {"d": {"A": 0.015, "B": 2, "C": 0.666667, "D": 7.833333}}


def test_one_child_without_an_answer_makes_the_computed_answer_missing(service: Service) -> None:
    units = [Unit("d", "district"), *THREE, *communes({"computers": 1, "portal": True})]
    units[-1] = Unit("late", "commune", {"computers": 1, "portal": True}, parent="d")
    assert points(ranked(service, units)) == {"d": {"A": 0.016, "B": 3, "C": 0.75, "D": "missing"}}


def test_without_children_in_the_call_the_units_own_answer_counts(service: Service) -> None:
    own = {"computers": 3, "online": 1, "share": 0.5, "rating": 4}
    assert points(ranked(service, [Unit("d", "district", own), *communes({}, parent="other")])) == {
        "d": {"A": 0.003, "B": 1, "C": 0.5, "D": 4}
    }
    answers = unit_messages.unit_answers(Unit("d", "district", own))
    alone = service.scorer.ScoreUnit(pb.ScoreUnitRequest(criteria_set="communes-2026", unit_answers=answers))
    assert alone.scorecard.overall.score.points == 5.503


def test_answers_of_parents_and_children_of_one_tier_are_computed_from_the_bottom(service: Service) -> None:
    tops = [Unit("a", "district"), Unit("b", "district", parent="a"), Unit("d", "district", parent="b")]
    for units in ([*tops, *THREE], [*THREE, *reversed(tops)]):
        computed = {code: found["A"] for code, found in points(ranked(service, units)).items()}
        assert computed == {"a": 0.015, "b": 0.015, "d": 0.015}


def test_parents_that_form_a_circle_are_refused(service: Service) -> None:
    circle = [Unit("a", "district", parent="d"), Unit("b", "district", parent="a"), Unit("d", "district", parent="b")]
    with refusal() as found:
        ranked(service, [*THREE, Unit("e", "district", parent="a"), *circle, Unit("f", "district", parent="f")])
    assert found[0].fields == {
        **{f"rows.units[{n}].unit.parent": "PARENT_CIRCLE" for n in (4, 5, 6)},
        "rows.units[7].unit.parent": "OWN_PARENT",
    }


def test_a_long_chain_of_units_is_refused(service: Service) -> None:
    chain = [Unit(f"d{n}", "district", parent=f"d{n - 1}" if n else "") for n in range(65)]
    child = Unit("c", "commune", {"computers": 3}, parent="d63")
    assert points(ranked(service, [*chain[:64], child]))["d0"]["A"] == 0.003
    with refusal() as found:
        ranked(service, [*chain, Unit("c", "commune", {"computers": 3}, parent="d64")])
    assert found[0].fields == {"rows.units[0].unit.parent": "PARENT_CIRCLE"}


def test_own_answers_and_sums_out_of_range_are_refused(service: Service) -> None:
    own = [Unit("d", "district", {"computers": 3}), *THREE]
    with refusal() as by_row:
        ranked(service, own)
    assert by_row[0].fields == {'rows.units[0].answers["computers"]': "COMPUTED"}
    with refusal() as by_table:
        ranked(service, own, table=True)
    assert by_table[0].fields == {'table["computers"][0]': "COMPUTED"}
    with refusal() as too_large:
        ranked(service, [Unit("d", "district"), *communes({"computers": 8 * 10**9}, {"computers": 1})])
    assert too_large[0].fields == {'rows.units[0].answers["computers"]': "OUT_OF_RANGE"}


def test_a_table_with_parents_but_without_tiers_is_refused_with_the_missing_column(service: Service) -> None:
    table = unit_messages.arrow_table([Unit("d", "district"), *THREE]).drop_columns("tier")
    with refusal() as refused:
        service.scorer.RankProvince(pb.RankProvinceRequest(criteria_set="communes-2026", table=as_message(table)))
    assert refused[0].fields == {'table["tier"]': "MISSING_COLUMN"}


@example_counts.with_examples(20)
@given(st.data())
def test_service_agrees_with_the_oracle(service: Service, data: st.DataObject) -> None:
    numbers = st.one_of(st.integers(0, 9), st.integers(-(10**6), 10**9).map(set_documents.decimal))
    answers = st.fixed_dictionaries(
        {}, optional={"computers": st.integers(0, 10**6), "portal": st.booleans(), "rating": numbers}
    )
    parents = data.draw(st.lists(st.sampled_from("defx"), min_size=1, max_size=7))
    units = [Unit(f"c{n}", "commune", data.draw(answers), parent=parent) for n, parent in enumerate(parents)]
    units += [
        Unit(code, "district", parent=data.draw(st.sampled_from(["", *above])))
        for code, above in [("d", ""), ("e", "d"), ("f", "de")]
    ]
    units = data.draw(st.permutations(units))
    reply = ranked(service, units)
    reply.ClearField("provenance")
    reply.ClearField("names")
    assert_same(reply, expected_reply(oracle.rank_province(DOCUMENT, units)))


THREE_TIERS = """\
criteria_set: regions-2026
title: {en: Regions}
provenance: reconstructed
tiers: [region, district, commune]
from_children:
  of_region: {tier: region, sum: of_district}
  of_district: {tier: district, sum: computers}
categories:
  readiness:
    groups:
      offices:
        indicators:
          of_region: {kind: count, title: {en: Computers}}
          of_district: {kind: count, title: {en: Computers}}
          computers: {kind: count, title: {en: Computers}}
        criteria:
          - {id: A, formula: count, indicator: of_region, each: 1, points: {region: 100}}
          - {id: B, formula: count, indicator: of_district, each: 1, points: {district: 100}}
          - {id: C, formula: count, indicator: computers, each: 1, points: {commune: 100}}
"""


def test_sums_of_sums_are_computed_from_the_bottom_whatever_the_order_of_the_keys() -> None:
    units = [Unit("r", "region"), Unit("d", "district", parent="r"), *communes({"computers": 3}, {"computers": 4})]
    request = pb.RankProvinceRequest(criteria_set="regions-2026", rows=unit_messages.rows(units))
    with serving(good(catalogue(host(), THREE_TIERS))) as running:
        reply = running.scorer.RankProvince(request)
    found = {card.unit.id: card.overall.score.points for ranking in reply.rankings for card in ranking.scorecards}
    assert found == {"r": 7, "d": 7, "d0": 3, "d1": 4}


def test_answers_that_are_computed_from_each_other_are_refused() -> None:
    circle = THREE_TIERS.replace("sum: computers", "sum: of_region")
    plan, document = load_set(host(), "s.yaml", circle, COMPILER)
    assert plan is None
    [problem] = document.sorted_problems()
    assert "of_district and of_region are computed from each other" in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("sum: computers", "sum: computrs", "sum: no group of the set declares indicator 'computrs'; did you mean"),
        ("sum: computers", "sum: portal", "sum: 'portal' is a flag; sum reads a count or number"),
        ("share: portal", "sum: rating, mean: rating", "give exactly one of sum, mean, share and count"),
        ("online: {tier: district, count", "onlin: {tier: district, count", "no criterion reads an indicator 'onlin'"),
        (
            "online: {tier: district, count: portal",
            "online: {tier: district, sum: rating",
            "is a count; here it must be",
        ),
        ("tier: district, mean", "tier: distrikt, mean", "unknown tier 'distrikt'; did you mean 'district'?"),
        ("tiers: [", "sources: [self_reported, verified]\ntiers: [", "has several sources"),
    ],
)
def test_mistakes_are_refused_with_their_place(old: str, new: str, problem: str) -> None:
    assert SET.count(old) == 1
    plan, document = load_set(host(), "s.yaml", SET.replace(old, new), COMPILER)
    assert plan is None
    assert any(problem in str(found) and "from_children" in str(found) for found in document.sorted_problems())
