"""Bắc Kạn, first half of 2020: the reconstructed answers reproduce every published fact, over a socket."""

from __future__ import annotations

import re
from collections.abc import Callable

from bac_kan_results import ACHIEVEMENT_GROUPS, READINESS_GROUPS, Card, Line, Tier

from egov.scorer.v1 import scorer_pb2

SECURITY = ("INF.07", "INF.08", "INF.09")
"""Firewall, cameras, lightning protection."""


def has(*indicators: str) -> Callable[[Line], bool]:
    """A condition: the unit has any of these things."""
    return lambda line: any(line[indicator] not in ("", "0") for indicator in indicators)


def lacks(*indicators: str) -> Callable[[Line], bool]:
    """A condition: the unit reported that it has none of these things."""
    return lambda line: all(line[indicator] == "0" for indicator in indicators)


# --- all tiers -----------------------------------------------------------------------------------------------------


def test_the_assessment_has_all_three_tiers(reply: scorer_pb2.RankProvinceResponse) -> None:
    counts = [(ranking.tier, ranking.unit_count) for ranking in reply.rankings]
    assert counts == [("department", 24), ("district", 8), ("commune", 108)]


def test_the_units_of_a_district_are_its_communes(districts: Tier, communes: Tier) -> None:
    parents = [line["parent"] for line in communes.lines.values()]
    assert {parent: parents.count(parent) for parent in parents} == {
        "d-bac-kan": 8, "d-ba-be": 15, "d-bach-thong": 14, "d-cho-don": 20,
        "d-cho-moi": 14, "d-na-ri": 17, "d-ngan-son": 10, "d-pac-nam": 10,
    }  # fmt: skip
    assert set(parents) == set(districts.lines)
    assert len({line["name"] for line in communes.lines.values()}) == 108


def test_a_commune_can_reach_30_and_60_points_and_other_units_50_and_100(
    departments: Tier, districts: Tier, communes: Tier
) -> None:
    for tier, maxima in ((departments, (50, 100)), (districts, (50, 100)), (communes, (30, 60))):
        for card in tier.cards.values():
            nominal = card["readiness"].score.nominal_max_points, card["achievement"].score.nominal_max_points
            assert nominal == maxima


def test_the_results_say_that_they_are_reconstructed(reply: scorer_pb2.RankProvinceResponse) -> None:
    assert reply.provenance.criteria_provenance == "reconstructed"
    assert {plugin.group for plugin in reply.provenance.plugins} == {*READINESS_GROUPS, *ACHIEVEMENT_GROUPS}


# --- departments ---------------------------------------------------------------------------------------------------


def test_seven_of_24_departments_are_ranked_in_readiness(departments: Tier) -> None:
    assert len(departments.ranked("readiness")) == 7
    assert departments.ranking.tallies[0].ranked == 7


def test_five_of_24_departments_are_ranked_in_achievement(departments: Tier) -> None:
    assert len(departments.ranked("achievement")) == 5
    assert departments.ranking.tallies[1].ranked == 5


def test_departments_are_unranked_because_component_groups_are_below_their_minimum(departments: Tier) -> None:
    for category, most in (("readiness", 17), ("achievement", 19)):
        unranked = [c for c in departments.cards.values() if not c[category].level]
        assert len(unranked) == most
        for card in unranked:
            failing = card.failing(category)
            assert set(failing) - {"total"}
            assert all((level, minimum) == (4, 70) and value < 70 for level, minimum, value in failing.values())


def test_some_departments_are_ranked_overall(departments: Tier) -> None:
    both = departments.ranked("readiness").keys() & departments.ranked("achievement").keys()
    assert {unit for unit, card in departments.cards.items() if card.overall.rank} == both
    assert departments.ranking.overall_ranked == len(both) > 0
    for card in departments.cards.values():
        assert list(card.overall.lacking) == [c for c in ("readiness", "achievement") if not card[c].level]


def test_most_departments_have_a_steering_committee_and_regulations(departments: Tier) -> None:
    assert departments.most(lambda line: line["steering_committee"] in ("head", "deputy"))
    for regulation in ("regulation_lan", "regulation_shared_software", "regulation_information_security"):
        assert departments.most(has(regulation))


def test_most_departments_care_for_presence_and_shared_software(departments: Tier) -> None:
    for group in ("presence", "interaction"):
        reached = [card.measure("achievement", group).percent >= 70 for card in departments.cards.values()]
        assert 2 * sum(reached) > len(reached)


