"""Provinces as rows, as tables and as files, over a real socket."""

from __future__ import annotations

import dataclasses
import datetime
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from client_units import BAC_KAN, ROWS, SET, TWO, as_table

from scorer_client import Client, Province, Row, ScorerError, UnitResult, Violation
from scorer_client.units import Unit


def without_measures(result: UnitResult) -> UnitResult:
    """The result without the fields that only rows have."""
    return dataclasses.replace(
        result, categories=tuple(dataclasses.replace(category, measures=()) for category in result.categories)
    )


def assert_same_results(rows: Province, table: Province) -> None:
    """Asserts that rows and table have the same results."""
    assert table.provenance == rows.provenance
    assert [ranking.tier for ranking in table.rankings] == [ranking.tier for ranking in rows.rankings]
    for ours, theirs in zip(table.rankings, rows.rankings, strict=True):
        assert dataclasses.replace(ours, units=()) == dataclasses.replace(theirs, units=())
        assert [one.id for one in ours.units] == [one.id for one in theirs.units]
        for one, other in zip(ours.units, theirs.units, strict=True):
            assert one == without_measures(other)


def test_rows_are_ranked_tier_by_tier(client: Client) -> None:
    province = client.rank_province(SET, ROWS, province="Bắc Kạn", period="2020-H1")
    assert [(r.tier, r.cohort, r.unit_count, r.overall_ranked) for r in province.rankings] == [
        ("department", "department", 1, 1),
        ("district", "district", 7, 3),
    ]
    places = {u.id: (u.category("readiness").level, u.overall_rank) for u in province.ranking("district").units}
    assert places == {
        "best": (1, 1), "partly": (1, 1), "near": (2, 3), "edge": (2, 0), "nothing": (1, 0), "below": (0, 0),
        "silent": (0, 0),
    }  # fmt: skip
    assert (province.provenance.criteria_set, province.provenance.criteria_provenance) == (SET, "published")
    assert (province.provenance.province, province.provenance.period) == ("Bắc Kạn", "2020-H1")
    assert len(province.provenance.revision) == 64


def test_categories_that_prevent_an_overall_rank_are_named(client: Client) -> None:
    province = client.rank_province(SET, ROWS)
    lacking = {code: province.unit(code).lacking for code in ("best", "edge", "nothing", "below", "silent")}
    assert lacking == {
        "best": (), "edge": ("achievement",), "nothing": ("achievement",), "below": ("readiness", "achievement"),
        "silent": ("readiness", "achievement"),
    }  # fmt: skip


def test_units_are_counted_by_level_and_by_gate(client: Client) -> None:
    tally = client.rank_province(SET, ROWS, full=True).ranking("district").tally("readiness")
    assert (tally.ranked, dict(tally.levels)) == (5, {1: 3, 2: 2})
    assert [(g.level, g.measure, g.unit, g.minimum, g.strict, g.units) for g in tally.failing] == [
        (1, "total", "percent", 80, False, 2),
        (1, "network", "percent", 75, True, 3),
        (1, "policy", "points", 8, False, 2),
        (2, "total", "percent", 50, False, 1),
        (2, "policy", "points", 8, False, 2),
    ]
    firewall = next(c for c in tally.criteria if c.criterion == "NW.02")
    assert (firewall.applicable, firewall.full, firewall.none, firewall.missing) == (6, 3, 3, 1)


@pytest.mark.parametrize("full", [False, True], ids=["basic", "full"])
def test_a_table_gives_the_results_of_rows(client: Client, full: bool) -> None:
    rows = client.rank_province(SET, ROWS, period="2020", full=full)
    table = as_table(client, ROWS, period="2020", full=full)
    assert_same_results(rows, table)
    assert table.unit("near").why() == rows.unit("near").why()
    assert bool(table.unit("near").category("readiness").groups) is full


def test_a_table_gives_the_results_of_rows_for_every_unit_of_bac_kan(bundled: Client, answers: Path) -> None:
    table = bundled.read_file(BAC_KAN, answers)
    rows = bundled.rank_province(BAC_KAN, table.rows(), period="2020-H1", full=True)
    assert sum(ranking.unit_count for ranking in rows.rankings) == 140
    assert_same_results(rows, bundled.rank_file(BAC_KAN, answers, period="2020-H1", full=True))
    assert_same_results(rows, bundled.rank_file(BAC_KAN, table, period="2020-H1", full=True))


