"""Rankings within parents and commendations, over a socket: communes of two districts, with different ranking rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import grpc
import harness
import oracle
import pytest
import unit_messages
from arrow_tables import column, read
from expected_replies import assert_same, expected_reply
from google.protobuf.message import Message
from harness import refusal
from oracle import Unit
from ruamel.yaml import YAML

from egov.scorer.v1 import criteria_pb2
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator
from scorer.service.methods.scorer_service import MAX_RANKINGS

HOST = harness.host(
    harness.group(
        "infrastructure",
        Indicator("machine_points", kind="number"),
        Indicator("computers", kind="count"),
        Indicator("staff", kind="count"),
    )
)

FULL = pb.SCORECARD_VIEW_FULL


def criteria_set(code: str, head: str, criteria: str = "") -> str:
    return f"""
criteria_set: {code}
title: {{en: Cohorts}}
provenance: published
tiers: [district, commune]
{head}
categories:
  readiness:
    groups:
      infrastructure:
        criteria:
          - {{id: INF.01, formula: awarded, indicator: machine_points, points: 10}}
{criteria}
    levels: [{{level: 1, gates: [{{measure: INF.01, at_least: 50%}}]}}]
"""


TO_BEST = """
          - {id: INF.02, formula: ratio_to_best, numerator: computers, denominator: staff, when_zero: zero, points: 10}
