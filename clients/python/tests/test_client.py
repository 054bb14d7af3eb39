"""The client as its users have it: over a real socket, against a server that fails, and without any server at all."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import math
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from harness import catalogue, good, group, host, installed_catalogue, serving
from hypothesis import given
from hypothesis import strategies as st

from egov.scorer.v1 import criteria_pb2
from scorer.catalogue.catalogue import Catalogue
from scorer.plugin_api import Indicator
from scorer.service.in_process import InProcessTransport
from scorer_client import Cause, Client, Province, Row, ScorerError, UnitResult, Violation
from scorer_client.sentences import shown
from scorer_client.units import Unit

SET = "tested-2020"
BAC_KAN = "bac-kan-2020"

TESTED = """
criteria_set: tested-2020
title: {en: Tested, vi: Được thử}
provenance: published
effective: {from: 2020-01-01, to: 2020-12-31}
tiers: [department, district]
rounding: {points: 2, percent: 2}
categories:
  readiness:
    title: {en: Readiness, vi: Điều kiện sẵn sàng}
    groups:
      policy:
        criteria:
          - {id: PE.01, formula: awarded, indicator: policy_points, points: 20}
      network:
        criteria:
          - {id: NW.01, formula: ratio, numerator: computers, denominator: staff, when_zero: zero, points: 40}
          - {id: NW.02, formula: flag, indicator: firewall, points: 10, may_be_not_applicable: true}
          - {id: NW.03, formula: choice, indicator: head, options: {chairman: 10, deputy: 5, nobody: 0}, points: 10}
          - {id: NW.04, formula: steps, indicator: issued, steps: [{at_most: 2020-03-31, points: 10}], points: 10}
          - {id: NW.05, formula: awarded, indicator: network_points, points: 10}
    levels:
      - level: 1
        gates: [{measure: total, at_least: 80%}, {measure: network, above: 75%}, {measure: policy, at_least: 8}]
      - {level: 2, gates: [{measure: total, at_least: 50%}, {measure: policy, at_least: 8}]}
  achievement:
    title: {en: Achievement, vi: Kết quả đạt được}
    groups:
      services:
        criteria:
          - {id: SV.01, formula: awarded, indicator: services_points, points: 30, may_be_not_applicable: true}
    levels:
      - {level: 1, gates: [{measure: services, above: 12}]}
  survey:
    title: {en: Survey, vi: Khảo sát}
    groups:
      opinion:
        criteria:
          - {id: OP.01, formula: awarded, indicator: opinion_points, points: 10}
