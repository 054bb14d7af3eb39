"""Ranks, ties, unranked units and pages, over a socket: one small district form, ranked by different rules."""

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
from ruamel.yaml import YAML

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

RANKED, BELOW_MINIMUM, NOTHING_APPLICABLE = (
    pb.STANDING_RANKED,
    pb.STANDING_BELOW_MINIMUM,
    pb.STANDING_NOTHING_APPLICABLE,
)

HOST = harness.host(
    harness.group("infrastructure", Indicator("machine_points", kind="number"), Indicator("firewall", kind="flag")),
    harness.group("human_resources", Indicator("staff_points", kind="number")),
    harness.group("presence", Indicator("website_points", kind="number"), Indicator("complaints", kind="count")),
)

READINESS = """
  readiness:
    groups:
      infrastructure:
        criteria:
          - {id: INF.01, formula: awarded, indicator: machine_points, points: 38}
          - {id: INF.02, formula: flag, indicator: firewall, points: 2, may_be_not_applicable: true}
      human_resources:
        criteria:
          - {id: HR.01, formula: awarded, indicator: staff_points, points: 10, may_be_not_applicable: true}
"""

LEVELS = """
    levels:
      - level: 1
        gates: [{measure: total, at_least: 90%}, {measure: human_resources, at_least: 90%}]
      - level: 4
        gates: [{measure: total, at_least: 70%}, {measure: human_resources, at_least: 50%}]
"""

ACHIEVEMENT = """
  achievement:
    groups:
      presence:
        criteria:
          - {id: PRE.01, formula: awarded, indicator: website_points, points: 20, may_be_not_applicable: true}
          - {id: PRE.02, formula: count, indicator: complaints, each: 4, points: 30, effect: penalty}
    levels:
      - level: 4
        gates: [{measure: total, at_least: 50%}]
"""


def criteria_set(code: str, categories: str, head: str = "", tiers: str = "district") -> str:
    return f"""
criteria_set: {code}
title: {{en: Ranking}}
provenance: published
tiers: [{tiers}]
{head}
categories:{categories}
"""


DOCUMENTS = {
    "competition": criteria_set("competition", READINESS),
    "dense": criteria_set("dense", READINESS, "ranking: {ties: dense}"),
    "ordinal": criteria_set("ordinal", READINESS, "ranking: {ties: ordinal}"),
    "exact": criteria_set("exact", READINESS, "ranking: {precision: exact}"),
    "gated": criteria_set("gated", READINESS + LEVELS),
    "both": criteria_set("both", READINESS + LEVELS + ACHIEVEMENT),
    "readiness-only": criteria_set(
        "readiness-only", READINESS + LEVELS + ACHIEVEMENT, "overall: {requires: [readiness]}"
    ),
    "lenient": criteria_set(
        "lenient",
        """
  readiness:
    groups:
      human_resources:
        criteria:
          - {id: HR.01, formula: awarded, indicator: staff_points, points: 10, when_missing: not_applicable}
          - {id: HR.02, formula: flag, indicator: firewall, points: 10}
      infrastructure:
        criteria:
          - {id: INF.01, formula: awarded, indicator: machine_points, points: 0}
""",
    ),
    "tiers": criteria_set(
        "tiers",
        """
  readiness:
    groups:
      human_resources:
        criteria: [{id: HR.01, formula: awarded, indicator: staff_points, points: 10}]
    levels: [{level: 4, gates: [{measure: total, at_least: 70%}]}]
  achievement:
    groups:
      presence:
        criteria: [{id: PRE.01, formula: awarded, indicator: website_points, points: {district: 10, commune: 0}}]
""",
        "overall: {requires: [achievement]}",
        "department, district, commune",
    ),
}


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.good(harness.catalogue(HOST, *DOCUMENTS.values()))) as running:
        yield running


def rank(service: harness.Service, code: str, units: Sequence[Unit], **more: Any) -> pb.Ranking:
    """The ranking of units of one tier."""
    request = pb.RankProvinceRequest(criteria_set=code, rows=unit_messages.rows(units), **more)
    [ranking] = service.scorer.RankProvince(request).rankings
    return ranking


def district(name: str, points: str, **more: Any) -> Unit:
    """A district with this many of 50 points: first for its staff, then for its machines."""
    staff = min(Decimal(points), Decimal(10))
    answers = {"staff_points": staff, "machine_points": Decimal(points) - staff, "firewall": False}
    return Unit(name, "district", answers | more)


def overall_ranks(ranking: pb.Ranking) -> list[tuple[str, int]]:
    return [(card.unit.id, card.overall.rank) for card in ranking.scorecards]


