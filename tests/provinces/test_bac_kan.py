"""Bắc Kạn, first half of 2020: the reconstructed answers reproduce every published fact, over a socket.

The source is the province's report "Đánh giá định kỳ mức độ xây dựng Chính quyền điện tử 6 tháng đầu năm 2020".
"""

from __future__ import annotations

import csv
import datetime
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import grpc
import pyarrow as pa
import pytest
from arrow_tables import as_message, read
from google.type import date_pb2
from harness import Service, installed_catalogue, refusal, serving

from egov.scorer.v1 import criteria_pb2, scorer_pb2

SET = "bac-kan-2020"
TOOL = Path(__file__).resolve().parents[2] / "tools" / "bac_kan_2020.py"
ABOUT_UNITS = ("id", "name", "tier", "parent", "not_applicable")
READINESS_GROUPS = ("policy_environment", "infrastructure", "human_resources")
ACHIEVEMENT_GROUPS = ("presence", "interaction", "transaction", "transformation")
SECURITY = ("INF.07", "INF.08", "INF.09")
"""Firewall, cameras, lightning protection."""

Line = dict[str, str]
LINES: list[Line] = list(
    csv.DictReader((files("scorer_plugins.answers") / f"{SET}.csv").read_text(encoding="utf-8").splitlines())
)
"""The committed answers."""


# --- asking --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(installed_catalogue()) as running:
        yield running


@pytest.fixture(scope="module")
def issued(service: Service) -> criteria_pb2.CriteriaSet:
    """The criteria set as a caller gets it."""
    return service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set=SET)).criteria_set


@pytest.fixture(scope="module")
def rows(issued: criteria_pb2.CriteriaSet) -> list[scorer_pb2.UnitAnswers]:
    kinds = {indicator.code: indicator.kind for indicator in issued.indicators}
    return [
        scorer_pb2.UnitAnswers(
            unit={field: line[field] for field in ("id", "name", "tier", "parent")},
            answers={code: answer(kinds[code], text) for code, text in line.items() if code in kinds and text},
            not_applicable_criteria=left_out(line),
        )
        for line in LINES
    ]


def answer(kind: int, text: str) -> scorer_pb2.Answer:
    if kind == criteria_pb2.INDICATOR_KIND_FLAG:
        return scorer_pb2.Answer(flag={"0": False, "1": True}[text])
    if kind == criteria_pb2.INDICATOR_KIND_CHOICE:
        return scorer_pb2.Answer(choice=text)
    if kind == criteria_pb2.INDICATOR_KIND_DATE:
        day = datetime.date.fromisoformat(text)
        return scorer_pb2.Answer(date=date_pb2.Date(year=day.year, month=day.month, day=day.day))
    return scorer_pb2.Answer(number=float(text))


def left_out(line: Line) -> list[str]:
    return [code for code in line["not_applicable"].split(";") if code]


@pytest.fixture(scope="module")
def reply(service: Service, rows: list[scorer_pb2.UnitAnswers]) -> scorer_pb2.RankProvinceResponse:
    request = scorer_pb2.RankProvinceRequest(
        criteria_set=SET,
        province="Bắc Kạn",
        period="2020-H1",
        rows=scorer_pb2.UnitRows(units=rows),
        view=scorer_pb2.SCORECARD_VIEW_FULL,
    )
    return service.scorer.RankProvince(request)


class Tier:
    """One tier's ranking, its cards by unit id."""

    def __init__(self, ranking: scorer_pb2.Ranking) -> None:
        self.ranking = ranking
        self.cards = {card.unit.id: Card(card) for card in ranking.scorecards}
        self.lines = {line["id"]: line for line in LINES if line["tier"] == ranking.tier}

    def ranked(self, category: str) -> dict[str, int]:
        """Levels of the ranked units."""
        return {unit: c[category].level for unit, c in self.cards.items() if c[category].level}

    def units(self, holds: Callable[[Line], bool]) -> int:
        """How many units' answers are such."""
        return sum(1 for line in self.lines.values() if holds(line))

    def most(self, holds: Callable[[Line], bool]) -> bool:
        """Whether more than half of the units' answers are such."""
        return 2 * self.units(holds) > len(self.lines)

    def most_missed(self, category: str, level: int) -> str:
        """The groups whose gate of a level most units do not pass, alone at the top."""
        tally = next(tally for tally in self.ranking.tallies if tally.category == category)
        gates = [count for count in tally.failing if count.gate.level == level and count.gate.measure != "total"]
        counts = sorted((count.units, count.gate.measure) for count in gates)
        assert counts[-1][0] > counts[-2][0]
        return counts[-1][1]

    def share(self, criteria: Sequence[str], units: Sequence[str]) -> float:
        """Points of some criteria or groups, of their maximum, over some units."""
        sums = [self.cards[unit].sums[code] for unit in units for code in criteria]
        return sum(points for points, _ in sums) / sum(maximum for _, maximum in sums)