"""

DOCUMENTS = {
    "whole": criteria_set("whole", ""),
    "within": criteria_set("within", "ranking: {cohort: parent}\ncommend: {best: 1}"),
    "by-tier": criteria_set("by-tier", "ranking: {cohort: {commune: parent}}\ncommend: {best: {commune: 2}}"),
    "best": criteria_set("best", "ranking: {cohort: {commune: parent, district: tier}}", TO_BEST),
    "competition": criteria_set("competition", "commend: {best: 2}"),
    "dense": criteria_set("dense", "commend: {best: 2}\nranking: {ties: dense, cohort: {commune: parent}}"),
    "ordinal": criteria_set("ordinal", "commend: {best: 2}\nranking: {ties: ordinal, cohort: {commune: parent}}"),
    "exact": criteria_set("exact", "commend: {best: 2}\nranking: {precision: exact, cohort: {commune: parent}}"),
}


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.good(harness.catalogue(HOST, *DOCUMENTS.values()))) as running:
        yield running


def commune(name: str, parent: str, points: str | int, **more: Any) -> Unit:
    return Unit(name, "commune", {"machine_points": Decimal(points), **more}, parent=parent)


PROVINCE = [
    commune("Hà Hiệu", "Ba Bể", 7),
    commune("Cường Lợi", "Na Rì", 9),
    Unit("Na Rì", "district", {"machine_points": 8}),
    commune("Khang Ninh", "Ba Bể", "6.5"),
    commune("Côn Minh", "Na Rì", 4),
    commune("Nam Mẫu", "Ba Bể", 7),
    commune("Kim Lư", "Na Rì", 6),
    commune("Địa Linh", "Ba Bể", 2),
    Unit("Pác Nặm", "district", {"machine_points": 9}),
]
"""Ba Bể itself is not a unit of the call; Địa Linh and Côn Minh reach no level."""


def rank(service: harness.Service, code: str, units: Sequence[Unit] = PROVINCE, **more: Any) -> pb.RankProvinceResponse:
    sent = more if "table" in more else {"rows": unit_messages.rows(units), **more}
    return service.scorer.RankProvince(pb.RankProvinceRequest(criteria_set=code, **sent))


def ranks(ranking: pb.Ranking) -> list[tuple[str, int]]:
    return [(card.unit.id, card.overall.rank) for card in ranking.scorecards]


def heads(reply: pb.RankProvinceResponse) -> list[tuple[str, str, int, int]]:
    return [(r.tier, r.cohort, r.unit_count, r.overall_ranked) for r in reply.rankings]


def commended(ranking: pb.Ranking) -> list[str]:
    return [card.unit.id for card in ranking.scorecards if card.commended]


# Cohorts


def test_communes_are_ranked_within_their_district_and_districts_by_tier(service: harness.Service) -> None:
    reply = rank(service, "by-tier")
    assert heads(reply) == [("district", "district", 2, 2), ("commune", "Ba Bể", 4, 3), ("commune", "Na Rì", 3, 2)]
    assert [ranks(ranking) for ranking in reply.rankings] == [
        [("Pác Nặm", 1), ("Na Rì", 2)],
        [("Hà Hiệu", 1), ("Nam Mẫu", 1), ("Khang Ninh", 3), ("Địa Linh", 0)],
        [("Cường Lợi", 1), ("Kim Lư", 2), ("Côn Minh", 0)],
    ]
    for ranking in reply.rankings:
        assert [card.categories[0].rank for card in ranking.scorecards] == [n for _, n in ranks(ranking)]


def test_tallies_count_each_cohort_separately(service: harness.Service) -> None:
    for view in (pb.SCORECARD_VIEW_BASIC, FULL):
        ba_be, na_ri = (ranking.tallies[0] for ranking in rank(service, "by-tier", view=view).rankings[1:])
        assert [(tally.ranked, tally.levels[0].units, tally.failing[0].units) for tally in (ba_be, na_ri)] == [
            (3, 3, 1),
            (2, 2, 1),
        ]
    [criterion] = na_ri.criteria
    assert (criterion.applicable, criterion.full, criterion.none, criterion.missing) == (3, 0, 0, 0)


def test_cohorts_are_in_code_point_order_of_parents(service: harness.Service) -> None:
    units = [Unit(f"u{n}", "district", {"machine_points": 5}, parent=p) for n, p in enumerate(["é", "a", "Z", "Đ"])]
    reply = rank(service, "within", [*units, commune("x", "z", 5)])
    assert [(r.tier, r.cohort) for r in reply.rankings] == [
        ("district", "Z"),
        ("district", "a"),
        ("district", "é"),
        ("district", "Đ"),
        ("commune", "z"),
    ]


def test_a_formula_over_all_units_still_compares_the_whole_tier(service: harness.Service) -> None:
    units = [
        commune("a", "Ba Bể", 5, computers=1, staff=4),
        commune("b", "Ba Bể", 5, computers=1, staff=2),
        commune("c", "Na Rì", 5, computers=1, staff=1),
    ]
    [ba_be, na_ri] = rank(service, "best", units).rankings
    assert [(card.unit.id, card.overall.score.points) for card in ba_be.scorecards] == [("b", 10), ("a", 7.5)]
    assert [(card.unit.id, card.overall.score.points) for card in na_ri.scorecards] == [("c", 15)]


@pytest.mark.parametrize("code", DOCUMENTS)
def test_rankings_within_parents_agree_with_the_oracle(service: harness.Service, code: str) -> None:
    units = [unit if unit.parent else Unit(unit.id, unit.tier, unit.answers, parent="Bắc Kạn") for unit in PROVINCE]
    reply = rank(service, code, units, view=FULL)
    reply.ClearField("provenance")
    reply.ClearField("names")
    expected = oracle.rank_province(YAML(typ="safe").load(DOCUMENTS[code]), units)
    assert_same(reply, expected_reply(expected))


@pytest.mark.parametrize("as_table", [False, True], ids=["rows", "table"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_all_pages_together_are_the_whole_ranking(service: harness.Service, size: int, as_table: bool) -> None:
    source = {"table": unit_messages.table(PROVINCE)} if as_table else {}
    whole, token = rank(service, "by-tier", view=FULL, **source), ""
    joined: dict[str, pb.Ranking] = {}
    tables: dict[str, list[dict[str, Any]]] = {}
    while True:
        reply = rank(service, "by-tier", view=FULL, page_size=size, page_token=token, **source)
        for ranking in reply.rankings:
            units = len(read(ranking)) if as_table else len(ranking.scorecards)
            assert 1 <= units <= size
            head = joined.setdefault(ranking.cohort, ranking)
            tables.setdefault(ranking.cohort, []).extend(read(ranking).to_pylist() if as_table else ())
            if head is not ranking:
                assert list(head.tallies) == list(ranking.tallies)
                head.scorecards.extend(ranking.scorecards)
        token = reply.next_page_token
        if not token:
            break
    assert list(joined) == ["district", "Ba Bể", "Na Rì"]
    for found, expected in zip(joined.values(), whole.rankings, strict=True):
        if as_table:
            assert tables[found.cohort] == read(expected).to_pylist()
        else:
            assert_same(found, expected)


def test_one_tier_is_ranked_as_it_is_among_all(service: harness.Service) -> None:
    assert list(rank(service, "by-tier", tier="commune").rankings) == list(rank(service, "by-tier").rankings)[1:]


@pytest.mark.parametrize("code", ["by-tier", "dense", "ordinal", "exact"])
def test_many_cohorts_are_ranked_as_if_each_were_alone(service: harness.Service, code: str) -> None:
    """Twelve units for each of 60 parents, with so many different scores that they have to be renumbered."""
    units = [
        commune(f"u{n * 31 % 720:03}", f"p{n * 7 % 60}", Decimal(n * n % 9973 * 1_000 + n % 3) / 1_000_000)
        for n in range(720)
    ]
    together = rank(service, code, table=unit_messages.table(units), view=FULL).rankings
    assert [ranking.cohort for ranking in together] == sorted({unit.parent for unit in units})
    for ranking in together:
        mine = [unit for unit in units if unit.parent == ranking.cohort]
        [alone] = rank(service, code, table=unit_messages.table(mine), view=FULL).rankings
        assert ranking.unit_count == 12
        assert read(ranking).to_pylist() == read(alone).to_pylist()
        ranking.ClearField("table")
        alone.ClearField("table")
        assert_same(ranking, alone)


def test_more_rankings_than_one_reply_holds_are_paged(service: harness.Service) -> None:
    table = unit_messages.table([commune(f"u{n:04}", f"p{n:04}", 1) for n in range(MAX_RANKINGS + 1)])
    with refusal() as caught:
        rank(service, "by-tier", table=table)
    [refused] = caught
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_RANKINGS")
    assert refused.details == (
        "the reply would have more than 2000 rankings (one per parent): set page_size to at most 2000"
    )
    first = rank(service, "by-tier", table=table, page_size=MAX_RANKINGS)
    rest = rank(service, "by-tier", table=table, page_size=MAX_RANKINGS, page_token=first.next_page_token)
    assert (len(first.rankings), len(rest.rankings)) == (MAX_RANKINGS, 1)


@pytest.mark.parametrize(
    ("source", "units", "field"),
    [
        ("rows", unit_messages.rows, "rows.units[1].unit.parent"),
        ("table", unit_messages.table, 'table["parent"][1]'),
    ],
)
@pytest.mark.parametrize("other", [commune("Hà Hiệu", "Ba Bể", 7), Unit("Ba Bể", "district")])
def test_a_unit_without_a_parent_cannot_be_ranked_within_it(
    service: harness.Service, source: str, units: Callable[[Sequence[Unit]], Message], field: str, other: Unit
) -> None:
    sent = units([Unit("Na Rì", "district"), commune("Kim Lư", "", 6), other])
    with refusal() as caught:
        rank(service, "by-tier", **{source: sent})
    [refused] = caught
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(v.field, v.reason, v.description) for v in refused.bad.field_violations] == [
        (
            field,
            "PARENT_REQUIRED",
            "is empty; units of tier 'commune' are ranked within their parent: give the parent's id",
        )
    ]


def test_a_unit_alone_needs_no_parent(service: harness.Service) -> None:
    sent = unit_messages.unit_answers(commune("Kim Lư", "", 10))
    card = service.scorer.ScoreUnit(pb.ScoreUnitRequest(criteria_set="within", unit_answers=sent)).scorecard
    assert (card.overall.score.points, card.overall.rank, card.commended) == (10, 0, False)


# Commendations

TIED = [
    commune("a", "Ba Bể", "9.004"),
    commune("b", "Ba Bể", "8.001"),
    commune("c", "Ba Bể", "8.004"),
    commune("d", "Ba Bể", "7.999"),
    commune("e", "Ba Bể", "7"),
]
"""Three publish 8.00."""


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("competition", ["a", "b", "c", "d"]),
        ("dense", ["a", "b", "c", "d"]),
        ("ordinal", ["a", "b", "c", "d"]),
        ("exact", ["a", "c"]),
        ("whole", []),
    ],
)
def test_units_that_tie_at_the_limit_are_commended(service: harness.Service, code: str, names: list[str]) -> None:
    [ranking] = rank(service, code, TIED).rankings
    assert sorted(commended(ranking)) == names
    [in_table] = rank(service, code, table=unit_messages.table(TIED)).rankings
    assert sorted(row["id"] for row in read(in_table).to_pylist() if row["commended"]) == names


def test_each_ranking_commends_its_best_ranked_units(service: harness.Service) -> None:
    reply = rank(service, "by-tier", [*PROVINCE, commune("Cao Kỳ", "Chợ Mới", 3)])
    assert [(r.cohort, sorted(commended(r))) for r in reply.rankings] == [
        ("district", []),
        ("Ba Bể", ["Hà Hiệu", "Nam Mẫu"]),
        ("Chợ Mới", []),
        ("Na Rì", ["Cường Lợi", "Kim Lư"]),
    ]
    in_tables = rank(service, "by-tier", table=unit_messages.table(PROVINCE)).rankings
    assert [column(ranking, "commended") for ranking in in_tables] == [
        [False, False],
        [True, True, False, False],
        [True, True, False],
    ]


def test_the_reply_on_a_set_has_commendations_and_ranking_rules(service: harness.Service) -> None:
    def shown(code: str) -> tuple[list[tuple[str, int]], list[str]]:
        found = service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set=code)).criteria_set
        return [(item.tier, item.best) for item in found.commend], list(found.ranked_within_parent)

    assert shown("whole") == ([], [])
    assert shown("within") == ([("district", 1), ("commune", 1)], ["district", "commune"])
    assert shown("by-tier") == ([("commune", 2)], ["commune"])
    assert shown("best") == ([], ["commune"])
