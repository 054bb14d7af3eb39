"""Điện Biên, June 2020, with an installed stand-alone plugin: the published facts are reproduced, names included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stand_alone import PLUGINS, install, serving

from scorer_client import Client, CriterionCount, CriterionResult, FileTable, Province, Ranking, UnitResult

ANSWERS = PLUGINS / "information-security" / "scorer_information_security" / "answers" / "dien-bien-2020.csv"

PUBLISHED = {
    "department": "Ngoại vụ, khoa học, thanh tra, nông nghiệp, công thương, lao động, tư pháp, giao thông",
    "district": "Mường nhé, Điện Biên, Nậm Pồ",
}
"""Units without an information security system, as the report names them."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environment = install(tmp_path_factory.mktemp("site"), "information-security")
    with serving(environment, tmp_path_factory.mktemp("server")) as address, Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def answers(client: Client) -> FileTable:
    return client.read_file("dien-bien-2020", ANSWERS)


@pytest.fixture(scope="module")
def province(client: Client, answers: FileTable) -> Province:
    rows = answers.rows()
    return client.rank_province("dien-bien-2020", rows, province="Điện Biên", period="2020-H1", full=True)


def criterion(unit: UnitResult, code: str) -> CriterionResult:
    groups = [group for category in unit.categories for group in category.groups]
    (found,) = (item for group in groups for item in group.criteria if item.criterion == code)
    return found


def counted(ranking: Ranking, code: str) -> CriterionCount:
    (found,) = (count for tally in ranking.tallies for count in tally.criteria if count.criterion == code)
    return found


def published(tier: str) -> set[str]:
    return {name.casefold() for name in PUBLISHED[tier].split(", ")}


def lacking(ranking: Ranking, code: str) -> set[str]:
    """Units without points in a criterion, in the report's words: "khoa học" for Sở Khoa học và Công nghệ."""
    names = [unit.name.casefold() for unit in ranking.units if criterion(unit, code).points == 0]
    if ranking.tier == "district":
        return {name.removeprefix("huyện ") for name in names}
    known = {name: [word for word in published("department") if word in name] for name in names}
    assert all(len(words) == 1 for words in known.values()), known
    assert len(known) == len(names)
    return {words[0] for words in known.values()}


each_tier = pytest.mark.parametrize(("tier", "units", "without"), [("department", 19, 8), ("district", 10, 3)])


@each_tier
@pytest.mark.parametrize("code", ["IS.01", "IS.02", "IS.03"], ids=["security system", "firewall", "backup"])
def test_units_without_information_security_are_those_of_the_report(
    province: Province, tier: str, units: int, without: int, code: str
) -> None:
    ranking = province.ranking(tier)
    assert lacking(ranking, code) == published(tier)
    count = counted(ranking, code)
    assert (ranking.unit_count, count.applicable, count.full, count.none) == (units, units, units - without, without)


@each_tier
def test_units_without_information_security_are_last(province: Province, tier: str, units: int, without: int) -> None:
    last = [unit for unit in province.ranking(tier).units if criterion(unit, "IS.01").points == 0]
    assert {unit.category("security").rank for unit in last} == {units - without + 1}


@each_tier
@pytest.mark.parametrize("code", ["INF.01", "INF.02", "INF.03", "INF.04"])
def test_computers_networks_and_the_internet_reach_all_units(
    province: Province, tier: str, units: int, without: int, code: str
) -> None:
    count = counted(province.ranking(tier), code)
    assert (count.applicable, count.full) == (units, units)


def test_the_network_of_party_and_state_bodies_has_49_fibre_points(answers: FileTable) -> None:
    assert sum(map(float, answers.columns["secure_network_points"])) == 49


@each_tier
def test_half_of_the_documents_are_signed_and_give_half_of_the_points(
    province: Province, tier: str, units: int, without: int
) -> None:
    results = [criterion(unit, "INT.01") for unit in province.ranking(tier).units]
    assert {(result.points, result.max_points) for result in results} == {(1.5, 3)}


@each_tier
def test_no_system_has_an_approved_security_level(province: Province, tier: str, units: int, without: int) -> None:
    assert counted(province.ranking(tier), "IS.04").none == units


@each_tier
def test_unreported_answers_are_missing(province: Province, tier: str, units: int, without: int) -> None:
    assert {criterion(unit, "IS.05").status for unit in province.ranking(tier).units} == {"missing"}
    assert counted(province.ranking(tier), "IS.07").missing == units


def test_the_reply_has_the_assumptions(province: Province) -> None:
    assert province.provenance.criteria_provenance == "reconstructed"
