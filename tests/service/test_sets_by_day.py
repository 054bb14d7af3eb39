"""The set in force on a day, over a socket: chosen and named in the provenance, or refused with the known sets."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

import grpc
import harness
import pytest
from google.type import date_pb2
from harness import refusal

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.plugin_api import Indicator

HOST = harness.host(harness.group("water", Indicator("tanks", kind="number")))


def document(code: str, effective: str = "", series: str = "", points: int = 2) -> str:
    head = f"series: {series}\n" if series else ""
    head += f"effective: {{{effective}}}\n" if effective else ""
    return f"""
criteria_set: {code}
title: {{en: Water}}
provenance: published
{head}tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {{id: W.1, formula: awarded, indicator: tanks, points: {points}}}
"""


HUE = document("hue-2019", "from: 2019-01-01, to: 2019-12-31", "hue")
HUE_2020 = document("hue-2020", "from: 2020-01-01, to: 2020-12-31", "hue")
BAC_KAN = document("bac-kan-2020", "from: 2020-06-30", "bac-kan")
LONE = document("lone-2018", "to: 2018-12-31")

ROW = scorer_pb2.UnitAnswers(
    unit=scorer_pb2.Unit(id="hue", tier="district"), answers={"tanks": scorer_pb2.Answer(number=2)}
)


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    with harness.serving(harness.good(harness.catalogue(HOST, HUE, HUE_2020, BAC_KAN, LONE))) as running:
        yield running


def day(text: str) -> date_pb2.Date:
    found = datetime.date.fromisoformat(text)
    return date_pb2.Date(year=found.year, month=found.month, day=found.day)


def score(service: harness.Service, **fields: object) -> str:
    reply = service.scorer.ScoreUnit(scorer_pb2.ScoreUnitRequest(unit_answers=ROW, **fields))
    return reply.provenance.criteria_set


def rank(service: harness.Service, **fields: object) -> str:
    rows = scorer_pb2.UnitRows(units=[ROW])
    return service.scorer.RankProvince(scorer_pb2.RankProvinceRequest(rows=rows, **fields)).provenance.criteria_set


def get(service: harness.Service, **fields: object) -> str:
    return service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(**fields)).criteria_set.summary.code


calls = pytest.mark.parametrize("call", [score, rank, get])
Call = Callable[..., str]


@calls
@pytest.mark.parametrize(
    ("on", "series", "code"),
    [
        ("2019-01-01", "", "hue-2019"),
        ("2019-12-31", "", "hue-2019"),
        ("2020-01-01", "", "hue-2020"),
        ("2020-06-29", "", "hue-2020"),
        ("2020-06-30", "hue", "hue-2020"),
        ("2020-06-30", "bac-kan", "bac-kan-2020"),
        ("2021-01-01", "", "bac-kan-2020"),
        ("9999-12-31", "bac-kan", "bac-kan-2020"),
        ("0001-01-01", "", "lone-2018"),
    ],
)
def test_the_set_in_force_is_used_and_named(
    service: harness.Service, call: Call, on: str, series: str, code: str
) -> None:
    assert call(service, effective_on=day(on), series=series) == code


@calls
def test_several_sets_in_force_are_refused_and_named(service: harness.Service, call: Call) -> None:
    with refusal() as caught:
        call(service, effective_on=day("2020-06-30"))
    [refused] = caught
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.info.reason == "SEVERAL_CRITERIA_SETS"
    assert refused.details == (
        "2 criteria sets are in force on 2020-06-30: bac-kan-2020 (series bac-kan, 2020-06-30 to ...), "
        "hue-2020 (series hue, 2020-01-01 to 2020-12-31); name one in criteria_set, or give a series"
    )
    assert refused.info.metadata["known"] == "bac-kan-2020, hue-2020"
    assert refused.info.metadata["effective_on"] == "2020-06-30"


def test_several_sets_of_one_series_can_only_be_told_apart_by_code() -> None:
    again = document("hue-again-2020", "from: 2020-12-31", "hue")
    with harness.serving(harness.good(harness.catalogue(HOST, HUE_2020, again))) as service:
        with refusal() as caught:
            score(service, effective_on=day("2020-12-31"), series="hue")
        assert caught[0].info.reason == "SEVERAL_CRITERIA_SETS"
        assert caught[0].details.endswith("(series hue, 2020-12-31 to ...); name one in criteria_set")
        assert score(service, effective_on=day("2020-12-30"), series="hue") == "hue-2020"


@calls
@pytest.mark.parametrize(
    ("on", "series", "details"),
    [
        (
            "2018-12-31",
            "hue",
            "no criteria set of series 'hue' is in force on 2018-12-31; there are: "
            "hue-2019 (series hue, 2019-01-01 to 2019-12-31), hue-2020 (series hue, 2020-01-01 to 2020-12-31)",
        ),
        ("2020-06-29", "bac-kan", "there are: bac-kan-2020 (series bac-kan, 2020-06-30 to ...)"),
    ],
)
def test_a_day_without_a_set_in_force_is_refused_with_the_known_sets(
    service: harness.Service, call: Call, on: str, series: str, details: str
) -> None:
    with refusal() as caught:
        call(service, effective_on=day(on), series=series)
    assert caught[0].code is grpc.StatusCode.NOT_FOUND
    assert caught[0].info.reason == "NO_CRITERIA_SET_IN_FORCE"
    assert caught[0].details.endswith(details)


def test_a_day_without_a_set_in_force_also_names_refused_sets() -> None:
    sets = harness.catalogue(HOST, HUE, HUE_2020.replace("awarded", "awardd"))
    with harness.serving(sets) as service:
        with refusal() as caught:
            score(service, effective_on=day("2020-06-30"))
        assert caught[0].info.reason == "NO_CRITERIA_SET_IN_FORCE"
        assert caught[0].details.endswith("; 1 more was refused, see 'scorer criteria list'")


@calls
def test_an_unknown_series_is_refused_with_the_known_ones(service: harness.Service, call: Call) -> None:
    with refusal() as caught:
        call(service, effective_on=day("2020-06-30"), series="bac-kam")
    assert caught[0].code is grpc.StatusCode.NOT_FOUND
    assert caught[0].info.reason == "UNKNOWN_SERIES"
    assert caught[0].details == "unknown series 'bac-kam'; there are: bac-kan, hue; did you mean 'bac-kan'?"


@calls
@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        (
            {"criteria_set": "hue-2020", "effective_on": day("2020-06-30")},
            {
                "effective_on": (
                    "EXCLUSIVE",
                    "leave it out, because criteria_set names 'hue-2020', or leave criteria_set out",
                )
            },
        ),
        (
            {"criteria_set": "hue-2020", "series": "hue"},
            {"series": ("EXCLUSIVE", "needs effective_on; leave it out, or give a day in effective_on")},
        ),
        (
            {"series": "hue"},
            {
                "criteria_set": (
                    "REQUIRED",
                    "name one of: bac-kan-2020, hue-2019, hue-2020, lone-2018; or give a day in effective_on",
                ),
                "series": ("EXCLUSIVE", "needs effective_on; leave it out, or give a day in effective_on"),
            },
        ),
        (
            {"effective_on": date_pb2.Date(year=2020, month=2, day=30)},
            {"effective_on": ("BAD_DATE", "is not a day: day is out of range for month")},
        ),
        (
            {"effective_on": date_pb2.Date(year=2020)},
            {"effective_on": ("BAD_DATE", "is not a day: month must be in 1..12")},
        ),
    ],
    ids=["both", "series of a named set", "series alone", "30 February", "a year"],
)
def test_a_request_needs_exactly_one_way_to_name_the_set(
    service: harness.Service, call: Call, fields: dict[str, object], violations: dict[str, tuple[str, str]]
) -> None:
    with refusal() as caught:
        call(service, **fields)
    [refused] = caught
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {v.field: (v.reason, v.description) for v in refused.bad.field_violations} == violations


def test_a_period_outside_the_chosen_set_is_refused(service: harness.Service) -> None:
    with refusal() as caught:
        score(service, effective_on=day("2019-06-30"), period="2020")
    assert caught[0].fields == {"period": "PERIOD_OUTSIDE_SET"}


def test_replies_by_day_and_by_code_are_the_same(service: harness.Service) -> None:
    by_day = scorer_pb2.ScoreUnitRequest(effective_on=day("2019-06-30"), unit_answers=ROW)
    by_code = scorer_pb2.ScoreUnitRequest(criteria_set="hue-2019", unit_answers=ROW)
    assert service.scorer.ScoreUnit(by_day) == service.scorer.ScoreUnit(by_code)


def test_sets_show_their_series(service: harness.Service) -> None:
    sets = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest()).criteria_sets
    assert {summary.code: summary.series for summary in sets} == {
        "bac-kan-2020": "bac-kan",
        "hue-2019": "hue",
        "hue-2020": "hue",
        "lone-2018": "",
    }
    one = service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set="hue-2019"))
    assert one.criteria_set.summary.series == "hue"


# Pages

PROVINCE = [
    scorer_pb2.UnitAnswers(
        unit=scorer_pb2.Unit(id=f"xa-{n}", tier="district"), answers={"tanks": scorer_pb2.Answer(number=n)}
    )
    for n in range(3)
]


def page(service: harness.Service, on: str, token: str = "", series: str = "") -> scorer_pb2.RankProvinceResponse:
    return service.scorer.RankProvince(
        scorer_pb2.RankProvinceRequest(
            effective_on=day(on),
            series=series,
            rows=scorer_pb2.UnitRows(units=PROVINCE),
            page_size=2,
            page_token=token,
        )
    )


def test_a_page_token_is_bound_to_the_day_and_the_series(service: harness.Service) -> None:
    token = page(service, "2019-06-30").next_page_token
    assert [card.unit.id for card in page(service, "2019-06-30", token).rankings[0].scorecards] == ["xa-0"]
    for on, series in (("2019-07-01", ""), ("2019-06-30", "hue")):
        with refusal() as caught:
            page(service, on, token, series)
        assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"


def test_a_page_token_of_a_set_no_longer_in_force_is_outdated(service: harness.Service) -> None:
    token = page(service, "2019-06-30").next_page_token
    instead = document("hue-2019-2", "from: 2019-01-01", points=3)
    with harness.serving(harness.good(harness.catalogue(HOST, instead))) as reloaded:
        with refusal() as caught:
            page(reloaded, "2019-06-30", token)
        assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
        assert caught[0].info.reason == "PAGE_TOKEN_OUTDATED"