def by_name(ranking: pb.Ranking) -> dict[str, pb.Scorecard]:
    return {card.unit.id: card for card in ranking.scorecards}


# Ties

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


# Not ranked


def test_unranked_units_are_counted_and_come_after_ranked_ones(service: harness.Service) -> None:
    units = [
        district("Ba Bể", "40"),
        district("Na Rì", "20"),
        Unit("Chợ Đồn", "district", {"machine_points": 38, "staff_points": 4, "firewall": True}),  # 44, but 40 % staff
        district("Pác Nặm", "36"),
        district("Chợ Mới", "30"),
        Unit("Ngân Sơn", "district"),
        district("A Lưới", "30"),
    ]
    ranking = rank(service, "gated", units)
    assert (ranking.unit_count, ranking.overall_ranked, ranking.tallies[0].ranked) == (7, 2, 2)
    assert overall_ranks(ranking) == [
        ("Ba Bể", 1), ("Pác Nặm", 2),
        ("Chợ Đồn", 0), ("A Lưới", 0), ("Chợ Mới", 0), ("Na Rì", 0), ("Ngân Sơn", 0),
    ]  # fmt: skip
    for card in ranking.scorecards[2:]:
        [readiness] = card.categories
        assert (readiness.standing, readiness.level, readiness.rank) == (BELOW_MINIMUM, 0, 0)
        assert readiness.failing
        assert card.overall.lacking == ["readiness"]
    assert ranking.scorecards[2].overall.score.points == 44


def test_tallies_count_units_by_level_and_by_failed_gate(service: harness.Service) -> None:
    units = [
        district("Ba Bể", "48"),
        district("Na Rì", "40"),
        district("Chợ Đồn", "36"),
        Unit("Chợ Mới", "district", {"machine_points": 38, "staff_points": 4, "firewall": True}),
        Unit("Ngân Sơn", "district"),
    ]
    [tally] = rank(service, "gated", units).tallies
    assert [(level.level, level.units) for level in tally.levels] == [(1, 1), (4, 2)]
    assert [(count.gate.level, count.gate.measure, count.units) for count in tally.failing] == [
        (1, "total", 4),
        (1, "human_resources", 2),
        (4, "total", 1),
        (4, "human_resources", 2),
    ]


def test_unit_to_which_nothing_applies_is_not_ranked_and_has_no_level(service: harness.Service) -> None:
    nothing = Unit("Ngân Sơn", "district", {"website_points": 20, "complaints": 0}, ("PRE.01",))
    ranking = rank(service, "both", [nothing, district("Ba Bể", "40", website_points=Decimal(15), complaints=0)])
    readiness, achievement = by_name(ranking)["Ngân Sơn"].categories
    assert (achievement.standing, achievement.level, achievement.rank) == (NOTHING_APPLICABLE, 0, 0)
    score = achievement.score
    assert (score.points, score.max_points, score.nominal_max_points) == (0, 0, 20)
    assert (score.percent, score.converted, score.published) == (0, 0, 0)
    assert (score.missing, score.not_applicable) == (0, 1)
    assert readiness.standing == BELOW_MINIMUM
    assert by_name(ranking)["Ngân Sơn"].overall.lacking == ["readiness", "achievement"]
    assert ranking.tallies[1].ranked == 1


def test_a_percentage_of_nothing_holds_and_is_marked_not_applicable(service: harness.Service) -> None:
    unit = Unit("Ba Bể", "district", {"machine_points": 36, "firewall": True, "staff_points": 9}, ("HR.01",))
    ranking = rank(service, "gated", [unit], view=pb.SCORECARD_VIEW_FULL)
    [readiness] = ranking.scorecards[0].categories
    assert (readiness.standing, readiness.level, readiness.score.percent) == (RANKED, 1, 95)
    staff = [gate for gate in readiness.gates if gate.gate.measure == "human_resources"]
    assert [(gate.passed, gate.not_applicable, gate.value) for gate in staff] == [(True, True, 0)] * 2
    total = [gate for gate in readiness.gates if gate.gate.measure == "total"]
    assert [(gate.passed, gate.not_applicable, gate.value) for gate in total] == [(True, False, 95)] * 2
    assert [measure.level for measure in readiness.measures] == [1, 1]