overall: {requires: [readiness, achievement]}
"""

GROUPS = (
    group("policy", Indicator("policy_points", kind="number"), title={"en": "Policy", "vi": "Chính sách"}),
    group(
        "network",
        Indicator("computers", kind="count"),
        Indicator("staff", kind="count"),
        Indicator("firewall", kind="flag"),
        Indicator("head", kind="choice", options=("chairman", "deputy", "nobody")),
        Indicator("issued", kind="date"),
        Indicator("network_points", kind="number"),
        title={"en": "Network", "vi": "Mạng"},
    ),
    group("services", Indicator("services_points", kind="number"), title={"en": "Services", "vi": "Dịch vụ"}),
    group("opinion", Indicator("opinion_points", kind="number"), title={"en": "Opinion", "vi": "Ý kiến"}),
)

IN_TIME = datetime.date(2020, 1, 15)
EVERYTHING = {
    "policy_points": 20, "computers": 12, "staff": 12, "firewall": True, "head": "chairman", "issued": IN_TIME,
    "network_points": 10, "services_points": 30, "opinion_points": 10,
}  # fmt: skip


def unit(code: str, tier: str = "district", *, not_applicable: Sequence[str] = (), **answers: Any) -> Row:
    """A unit that has everything but for these answers; None is not reported."""
    known = {name: value for name, value in {**EVERYTHING, **answers}.items() if value is not None}
    return Row(code, tier, known, f"huyện {code}", "tinh", not_applicable)


BEST = unit("best")
NEAR = unit("near", firewall=False, issued=datetime.date(2020, 4, 1), network_points=9.999)
EDGE = unit("edge", firewall=False, issued=None, services_points=12)
BELOW = unit("below", policy_points=7.999996, services_points=11.999999)
PARTLY = unit("partly", not_applicable=["NW.02"])
NOTHING = unit("nothing", not_applicable=["SV.01"])
SILENT = Row("silent", "district", {}, "huyện silent", "tinh")
BUREAU = unit("bureau", "department")
ROWS = (BEST, NEAR, EDGE, BELOW, PARTLY, NOTHING, SILENT, BUREAU)


@pytest.fixture(scope="module")
def sets() -> Catalogue:
    return good(catalogue(host(*GROUPS), TESTED))


@pytest.fixture(scope="module")
def client(sets: Catalogue) -> Iterator[Client]:
    with serving(sets) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def local(sets: Catalogue) -> Client:
    return Client(InProcessTransport(sets))


@pytest.fixture(scope="module")
def bundled() -> Iterator[Client]:
    with serving(installed_catalogue()) as service, Client(service.address) as connected:
        yield connected


@pytest.fixture(scope="module")
def answers() -> Iterator[Path]:
    with as_file(files("scorer_plugins.answers") / f"{BAC_KAN}.csv") as file:
        yield file


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    fields = ("id", "tier", "name", "parent", "not_applicable")
    units = {field: [getattr(row, field) for row in rows] for field in fields}
    return units | {code: [row.answers.get(code) for row in rows] for code in EVERYTHING}


def as_table(client: Client, rows: Sequence[Row], **options: Any) -> Province:
    return client.rank_table(SET, columns_of(rows), **options)


def without_measures(result: UnitResult) -> UnitResult:
    """Without what only rows have."""
    return dataclasses.replace(
        result, categories=tuple(dataclasses.replace(category, measures=()) for category in result.categories)
    )


def same(rows: Province, table: Province) -> None:
    """Both forms say the same."""
    assert table.provenance == rows.provenance
    assert [ranking.tier for ranking in table.rankings] == [ranking.tier for ranking in rows.rankings]
    for ours, theirs in zip(table.rankings, rows.rankings, strict=True):
        assert dataclasses.replace(ours, units=()) == dataclasses.replace(theirs, units=())
        assert [one.id for one in ours.units] == [one.id for one in theirs.units]
        for one, other in zip(ours.units, theirs.units, strict=True):
            assert one == without_measures(other)


def refused(call: Callable[[], object]) -> ScorerError:
    with pytest.raises(ScorerError) as caught:
        call()
    return caught.value


# --- one unit ------------------------------------------------------------------------------------------------------


def test_a_unit_is_scored_with_its_levels_and_without_ranks(client: Client) -> None:
    result = client.score_unit(SET, BEST, period="2020")
    assert (result.id, result.name, result.tier, result.parent) == ("best", "huyện best", "district", "tinh")
    assert [(c.category, c.standing, c.level, c.rank) for c in result.categories] == [
        ("readiness", "ranked", 1, 0),
        ("achievement", "ranked", 1, 0),
        ("survey", "ranked", 0, 0),
    ]
    assert (result.overall.points, result.overall.max_points, result.overall.percent) == (140, 140, 100)
    assert (result.overall_rank, result.lacking) == (0, ())


def test_criteria_are_in_full_results_only(client: Client) -> None:
    assert client.score_unit(SET, NEAR).category("readiness").groups == ()
    policy, network = client.score_unit(SET, PARTLY, full=True).category("readiness").groups
    assert [(c.criterion, c.points, c.max_points, c.status) for c in policy.criteria] == [("PE.01", 20, 20, "scored")]
    assert [(c.criterion, c.points, c.max_points, c.status) for c in network.criteria] == [
        ("NW.01", 40, 40, "scored"),
        ("NW.02", 0, 0, "not_applicable"),
        ("NW.03", 10, 10, "scored"),
        ("NW.04", 10, 10, "scored"),
        ("NW.05", 10, 10, "scored"),
    ]
    assert (network.score.points, network.score.max_points, network.score.nominal_max_points) == (70, 70, 80)


def test_a_missing_answer_is_not_zero(client: Client) -> None:
    readiness = client.score_unit(SET, SILENT, full=True).category("readiness")
    assert {c.status for g in readiness.groups for c in g.criteria} == {"missing"}
    assert readiness.score.missing == 6


def test_a_category_that_the_tier_does_not_have_is_a_key_error(client: Client) -> None:
    with pytest.raises(KeyError, match="transport"):
        client.score_unit(SET, BEST).category("transport")


# --- a province as rows, as columns, as a file ---------------------------------------------------------------------


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
    same(rows, table)
    assert table.unit("near").why() == rows.unit("near").why()
    assert bool(table.unit("near").category("readiness").groups) is full


def test_a_table_gives_the_results_of_rows_for_every_unit_of_bac_kan(bundled: Client, answers: Path) -> None:
    table = bundled.read_file(BAC_KAN, answers)
    rows = bundled.rank_province(BAC_KAN, table.rows(), period="2020-H1", full=True)
    assert sum(ranking.unit_count for ranking in rows.rankings) == 140
    same(rows, bundled.rank_file(BAC_KAN, answers, period="2020-H1", full=True))
    same(rows, bundled.rank_file(BAC_KAN, table, period="2020-H1", full=True))


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
        with pytest.raises(KeyError, match="district"):
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


# --- columns of every kind -----------------------------------------------------------------------------------------

TWO = {"id": ["a", "b"], "tier": ["district", "district"]}
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
def test_a_column_may_be(client: Client, case: str) -> None:
    code, column, points = COLUMNS[case]
    province = client.rank_table(SET, {**TWO, code: column})
    assert (province.unit("a").overall.points, province.unit("b").overall.points) == points


@pytest.mark.parametrize("code", ["network_points", "computers", "firewall", "head", "issued"])
@pytest.mark.parametrize("nothing", [None, NAN], ids=["None", "NaN"])
def test_a_column_may_have_no_answers(client: Client, code: str, nothing: object) -> None:
    province = client.rank_table(SET, {**TWO, code: [nothing, nothing]})
    assert {one.category("readiness").score.missing for one in province.ranking("district").units} == {6}


# --- criteria sets -------------------------------------------------------------------------------------------------


def test_criteria_sets_are_listed_and_shown(client: Client) -> None:
    (summary,) = client.criteria_sets()
    assert (summary.code, list(summary.tiers)) == (SET, ["department", "district"])
    issued = client.criteria_set(SET)
    assert issued.summary == summary
    assert [category.code for category in issued.categories] == ["readiness", "achievement", "survey"]


def test_the_form_has_indicators_and_titles(client: Client) -> None:
    form = client.form(SET)
    assert (form.criteria_set, form.tiers, form.excludable) == (SET, ("department", "district"), ("NW.02", "SV.01"))
    assert list(form.indicators) == list(EVERYTHING)
    assert {code: indicator.kind for code, indicator in form.indicators.items()} == {
        "policy_points": "number", "computers": "count", "staff": "count", "firewall": "flag", "head": "choice",
        "issued": "date", "network_points": "number", "services_points": "number", "opinion_points": "number",
    }  # fmt: skip
    assert form.indicators["head"].options == ("chairman", "deputy", "nobody")
    assert form.indicators["policy_points"].ranges == {"department": (0, 20), "district": (0, 20)}
    assert form.titles == {"en": "Tested", "vi": "Được thử"}
    assert form.names("vi")["network"] == "Mạng"
    assert form.names("en")["readiness"] == "Readiness"


def test_an_unknown_criteria_set_is_refused_with_the_known_ones(client: Client) -> None:
    for call in (lambda: client.criteria_set("tested-2021"), lambda: client.score_unit("tested-2021", BEST)):
        error = refused(call)
        assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_CRITERIA_SET")
        assert error.message == (
            "unknown criteria set 'tested-2021'; there are: tested-2020; did you mean 'tested-2020'?"
        )
        assert error.metadata["known"] == SET


# --- why -----------------------------------------------------------------------------------------------------------

WHY = {
    "best": (
        ["readiness: level 1, the best", "achievement: level 1, the best", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 1, mức cao nhất", "Kết quả đạt được: mức 1, mức cao nhất",
         "Khảo sát: được xếp hạng"],
    ),
    "near": (
        ["readiness: level 2; total is 79.999 %, level 1 requires at least 80 %; "
         "network is 74.9987 %, level 1 requires more than 75 %",
         "achievement: level 1, the best", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 2; tổng điểm đạt 79.999 %, mức 1 yêu cầu từ 80 %; "
         "Mạng đạt 74.9987 %, mức 1 yêu cầu trên 75 %",
         "Kết quả đạt được: mức 1, mức cao nhất", "Khảo sát: được xếp hạng"],
    ),
    "edge": (
        ["readiness: level 2; network is 75 %, level 1 requires more than 75 %",
         "achievement: not ranked; services is 12 points, level 1 requires more than 12 points", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 2; Mạng đạt 75 %, mức 1 yêu cầu trên 75 %",
         "Kết quả đạt được: không được xếp hạng; Dịch vụ đạt 12 điểm, mức 1 yêu cầu trên 12 điểm",
         "Khảo sát: được xếp hạng"],
    ),
    "below": (
        ["readiness: not ranked; policy is 7.999996 points, level 2 requires at least 8 points",
         "achievement: not ranked; services is 11.999999 points, level 1 requires more than 12 points",
         "survey: ranked"],
        ["Điều kiện sẵn sàng: không được xếp hạng; Chính sách đạt 7.999996 điểm, mức 2 yêu cầu từ 8 điểm",
         "Kết quả đạt được: không được xếp hạng; Dịch vụ đạt 11.999999 điểm, mức 1 yêu cầu trên 12 điểm",
         "Khảo sát: được xếp hạng"],
    ),
    "nothing": (
        ["readiness: level 1, the best",
         "achievement: not ranked, because none of its criteria applies", "survey: ranked"],
        ["Điều kiện sẵn sàng: mức 1, mức cao nhất",
         "Kết quả đạt được: không được xếp hạng vì không có tiêu chí nào áp dụng", "Khảo sát: được xếp hạng"],
    ),
}  # fmt: skip
"""English with codes, Vietnamese with titles."""


@pytest.mark.parametrize("code", WHY)
@pytest.mark.parametrize("form", ["rows", "table", "alone"])
def test_causes_are_readable_sentences(client: Client, code: str, form: str) -> None:
    if form == "alone":
        result = client.score_unit(SET, next(row for row in ROWS if row.id == code))
    else:
        result = (client.rank_province(SET, ROWS) if form == "rows" else as_table(client, ROWS)).unit(code)
    english, vietnamese = WHY[code]
    assert result.why() == english
    assert result.why("vi", client.form(SET).names("vi")) == vietnamese


def test_causes_explain_level_4_of_ba_be(bundled: Client, answers: Path) -> None:
    ba_be = bundled.rank_file(BAC_KAN, answers).unit("d-ba-be")
    names = bundled.form(BAC_KAN).names
    assert ba_be.why()[0] == (
        "readiness: level 4; infrastructure + human_resources is 78.86 %, level 3 requires at least 80 %"
    )
    assert ba_be.why("en", names("en"))[0] == (
        "Readiness: level 4; Infrastructure + Human resources is 78.86 %, level 3 requires at least 80 %"
    )
    assert ba_be.why("vi", names("vi"))[0].startswith("Điều kiện sẵn sàng: mức 4; ")
    assert ba_be.why("vi", names("vi"))[0].endswith(" đạt 78.86 %, mức 3 yêu cầu từ 80 %")


def test_an_unknown_language_is_answered_in_english() -> None:
    cause = Cause(3, "total", "percent", 80, False, 78.5)
    assert cause.sentence("fr") == cause.sentence("en") == "total is 78.5 %, level 3 requires at least 80 %"


@pytest.mark.parametrize(
    ("value", "minimum", "text"),
    [
        (79.999, 80, "79.999"), (79.9999, 80, "79.9999"), (79.995, 80, "79.995"), (79.99, 80, "79.99"),
        (79.994, 80, "79.99"), (78.857, 80, "78.86"), (80, 80, "80"), (0, 80, "0"), (0.004, 70, "0"),
        (100, 100, "100"), (11.999999, 12, "11.999999"), (66.6666, 66.6667, "66.6666"), (84.125, 85, "84.13"),
        (10, 12, "10"), (100.0, 101, "100"),
    ],
)  # fmt: skip
def test_a_cause_shows_value_and_minimum(value: float, minimum: float, text: str) -> None:
    assert shown(value, minimum) == text


@pytest.mark.parametrize(("unit", "decimals", "largest"), [("percent", 4, 100), ("points", 6, 2000)])
@given(data=st.data())
def test_a_sentence_never_rounds_a_value_up_to_its_minimum(
    data: st.DataObject, unit: str, decimals: int, largest: int
) -> None:
    minimum = data.draw(st.integers(1, largest * 10**decimals))
    value = minimum - data.draw(st.integers(1, min(minimum, 20_000)))
    sentence = Cause(1, "total", unit, minimum / 10**decimals, False, value / 10**decimals).sentence()
    found, asked = sentence.removeprefix("total is ").split(", level 1 requires at least ")
    assert Decimal(found.split()[0]) < Decimal(asked.split()[0])


@pytest.mark.parametrize("minimum", [12.345612, 1234567.0, 0.00001], ids=str)
def test_a_minimum_is_written_with_all_its_digits(minimum: float) -> None:
    asked = Cause(1, "total", "points", minimum, False, 0).sentence().split("at least ")[1]
    assert "e" not in asked.removesuffix(" points")
    assert float(asked.removesuffix(" points")) == minimum


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_refused_unit_is_named_with_all_its_violations(client: Client) -> None:
    rows = [BEST, unit("hue", computers=12.5, services_points=31), unit("best", head="chairmen")]
    error = refused(lambda: client.rank_province(SET, rows))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert {(v.field, v.reason) for v in error.violations} == {
        ('rows.units[1].answers["computers"]', "WRONG_KIND"),
        ('rows.units[1].answers["services_points"]', "OUT_OF_RANGE"),
        ('rows.units[2].answers["head"]', "UNKNOWN_CHOICE"),
        ("rows.units[2].unit.id", "DUPLICATE_UNIT_ID"),
    }
    assert error.violations_total == 4
    assert error.message.startswith(f"{error.violations[0].field}: {error.violations[0].description}")
    assert error.message.endswith("(and 3 more)")
    assert str(error) == f"INVALID_ARGUMENT: {error.message}"
    assert len(error.metadata["request_id"]) == 36
    (choice,) = (v for v in error.violations if v.reason == "UNKNOWN_CHOICE")
    assert choice.description == (
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?"
    )


def test_the_first_of_many_violations_are_listed_and_all_counted(client: Client, local: Client) -> None:
    rows = [unit(f"u{n}", services_points=31) for n in range(300)]
    near, far = refused(lambda: local.rank_province(SET, rows)), refused(lambda: client.rank_province(SET, rows))
    assert near.violations_total == far.violations_total == len(near.violations) == 300
    assert 0 < len(far.violations) < 300
    assert far.violations == near.violations[: len(far.violations)]
    assert far.message == near.message


def test_violations_of_a_file_have_row_and_column(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("id,tier,services_points\na,district,30\nb,district,31\n", encoding="utf-8")
    error = refused(lambda: client.rank_file(SET, file))
    assert [(v.field, v.reason) for v in error.violations] == [("row 3, column C (services_points)", "OUT_OF_RANGE")]
    assert error.message == (
        "row 3, column C (services_points): must be from 0 to 30 in tier 'district', not 31"
    )  # fmt: skip
    assert (error.code, error.reason, error.violations_total) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        1,
    )
    assert error.metadata["request_id"]


# --- without a socket ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True], ids=["basic", "full"])
def test_the_in_process_service_gives_the_same_results(client: Client, local: Client, full: bool) -> None:
    assert local.rank_province(SET, ROWS, full=full) == client.rank_province(SET, ROWS, full=full)
    assert local.score_unit(SET, NEAR, full=full) == client.score_unit(SET, NEAR, full=full)
    ours, theirs = as_table(local, ROWS, full=full), as_table(client, ROWS, full=full)
    assert [list(r.units) for r in ours.rankings] == [list(r.units) for r in theirs.rankings]
    assert ours.provenance == theirs.provenance
    assert local.form(SET) == client.form(SET)
    assert local.criteria_sets() == client.criteria_sets()


REFUSED: dict[str, Callable[[Client], object]] = {
    "unknown set": lambda c: c.criteria_set("nowhere"),
    "no set": lambda c: c.score_unit("", BEST),
    "bad period": lambda c: c.rank_province(SET, ROWS, period="2021"),
    "no units": lambda c: c.rank_province(SET, []),
    "bad answers": lambda c: c.rank_province(SET, [unit("x", computers=-1, services_points=99)]),
    "bad column": lambda c: c.rank_table(SET, {**TWO, "computrs": [1, 2]}),
    "bad token": lambda c: c.rank_province(SET, ROWS, page_size=2, page_token="x"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_in_process_service_gives_the_same_errors(client: Client, local: Client, case: str) -> None:
    near, far = refused(lambda: REFUSED[case](local)), refused(lambda: REFUSED[case](client))
    assert (near.code, near.reason, near.message) == (far.code, far.reason, far.message)
    assert (near.violations, near.violations_total) == (far.violations, far.violations_total)
    assert {k: v for k, v in far.metadata.items() if k != "request_id"} == near.metadata


# --- servers that do not answer ------------------------------------------------------------------------------------


class FakeServer:
    """Answers every call with what ``answer`` gives, and counts them."""

    def __init__(self, answer: Callable[[int, grpc.ServicerContext], bytes]) -> None:
        self.calls = 0
        self._answer = answer
        self._server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method.startswith("/grpc.health."):
            return None
        return grpc.unary_unary_rpc_method_handler(self._handle)

    def _handle(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        self.calls += 1
        return self._answer(self.calls, context)

    def stop(self) -> None:
        self._server.stop(0).wait()


@contextlib.contextmanager
def fake(answer: Callable[[int, grpc.ServicerContext], bytes]) -> Iterator[FakeServer]:
    server = FakeServer(answer)
    try:
        yield server
    finally:
        server.stop()


def failing(code: grpc.StatusCode, times: int) -> Callable[[int, grpc.ServicerContext], bytes]:
    def answer(call: int, context: grpc.ServicerContext) -> bytes:
        if call <= times:
            context.abort(code, "not now")
        return criteria_pb2.ListCriteriaSetsResponse(criteria_sets=[{"code": SET}]).SerializeToString()

    return answer


@pytest.mark.parametrize("times", [1, 3])
def test_a_call_is_retried_if_the_server_is_unreachable(times: int) -> None:
    with fake(failing(grpc.StatusCode.UNAVAILABLE, times)) as server, Client(server.address) as client:
        assert [summary.code for summary in client.criteria_sets()] == [SET]
        assert server.calls == times + 1


def test_a_call_is_tried_at_most_four_times() -> None:
    with fake(failing(grpc.StatusCode.UNAVAILABLE, 100)) as server, Client(server.address) as client:
        error = refused(lambda: client.rank_province(SET, ROWS))
        assert (error.code, error.message) == (grpc.StatusCode.UNAVAILABLE, "not now")
        assert (error.reason, error.metadata, error.violations, error.violations_total) == ("", {}, (), 0)
        assert server.calls == 4


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "INTERNAL", "RESOURCE_EXHAUSTED", "NOT_FOUND", "UNKNOWN"])
def test_a_call_with_an_answer_is_never_retried(code: str) -> None:
    with fake(failing(grpc.StatusCode[code], 1)) as server, Client(server.address) as client:
        assert refused(client.criteria_sets).code is grpc.StatusCode[code]
        assert server.calls == 1


def test_a_call_ends_at_its_deadline() -> None:
    done = threading.Event()

    def slow(call: int, context: grpc.ServicerContext) -> bytes:
        done.wait(10)
        return b""

    with fake(slow) as server:
        try:
            with Client(server.address) as patient, Client(server.address, timeout=0.1) as hasty:
                for call in (
                    lambda: patient.score_unit(SET, BEST, timeout=0.1),
                    lambda: patient.rank_province(SET, ROWS, timeout=0.1),
                    lambda: patient.rank_table(SET, TWO, timeout=0.1),
                    hasty.criteria_sets,
                    lambda: hasty.criteria_set(SET),
                ):
                    assert refused(call).code is grpc.StatusCode.DEADLINE_EXCEEDED
        finally:
            done.set()


def test_a_call_without_a_server_is_unavailable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # taken, but nobody listens
        with Client(f"127.0.0.1:{reserved.getsockname()[1]}", timeout=10) as client:
            error = refused(client.criteria_sets)
    assert (error.code, error.reason, error.violations) == (grpc.StatusCode.UNAVAILABLE, "", ())
    assert error.message


def status(*details: tuple[str, bytes]) -> bytes:
    packed = [any_pb2.Any(type_url=f"type.googleapis.com/{kind}", value=value) for kind, value in details]
    return status_pb2.Status(code=3, message="x", details=packed).SerializeToString()


TOTAL = error_details_pb2.ErrorInfo(reason="R", metadata={"violations_total": "many"}).SerializeToString()


@pytest.mark.parametrize(
    "details",
    [
        b"\xff",
        status(("google.rpc.ErrorInfo", b"\xff")),
        status(("google.rpc.ErrorInfo", TOTAL)),
        status(("a.B", b"x")),
    ],
    ids=["no status", "no detail", "no number", "unknown"],
)
def test_an_error_with_details_of_another_service_keeps_its_status(details: bytes) -> None:
    def answer(call: int, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "wrong")

    with fake(answer) as server, Client(server.address) as client:
        error = refused(client.criteria_sets)
    assert (error.code, error.message, error.violations) == (grpc.StatusCode.INVALID_ARGUMENT, "wrong", ())


def test_an_empty_reply_raises_an_error() -> None:
    with fake(lambda call, context: b"") as server, Client(server.address) as client:
        for call, part in (
            (lambda: client.score_unit(SET, BEST), "scorecard"),
            (lambda: client.rank_province(SET, ROWS), "provenance"),
            (lambda: client.form(SET), "criteria_set"),
        ):
            assert refused(call).message == f"the reply has no {part}: is this server a scorer?"


def test_an_error_is_not_its_own_cause(client: Client, tmp_path: Path) -> None:
    """Or whoever follows the causes of an exception would never end."""
    file = tmp_path / "answers.csv"
    file.write_text("id,tier\na,district\n", encoding="utf-8")
    table = client.read_file(SET, file)
    with fake(failing(grpc.StatusCode.INTERNAL, 1)) as server, Client(server.address) as broken:
        error = refused(lambda: broken.rank_file(SET, table))
    assert error.code is grpc.StatusCode.INTERNAL
    assert isinstance(error.__cause__, grpc.RpcError)