def test_security_equipment_and_staff_pull_the_departments_readiness_down(departments: Tier) -> None:
    assert departments.most_missed("readiness", 4) == "infrastructure+human_resources"
    unranked = [unit for unit in departments.cards if unit not in departments.ranked("readiness")]
    others = [
        code
        for code in departments.cards[unranked[0]].sums
        if code.startswith(("PE.", "INF.")) and code not in SECURITY
    ]
    basic = departments.share(others, unranked)
    for weak in (SECURITY, ["human_resources"]):
        assert departments.share(weak, unranked) < 0.7 <= basic
    for criterion in SECURITY:
        assert departments.share([criterion], unranked) < 0.5


def test_few_online_files_pull_the_departments_achievement_down(departments: Tier) -> None:
    assert departments.most_missed("achievement", 4) == "transaction"
    unranked = [unit for unit in departments.cards if unit not in departments.ranked("achievement")]
    assert all("transaction" in departments.cards[unit].failing("achievement") for unit in unranked)
    for unit in unranked:
        line = departments.lines[unit]
        assert int(line["online_files"]) < int(line["files_level_3_4"]) / 2
    assert departments.share(["TX.03", "TX.04"], unranked) < 0.5
    rest = [code for code in departments.cards[unranked[0]].sums if re.fullmatch(r"(PR|IA|TX)\.\d+", code)]
    assert departments.share([code for code in rest if code not in ("TX.03", "TX.04")], unranked) > 0.7


# --- districts -----------------------------------------------------------------------------------------------------


def test_no_district_is_ranked_in_both_categories(districts: Tier) -> None:
    assert not districts.ranked("readiness").keys() & districts.ranked("achievement").keys()
    assert districts.ranking.overall_ranked == 0
    assert all(card.overall.rank == 0 and card.overall.lacking for card in districts.cards.values())


def test_only_ba_be_is_ranked_in_readiness_at_level_4_with_40_6_points(districts: Tier) -> None:
    assert districts.ranked("readiness") == {"d-ba-be": 4}
    category = districts.cards["d-ba-be"]["readiness"]
    assert (category.rank, category.score.points, category.score.published) == (1, 40.6, 40.6)
    assert (category.score.max_points, category.score.nominal_max_points) == (50, 50)


def test_infrastructure_and_human_resources_keep_ba_be_from_level_3(districts: Tier) -> None:
    card = districts.cards["d-ba-be"]
    assert card.failing("readiness") == {"infrastructure+human_resources": (3, 80, 78.8571)}
    measure = card.measure("readiness", "infrastructure+human_resources")
    assert (measure.points, measure.max_points, measure.level) == (27.6, 35, 4)
    assert card.measure("readiness", "total").level == 3


def test_policy_environment_is_at_level_1_in_cho_don_and_pac_nam_and_at_level_2_in_the_other_six(
    districts: Tier,
) -> None:
    levels = {unit: card.measure("readiness", "policy_environment").level for unit, card in districts.cards.items()}
    assert {unit for unit, level in levels.items() if level == 1} == {"d-cho-don", "d-pac-nam"}
    assert list(levels.values()).count(2) == 6


def test_the_seven_other_districts_miss_70_percent_of_infrastructure_and_human_resources(districts: Tier) -> None:
    unranked = {unit: card for unit, card in districts.cards.items() if unit != "d-ba-be"}
    assert len(unranked) == 7
    for card in unranked.values():
        assert card["readiness"].standing == scorer_pb2.STANDING_BELOW_MINIMUM
        level, minimum, value = card.failing("readiness")["infrastructure+human_resources"]
        assert (level, minimum) == (4, 70)
        assert value < 70


def test_na_ri_reaches_level_3_and_the_city_level_4_in_achievement_and_no_other_district_any(districts: Tier) -> None:
    assert districts.ranked("achievement") == {"d-na-ri": 3, "d-bac-kan": 4}
    assert districts.cards["d-na-ri"].failing("achievement")
    assert {level for level, _, _ in districts.cards["d-bac-kan"].failing("achievement").values()} == {3}


def test_every_district_has_a_computer_for_every_official(districts: Tier) -> None:
    assert districts.units(lambda line: int(line["computers"]) >= int(line["staff"]) > 0) == 8
    assert districts.share(["INF.01"], list(districts.cards)) == 1


def test_every_district_has_antivirus_on_every_computer(districts: Tier) -> None:
    assert districts.units(lambda line: line["computers_antivirus"] == line["computers"]) == 8
    assert districts.share(["INF.02"], list(districts.cards)) == 1


def test_five_of_eight_districts_have_a_look_up_screen(districts: Tier) -> None:
    assert districts.units(has("lookup_screen")) == 5