class Card:
    """A scorecard, read by names."""

    def __init__(self, card: scorer_pb2.Scorecard) -> None:
        self.overall = card.overall
        self._categories = {category.category: category for category in card.categories}
        groups = [group for category in card.categories for group in category.groups]
        self.sums = {g.group: (g.score.points, g.score.max_points) for g in groups}
        self.sums |= {c.criterion: (c.points, c.max_points) for g in groups for c in g.criteria}
        self.statuses = {c.criterion: c.status for g in groups for c in g.criteria}

    def __getitem__(self, category: str) -> scorer_pb2.CategoryScore:
        return self._categories[category]

    def measure(self, category: str, name: str) -> scorer_pb2.MeasureResult:
        return next(measure for measure in self[category].measures if measure.measure == name)

    def failing(self, category: str) -> dict[str, tuple[int, float, float]]:
        """Level, minimum and value of the gates that keep the unit from its next better level, by measure."""
        gates = self[category].failing
        return {gate.gate.measure: (gate.gate.level, gate.gate.minimum, gate.value) for gate in gates}


@pytest.fixture(scope="module")
def departments(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[0])


@pytest.fixture(scope="module")
def districts(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[1])


@pytest.fixture(scope="module")
def communes(reply: scorer_pb2.RankProvinceResponse) -> Tier:
    return Tier(reply.rankings[2])


def has(*indicators: str) -> Callable[[Line], bool]:
    """Whether a unit has any of these things."""
    return lambda line: any(line[indicator] not in ("", "0") for indicator in indicators)


def lacks(*indicators: str) -> Callable[[Line], bool]:
    """Whether a unit says that it has none of these things."""
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


def test_document_system_e_mail_and_digital_signature_are_what_communes_do_better(communes: Tier) -> None:
    units = list(communes.cards)
    shared_software = communes.share([f"IA.{n:02}" for n in range(1, 8)], units)
    assert shared_software > 0.7
    for group in ("infrastructure", "human_resources", "presence", "transaction", "transformation"):
        assert communes.share([group], units) < shared_software


# --- the set -------------------------------------------------------------------------------------------------------


def criteria(issued: criteria_pb2.CriteriaSet) -> list[criteria_pb2.Criterion]:
    return [criterion for category in issued.categories for group in category.groups for criterion in group.criteria]


@pytest.mark.parametrize("tier", ["department", "district", "commune"])
def test_every_tier_has_50_criteria_or_more_in_all_seven_groups(issued: criteria_pb2.CriteriaSet, tier: str) -> None:
    here = [c for c in criteria(issued) if any(points.tier == tier for points in c.points)]
    assert len(here) >= 50
    groups = {
        group.code
        for category in issued.categories
        for group in category.groups
        if any(points.tier == tier for c in group.criteria for points in c.points)
    }
    assert groups == {*READINESS_GROUPS, *ACHIEVEMENT_GROUPS}


def test_the_set_uses_flags_choices_ratios_steps_counts_alternatives_sums_and_linear_scales(
    issued: criteria_pb2.CriteriaSet,
) -> None:
    used, by_date = set(), False
    for criterion in criteria(issued):
        used |= {criterion.formula, *re.findall(r'"formula": "(\w+)"', criterion.parameters)}
        by_date |= criterion.formula == "steps" and bool(re.search(r'"at_most": "2020-', criterion.parameters))
    assert used >= {"flag", "choice", "ratio", "steps", "count", "best", "sum", "linear"}
    assert "ratio_to_best" not in used
    assert by_date


def test_everything_has_a_title_in_english_and_vietnamese(issued: criteria_pb2.CriteriaSet) -> None:
    groups = [group for category in issued.categories for group in category.groups]
    for item in [issued.summary, *issued.categories, *groups, *criteria(issued), *issued.indicators]:
        assert [text.language for text in item.titles] == ["en", "vi"], item


def test_points_are_whole_or_half(issued: criteria_pb2.CriteriaSet) -> None:
    assert all((2 * points.points).is_integer() for c in criteria(issued) for points in c.points)


def test_the_set_says_what_is_assumed(issued: criteria_pb2.CriteriaSet) -> None:
    notes = {note.language: note.text for note in issued.notes}
    assert "Assumed" in notes["en"]
    assert "Giả định" in notes["vi"]
    assert issued.summary.provenance == "reconstructed"
    assert all(group.provenance == "reconstructed" for category in issued.categories for group in category.groups)


def test_some_criteria_may_not_apply_and_some_units_use_it(issued: criteria_pb2.CriteriaSet, departments: Tier) -> None:
    allowed = {criterion.id for criterion in criteria(issued) if criterion.may_be_not_applicable}
    used = {code for line in LINES for code in left_out(line)}
    assert used
    assert used <= allowed
    card = departments.cards["s-thanh-tra-tinh"]
    assert card.statuses["TX.10"] == scorer_pb2.CRITERION_STATUS_NOT_APPLICABLE
    assert card["achievement"].score.max_points == 99


