"""Ranks, ties and pages, over a socket: one small district form, ranked by different rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import harness
import oracle
import pytest
import unit_messages
from arrow_tables import read
from expected_replies import assert_same, expected_reply
from oracle import Unit
from ranking_sets import DOCUMENTS, HOST, by_name, district, overall_ranks, rank
from ruamel.yaml import YAML

from egov.scorer.v1 import scorer_pb2 as pb


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.good(harness.catalogue(HOST, *DOCUMENTS.values()))) as running:
        yield running


TIED = [district("Na Rì", "30"), district("Ba Bể", "41.234"), district("Pác Nặm", "41.231"), district("Chợ Mới", "45")]
"""Two publish 41.23."""


@pytest.mark.parametrize(
    ("code", "ranks"),
    [
        ("competition", [("Chợ Mới", 1), ("Ba Bể", 2), ("Pác Nặm", 2), ("Na Rì", 4)]),
        ("dense", [("Chợ Mới", 1), ("Ba Bể", 2), ("Pác Nặm", 2), ("Na Rì", 3)]),
        ("ordinal", [("Chợ Mới", 1), ("Ba Bể", 2), ("Pác Nặm", 3), ("Na Rì", 4)]),
        ("exact", [("Chợ Mới", 1), ("Ba Bể", 2), ("Pác Nặm", 3), ("Na Rì", 4)]),
    ],
)
def test_units_that_differ_in_the_third_decimal_are_ranked_by_the_rule_of_the_set(
    service: harness.Service, code: str, ranks: list[tuple[str, int]]
) -> None:
    ranking = rank(service, code, TIED)
    assert overall_ranks(ranking) == ranks
    assert [(card.unit.id, card.categories[0].rank) for card in ranking.scorecards] == ranks
    assert ranking.scorecards[1].overall.score.converted != ranking.scorecards[2].overall.score.converted
    assert ranking.scorecards[1].overall.score.published == ranking.scorecards[2].overall.score.published == 41.23


def test_three_units_tie_for_first_and_the_next_is_fourth(service: harness.Service) -> None:
    units = [district("d", "12"), district("c", "40"), district("b", "40"), district("a", "40")]
    assert overall_ranks(rank(service, "competition", units)) == [("a", 1), ("b", 1), ("c", 1), ("d", 4)]
    assert overall_ranks(rank(service, "dense", units)) == [("a", 1), ("b", 1), ("c", 1), ("d", 2)]


def test_published_scores_are_rounded_half_up_and_tie(service: harness.Service) -> None:
    units = [district("Ba Bể", "41.23"), district("Na Rì", "41.225"), district("Chợ Mới", "41.224999")]
    ranking = rank(service, "competition", units)
    assert overall_ranks(ranking) == [("Ba Bể", 1), ("Na Rì", 1), ("Chợ Mới", 3)]
    assert [card.overall.score.published for card in ranking.scorecards] == [41.23, 41.23, 41.22]


def test_exact_precision_sees_one_micropoint_and_still_ties_equals(service: harness.Service) -> None:
    units = [district("Ba Bể", "41"), district("Na Rì", "41.000001"), district("Chợ Mới", "41")]
    assert overall_ranks(rank(service, "exact", units)) == [("Na Rì", 1), ("Ba Bể", 2), ("Chợ Mới", 2)]


def test_equal_units_are_in_code_point_order_of_their_ids(service: harness.Service) -> None:
    # Not in the order of Vietnamese, of UTF-16 or of letters without marks.
    ordered = ["Ba Bể", "Bạch Thông", "Chợ Mới", "Chợ Đồn", "Z", "a", "z", "é", "Đồng Hỷ", "\uff21", "𐐀"]
    units = [district(name, "41") for name in ordered[1::2] + ordered[::-2]]
    numbered = [(name, n) for n, name in enumerate(ordered, start=1)]
    assert overall_ranks(rank(service, "ordinal", units)) == numbered
    assert overall_ranks(rank(service, "competition", units)) == [(name, 1) for name in ordered]


def test_ordinal_ranks_number_equals_by_id_in_each_category(service: harness.Service) -> None:
    ranking = rank(service, "ordinal", [district("Đ", "41"), district("C", "41.001"), district("Z", "45")])
    assert [(card.unit.id, card.categories[0].rank) for card in ranking.scorecards] == [("Z", 1), ("C", 2), ("Đ", 3)]


def test_overall_rank_needs_a_rank_in_every_required_category(service: harness.Service) -> None:
    units = [
        district("Ba Bể", "40", website_points=Decimal(12), complaints=0),
        district("Na Rì", "48", website_points=Decimal(2), complaints=0),
        district("Chợ Mới", "10", website_points=Decimal(20), complaints=0),
        district("Pác Nặm", "36", website_points=Decimal(11), complaints=0),
    ]
    ranking = rank(service, "both", units)
    assert overall_ranks(ranking) == [("Ba Bể", 1), ("Pác Nặm", 2), ("Na Rì", 0), ("Chợ Mới", 0)]
    assert ranking.overall_ranked == 2
    cards = by_name(ranking)
    assert [list(cards[name].overall.lacking) for name in ("Ba Bể", "Na Rì", "Chợ Mới")] == [
        [],
        ["achievement"],
        ["readiness"],
    ]
    assert [category.rank for category in cards["Na Rì"].categories] == [1, 0]
    assert [category.rank for category in cards["Chợ Mới"].categories] == [0, 1]
    assert cards["Na Rì"].overall.score.points == 50  # all units still get their total points

    ranking = rank(service, "readiness-only", units)
    assert overall_ranks(ranking) == [("Ba Bể", 1), ("Na Rì", 2), ("Pác Nặm", 3), ("Chợ Mới", 0)]
    assert not by_name(ranking)["Na Rì"].overall.lacking


def test_overall_score_is_computed_from_its_own_sums(service: harness.Service) -> None:
    unit = Unit(
        "Huế",
        "district",
        {"machine_points": 30, "staff_points": 10, "website_points": 7, "complaints": 0},
        ("INF.02",),
    )
    [card] = rank(service, "both", [unit]).scorecards
    readiness, achievement = (category.score.converted for category in card.categories)
    assert (readiness, achievement) == (41.666666, 7)
    assert (card.overall.score.points, card.overall.score.max_points) == (47, 68)
    assert card.overall.score.converted == 48.382352  # 47 / 68 of 70, not 48.666666


def test_a_tier_without_a_required_category_needs_its_other_categories(service: harness.Service) -> None:
    units = [Unit("Sở Y tế", "department", {"staff_points": 6}), Unit("Sở Tư pháp", "department", {"staff_points": 8})]
    ranking = rank(service, "tiers", units)
    assert overall_ranks(ranking) == [("Sở Tư pháp", 1), ("Sở Y tế", 0)]
    assert by_name(ranking)["Sở Y tế"].overall.lacking == ["readiness"]


def test_levels_do_not_influence_the_order(service: harness.Service) -> None:
    best_level = Unit("Ba Bể", "district", {"machine_points": 36, "staff_points": 9, "firewall": False})
    most_points = Unit("Na Rì", "district", {"machine_points": 38, "staff_points": 8, "firewall": True})
    ranking = rank(service, "gated", [best_level, most_points])
    assert overall_ranks(ranking) == [("Na Rì", 1), ("Ba Bể", 2)]
    assert [(card.categories[0].level, card.categories[0].rank) for card in ranking.scorecards] == [(4, 1), (1, 2)]


PROVINCE = [
    Unit(f"{tier} {n:02}", tier, {"staff_points": Decimal(n * 7 % 10), "website_points": Decimal(0)})
    for tier, units in (("commune", 5), ("department", 4), ("district", 3))
    for n in range(units)
]
"""Twelve units of three tiers, none of them in the set's order of tiers."""


