"""Units that are not ranked, missing answers, exclusions and penalties."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import harness
import pytest
from oracle import Unit
from ranking_sets import DOCUMENTS, HOST, by_name, district, overall_ranks, rank

from egov.scorer.v1 import scorer_pb2 as pb

RANKED, BELOW_MINIMUM, NOTHING_APPLICABLE = (
    pb.STANDING_RANKED,
    pb.STANDING_BELOW_MINIMUM,
    pb.STANDING_NOTHING_APPLICABLE,
)


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.good(harness.catalogue(HOST, *DOCUMENTS.values()))) as running:
        yield running


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


def test_a_unit_with_zero_of_zero_points_is_not_ranked(service: harness.Service) -> None:
    ranking = rank(service, "tiers", [Unit("Nông Thượng", "commune", {"staff_points": 10, "website_points": 0})])
    [card] = ranking.scorecards
    readiness, achievement = card.categories
    assert (readiness.standing, readiness.rank) == (RANKED, 1)
    assert (achievement.standing, achievement.score.nominal_max_points) == (NOTHING_APPLICABLE, 0)
    assert (card.overall.rank, card.overall.lacking, card.overall.score.percent) == (0, ["achievement"], 100)


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


def test_a_missing_answer_leaves_a_criterion_out_if_the_set_says_so(service: harness.Service) -> None:
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