def test_most_districts_have_cameras_and_led_screens(districts: Tier) -> None:
    assert districts.most(has("cameras"))
    assert districts.most(has("led_screen"))


def test_no_district_has_lightning_protection_of_its_lan(districts: Tier) -> None:
    assert districts.units(lacks("lan_lightning_protection")) == 8


def test_no_district_has_a_bar_code_reader(districts: Tier) -> None:
    assert districts.units(lacks("barcode_reader")) == 8


def test_districts_must_care_for_transaction_and_transformation(districts: Tier) -> None:
    weak = {unit for unit in districts.cards if unit not in districts.ranked("achievement")}
    for unit in weak:
        assert {"transaction", "transformation"} <= set(districts.cards[unit].failing("achievement"))


# --- communes ------------------------------------------------------------------------------------------------------


def test_only_nong_thuong_is_ranked_in_readiness_at_level_4_with_23_72_of_30_points(communes: Tier) -> None:
    assert communes.ranked("readiness") == {"x-nong-thuong": 4}
    score = communes.cards["x-nong-thuong"]["readiness"].score
    assert (score.points, score.published, score.max_points) == (23.72, 23.72, 30)
    assert communes.lines["x-nong-thuong"]["name"] == "xã Nông Thượng"


def test_no_commune_is_ranked_in_achievement(communes: Tier) -> None:
    assert communes.ranked("achievement") == {}
    assert communes.ranking.tallies[1].ranked == 0


def test_the_best_commune_has_67_10_of_90_points_which_is_74_56_percent(communes: Tier) -> None:
    best = max(communes.cards.values(), key=lambda card: card.overall.score.points)
    score = best.overall.score
    assert (score.points, score.published, score.max_points) == (67.1, 67.1, 90)
    assert round(score.percent, 2) == 74.56
    assert communes.ranking.scorecards[0].overall.score == score


def test_the_best_commune_is_not_ranked_overall_and_neither_is_any_other(communes: Tier) -> None:
    assert communes.ranking.overall_ranked == 0
    best = communes.ranking.scorecards[0]
    assert (best.overall.rank, list(best.overall.lacking)) == (0, ["readiness", "achievement"])
    assert Card(best)["achievement"].score.percent >= 70
    assert set(Card(best).failing("achievement")) == {"transaction"}


def test_nong_thuong_has_fewer_points_in_all_than_the_best_commune(communes: Tier) -> None:
    assert communes.cards["x-nong-thuong"].overall.score.points < 67.1
    assert sum(card.overall.score.points >= 67.1 for card in communes.cards.values()) == 1


def test_most_communes_have_no_online_meeting_room(communes: Tier) -> None:
    assert communes.most(lacks("online_meeting_room"))


def test_communes_neglect_firewall_cameras_and_lightning_protection(communes: Tier) -> None:
    assert communes.most(lacks("firewall_appliance", "firewall_software"))
    assert communes.most(lacks("cameras"))
    assert communes.most(lacks("lan_lightning_protection"))
    assert communes.share(SECURITY, list(communes.cards)) < 0.3
    assert communes.most_missed("readiness", 4) == "infrastructure+human_resources"


def test_most_one_stop_desks_of_communes_lack_equipment_of_decree_61_2018(communes: Tier) -> None:
    short = [card.sums["INF.14"][0] < card.sums["INF.14"][1] for card in communes.cards.values()]
    assert 2 * sum(short) > len(short)


def test_few_households_of_communes_have_a_computer_a_television_or_internet(communes: Tier) -> None:
    for thing in ("computer", "television", "internet"):
        assert communes.most(lambda line, thing=thing: 2 * int(line[f"households_{thing}"]) < int(line["households"]))
        everywhere = [
            sum(int(line[code]) for line in communes.lines.values()) for code in (f"households_{thing}", "households")
        ]
        assert everywhere[0] / everywhere[1] < 0.5


def test_most_communes_care_for_steering_committee_leader_in_charge_plan_and_regulations(communes: Tier) -> None:
    assert communes.most(lambda line: line["steering_committee"] in ("head", "deputy"))
    for indicator in ("leader_in_charge", "regulation_shared_software", "regulation_information_security"):
        assert communes.most(has(indicator))
    assert communes.most(lambda line: "2020-01-01" <= line["it_plan_issued"] <= "2020-03-31")


def test_communes_do_better_in_documents_e_mail_and_signatures(communes: Tier) -> None:
    units = list(communes.cards)
    shared_software = communes.share([f"IA.{n:02}" for n in range(1, 8)], units)
    assert shared_software > 0.7
    for group in ("infrastructure", "human_resources", "presence", "transaction", "transformation"):
        assert communes.share([group], units) < shared_software