def pages(service: harness.Service, source: dict[str, Any], size: int) -> list[pb.RankProvinceResponse]:
    found = []
    token = ""
    while token or not found:
        request = pb.RankProvinceRequest(criteria_set="tiers", page_size=size, page_token=token, **source)
        found.append(service.scorer.RankProvince(request))
        token = found[-1].next_page_token
    return found


@pytest.mark.parametrize("size", [1, 2, 4, 5, 11, 12, 13])
def test_all_pages_together_are_the_whole_ranking(service: harness.Service, size: int) -> None:
    source = {"rows": unit_messages.rows(PROVINCE), "view": pb.SCORECARD_VIEW_FULL}
    [whole] = pages(service, source, 0)
    assert [ranking.tier for ranking in whole.rankings] == ["department", "district", "commune"]
    found = pages(service, source, size)
    assert len(found) == -(-12 // size)
    joined = pb.RankProvinceResponse(provenance=whole.provenance, names=whole.names)
    for page in found:
        assert sum(len(ranking.scorecards) for ranking in page.rankings) == (
            size if page.next_page_token else (11 % size) + 1
        )
        assert_same(page.provenance, whole.provenance)
        for ranking in page.rankings:
            if joined.rankings and joined.rankings[-1].tier == ranking.tier:
                joined.rankings[-1].scorecards.extend(ranking.scorecards)
            else:
                joined.rankings.append(ranking)
    assert_same(joined, whole)


@pytest.mark.parametrize("as_table", [False, True], ids=["rows", "table"])
def test_every_page_has_the_counts_of_the_whole_ranking(service: harness.Service, as_table: bool) -> None:
    source = {"table": unit_messages.table(PROVINCE)} if as_table else {"rows": unit_messages.rows(PROVINCE)}
    [whole] = pages(service, source, 0)

    def heads(reply: pb.RankProvinceResponse) -> Iterator[tuple[str, pb.Ranking]]:
        for ranking in reply.rankings:
            head = pb.Ranking()
            head.CopyFrom(ranking)
            head.ClearField("scorecards")
            head.ClearField("table")
            yield ranking.tier, head

    expected = dict(heads(whole))
    assert expected["commune"].unit_count == 5
    assert expected["commune"].tallies[0].ranked == 2
    seen = [found for page in pages(service, source, 2) for found in heads(page)]
    assert [tier for tier, _ in seen] == ["department"] * 2 + ["district"] * 2 + ["commune"] * 3
    for tier, head in seen:
        assert_same(head, expected[tier])


def test_all_pages_of_a_table_together_are_the_whole_table(service: harness.Service) -> None:
    source = {"table": unit_messages.table(PROVINCE), "tier": "commune", "view": pb.SCORECARD_VIEW_FULL}
    [whole] = pages(service, source, 0)
    parts = [read(page.rankings[0]).to_pylist() for page in pages(service, source, 2)]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [row for part in parts for row in part] == read(whole.rankings[0]).to_pylist()


def test_one_tier_of_a_province_is_ranked_as_it_is_among_all(service: harness.Service) -> None:
    [whole] = pages(service, {"rows": unit_messages.rows(PROVINCE)}, 0)
    [district_only] = pages(service, {"rows": unit_messages.rows(PROVINCE), "tier": "district"}, 0)
    [ranking] = district_only.rankings
    assert_same(ranking, whole.rankings[1])


@pytest.mark.parametrize(
    ("code", "units"), [("competition", TIED), ("gated", TIED), ("both", TIED), ("tiers", PROVINCE)]
)
def test_rankings_agree_with_the_oracle(service: harness.Service, code: str, units: Sequence[Unit]) -> None:
    expected = oracle.rank_province(YAML(typ="safe").load(DOCUMENTS[code]), units)
    request = pb.RankProvinceRequest(criteria_set=code, rows=unit_messages.rows(units), view=pb.SCORECARD_VIEW_FULL)
    reply = service.scorer.RankProvince(request)
    reply.ClearField("provenance")
    reply.ClearField("names")
    assert_same(reply, expected_reply(expected))