def test_some_answers_are_missing_which_is_not_zero(communes: Tier) -> None:
    card = communes.cards["x-nhan-mon"]
    assert communes.lines["x-nhan-mon"]["security_incidents"] == ""
    assert card.statuses["INF.15"] == scorer_pb2.CRITERION_STATUS_MISSING
    assert card.sums["INF.15"] == (0, 0.5)
    assert card["readiness"].score.missing == 1


def test_units_answer_nearly_everything_that_their_tier_reads(issued: criteria_pb2.CriteriaSet) -> None:
    for tier in ("department", "district", "commune"):
        here = [c for c in criteria(issued) if any(points.tier == tier for points in c.points)]
        lines = [line for line in LINES if line["tier"] == tier]
        answered, asked = 0, 0
        for line in lines:
            wanted = {code for c in here if c.id not in left_out(line) for code in c.indicators}
            known = sum(1 for code in wanted if line[code])
            assert known >= 0.95 * len(wanted), line["id"]
            answered, asked = answered + known, asked + len(wanted)
            # Nobody answers what nobody asks of the tier.
            assert {code for code, text in line.items() if code not in ABOUT_UNITS and text} <= wanted
        assert answered >= 0.99 * asked


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("online_files", "files"), ("procedures_level_4", "procedures_online"), ("computers_antivirus", "computers"),
        ("staff_trained", "staff"), ("documents_out_signed", "documents_out_electronic"),
        ("it_plan_tasks_done", "it_plan_tasks"), ("questions_answered", "questions_received"),
        ("electronic_citizens", "staff"),
    ],
)  # fmt: skip
def test_a_part_cannot_exceed_its_whole(
    service: Service, rows: list[scorer_pb2.UnitAnswers], part: str, whole: str
) -> None:
    unit = scorer_pb2.UnitAnswers(unit={"id": "x", "tier": "commune"})
    unit.answers[whole].number, unit.answers[part].number = 10, 11
    request = scorer_pb2.ScoreUnitRequest(criteria_set=SET, unit_answers=unit)
    with refusal() as refused:
        service.scorer.ScoreUnit(request)
    assert refused[0].code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused[0].fields == {f'unit_answers.answers["{part}"]': "PART_LARGER_THAN_WHOLE"}


# --- the file and both forms ---------------------------------------------------------------------------------------


def test_the_answers_are_what_the_script_makes() -> None:
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "plugins/scorer_plugins/answers/bac-kan-2020.csv is up to date\n"


def column(kind: int, texts: Sequence[str]) -> pa.Array:
    if kind == criteria_pb2.INDICATOR_KIND_CHOICE:
        return pa.array([text or None for text in texts], pa.string())
    if kind == criteria_pb2.INDICATOR_KIND_DATE:
        return pa.array([datetime.date.fromisoformat(text) if text else None for text in texts], pa.date32())
    return pa.array([float(text) if text else None for text in texts], pa.float64())


def test_the_table_form_gives_what_the_rows_give(
    service: Service, issued: criteria_pb2.CriteriaSet, reply: scorer_pb2.RankProvinceResponse
) -> None:
    texts = {name: [line[name] for line in LINES] for name in ("id", "name", "tier", "parent")}
    answers = {i.code: column(i.kind, [line[i.code] for line in LINES]) for i in issued.indicators}
    table = as_message(pa.table({**texts, "not_applicable": [left_out(line) for line in LINES], **answers}))
    request = scorer_pb2.RankProvinceRequest(
        criteria_set=SET, period="2020-H1", table=table, view=scorer_pb2.SCORECARD_VIEW_FULL
    )
    for ours, theirs in zip(service.scorer.RankProvince(request).rankings, reply.rankings, strict=True):
        assert ours.tallies == theirs.tallies
        for row, card in zip(read(ours).to_pylist(), theirs.scorecards, strict=True):
            assert (row["id"], row["rank"] or 0, row["points"]) == (
                card.unit.id, card.overall.rank, card.overall.score.points,
            )  # fmt: skip
            for category in card.categories:
                assert (row[f"{category.category}.rank"] or 0) == category.rank
                assert (row[f"{category.category}.level"] or 0) == category.level
                for group in category.groups:
                    assert row[f"{category.category}.{group.group}.points"] == group.score.points
                    for criterion in group.criteria:
                        assert row[f"{category.category}.{criterion.criterion}.points"] == criterion.points


def test_every_criterion_gives_somebody_something(
    issued: criteria_pb2.CriteriaSet, departments: Tier, districts: Tier, communes: Tier
) -> None:
    cards = [card for tier in (departments, districts, communes) for card in tier.cards.values()]
    for criterion in criteria(issued):
        given = {card.sums[criterion.id][0] for card in cards if criterion.id in card.sums}
        assert len(given) > 1, criterion.id