def test_an_invalid_exclusion_in_a_file_has_row_and_column(client: Client, tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("id,tier,not_applicable\na,district,\nb,district,\n", encoding="utf-8")
    table = client.read_file(SET, tmp_path / "answers.csv")
    violation = Violation('table["not_applicable"][1]', "UNKNOWN_CRITERION", "unknown criterion 'NW.99'")
    error = ScorerError(grpc.StatusCode.INVALID_ARGUMENT, "", violations=[violation])
    assert [v.field for v in table.in_file(error).violations] == ["row 3, column C (not_applicable)"]


def test_the_units_of_a_table_are_a_sequence(client: Client) -> None:
    units = as_table(client, ROWS).ranking("district").units
    everyone = list(units)
    assert len(units) == len(everyone) == 7
    assert units[0] == everyone[0]
    assert units[-1] == everyone[-1]
    assert list(units[1:4]) == everyone[1:4]
    with pytest.raises(IndexError):
        units[7]


def test_pages_of_rows_and_tables_add_up_to_the_whole(client: Client) -> None:
    whole = [u.id for r in client.rank_province(SET, ROWS).rankings for u in r.units]
    for ask in (client.rank_province, None):
        seen, token = [], ""
        while True:
            options = {"page_size": 3, "page_token": token}
            page = ask(SET, ROWS, **options) if ask else as_table(client, ROWS, **options)
            seen += [u.id for r in page.rankings for u in r.units]
            token = page.next_page_token
            if not token:
                break
        assert seen == whole


def test_one_tier_can_be_shown_alone(client: Client) -> None:
    for province in (client.rank_province(SET, ROWS, tier="department"), as_table(client, ROWS, tier="department")):
        assert [ranking.tier for ranking in province.rankings] == ["department"]
        with pytest.raises(KeyError, match="no tier 'district'; the result has 'department'"):
            province.ranking("district")
        with pytest.raises(KeyError, match="best"):
            province.unit("best")


def test_a_csv_file_is_ranked_over_the_socket(bundled: Client, answers: Path) -> None:
    province = bundled.rank_file(BAC_KAN, answers, province="Bắc Kạn", period="2020-H1", tier="district")
    (ranking,) = province.rankings
    ba_be = province.unit("d-ba-be")
    assert ranking.unit_count == 8
    assert (ba_be.name, ba_be.tier, ba_be.parent) == ("huyện Ba Bể", "district", "")
    assert (ba_be.category("readiness").score.points, ba_be.category("readiness").level) == (40.6, 4)


def test_a_csv_file_is_read_into_units_columns_and_rows(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(
        "tier,id,firewall,head,issued,computers,network_points,not_applicable,name\n"
        'district,a,1,deputy,2020-03-31,7,9.5,NW.02; SV.01,"huyện A, B"\n'
        "department,b,0,,,,,,\n",
        encoding="utf-8",
    )
    table = client.read_file(SET, file)
    assert table.units == [Unit("a", "district", "huyện A, B"), Unit("b", "department")]
    assert table.not_applicable == {"a": ["NW.02", "SV.01"]}
    assert table.rows() == [
        Row(
            "a",
            "district",
            {"firewall": True, "head": "deputy", "issued": DAY, "computers": 7, "network_points": 9.5},
            "huyện A, B",
            "",
            ["NW.02", "SV.01"],
        ),
        Row("b", "department", {"firewall": False}, not_applicable=[]),
    ]


def test_a_file_that_does_not_exist_raises_an_os_error(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.rank_file(SET, tmp_path / "answers.csv")


NAN = math.nan
DAY = datetime.date(2020, 3, 31)

COLUMNS: dict[str, tuple[str, Any, tuple[float, float]]] = {
    "integers": ("network_points", [3, 4], (3, 4)),
    "floats": ("network_points", [3.5, 4.25], (3.5, 4.25)),
    "numbers and None": ("network_points", [3.5, None], (3.5, 0)),
    "numbers and NaN": ("network_points", [NAN, 3.5], (0, 3.5)),
    "fractions": ("network_points", [Decimal("3.5"), Decimal("NaN")], (3.5, 0)),
    "a tuple": ("network_points", (1, 2), (1, 2)),
    "a generator": ("network_points", (n for n in (1, 2)), (1, 2)),
    "an array of floats": ("network_points", np.array([3.5, NAN]), (3.5, 0)),
    "an array of integers": ("network_points", np.array([3, 4]), (3, 4)),
    "an array of small floats": ("network_points", np.array([3.5, 4.5], dtype=np.float32), (3.5, 4.5)),
    "an array of objects": ("network_points", np.array([3.5, None], dtype=object), (3.5, 0)),
    "flags": ("firewall", [True, False], (10, 0)),
    "flags as numbers": ("firewall", [0, 1], (0, 10)),
    "flags and None": ("firewall", [None, True], (0, 10)),
    "an array of flags": ("firewall", np.array([False, True]), (0, 10)),
    "choices": ("head", ["chairman", "deputy"], (10, 5)),
    "choices and None": ("head", ["chairman", None], (10, 0)),
    "choices and NaN": ("head", ["chairman", NAN], (10, 0)),
    "an array of choices": ("head", np.array(["chairman", "nobody"]), (10, 0)),
    "an array of choices and NaN": ("head", np.array(["chairman", NAN], dtype=object), (10, 0)),
    "days": ("issued", [DAY, DAY + datetime.timedelta(1)], (10, 0)),
    "days and None": ("issued", [None, DAY], (0, 10)),
    "days and NaN": ("issued", [NAN, DAY], (0, 10)),
    "an array of days": ("issued", np.array(["2020-03-31", "NaT"], dtype="datetime64[D]"), (10, 0)),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_can_have_any_documented_type(client: Client, case: str) -> None:
    code, column, points = COLUMNS[case]
    province = client.rank_table(SET, {**TWO, code: column})
    assert (province.unit("a").overall.points, province.unit("b").overall.points) == points


@pytest.mark.parametrize("code", ["network_points", "computers", "firewall", "head", "issued"])
@pytest.mark.parametrize("nothing", [None, NAN], ids=["None", "NaN"])
def test_a_column_may_have_no_answers(client: Client, code: str, nothing: object) -> None:
    province = client.rank_table(SET, {**TWO, code: [nothing, nothing]})
    assert {one.category("readiness").score.missing for one in province.ranking("district").units} == {6}