def test_zero_of_zero_points_is_no_reason_to_rank_a_unit(service: harness.Service) -> None:
    ranking = rank(service, "tiers", [Unit("Nông Thượng", "commune", {"staff_points": 10, "website_points": 0})])
    [card] = ranking.scorecards
    readiness, achievement = card.categories
    assert (readiness.standing, readiness.rank) == (RANKED, 1)
    assert (achievement.standing, achievement.score.nominal_max_points) == (NOTHING_APPLICABLE, 0)
    assert (card.overall.rank, card.overall.lacking, card.overall.score.percent) == (0, ["achievement"], 100)


# Missing, not applicable, penalties


def test_missing_answer_gives_no_points_but_keeps_the_maximum(service: harness.Service) -> None:
    unit = Unit("Ba Bể", "district", {"machine_points": 38, "firewall": False})
    ranking = rank(service, "competition", [unit], view=pb.SCORECARD_VIEW_FULL)
    infrastructure, staff = ranking.scorecards[0].categories[0].groups
    score = staff.score
    assert (score.points, score.max_points, score.missing, score.not_applicable) == (0, 10, 1, 0)
    assert [criterion.status for criterion in staff.criteria] == [pb.CRITERION_STATUS_MISSING]
    # A reported "no" gives no points either, and is not missing.
    no_firewall = infrastructure.criteria[1]
    assert (no_firewall.points, no_firewall.max_points, no_firewall.status) == (0, 2, pb.CRITERION_STATUS_SCORED)
    assert (ranking.scorecards[0].overall.score.percent, ranking.scorecards[0].overall.score.missing) == (76, 1)


def test_missing_answer_leaves_a_criterion_out_where_the_set_says_so(service: harness.Service) -> None:
    half = Unit("Ba Bể", "district", {"firewall": True, "machine_points": 0})
    zero = Unit("Na Rì", "district", {"firewall": True, "machine_points": 0, "staff_points": 0})
    cards = by_name(rank(service, "lenient", [half, zero]))
    score = cards["Ba Bể"].overall.score
    assert (score.points, score.max_points, score.converted) == (10, 10, 20)
    assert (score.missing, score.not_applicable) == (0, 1)
    score = cards["Na Rì"].overall.score
    assert (score.points, score.max_points, score.converted) == (10, 20, 10)
    assert [cards[name].overall.rank for name in ("Ba Bể", "Na Rì")] == [1, 2]


def test_group_of_no_points_has_no_percentage(service: harness.Service) -> None:
    unit = Unit("Ba Bể", "district", {"firewall": True, "machine_points": 0, "staff_points": 5})
    ranking = rank(service, "lenient", [unit], view=pb.SCORECARD_VIEW_FULL)
    staff, infrastructure = ranking.scorecards[0].categories[0].groups
    score = infrastructure.score
    assert (score.points, score.max_points, score.percent, score.converted, score.missing) == (0, 0, 0, 0, 0)
    assert staff.score.percent == ranking.scorecards[0].overall.score.percent == 75


def test_exclusion_wins_over_an_answer_and_converts_the_score(service: harness.Service) -> None:
    # Thành phố Huế 2020: 42.63 of 48 points are 44.41 of 50, before 43.51 of 50.
    city = Unit(
        "Huế", "district", {"machine_points": Decimal("32.63"), "staff_points": 10, "firewall": True}, ("INF.02",)
    )
    ranking = rank(service, "competition", [district("Nam Đông", "43.51"), city])
    assert overall_ranks(ranking) == [("Huế", 1), ("Nam Đông", 2)]
    score = ranking.scorecards[0].overall.score
    assert (score.points, score.max_points, score.percent, score.not_applicable) == (42.63, 48, 88.8125, 1)
    assert (score.converted, score.published) == (44.40625, 44.41)


def test_penalties_take_points_from_a_category_but_not_below_zero(service: harness.Service) -> None:
    units = [
        district("Ba Bể", "40", website_points=Decimal(18), complaints=2),
        district("Na Rì", "40", website_points=Decimal(18), complaints=9),  # 30 points at most are taken
    ]
    cards = by_name(rank(service, "both", units, view=pb.SCORECARD_VIEW_FULL))
    some, all_of_it = cards["Ba Bể"].categories[1], cards["Na Rì"].categories[1]
    assert (some.score.points, some.score.max_points, some.score.percent, some.level) == (10, 20, 50, 4)
    assert [criterion.points for criterion in all_of_it.groups[0].criteria] == [18, -30]
    assert (all_of_it.groups[0].score.points, all_of_it.groups[0].score.percent) == (-12, -60)
    assert (all_of_it.score.points, all_of_it.score.percent, all_of_it.standing) == (0, 0, BELOW_MINIMUM)
    assert cards["Na Rì"].overall.score.points == 40  # what one category lacks is not taken from another


# Overall


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


# Pages

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
