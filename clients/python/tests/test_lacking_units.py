"""The client over a real socket: units that lack points, sets by day, cohorts and commendations."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from harness import catalogue, good, group, host, serving

from scorer.plugin_api import Indicator
from scorer_client import Client, Province, Row, ScorerError, method_steps

SET = "network-2020"

NETWORK = """
criteria_set: network-2020
title: {en: Network}
provenance: published
series: network
effective: {from: 2020-01-01, to: 2020-12-31}
tiers: [district, commune]
ranking: {cohort: {commune: parent}}
commend: {best: {commune: 1}}
categories:
  readiness:
    groups:
      network:
        criteria:
          - {id: NW.01, formula: flag, indicator: firewall, points: 2, may_be_not_applicable: true}
          - {id: NW.02, formula: ratio, numerator: computers, denominator: staff, when_zero: zero, points: 4}
          - {id: NW.03, formula: flag, indicator: award, points: {district: 1}, effect: bonus}
          - {id: NW.04, formula: flag, indicator: breach, points: 1, effect: penalty}
"""

NETWORK_2021 = NETWORK.replace("2020", "2021")

FLAGS = ("firewall", "award", "breach")
GROUP = group(
    "network",
    *(Indicator(code, kind="flag") for code in FLAGS),
    Indicator("computers", kind="count"),
    Indicator("staff", kind="count"),
)

ROWS = [
    Row("na-ri", "district", {"firewall": True, "computers": 3, "staff": 4, "award": False, "breach": True}, "Na Rì"),
    Row("cho-don", "district", {"firewall": False, "computers": 4, "staff": 4, "breach": False}, "Chợ Đồn"),
    Row("ba-be", "district", {"computers": 0, "staff": 4, "award": True}, "Ba Bể"),
    Row("kim-lu", "commune", {"firewall": True, "staff": 4}, "Kim Lư", "na-ri"),
    Row("hao-nghia", "commune", {}, "Hảo Nghĩa", "na-ri", ["NW.01"]),
    Row("dia-linh", "commune", {"firewall": False, "computers": 4, "staff": 4}, "Địa Linh", "ba-be"),
]

FIELDS = ("id", "tier", "name", "parent", "not_applicable")
COLUMNS = {field: [getattr(row, field) for row in ROWS] for field in FIELDS} | {
    code: [row.answers.get(code) for row in ROWS] for code in (*FLAGS, "computers", "staff")
}

IN_2020 = datetime.date(2020, 6, 30)


@pytest.fixture(scope="module")
def connected() -> Iterator[Client]:
    with serving(good(catalogue(host(GROUP), NETWORK, NETWORK_2021))) as service, Client(service.address) as made:
        yield made


def test_units_without_a_firewall_are_listed(connected: Client) -> None:
    found = connected.who_lacks(SET, ROWS, "NW.01")
    assert [(lack.name, lack.tier, lack.parent, lack.what, lack.missing) for lack in found] == [
        ("Chợ Đồn", "district", "", "none", False),
        ("Ba Bể", "district", "", "not_reported", True),
        ("Địa Linh", "commune", "ba-be", "none", False),
    ]
    assert {(lack.points, lack.max_points) for lack in found} == {(0, 2)}


def test_partial_points_and_missing_answers_are_distinguished(connected: Client) -> None:
    found = {lack.id: (lack.what, lack.points) for lack in connected.who_lacks(SET, ROWS, "NW.02")}
    assert found == {
        "na-ri": ("some", 3),
        "ba-be": ("none", 0),
        "kim-lu": ("not_reported", 0),
        "hao-nghia": ("not_reported", 0),
    }


def test_no_unit_lacks_a_bonus_and_penalized_units_lack_a_penalty(connected: Client) -> None:
    assert connected.who_lacks(SET, ROWS, "NW.03") == []
    assert [(lack.id, lack.what, lack.points) for lack in connected.who_lacks(SET, ROWS, "NW.04")] == [
        ("na-ri", "none", -1)
    ]


def test_lacking_units_can_be_limited_to_one_tier(connected: Client) -> None:
    assert [lack.id for lack in connected.who_lacks(SET, ROWS, "NW.01", tier="commune")] == ["dia-linh"]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_lacking_units_are_the_same_on_pages(connected: Client, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    whole = connected.who_lacks(SET, ROWS, "NW.02")
    monkeypatch.setattr(method_steps, "MAX_FULL_ROWS", size)
    assert connected.who_lacks(SET, ROWS, "NW.02") == whole


@pytest.mark.parametrize("criterion", ["NW.01", "NW.02", "NW.03", "NW.04"])
def test_lacking_units_are_the_same_from_a_table(connected: Client, criterion: str) -> None:
    assert connected.who_lacks(SET, COLUMNS, criterion) == connected.who_lacks(SET, ROWS, criterion)
    in_districts = connected.who_lacks(SET, ROWS, criterion, tier="district")
    assert connected.who_lacks(SET, COLUMNS, criterion, tier="district") == in_districts


def test_all_lacking_units_are_listed_even_if_one_reply_cannot_hold_them(connected: Client) -> None:
    rows = [Row(f"u{n:04}", "district", {"firewall": n % 1000 > 0}) for n in range(5_003)]
    assert [lack.id for lack in connected.who_lacks(SET, rows, "NW.01")] == [f"u{n}000" for n in range(6)]
    table = {"id": [row.id for row in rows], "firewall": [row.answers["firewall"] for row in rows]}
    province = connected.rank_table(SET, table, tier="district", full=True)
    assert [lack.id for lack in province.lacking("NW.01")] == [f"u{n}000" for n in range(6)]


@pytest.mark.parametrize("form", ["rows", "table"])
def test_lacking_units_are_the_same_from_results(connected: Client, form: str) -> None:
    province = table(connected, full=True) if form == "table" else connected.rank_province(SET, ROWS, full=True)
    assert province.lacking("NW.01") == connected.who_lacks(SET, ROWS, "NW.01")
    by_ranking = [lack for ranking in province.rankings for lack in ranking.lacking("NW.02")]
    assert by_ranking == province.lacking("NW.02") == connected.who_lacks(SET, ROWS, "NW.02")
    assert province.lacking("NW.03") == []


@pytest.mark.parametrize("form", ["rows", "table"])
def test_results_without_the_criterion_raise_an_error(connected: Client, form: str) -> None:
    province = table(connected, full=True) if form == "table" else connected.rank_province(SET, ROWS, full=True)
    with pytest.raises(KeyError, match=r"NW\.9"):
        province.lacking("NW.9")
    with pytest.raises(KeyError, match=r"NW\.03"):
        province.ranking("commune", "na-ri").lacking("NW.03")
    for results in (connected.rank_province(SET, ROWS), table(connected)):
        with pytest.raises(ValueError, match="full=True"):
            results.lacking("NW.01")
        with pytest.raises(ValueError, match="full=True"):
            results.rankings[0].lacking("NW.01")


@pytest.mark.parametrize(
    ("criterion", "tier", "message"),
    [
        ("NW.1", "", "network-2020 has no criterion 'NW.1'; did you mean 'NW.01'?"),
        ("firewalls", "", "network-2020 has no criterion 'firewalls'"),
        ("NW.03", "commune", "tier 'commune' has no criterion 'NW.03'; only these tiers have it: district"),
    ],
)
def test_an_unknown_criterion_is_refused(connected: Client, criterion: str, tier: str, message: str) -> None:
    with pytest.raises(ScorerError) as caught:
        connected.who_lacks(SET, ROWS, criterion, tier=tier)
    assert caught.value.message.startswith(message)
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CRITERION")


# From a file

HEADER = "id,tier,name,parent,not_applicable,firewall,computers,staff,award,breach\n"
CSV = HEADER + "".join(
    ",".join(
        [row.id, row.tier, row.name, row.parent, ";".join(row.not_applicable)]
        + [str(int(row.answers[c])) if c in row.answers else "" for c in ("firewall", "computers", "staff", *FLAGS[1:])]
    )
    + "\n"
    for row in ROWS
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@pytest.mark.parametrize("criterion", ["NW.01", "NW.02", "NW.03", "NW.04"])
def test_lacking_units_are_the_same_from_a_file(connected: Client, file: Path, criterion: str) -> None:
    assert connected.who_lacks_file(SET, file, criterion) == connected.who_lacks(SET, ROWS, criterion)
    by_day = connected.who_lacks_file(None, file, criterion, effective_on=IN_2020, series="network")
    assert by_day == connected.who_lacks(None, ROWS, criterion, effective_on=IN_2020)


def test_violations_of_the_file_have_row_and_column(connected: Client, file: Path) -> None:
    file.write_text(CSV.replace("Kim Lư,na-ri", "Kim Lư,").replace("3,4,0,1", "-3,4,0,1"), encoding="utf-8")
    for call in (lambda: connected.who_lacks_file(SET, file, "NW.01"), lambda: connected.rank_file(SET, file)):
        with pytest.raises(ScorerError) as caught:
            call()
        assert [(v.field, v.reason) for v in caught.value.violations] == [
            ("row 2, column G (computers)", "OUT_OF_RANGE"),
            ("row 5, column D (parent)", "PARENT_REQUIRED"),
        ]


# Sets by day


def table(connected: Client, criteria_set: str | None = SET, **options: object) -> Province:
    return connected.rank_table(criteria_set, COLUMNS, **options)


@pytest.mark.parametrize("year", [2020, 2021])
@pytest.mark.parametrize("series", ["", "network"])
def test_the_set_in_force_on_a_day_is_used(connected: Client, file: Path, year: int, series: str) -> None:
    day, code = {"effective_on": datetime.date(year, 12, 31), "series": series}, f"network-{year}"
    assert connected.form(None, **day).criteria_set == connected.criteria_set(None, **day).summary.code == code
    by_code = connected.rank_province(code, ROWS)
    assert by_code.provenance.criteria_set == code
    assert connected.rank_province(None, ROWS, **day) == by_code
    assert connected.rank_file(None, file, **day).provenance == by_code.provenance
    assert table(connected, None, **day).provenance == by_code.provenance
    assert connected.score_unit(None, ROWS[0], **day) == connected.score_unit(code, ROWS[0])


def test_a_day_without_a_set_is_refused(connected: Client, file: Path) -> None:
    day = {"effective_on": datetime.date(2019, 12, 31)}
    for call in (
        lambda: connected.score_unit(None, ROWS[0], **day),
        lambda: connected.rank_province(None, ROWS, **day),
        lambda: connected.rank_file(None, file, **day),
        lambda: connected.who_lacks(None, ROWS, "NW.01", **day),
    ):
        with pytest.raises(ScorerError) as caught:
            call()
        assert caught.value.reason == "NO_CRITERIA_SET_IN_FORCE"


# Cohorts and commendations


def test_rankings_within_parents_have_commended_units(connected: Client) -> None:
    in_rows = connected.rank_province(SET, ROWS, full=True)
    for province in (in_rows, table(connected)):
        assert [(r.tier, r.cohort) for r in province.rankings] == [
            ("district", "district"), ("commune", "ba-be"), ("commune", "na-ri"),
        ]  # fmt: skip
        commended = [unit.id for ranking in province.rankings for unit in ranking.units if unit.commended]
        assert commended == ["dia-linh", "kim-lu"]
        assert province.ranking("commune", "na-ri") is province.rankings[2]
        assert province.ranking("district") is province.rankings[0]
        with pytest.raises(KeyError, match="2 cohorts"):
            province.ranking("commune")
        with pytest.raises(KeyError, match="cho-don"):
            province.ranking("commune", "cho-don")
    assert not connected.score_unit(SET, ROWS[5]).commended


def test_the_form_has_commendations_and_ranking_rules(connected: Client) -> None:
    form = connected.form(SET)
    assert (form.commends, form.within_parent) == (("commune",), ("commune",))
    assert form.criteria["NW.01"] == ("district", "commune")
    assert form.criteria["NW.03"] == ("district",)
