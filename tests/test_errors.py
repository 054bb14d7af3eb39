"""What the service refuses, over a real socket: code, words, places, reasons, request id; and it goes on serving."""

from __future__ import annotations

import ast
import base64
import dataclasses
import difflib
import logging
import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from harness import Refused, Service, catalogue, good, group, host, plugin, refusal, serving

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer import findings
from scorer.catalogue import Catalogue
from scorer.plugin_api import Cohort, Criterion, Formula, GroupPoints, Indicator, Outcome, PartOf, Read
from scorer.plugins import Plugin, PluginHost
from scorer.service.metrics import FOLDER
from scorer.service.scorer_service import MAX_FULL_ROWS
from scorer.settings import Limits

MAX_UNITS = 100_000
ROOT = Path(__file__).resolve().parent.parent

TESTED = """
criteria_set: tested-2020
title: {en: Tested}
provenance: published
effective: {from: 2020-01-01, to: 2020-12-31}
tiers: [department, district]
categories:
  readiness:
    groups:
      infrastructure:
        criteria:
          - {id: INF.01, formula: ratio, numerator: computers, denominator: staff, when_zero: zero, points: 4}
          - {id: INF.02, formula: flag, indicator: firewall, points: 2, may_be_not_applicable: true}
          - {id: INF.03, formula: choice, indicator: head, options: {chairman: 2, deputy: 1, nobody: 0}, points: 2}
          - {id: INF.04, formula: steps, indicator: issued, steps: [{at_most: 2020-06-30, points: 2}], points: 2}
          - {id: INF.05, formula: awarded, indicator: awarded, points: {department: 5, district: 3}}
          - {id: INF.06, formula: ratio, numerator: online, denominator: files, when_zero: zero, points: 2}
    levels:
      - {level: 1, gates: [{measure: total, at_least: 90%}]}
"""

INFRASTRUCTURE = group(
    "infrastructure",
    Indicator("computers", kind="count"),
    Indicator("staff", kind="count"),
    Indicator("firewall", kind="flag"),
    Indicator("head", kind="choice", options=("chairman", "deputy", "nobody")),
    Indicator("issued", kind="date"),
    Indicator("awarded", kind="number"),
    Indicator("online", kind="count"),
    Indicator("files", kind="count"),
    checks=[PartOf("online", "files")],
)

WATER = """
criteria_set: water-2020
title: {en: Water}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {id: W.1, formula: awarded, indicator: tanks, points: 2}
          - {id: W.2, formula: awarded, indicator: wells, points: 2}
"""

WELLS = (Indicator("tanks", kind="number"), Indicator("wells", kind="number"))

TOTAL = "violations_total"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    sets = good(catalogue(host(INFRASTRUCTURE, group("water", *WELLS)), TESTED, WATER))
    with serving(sets) as running:
        yield running


def number(value: float) -> scorer_pb2.Answer:
    return scorer_pb2.Answer(number=value)


def flag(value: bool) -> scorer_pb2.Answer:
    return scorer_pb2.Answer(flag=value)


def choice(value: str) -> scorer_pb2.Answer:
    return scorer_pb2.Answer(choice=value)


def date(year: int, month: int, day: int) -> scorer_pb2.Answer:
    return scorer_pb2.Answer(date=date_pb2.Date(year=year, month=month, day=day))


def row(
    code: str = "a-luoi",
    tier: str = "district",
    not_applicable: tuple[str, ...] = (),
    name: str = "",
    parent: str = "",
    **answers: scorer_pb2.Answer,
) -> scorer_pb2.UnitAnswers:
    unit = scorer_pb2.Unit(id=code, tier=tier, name=name, parent=parent)
    return scorer_pb2.UnitAnswers(unit=unit, answers=answers, not_applicable_criteria=not_applicable)


def rank(
    service: Service, *rows: scorer_pb2.UnitAnswers, criteria_set: str = "tested-2020", **fields: object
) -> scorer_pb2.RankProvinceResponse:
    units = scorer_pb2.UnitRows(units=rows)
    return service.scorer.RankProvince(
        scorer_pb2.RankProvinceRequest(criteria_set=criteria_set, rows=units, **fields), timeout=60
    )


def rank_table(
    service: Service, table: scorer_pb2.UnitTable, criteria_set: str = "tested-2020", **fields: object
) -> scorer_pb2.RankProvinceResponse:
    return service.scorer.RankProvince(
        scorer_pb2.RankProvinceRequest(criteria_set=criteria_set, table=table, **fields), timeout=60
    )


def score(
    service: Service, row: scorer_pb2.UnitAnswers, criteria_set: str = "tested-2020", **fields: object
) -> scorer_pb2.ScoreUnitResponse:
    return service.scorer.ScoreUnit(
        scorer_pb2.ScoreUnitRequest(criteria_set=criteria_set, unit_answers=row, **fields), timeout=60
    )


def districts(*codes: str) -> list[scorer_pb2.Unit]:
    return [scorer_pb2.Unit(id=code, tier="district") for code in codes]


def still_answers(service: Service, criteria_set: str = "tested-2020") -> bool:
    return bool(score(service, row("hue"), criteria_set).scorecard.unit.id == "hue")


def trailer_bytes(refused: Refused) -> int:
    details = refused.trailers["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    return len(details)


def logged(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, object]]:
    """What the calls' records with this message carry."""
    usual = {*logging.makeLogRecord({}).__dict__, "message"}
    records = [r for r in caplog.records if r.name == "scorer.calls" and r.getMessage().startswith(message)]
    return [{name: value for name, value in r.__dict__.items() if name not in usual} for r in records]


# --- one bad row, as one of many and alone -------------------------------------------------------------------------

WRONG_ROWS: dict[str, tuple[scorer_pb2.UnitAnswers, str, str, str]] = {
    "misspelt indicator": (
        row(computrs=number(3)),
        'answers["computrs"]', "UNKNOWN_INDICATOR", "unknown indicator; did you mean 'computers'?",
    ),
    "indicator like no other": (row(zebra=number(3)), 'answers["zebra"]', "UNKNOWN_INDICATOR", "unknown indicator"),
    "indicator with a quote": (
        row(**{'a"b\n': number(3)}), 'answers["a\\"b\\n"]', "UNKNOWN_INDICATOR", "unknown indicator",
    ),
    "indicator in Vietnamese": (
        row(**{"máy_tính": number(3)}), 'answers["máy_tính"]', "UNKNOWN_INDICATOR", "unknown indicator",
    ),
    "answer without a value": (
        row(computers=scorer_pb2.Answer()),
        'answers["computers"]', "WRONG_KIND",
        "has no value; leave the indicator out when it was not reported; 'computers' is a count: give 'number'",
    ),
    "flag of a half": (
        row(firewall=number(0.5)),
        'answers["firewall"]', "WRONG_KIND", "is a number; 'firewall' is a flag: give 'flag'",
    ),
    "count as a flag": (
        row(computers=flag(True)),
        'answers["computers"]', "WRONG_KIND", "is a flag; 'computers' is a count: give 'number'",
    ),
    "choice as a number": (
        row(head=number(1)), 'answers["head"]', "WRONG_KIND", "is a number; 'head' is a choice: give 'choice'",
    ),
    "date as text": (
        row(issued=choice("2020-06-30")),
        'answers["issued"]', "WRONG_KIND", "is a choice; 'issued' is a date: give 'date'",
    ),
    "half a computer": (
        row(computers=number(12.5)), 'answers["computers"]', "WRONG_KIND", "a count is a whole number, not 12.5",
    ),
    "count that is not a number": (
        row(computers=number(math.nan)),
        'answers["computers"]', "NOT_A_NUMBER",
        "is not a number (NaN); leave the indicator out when it was not reported",
    ),
    "endless count": (
        row(computers=number(math.inf)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not inf",
    ),
    "endless negative number": (
        row(awarded=number(-math.inf)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not -inf",
    ),
    "largest double": (
        row(awarded=number(sys.float_info.max)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 1.7976931348623157e+308",
    ),
    "negative count": (
        row(computers=number(-1)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not -1",
    ),
    "count beyond the largest": (
        row(computers=number(8_000_000_001)),
        'answers["computers"]', "OUT_OF_RANGE", "must be from 0 to 8000000000 in tier 'district', not 8000000001",
    ),
    "more points than the tier's maximum": (
        row(awarded=number(3.000001)),
        'answers["awarded"]', "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not 3.000001",
    ),
    "misspelt option": (
        row(head=choice("deputi")),
        'answers["head"]', "UNKNOWN_CHOICE",
        "unknown choice 'deputi'; 'head' has chairman, deputy, nobody; did you mean 'deputy'?",
    ),
    "no option": (
        row(head=choice("")),
        'answers["head"]', "UNKNOWN_CHOICE", "unknown choice ''; 'head' has chairman, deputy, nobody",
    ),
    "part larger than its whole": (
        row(online=number(5), files=number(3)),
        'answers["online"]', "PART_LARGER_THAN_WHOLE", "5 is more than files = 3, of which it is a part",
    ),
    "empty id": (row(""), "unit.id", "BAD_UNIT_ID", "is empty; every unit needs an id"),
    "id of 129 bytes": (row("a" * 129), "unit.id", "BAD_UNIT_ID", "has 129 bytes, at most 128 are allowed"),
    "id of 43 Vietnamese letters, 129 bytes": (
        row("ế" * 43), "unit.id", "BAD_UNIT_ID", "has 129 bytes, at most 128 are allowed",
    ),
    "id in decomposed letters": (
        row("hue\u0302\u0301"), "unit.id", "BAD_UNIT_ID", "is not in Unicode normal form C (composed letters)",
    ),
    "id with a line break": (row("hue\n"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id with DEL": (row("hue\x7f"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id with NUL": (row("\0"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "Vietnamese id with a C1 control": (row("huế\x85"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "misspelt tier": (
        row(tier="distrct"),
        "unit.tier", "UNKNOWN_TIER",
        "unknown tier 'distrct'; the set has department, district; did you mean 'district'?",
    ),
    "no tier": (row(tier=""), "unit.tier", "UNKNOWN_TIER", "unknown tier ''; the set has department, district"),
    "id with a letter that is not seen": (
        row("hue\u200b"), "unit.id", "BAD_UNIT_ID", "has a control or format character",
    ),
    "id that turns the line around": (
        row("hue\u202e"), "unit.id", "BAD_UNIT_ID", "has a control or format character",
    ),
    "id with a line separator": (row("a\u2028b"), "unit.id", "BAD_UNIT_ID", "has a control or format character"),
    "id that ends with a space": (row("hue "), "unit.id", "BAD_UNIT_ID", "begins or ends with a space"),
    "id that is a space": (row("\u00a0"), "unit.id", "BAD_UNIT_ID", "begins or ends with a space"),
    "name of 513 bytes": (row(name="x" * 513), "unit.name", "BAD_TEXT", "has 513 bytes, at most 512 are allowed"),
    "name with a tab": (row(name="A\tB"), "unit.name", "BAD_TEXT", "has a control or format character"),
    "parent of 129 bytes": (row(parent="p" * 129), "unit.parent", "BAD_TEXT", "has 129 bytes, at most 128 are allowed"),
    "misspelt criterion": (
        row(not_applicable=("INF.2",)),
        "not_applicable_criteria[0]", "UNKNOWN_CRITERION", "unknown criterion 'INF.2'; did you mean 'INF.02'?",
    ),
    "criterion that always applies": (
        row(not_applicable=("INF.02", "INF.01")),
        "not_applicable_criteria[1]", "NOT_EXCLUDABLE", "the set does not let criterion 'INF.01' be not applicable",
    ),
}  # fmt: skip

wrong_rows = pytest.mark.parametrize("case", WRONG_ROWS.values(), ids=WRONG_ROWS)


def assert_refused(caught: list[Refused], field: str, reason: str, description: str) -> None:
    (refused,) = caught
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(v.field, v.reason, v.description) for v in refused.bad.field_violations] == [(field, reason, description)]
    assert refused.details == f"{field}: {description}"
    assert (refused.info.reason, refused.info.domain) == ("INVALID_REQUEST", "scorer.egov.vn")
    assert refused.info.metadata[TOTAL] == "1"


@wrong_rows
def test_a_wrong_row_refuses_the_province_and_is_named(
    service: Service, case: tuple[scorer_pb2.UnitAnswers, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        rank(service, row("hue"), row("nam-dong", computers=number(1)), wrong, row("phu-vang"))
    assert_refused(caught, f"rows.units[2].{field}", reason, description)


@wrong_rows
def test_a_wrong_unit_alone_is_named_in_the_same_words(
    service: Service, case: tuple[scorer_pb2.UnitAnswers, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        score(service, wrong)
    assert_refused(caught, f"unit_answers.{field}", reason, description)


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2020, 2, 30), (2020, 6, 0), (2020, 0, 0), (0, 6, 30), (2**31 - 1, 1, 1), (-1, 1, 1)]
)
def test_an_incomplete_or_impossible_day_is_named(service: Service, year: int, month: int, day: int) -> None:
    with refusal() as caught:
        score(service, row(issued=date(year, month, day)))
    assert caught[0].fields == {'unit_answers.answers["issued"]': "BAD_DATE"}
    assert caught[0].details.startswith('unit_answers.answers["issued"]: is no day: ')


def test_a_unit_without_anything_lacks_id_and_tier(service: Service) -> None:
    with refusal() as caught:
        service.scorer.ScoreUnit(scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020"))
    assert caught[0].fields == {"unit_answers.unit.id": "BAD_UNIT_ID", "unit_answers.unit.tier": "UNKNOWN_TIER"}


def test_a_range_may_differ_by_tier(service: Service) -> None:
    reply = rank(service, row("a", "department", awarded=number(4)), row("b", awarded=number(3)))
    assert [ranking.tier for ranking in reply.rankings] == ["department", "district"]
    with refusal() as caught:
        rank(service, row("a", "department", awarded=number(5.5)), row("b", awarded=number(4)))
    assert [v.description for v in caught[0].bad.field_violations] == [
        "must be from 0 to 5 in tier 'department', not 5.5",
        "must be from 0 to 3 in tier 'district', not 4",
    ]


@pytest.mark.parametrize(
    "code",
    ["x", "x" * 128, "ế" * 42 + "ab", "thành phố Huế", "Thừa Thiên-Huế", "\N{SNOWMAN}" * 42, "00.45.123", "xã Bộc Bố"],
)
def test_an_id_of_up_to_128_bytes_in_composed_letters_is_taken(service: Service, code: str) -> None:
    name = "Ủy ban nhân dân huyện Nam Đông"
    reply = score(service, row(code, name=name, parent="ế" * 42 + "ab"))
    assert (reply.scorecard.unit.id, reply.scorecard.unit.name) == (code, name)


def test_a_name_of_512_bytes_is_taken_and_echoed(service: Service) -> None:
    name = "ế" * 170 + "ab"
    assert len(name.encode()) == 512
    assert score(service, row(name=name)).scorecard.unit.name == name


def test_the_second_unit_of_an_id_points_to_the_first(service: Service) -> None:
    with refusal() as caught:
        rank(service, row("hue"), row("nam-dong"), row("hue", "department"), row("hue"))
    assert [(v.field, v.reason, v.description) for v in caught[0].bad.field_violations] == [
        (f"rows.units[{n}].unit.id", "DUPLICATE_UNIT_ID", "'hue' is the id at rows.units[0].unit.id already")
        for n in (2, 3)
    ]
    assert caught[0].details.endswith("already (and 1 more)")


def test_ids_that_differ_in_case_are_two_units(service: Service) -> None:
    assert rank(service, row("hue"), row("HUE")).rankings[0].unit_count == 2


# --- the request as a whole ----------------------------------------------------------------------------------------

WRONG_REQUESTS: dict[str, tuple[dict[str, object], str, str, str]] = {
    "misspelt tier": (
        {"tier": "distrikt"}, "tier", "UNKNOWN_TIER",
        "unknown tier 'distrikt'; the set has department, district; did you mean 'district'?",
    ),
    "province of 513 bytes": (
        {"province": "x" * 513}, "province", "BAD_TEXT", "has 513 bytes, at most 512 are allowed",
    ),
    "province with an escape": (
        {"province": "a\x1b[31m"}, "province", "BAD_TEXT", "has a control or format character",
    ),
    "page of -1 units": (
        {"page_size": -1}, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all units",
    ),
    "view 7": ({"view": 7}, "view", "UNKNOWN_VIEW", "7 is no view"),
    "period before the set": (
        {"period": "2019"}, "period", "PERIOD_OUTSIDE_SET",
        "'2019' has no day in 2020-01-01 to 2020-12-31, when the set is in force",
    ),
    "period in words": (
        {"period": "năm 2020"}, "period", "BAD_PERIOD",
        "'năm 2020' is not a period: YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_REQUESTS.values(), ids=WRONG_REQUESTS)
def test_a_wrong_field_of_the_request_is_named(service: Service, case: tuple[dict[str, object], str, str, str]) -> None:
    fields, field, reason, description = case
    with refusal() as caught:
        rank(service, row("hue"), **fields)
    assert_refused(caught, field, reason, description)


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({}, "source"),
        ({"rows": scorer_pb2.UnitRows()}, "rows.units"),
        ({"table": scorer_pb2.UnitTable()}, "table.units"),
        ({"table": scorer_pb2.UnitTable(unit_columns=scorer_pb2.UnitColumns(tiers=["district"]))}, "table.units"),
    ],
    ids=["neither rows nor table", "no rows", "empty table", "table of a tier without units"],
)
def test_a_province_without_units_is_refused(service: Service, source: dict[str, object], field: str) -> None:
    with refusal() as caught:
        service.scorer.RankProvince(scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", **source))
    assert_refused(caught, field, "REQUIRED", "give the units to rank")


def test_no_criteria_set_is_refused_with_the_ones_there_are(service: Service) -> None:
    calls: list[Callable[[], object]] = [
        lambda: score(service, row("hue"), ""),
        lambda: rank(service, row("hue"), criteria_set=""),
        lambda: service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest()),
    ]
    for call in calls:
        with refusal() as caught:
            call()
        assert_refused(
            caught, "criteria_set", "REQUIRED", "name one of: tested-2020, water-2020; or give a day in effective_on"
        )


@pytest.mark.parametrize(
    "period",
    [
        *("2020", "2020-H1", "2020-H2", "2020-Q1", "2020-Q4", "2020-01", "2020-12", ""),
        "2020-W01",  # begins on 2019-12-30
        "2020-W53",  # ends on 2021-01-03
    ],
)
def test_a_period_with_a_day_in_the_sets_year_is_taken_and_echoed(service: Service, period: str) -> None:
    assert score(service, row("hue"), period=period).provenance.period == period


@pytest.mark.parametrize(
    "period", ["2019", "2021", "2019-H2", "2021-Q1", "2019-12", "2021-01", "2021-W01", "2019-W52", "0001", "9999-W51"]
)
def test_a_period_without_a_day_in_the_sets_year_is_refused(service: Service, period: str) -> None:
    with refusal() as caught:
        score(service, row("hue"), period=period)
    assert caught[0].fields == {"period": "PERIOD_OUTSIDE_SET"}


@pytest.mark.parametrize(
    "period",
    [
        *("20", "20200", "2020-1", "2020-13", "2020-00", "2020-H0", "2020-H3", "2020-Q0", "2020-Q5", "2020-W00"),
        *("2020-W54", "2020-h1", "2020/01", " 2020", "2020 ", "2020\n", "2020-01-01", "0000", "٢٠٢٠", "-", "9" * 99),
        "2019-W53",  # 2019 has 52 weeks
        "9999-W53",
    ],
)
def test_what_is_no_period_is_refused_with_the_forms(service: Service, period: str) -> None:
    with refusal() as caught:
        rank(service, row("hue"), period=period)
    assert caught[0].fields == {"period": "BAD_PERIOD"}
    assert caught[0].details.endswith("is not a period: YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01")


def test_a_set_without_dates_takes_any_period(service: Service) -> None:
    assert score(service, row("hue"), "water-2020", period="1975-W01").provenance.period == "1975-W01"


def test_a_negative_page_of_criteria_sets_is_refused(service: Service) -> None:
    with refusal() as caught:
        service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=-5))
    assert_refused(caught, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all sets")


# --- tables --------------------------------------------------------------------------------------------------------


def column(indicator: str, *numbers: float) -> scorer_pb2.Column:
    return scorer_pb2.Column(indicator=indicator, numbers=numbers)


def choices(indicator: str, *chosen: str) -> scorer_pb2.Column:
    return scorer_pb2.Column(indicator=indicator, choices=chosen)


def coded(indicator: str, options: list[str], *places: float) -> scorer_pb2.Column:
    return scorer_pb2.Column(indicator=indicator, options=options, numbers=places)


def table(*columns: scorer_pb2.Column, exclusions: dict[str, list[str]] | None = None) -> scorer_pb2.UnitTable:
    """Three districts; all columns behind a good one."""
    return scorer_pb2.UnitTable(
        units=districts("hue", "nam-dong", "phu-loc"),
        columns=[column("files", 9, 9, 9), *columns],
        exclusions=[scorer_pb2.Exclusion(unit_id=u, criterion_ids=ids) for u, ids in (exclusions or {}).items()],
    )


def fast_table(
    *exclusions: tuple[str, list[int]], names: tuple[str, ...] = (), tiers: tuple[str, ...] = ("district",),
    parents: tuple[str, ...] = (),
) -> scorer_pb2.UnitTable:  # fmt: skip
    """The same districts as columns, and exclusions by criterion."""
    ids = ["hue", "nam-dong", "phu-loc"]
    return scorer_pb2.UnitTable(
        unit_columns=scorer_pb2.UnitColumns(ids=ids, names=names, tiers=tiers, parents=parents),
        columns=[column("files", 9, 9, 9)],
        criterion_exclusions=[scorer_pb2.CriterionExclusion(criterion_id=c, unit_places=at) for c, at in exclusions],
    )


def block(indicators: list[str], *numbers: float, columns: tuple[scorer_pb2.Column, ...] = ()) -> scorer_pb2.UnitTable:
    """The same districts, and columns as a block."""
    given = scorer_pb2.NumberColumns(indicators=indicators, numbers=numbers)
    return both(fast_table(), number_columns=given, columns=columns)


def both(first: scorer_pb2.UnitTable, **fields: object) -> scorer_pb2.UnitTable:
    first.MergeFrom(scorer_pb2.UnitTable(**fields))
    return first


WRONG_TABLES: dict[str, tuple[scorer_pb2.UnitTable, str, str, str]] = {
    "misspelt indicator": (
        table(column("computrs", 1, 2, 3)),
        "table.columns[1].indicator", "UNKNOWN_INDICATOR",
        "unknown indicator 'computrs'; did you mean 'computers'?",
    ),
    "column given twice": (
        table(column("staff", 1, 2, 3), column("files", 9, 9, 9)),
        "table.columns[2].indicator", "DUPLICATE_COLUMN", "'files' is given by table.columns[0] already",
    ),
    "both lists": (
        table(scorer_pb2.Column(indicator="staff", numbers=[1, 2, 3], choices=["a", "b", "c"])),
        "table.columns[1]", "BOTH_LISTS", "gives both numbers and choices; give exactly one of them",
    ),
    "numbers for a choice": (
        table(column("head", 0, 1, 2)),
        "table.columns[1]", "WRONG_KIND",
        "'head' is a choice: give 'choices', or 'options' with their places as numbers",
    ),
    "choices for a count": (
        table(choices("staff", "1", "2", "3")), "table.columns[1]", "WRONG_KIND", "'staff' is a count: give 'numbers'",
    ),
    "short column": (
        table(column("staff", 1, 2)), "table.columns[1].numbers", "WRONG_LENGTH", "has 2 entries for 3 units",
    ),
    "long column of choices": (
        table(choices("head", "", "", "", "")),
        "table.columns[1].choices", "WRONG_LENGTH", "has 4 entries for 3 units",
    ),
    "empty column": (table(column("staff")), "table.columns[1].numbers", "WRONG_LENGTH", "has 0 entries for 3 units"),
    "misspelt option": (
        table(choices("head", "", "chairmen", "deputy")),
        "table.columns[1].choices[1]", "UNKNOWN_CHOICE",
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?",
    ),
    "misspelt option in a column's own list": (
        table(coded("head", ["deputy", "chairmen", "unused"], math.nan, 1, 0)),
        "table.columns[1].numbers[1]", "UNKNOWN_CHOICE",
        "unknown choice 'chairmen'; 'head' has chairman, deputy, nobody; did you mean 'chairman'?",
    ),
    "empty text in a column's own list": (
        table(coded("head", ["", "deputy"], math.nan, 1, 0)),
        "table.columns[1].numbers[2]", "UNKNOWN_CHOICE", "unknown choice ''; 'head' has chairman, deputy, nobody",
    ),
    "place beyond a column's own list": (
        table(coded("head", ["deputy", "nobody"], 1, 2, 0)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not 2",
    ),
    "place before a column's own list": (
        table(coded("head", ["deputy", "nobody"], 1, 0, -1)),
        "table.columns[1].numbers[2]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not -1",
    ),
    "half a place": (
        table(coded("head", ["deputy", "nobody"], 0.5, 1, math.nan)),
        "table.columns[1].numbers[0]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not 0.5",
    ),
    "endless place": (
        table(coded("head", ["deputy", "nobody"], 0, math.inf, 1)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", "must be a place in options, from 0 to 1, not inf",
    ),
    "huge place": (
        table(coded("head", ["deputy", "nobody"], 0, -1e300, 1)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE", f"must be a place in options, from 0 to 1, not {-1e300!r}",
    ),
    "too few places": (
        table(coded("head", ["deputy"], 0, 0)), "table.columns[1].numbers", "WRONG_LENGTH", "has 2 entries for 3 units",
    ),
    "options without places": (
        table(coded("head", ["deputy"])), "table.columns[1].numbers", "WRONG_LENGTH", "has 0 entries for 3 units",
    ),
    "options beside choices": (
        table(scorer_pb2.Column(indicator="head", options=["deputy"], choices=["deputy", "", ""])),
        "table.columns[1]", "BOTH_LISTS", "gives both options and choices; give exactly one of them",
    ),
    "options of a count": (
        table(coded("staff", ["many"], 0, 0, 0)),
        "table.columns[1]", "WRONG_KIND", "'staff' is a count: give 'numbers'",
    ),
    "flag of a half": (
        table(column("firewall", 0, 1, 0.5)),
        "table.columns[1].numbers[2]", "WRONG_KIND", "a flag is 0 or 1, not 0.5",
    ),
    "flag of two": (
        table(column("firewall", 2, 1, 0)), "table.columns[1].numbers[0]", "OUT_OF_RANGE", "a flag is 0 or 1, not 2",
    ),
    "half a computer": (
        table(column("computers", 1, 12.5, math.nan)),
        "table.columns[1].numbers[1]", "WRONG_KIND", "a count is a whole number, not 12.5",
    ),
    "endless number": (
        table(column("awarded", math.inf, 1, 1)),
        "table.columns[1].numbers[0]", "OUT_OF_RANGE", "must be from 0 to 3 in tier 'district', not inf",
    ),
    "half a day": (
        table(column("issued", 18_000, 18_000.5, 18_000)),
        "table.columns[1].numbers[1]", "WRONG_KIND",
        "a date is a whole number of days since 1970-01-01, not 18000.5",
    ),
    "day in the year 10183": (
        table(column("issued", 18_000, 3_000_000, 18_000)),
        "table.columns[1].numbers[1]", "OUT_OF_RANGE",
        "must be from 0001-01-01 to 9999-12-31 in tier 'district', not day 3000000",
    ),
    "part larger than its whole": (
        table(column("online", 9, 10, 0)),
        "table.columns[1].numbers[1]", "PART_LARGER_THAN_WHOLE", "10 is more than files = 9, of which it is a part",
    ),
    "exclusion of an unknown unit": (
        table(exclusions={"nam-dogn": ["INF.02"]}),
        "table.exclusions[0].unit_id", "UNKNOWN_UNIT",
        "no unit of the table has the id 'nam-dogn'; did you mean 'nam-dong'?",
    ),
    "exclusion of an unknown criterion": (
        table(exclusions={"hue": ["INF.02"], "phu-loc": ["INF.02", "INF-02"]}),
        "table.exclusions[1].criterion_ids[1]", "UNKNOWN_CRITERION",
        "unknown criterion 'INF-02'; did you mean 'INF.02'?",
    ),
    "exclusion of a criterion that always applies": (
        table(exclusions={"hue": ["INF.05"]}),
        "table.exclusions[0].criterion_ids[0]", "NOT_EXCLUDABLE",
        "the set does not let criterion 'INF.05' be not applicable",
    ),
    "units in both forms": (
        both(fast_table(), units=districts("hue", "nam-dong", "phu-loc")),
        "table.unit_columns", "BOTH_LISTS", "is given beside table.units; give exactly one of them",
    ),
    "too few names": (
        fast_table(names=("Huế",)),
        "table.unit_columns.names", "WRONG_LENGTH", "has 1 entries for 3 units; give none, or one each",
    ),
    "no tier": (
        fast_table(tiers=()),
        "table.unit_columns.tiers", "WRONG_LENGTH", "has 0 entries for 3 units; give one for all, or one each",
    ),
    "too many parents": (
        fast_table(parents=("tth",) * 4),
        "table.unit_columns.parents", "WRONG_LENGTH", "has 4 entries for 3 units; give none, or one each",
    ),
    "unknown tier of all units": (
        fast_table(tiers=("distrct",)),
        "table.unit_columns.tiers[0]", "UNKNOWN_TIER",
        "unknown tier 'distrct'; the set has department, district; did you mean 'district'?",
    ),
    "misspelt indicator of a block": (
        block(["staff", "computrs"], *range(6)),
        "table.number_columns.indicators[1]", "UNKNOWN_INDICATOR",
        "unknown indicator 'computrs'; did you mean 'computers'?",
    ),
    "column given twice in a block": (
        block(["staff", "staff"], *range(6)),
        "table.number_columns.indicators[1]", "DUPLICATE_COLUMN",
        "'staff' is given by table.number_columns.indicators[0] already",
    ),
    "column given in a block too": (
        block(["staff", "files"], *range(6)),
        "table.number_columns.indicators[1]", "DUPLICATE_COLUMN", "'files' is given by table.columns[0] already",
    ),
    "choice in a block": (
        block(["head", "staff"], *range(6)),
        "table.number_columns.indicators[0]", "WRONG_KIND", "'head' is a choice: give a column of its own",
    ),
    "short block": (
        block(["computers", "staff"], *range(5)),
        "table.number_columns.numbers", "WRONG_LENGTH", "has 5 entries for 2 indicators of 3 units",
    ),
    "block of no indicators": (
        block([], 1),
        "table.number_columns.numbers", "WRONG_LENGTH", "has 1 entries for 0 indicators of 3 units",
    ),
    "half a computer in a block": (
        block(["staff", "computers"], 1, 2, 3, 4, 5.5, 6),
        "table.number_columns.numbers[4]", "WRONG_KIND", "a count is a whole number, not 5.5",
    ),
    "part larger than its whole in a block": (
        block(["online"], 9, math.nan, 10),
        "table.number_columns.numbers[2]", "PART_LARGER_THAN_WHOLE",
        "10 is more than files = 9, of which it is a part",
    ),
    "exclusions in both forms": (
        both(fast_table(("INF.02", [0])), exclusions=[scorer_pb2.Exclusion(unit_id="hue", criterion_ids=["INF.02"])]),
        "table.criterion_exclusions", "BOTH_LISTS", "are given beside table.exclusions; give exactly one of them",
    ),
    "criterion excluded twice": (
        fast_table(("INF.02", [0]), ("INF.02", [1])),
        "table.criterion_exclusions[1].criterion_id", "DUPLICATE_EXCLUSION", "'INF.02' has an exclusion already",
    ),
    "unknown criterion excluded": (
        fast_table(("INF.02", [0]), ("INF-02", [])),
        "table.criterion_exclusions[1].criterion_id", "UNKNOWN_CRITERION",
        "unknown criterion 'INF-02'; did you mean 'INF.02'?",
    ),
    "criterion excluded that always applies": (
        fast_table(("INF.05", [2, 1])),
        "table.criterion_exclusions[0].criterion_id", "NOT_EXCLUDABLE",
        "the set does not let criterion 'INF.05' be not applicable",
    ),
    "criterion excluded from a unit that there is not": (
        fast_table(("INF.02", [0, 3, 2])),
        "table.criterion_exclusions[0].unit_places[1]", "UNKNOWN_UNIT",
        "there is no unit 3; the table has 3, counted from 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_a_wrong_table_is_refused_and_the_place_named(
    service: Service, case: tuple[scorer_pb2.UnitTable, str, str, str]
) -> None:
    wrong, field, reason, description = case
    with refusal() as caught:
        rank_table(service, wrong)
    assert_refused(caught, field, reason, description)


def test_a_units_exclusion_given_twice_is_refused(service: Service) -> None:
    wrong = table(exclusions={"hue": ["INF.02"]})
    wrong.exclusions.add(unit_id="hue", criterion_ids=["INF.02"])
    with refusal() as caught:
        rank_table(service, wrong)
    assert_refused(caught, "table.exclusions[1].unit_id", "DUPLICATE_EXCLUSION", "'hue' has an exclusion already")


def test_the_units_of_a_table_are_named_in_the_table(service: Service) -> None:
    units = [*districts("hue", "hue", ""), scorer_pb2.Unit(id="a", tier="commune", name="\n", parent="\n")]
    with refusal() as caught:
        rank_table(service, scorer_pb2.UnitTable(units=units))
    assert caught[0].fields == {
        "table.units[1].id": "DUPLICATE_UNIT_ID",
        "table.units[2].id": "BAD_UNIT_ID",
        "table.units[3].tier": "UNKNOWN_TIER",
        "table.units[3].name": "BAD_TEXT",
        "table.units[3].parent": "BAD_TEXT",
    }


def test_the_units_of_columns_are_named_in_their_columns(service: Service) -> None:
    columns = scorer_pb2.UnitColumns(
        ids=["hue", "hue", "", "a"],
        names=["", "", "", "\n"],
        tiers=["district", "district", "district", "commune"],
        parents=["", "", "", "\n"],
    )
    with refusal() as caught:
        rank_table(service, scorer_pb2.UnitTable(unit_columns=columns))
    assert caught[0].fields == {
        "table.unit_columns.ids[1]": "DUPLICATE_UNIT_ID",
        "table.unit_columns.ids[2]": "BAD_UNIT_ID",
        "table.unit_columns.tiers[3]": "UNKNOWN_TIER",
        "table.unit_columns.names[3]": "BAD_TEXT",
        "table.unit_columns.parents[3]": "BAD_TEXT",
    }


def test_everything_wrong_with_a_fast_table_is_told_at_once(service: Service) -> None:
    wrong = fast_table(("INF.2", [0]), ("INF.02", [7, 1]), names=("\n", "", "", ""), tiers=("distrct", "district", ""))
    wrong.columns.extend([coded("head", ["boss", "deputy"], 2, 1, 0), column("computers", 1, -1, 1)])
    wrong.number_columns.MergeFrom(
        scorer_pb2.NumberColumns(indicators=["issue", "staff", "computers"], numbers=[1, 1, 1, 1, -2, 1, 3, 3, 3])
    )
    with refusal() as caught:
        rank_table(service, wrong)
    assert caught[0].fields == {
        "table.unit_columns.names": "WRONG_LENGTH",
        "table.criterion_exclusions[1].unit_places[0]": "UNKNOWN_UNIT",
        "table.unit_columns.tiers[0]": "UNKNOWN_TIER",
        "table.columns[1].numbers[0]": "OUT_OF_RANGE",
        "table.criterion_exclusions[0].criterion_id": "UNKNOWN_CRITERION",
        "table.columns[2].numbers[1]": "OUT_OF_RANGE",
        "table.number_columns.indicators[0]": "UNKNOWN_INDICATOR",
        "table.number_columns.indicators[2]": "DUPLICATE_COLUMN",
        "table.number_columns.numbers[4]": "OUT_OF_RANGE",
        "table.unit_columns.tiers[2]": "UNKNOWN_TIER",
        "table.columns[1].numbers[2]": "UNKNOWN_CHOICE",
    }


def test_not_reported_in_a_table_is_nan_or_empty_text(service: Service) -> None:
    reply = rank_table(service, table(column("staff", math.nan, math.nan, 4), choices("head", "", "", "deputy")))
    ranks = reply.rankings[0].table
    missing = dict(zip(ranks.unit_ids, ranks.overall.missing, strict=True))
    assert missing["hue"] == missing["nam-dong"] == missing["phu-loc"] + 1


def test_a_wrong_number_is_named_in_its_own_column_also_when_the_column_is_given_twice(service: Service) -> None:
    with refusal() as caught:
        rank_table(service, table(column("staff", 1, -1, 3), column("staff", 1, 1, 3)))
    assert caught[0].fields == {
        "table.columns[2].indicator": "DUPLICATE_COLUMN",
        "table.columns[1].numbers[1]": "OUT_OF_RANGE",
    }


# --- all or nothing, in order, counted -----------------------------------------------------------------------------


def test_violations_stand_in_input_order_those_of_the_request_first(service: Service) -> None:
    with refusal() as caught:
        rank(
            service,
            row("hue", computers=number(-1)),
            row("hue", tier="distrct"),
            row("phu-loc"),
            row("nam-dong", computrs=number(1), not_applicable=("INF.09",)),
            row("a-luoi", online=number(2), files=number(1)),
            row("quang-dien", "department", awarded=number(6)),
            period="2019",
            page_size=-1,
        )
    refused = caught[0]
    assert list(refused.fields.items()) == [
        ("period", "PERIOD_OUTSIDE_SET"),
        ("page_size", "OUT_OF_RANGE"),
        ("rows.units[0].answers[\"computers\"]", "OUT_OF_RANGE"),
        ("rows.units[1].unit.id", "DUPLICATE_UNIT_ID"),
        ("rows.units[1].unit.tier", "UNKNOWN_TIER"),
        ("rows.units[3].answers[\"computrs\"]", "UNKNOWN_INDICATOR"),
        ("rows.units[3].not_applicable_criteria[0]", "UNKNOWN_CRITERION"),
        ("rows.units[4].answers[\"online\"]", "PART_LARGER_THAN_WHOLE"),
        ("rows.units[5].answers[\"awarded\"]", "OUT_OF_RANGE"),
    ]  # fmt: skip
    assert refused.info.metadata[TOTAL] == "9"
    assert refused.details.startswith("period: '2019' has no day in ")
    assert refused.details.endswith(" (and 8 more)")


def test_one_bad_unit_refuses_all_and_only_it_is_named(service: Service) -> None:
    good_rows = [row(f"xa-{n}", computers=number(n), staff=number(99)) for n in range(99)]
    with refusal() as caught:
        rank(service, *good_rows, row("xa-99", computers=number(-1)))
    assert list(caught[0].fields) == ['rows.units[99].answers["computers"]']
    assert rank(service, *good_rows).rankings[0].unit_count == 99


def test_a_bad_unit_of_a_tier_that_was_not_asked_for_refuses_all_the_same(service: Service) -> None:
    with refusal() as caught:
        rank(service, row("hue"), row("so-y-te", "department", computers=number(-1)), tier="district")
    assert list(caught[0].fields) == ['rows.units[1].answers["computers"]']


def test_a_failed_gate_is_a_result_and_no_error(service: Service) -> None:
    category = score(service, row("hue", awarded=number(3))).scorecard.categories[0]
    assert category.standing == scorer_pb2.STANDING_BELOW_MINIMUM
    assert [(gate.gate.measure, gate.passed) for gate in category.failing] == [("total", False)]


LONG_WORDS = "\N{CLASSICAL BUILDING}" * 80
"""80 letters that take 320 bytes, and 960 where they are percent-encoded."""


def test_a_hundred_violations_arrive_fifty_times_and_the_server_still_answers(service: Service) -> None:
    short = [row(f"xa-{n}", computrs=number(n)) for n in range(100)]
    long = [row(f"xa-{n}", tier=LONG_WORDS, **{LONG_WORDS: number(n)}) for n in range(50)]
    for n in range(50):
        rows, code = (long, LONG_WORDS) if n % 2 else (short, "computrs")
        request = scorer_pb2.RankProvinceRequest(criteria_set="tested-2020", rows=scorer_pb2.UnitRows(units=rows))
        with refusal() as caught:
            service.scorer.RankProvince(request, metadata=[("x-request-id", "i" * 128)])
        refused = caught[0]
        assert refused.info.metadata[TOTAL] == "100"
        assert trailer_bytes(refused) <= 4096
        assert 5 <= len(refused.bad.field_violations) < 100
        assert refused.bad.field_violations[0].field == f'rows.units[0].answers["{code}"]'
    assert still_answers(service)


def test_as_many_violations_travel_as_fit(service: Service) -> None:
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", zebra=number(n)) for n in range(200)))
    assert 3000 < trailer_bytes(caught[0]) <= 4096
    travelling = [v.field for v in caught[0].bad.field_violations]
    assert travelling == [f'rows.units[{n}].answers["zebra"]' for n in range(len(travelling))]


def test_the_log_has_every_violation(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", zebra=number(n)) for n in range(500)))
    request_id = caught[0].info.metadata["request_id"]
    assert caught[0].info.metadata[TOTAL] == "500"
    assert [call["violations"] for call in logged(caplog, "call")] == [500]
    assert logged(caplog, "violation") == [
        {"request_id": request_id, "field": f'rows.units[{n}].answers["zebra"]', "reason": "UNKNOWN_INDICATOR"}
        for n in range(500)
    ]


def test_the_log_stops_at_so_many_violations_but_all_are_counted(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    units = findings.SPELLED_OUT + 7
    with refusal() as caught:
        rank_table(
            service,
            scorer_pb2.UnitTable(
                units=districts(*(str(n) for n in range(units))), columns=[column("staff", *[-1.0] * units)]
            ),
        )
    assert caught[0].info.metadata[TOTAL] == str(units)
    assert caught[0].details.endswith(f" (and {units - 1} more)")
    assert [call["violations"] for call in logged(caplog, "call")] == [units]
    lines = logged(caplog, "violation")
    assert len(lines) == findings.SPELLED_OUT
    assert lines[-1]["field"] == f"table.columns[0].numbers[{findings.SPELLED_OUT - 1}]"


# --- a nearly-right name costs little ------------------------------------------------------------------------------


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many names each search for a nearly-right one looks through."""
    sizes: list[int] = []
    search = difflib.get_close_matches

    def counted(word: str, possibilities: list[str], *args: object, **named: object) -> list[str]:
        sizes.append(len(possibilities))
        return search(word, possibilities, *args, **named)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    return sizes


def test_one_misspelling_in_many_rows_is_looked_up_once(service: Service, compared: list[int]) -> None:
    with refusal() as caught:
        rank(service, *(row(f"xa-{n}", tier="distrct", computrs=number(n)) for n in range(300)))
    assert caught[0].info.metadata[TOTAL] == "600"
    assert len(compared) <= 10


def test_exclusions_of_many_unknown_units_do_not_search_the_province_each(
    service: Service, compared: list[int]
) -> None:
    units = 500
    wrong = scorer_pb2.UnitTable(
        units=districts(*(f"xa-{n:04}" for n in range(units))),
        exclusions=[scorer_pb2.Exclusion(unit_id=f"thôn-{n:04}", criterion_ids=["INF.02"]) for n in range(100)],
    )
    with refusal() as caught:
        rank_table(service, wrong)
    assert caught[0].info.metadata[TOTAL] == "100"
    assert sum(compared) <= 20 * units


# --- request ids ---------------------------------------------------------------------------------------------------

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def request_id_of_a_reply(service: Service, *metadata: tuple[str, str]) -> str:
    request = scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020", unit_answers=row("hue"))
    _, call = service.scorer.ScoreUnit.with_call(request, metadata=metadata)
    return dict(call.trailing_metadata())["x-request-id"]


def test_the_callers_request_id_comes_back_with_a_reply(service: Service) -> None:
    assert request_id_of_a_reply(service, ("x-request-id", "tinh-46/2020:7")) == "tinh-46/2020:7"


def test_a_request_id_is_made_when_there_is_none(service: Service) -> None:
    first, second = request_id_of_a_reply(service), request_id_of_a_reply(service)
    assert UUID.fullmatch(first)
    assert UUID.fullmatch(second)
    assert first != second


@pytest.mark.parametrize("given", ["with space", "i" * 129, ""])
def test_a_request_id_that_could_spoil_the_log_is_replaced(service: Service, given: str) -> None:
    assert UUID.fullmatch(request_id_of_a_reply(service, ("x-request-id", given)))


def test_a_refusal_carries_the_callers_request_id_and_so_does_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="scorer.calls")
    request = scorer_pb2.ScoreUnitRequest(criteria_set="tested-2020", unit_answers=row(""))
    with refusal() as caught:
        service.scorer.ScoreUnit(request, metadata=[("x-request-id", "tinh-46")])
    assert caught[0].trailers["x-request-id"] == "tinh-46"
    assert caught[0].info.metadata["request_id"] == "tinh-46"
    (call,) = logged(caplog, "call")
    assert call.pop("milliseconds") > 0
    assert len(call.pop("revision")) == 12
    assert call == {
        "request_id": "tinh-46", "identity": "anonymous", "method": "ScoreUnit", "code": "INVALID_ARGUMENT", "units": 0,
        "criteria_set": "tested-2020", "reason": "INVALID_REQUEST", "violations": 1,
    }  # fmt: skip
    assert logged(caplog, "violation") == [
        {"request_id": "tinh-46", "field": "unit_answers.unit.id", "reason": "BAD_UNIT_ID"}
    ]


def test_no_answer_of_a_unit_gets_into_the_log(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with refusal():
        score(service, row("xa-1", computers=number(123456.25), staff=number(-987654), zebra=number(55555)))
    with refusal():
        score(service, row("xa-1", computers=choice("s3cret choice"), firewall=number(0.77777)))
    said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "UNKNOWN_INDICATOR" in said
    assert not [value for value in ("123456", "987654", "55555", "s3cret", "77777") if value in said]


def test_a_refusal_without_a_request_id_gets_one(service: Service) -> None:
    with refusal() as caught:
        score(service, row("hue"), "nowhere-2020")
    assert UUID.fullmatch(caught[0].info.metadata["request_id"])
    assert caught[0].trailers["x-request-id"] == caught[0].info.metadata["request_id"]


# --- criteria sets -------------------------------------------------------------------------------------------------


def calls_with(service: Service, code: str) -> dict[str, Callable[[], object]]:
    return {
        "ScoreUnit": lambda: score(service, row("hue"), code),
        "RankProvince": lambda: rank(service, row("hue"), criteria_set=code),
        "GetCriteriaSet": lambda: service.criteria.GetCriteriaSet(
            criteria_pb2.GetCriteriaSetRequest(criteria_set=code)
        ),
    }


@pytest.mark.parametrize("method", ["ScoreUnit", "RankProvince", "GetCriteriaSet"])
def test_an_unknown_criteria_set_is_not_found_and_the_known_ones_are_named(service: Service, method: str) -> None:
    with refusal() as caught:
        calls_with(service, "testd-2020")[method]()
    refused = caught[0]
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert refused.details == (
        "unknown criteria set 'testd-2020'; there are: tested-2020, water-2020; did you mean 'tested-2020'?"
    )
    assert (refused.info.reason, refused.info.domain) == ("UNKNOWN_CRITERIA_SET", "scorer.egov.vn")
    assert refused.info.metadata["criteria_set"] == "testd-2020"
    assert refused.info.metadata["known"] == "tested-2020, water-2020"


@pytest.mark.parametrize("code", ["bộ-tiêu-chí", "x" * 100_000, "\0\n", "TESTED-2020"])
def test_whatever_stands_for_a_criteria_set_is_not_found(service: Service, code: str) -> None:
    with refusal() as caught:
        score(service, row("hue"), code)
    assert caught[0].code is grpc.StatusCode.NOT_FOUND
    assert len(caught[0].details) < 500
    assert still_answers(service)


def test_an_unknown_criteria_set_is_not_found_among_hundreds() -> None:
    one = good(catalogue(host(INFRASTRUCTURE), TESTED))
    plan = one.sets["tested-2020"]
    many = dataclasses.replace(one, sets={f"tinh-{n:03}-chinh-quyen-dien-tu-2020": plan for n in range(300)})
    with serving(many) as service:
        for _ in range(20):
            with pytest.raises(grpc.RpcError) as caught:
                score(service, row("hue"), "tinh-301-chinh-quyen-dien-tu-2020")
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            assert "'tinh-301-chinh-quyen-dien-tu-2020'" in caught.value.details()
            assert trailer_bytes(Refused(caught.value)) <= 4096


def test_a_set_whose_plugin_is_quarantined_names_it_and_what_to_do() -> None:
    def broken() -> object:
        raise ImportError("no module named 'hydrology'")

    hosts = PluginHost.of([(Plugin("infrastructure"), lambda: plugin(INFRASTRUCTURE)), (Plugin("water"), broken)])
    with serving(catalogue(hosts, TESTED, WATER)) as service:
        for call in calls_with(service, "water-2020").values():
            with refusal() as caught:
                call()
            refused = caught[0]
            assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
            assert refused.info.reason == "CRITERIA_SET_REFUSED"
            assert refused.info.domain == "scorer.egov.vn"
            assert refused.info.metadata["criteria_set"] == "water-2020"
            assert refused.details.startswith(
                "criteria set 'water-2020' was refused when it was loaded: categories.supply.groups.water: "
                "its plugin 'water' is quarantined: ImportError: no module named 'hydrology'"
            )
            mend = "; mend it, see 'scorer criteria check set1.yaml' and 'scorer plugins list'"
            assert refused.details.endswith(mend)
        listed = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest()).criteria_sets
        assert {summary.code: summary.state for summary in listed} == {
            "tested-2020": criteria_pb2.CRITERIA_SET_STATE_AVAILABLE,
            "water-2020": criteria_pb2.CRITERIA_SET_STATE_REFUSED,
        }
        assert "its plugin 'water' is quarantined: ImportError" in listed[1].problems[0]
        assert still_answers(service)


def test_why_a_plugin_is_quarantined_may_be_long() -> None:
    def broken() -> object:
        raise ImportError(LONG_WORDS * 30)

    with serving(catalogue(PluginHost.of([(Plugin("water"), broken)]), WATER)) as service:
        with pytest.raises(grpc.RpcError) as caught:
            score(service, row("hue"), "water-2020")
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert f"its plugin 'water' is quarantined: ImportError: {LONG_WORDS[:20]}" in caught.value.details()
        assert "'scorer plugins list'" in caught.value.details()
        assert dict(caught.value.trailing_metadata())["grpc-status-details-bin"]


COMPARED = """
criteria_set: compared-2020
title: {en: Compared}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water:
        criteria:
          - {id: C.1, formula: ratio_to_best, numerator: wells, denominator: tanks, when_zero: zero, points: 4}
          - {id: C.2, formula: awarded, indicator: given, points: 2}
          - id: C.3
            formula: sum
            points: 3
            parts:
              - {formula: awarded, indicator: given, points: 2}
              - {formula: ratio_to_best, numerator: wells, denominator: tanks, when_zero: zero, points: 1}
"""


def test_a_formula_over_the_cohort_cannot_score_a_unit_alone_and_the_criteria_are_named() -> None:
    counts = group(
        "water", *(Indicator(code, kind="count") for code in ("wells", "tanks")), Indicator("given", kind="number")
    )
    with serving(good(catalogue(host(counts), COMPARED))) as service:
        with refusal() as caught:
            score(service, row("hue", wells=number(1), tanks=number(2)), "compared-2020")
        refused = caught[0]
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.details == (
            "criteria C.1, C.3 compare a unit with the others of its tier: send them all to RankProvince"
        )
        assert (refused.info.reason, refused.info.metadata["criteria"]) == ("NEEDS_COHORT", "C.1, C.3")
        rows = [row(code, wells=number(wells), tanks=number(2)) for code, wells in (("hue", 1), ("phu-loc", 2))]
        reply = rank(service, *rows, criteria_set="compared-2020")
        assert [card.unit.id for card in reply.rankings[0].scorecards] == ["phu-loc", "hue"]


def test_a_formula_over_another_tiers_cohort_does_not_hinder_a_unit_alone() -> None:
    counts = group(
        "water", *(Indicator(code, kind="count") for code in ("wells", "tanks")), Indicator("given", kind="number")
    )
    by_tier = COMPARED.replace("tiers: [district]", "tiers: [district, commune]")
    by_tier = by_tier.replace("points: 4}", "points: {commune: 4}}").replace("points: 3\n", "points: {commune: 3}\n")
    with serving(good(catalogue(host(counts), by_tier))) as service:
        alone = score(service, row("hue", given=number(1)), "compared-2020")
        assert alone.scorecard.categories[0].score.points == 1
        with refusal() as caught:
            score(service, row("xa-1", "commune", given=number(1)), "compared-2020")
        assert caught[0].info.metadata["criteria"] == "C.1, C.3"


# --- pages ---------------------------------------------------------------------------------------------------------

PROVINCE = [row(f"xa-{n}", awarded=number(n / 2)) for n in range(5)]


def test_a_page_token_leads_on_also_with_another_page_size(service: Service) -> None:
    first = rank(service, *PROVINCE, page_size=2)
    rest = rank(service, *PROVINCE, page_token=first.next_page_token, page_size=3)
    ids = [card.unit.id for reply in (first, rest) for card in reply.rankings[0].scorecards]
    assert ids == ["xa-4", "xa-3", "xa-2", "xa-1", "xa-0"]
    assert rest.next_page_token == ""


def test_a_page_token_of_another_revision_is_a_failed_precondition(service: Service) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    corrected = TESTED.replace("at_least: 90%", "at_least: 80%")
    with serving(good(catalogue(host(INFRASTRUCTURE), corrected))) as reloaded:
        with refusal() as caught:
            rank(reloaded, *PROVINCE, page_size=2, page_token=token)
        refused = caught[0]
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.info.reason == "PAGE_TOKEN_OUTDATED"
        assert refused.details == "page_token belongs to another revision of the criteria; start again without it"
        assert rank(reloaded, *PROVINCE, page_size=2).next_page_token


@pytest.mark.parametrize(
    "changed",
    [
        {"period": "2020"},
        {"view": scorer_pb2.SCORECARD_VIEW_FULL},
        {"tier": "district"},
        {"province": "Thừa Thiên Huế"},
    ],
    ids=["period", "view", "tier", "province"],
)
def test_a_page_token_of_another_request_is_refused(service: Service, changed: dict[str, object]) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    with refusal() as caught:
        rank(service, *PROVINCE, page_size=2, page_token=token, **changed)
    assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"
    assert "send the request unchanged, or start again without it" in caught[0].details


def test_a_page_token_does_not_fit_a_corrected_answer(service: Service) -> None:
    token = rank(service, *PROVINCE, page_size=2).next_page_token
    with refusal() as caught:
        rank(service, *PROVINCE[:4], row("xa-4", awarded=number(0)), page_size=2, page_token=token)
    assert caught[0].info.reason == "PAGE_TOKEN_OF_ANOTHER_REQUEST"


@pytest.mark.parametrize(
    "token",
    [
        *("garbage", "%%%", "mã-trang", "\0", "=", "AAAA", "x" * 10_000),
        *(base64.urlsafe_b64encode(text).decode() for text in (b"1.2.3", b"\xff\xfe", b"-1." + b"0" * 16)),
        base64.urlsafe_b64encode(f"{'9' * 30}.{'0' * 16}.{'0' * 16}".encode()).decode(),
    ],
)
def test_a_page_token_that_the_service_never_gave_is_refused(service: Service, token: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: rank(service, *PROVINCE, page_size=2, page_token=token),
        lambda: rank(service, *PROVINCE, page_token=token),
        lambda: service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_token=token)),
    ]
    for call in calls:
        with refusal() as caught:
            call()
        assert caught[0].code is grpc.StatusCode.INVALID_ARGUMENT
        assert caught[0].info.reason == "BAD_PAGE_TOKEN"
        assert caught[0].details == "page_token is none that this service gave; start again without it"


def test_a_page_token_of_another_list_of_sets_is_a_failed_precondition(service: Service) -> None:
    token = service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=1)).next_page_token
    assert token
    with serving(good(catalogue(host(INFRASTRUCTURE), TESTED))) as reloaded, refusal() as caught:
        reloaded.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest(page_size=1, page_token=token))
    assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
    assert caught[0].info.reason == "PAGE_TOKEN_OUTDATED"


# --- too much ------------------------------------------------------------------------------------------------------


def test_more_than_a_hundred_thousand_units_are_too_many(service: Service) -> None:
    units = districts(*(str(n) for n in range(MAX_UNITS + 1)))
    assert Limits().units == MAX_UNITS == 100_000
    with refusal() as caught:
        rank_table(service, scorer_pb2.UnitTable(units=units))
    refused = caught[0]
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.details == "100001 units are more than 100000: send the province tier by tier, each whole"
    assert (refused.info.reason, refused.info.metadata["limit"]) == ("TOO_MANY_UNITS", "100000")
    assert still_answers(service)


def test_a_hundred_thousand_units_are_taken(service: Service) -> None:
    units = districts(*(str(n) for n in range(MAX_UNITS)))
    table = scorer_pb2.UnitTable(units=units, columns=[column("staff", *[1.0] * (MAX_UNITS - 1), -1.0)])
    with refusal() as caught:  # a reply would only cost time
        rank_table(service, table)
    assert caught[0].fields == {f"table.columns[0].numbers[{MAX_UNITS - 1}]": "OUT_OF_RANGE"}


def test_more_than_five_thousand_full_rows_are_too_many_but_pages_and_tables_fit(service: Service) -> None:
    assert MAX_FULL_ROWS == 5_000
    full = scorer_pb2.SCORECARD_VIEW_FULL
    rows = [row(str(n), tanks=number(1)) for n in range(MAX_FULL_ROWS + 1)]
    for page_size in (0, MAX_FULL_ROWS + 1, 2**31 - 1):
        with refusal() as caught:
            rank(service, *rows, criteria_set="water-2020", view=full, page_size=page_size)
        refused = caught[0]
        assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.details == (
            "FULL scorecards of 5001 units are more than 5000: set page_size to 5000 at most, or send a table"
        )
        assert (refused.info.reason, refused.info.metadata["limit"]) == ("TOO_MANY_FULL_ROWS", "5000")
    page = rank(service, *rows, criteria_set="water-2020", view=full, page_size=MAX_FULL_ROWS)
    assert len(page.rankings[0].scorecards) == MAX_FULL_ROWS
    assert len(rank(service, *rows, criteria_set="water-2020").rankings[0].scorecards) == MAX_FULL_ROWS + 1
    table = scorer_pb2.UnitTable(units=[item.unit for item in rows])
    reply = rank_table(service, table, "water-2020", view=full)
    assert len(reply.rankings[0].table.unit_ids) == MAX_FULL_ROWS + 1


def send_bytes(service: Service, data: bytes, method: str = "ScorerService/RankProvince") -> bytes:
    return service.channel.unary_unary(f"/egov.scorer.v1.{method}")(data, timeout=60)


MIB = 2**20


def test_a_message_over_128_mib_is_too_large_and_a_table_takes_less_room(service: Service) -> None:
    with refusal() as caught:
        send_bytes(service, bytes(128 * MIB + 1))
    refused = caught[0]
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.details == (
        "the request has 134217729 bytes, at most 134217728 are taken; "
        "a table takes less room than rows, and a province can be sent tier by tier"
    )
    assert (refused.info.reason, refused.info.metadata["limit"]) == ("REQUEST_TOO_LARGE", "134217728")
    assert still_answers(service)


def test_a_message_of_exactly_128_mib_is_read(service: Service) -> None:
    with refusal() as caught:
        send_bytes(service, bytes(128 * MIB))
    assert caught[0].info.reason == "UNREADABLE_REQUEST"


def test_a_message_far_over_128_mib_is_too_large_also_for_grpc(service: Service) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        send_bytes(service, bytes(160 * MIB))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert still_answers(service)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 9,
        b"\x12\x05ab",
        b"\0",
        b"GET / HTTP/1.1\r\n",
        b"\x0a\x02\xff\xfe\x12\x02\xff\xfe",  # fields 1 and 2, of which each request has one that is text
        b"\x0b" * 5_000,  # groups within groups
    ],
    ids=["ones", "cut off", "NUL", "HTTP", "not UTF-8", "nested"],
)
@pytest.mark.parametrize(
    "method",
    [
        "ScorerService/ScoreUnit",
        "ScorerService/RankProvince",
        "CriteriaService/ListCriteriaSets",
        "CriteriaService/GetCriteriaSet",
    ],
)
def test_unreadable_bytes_are_the_callers_fault_and_leave_no_traceback(
    service: Service, caplog: pytest.LogCaptureFixture, method: str, data: bytes
) -> None:
    caplog.set_level(logging.INFO)
    with refusal() as caught:
        send_bytes(service, data, method)
    refused = caught[0]
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.info.reason == "UNREADABLE_REQUEST"
    name = method.partition("/")[2]
    assert refused.details.startswith(f"the bytes are no egov.scorer.v1.{name}Request: ")
    assert "Traceback" not in refused.details
    assert not any(record.exc_info or record.levelno >= logging.ERROR for record in caplog.records)
    assert [call["request_id"] for call in logged(caplog, "call")] == [refused.info.metadata["request_id"]]


def test_without_a_directory_there_is_nothing_to_load_anew(service: Service) -> None:
    with refusal() as caught:
        service.criteria.ReloadCriteriaSets(criteria_pb2.ReloadCriteriaSetsRequest())
    assert (caught[0].code, caught[0].info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_RELOADED")
    assert "--criteria DIR" in caught[0].details


# --- our own fault -------------------------------------------------------------------------------------------------


def gives(change: Callable[[np.ndarray, np.ndarray], object]) -> Callable[..., object]:
    """A ``score`` that gives no points, after ``change``; what that gives is taken when it is not None."""

    def score(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> object:
        points = np.zeros((len(criteria), len(cohort)))
        status = np.ones(points.shape, dtype=np.uint8)
        given = change(points, status)
        return GroupPoints(points, status) if given is None else given

    return score


def put(array: int, value: float) -> Callable[..., object]:
    """Puts a value to the second criterion of the last unit, in points (0) or status (1)."""

    def change(*arrays: np.ndarray) -> None:
        arrays[array][1, -1] = value

    return gives(change)


def raising(error: BaseException) -> Callable[..., object]:
    def score(*_: object) -> object:
        raise error

    return score


def recursing(*given: object) -> object:
    return recursing(*given)


def changing(field: str) -> Callable[..., object]:
    """Changes something of the cohort."""

    def score(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> object:
        getattr(cohort, field)[0 if field == "matrix" else "W.1"] = 1
        return None

    return score


class Unspeakable(Exception):
    def __repr__(self) -> str:
        raise SystemExit("no words")


BAD_SCORES: dict[str, tuple[Callable[..., object], str, str]] = {
    "an exception": (raising(RuntimeError("hết nước")), "", "score() raised RuntimeError('hết nước')"),
    "the end of the process": (raising(SystemExit(1)), "", "score() raised SystemExit(1)"),
    "nothing": (lambda *_: None, "", "score() gives None, not GroupPoints"),
    "a generator": (lambda *_: (n for n in range(2)), "", "score() gives <generator object "),
    "a thing that cannot be shown": (lambda *_: Unspeakable(), "", "score() gives a Unspeakable, not GroupPoints"),
    "an interrupt": (raising(KeyboardInterrupt()), "", "score() raised KeyboardInterrupt()"),
    "too deep a recursion": (recursing, "", "score() raised RecursionError("),
    "no memory": (raising(MemoryError()), "", "score() raised MemoryError()"),
    "an exception that cannot be shown": (raising(Unspeakable()), "", "score() raised a Unspeakable"),
    "a changed cohort": (changing("matrix"), "", "score() raised ValueError('assignment destination is read-only')"),
    "other units left out": (changing("excluded"), "", "score() raised TypeError("),
    "other rows": (changing("rows"), "", "score() raised TypeError("),
    "other indicators": (changing("indicators"), "", "score() raised TypeError("),
    "NaN": (put(0, math.nan), "W.2", "gives nan with status 1; whole micropoints from 0 to 2000000 can be"),
    "infinity": (put(0, math.inf), "W.2", "gives inf with status 1; whole micropoints from 0 to 2000000 can be"),
    "half a micropoint": (put(0, 0.5), "W.2", "gives 0.5 with status 1; whole micropoints from 0 to 2000000 can be"),
    "points over the maximum": (
        put(0, 2_000_001), "W.2", "gives 2000001.0 with status 1; whole micropoints from 0 to 2000000 can be",
    ),
    "points below nothing": (
        put(0, -1), "W.2", "gives -1.0 with status 1; whole micropoints from 0 to 2000000 can be",
    ),
    "points beyond 64 bits": (
        put(0, 1e300), "W.2", "gives 1e+300 with status 1; whole micropoints from 0 to 2000000 can be",
    ),
    "status 0": (put(1, 0), "W.2", "gives 0.0 with status 0; whole micropoints from 0 to 2000000 can be"),
    "status 4": (put(1, 4), "W.2", "gives 0.0 with status 4; whole micropoints from 0 to 2000000 can be"),
    "points lying down": (
        gives(lambda points, status: GroupPoints(points.T, status.T)),
        "", "points (3, 2) and status (3, 2) are not (2, 3)",
    ),
    "a criterion too few": (
        gives(lambda points, status: GroupPoints(points[:1], status[:1])),
        "", "points (1, 3) and status (1, 3) are not (2, 3)",
    ),
    "status of another shape": (
        gives(lambda points, status: GroupPoints(points, status[:, :1])),
        "", "points (2, 3) and status (2, 1) are not (2, 3)",
    ),
    "points in 32 bits": (
        gives(lambda points, status: GroupPoints(points.astype(np.float32), status)),
        "", "points are float32 and status uint8, not int64 and uint8",
    ),
    "status as words": (
        gives(lambda points, status: GroupPoints(points, status.astype(np.int64))),
        "", "points are float64 and status int64, not int64 and uint8",
    ),
    "points as text": (
        gives(lambda points, status: GroupPoints(points.astype(str), status)), "", "points are <U32 and status uint8",
    ),
    "ragged points": (
        gives(lambda points, status: GroupPoints([[1.0], [1.0, 2.0, 3.0]], status)),  # type: ignore[arg-type]
        "", "score() raised ValueError(",
    ),
}  # fmt: skip

BESIDE = TESTED.replace("tested-2020", "beside-2020")


@pytest.mark.parametrize("case", BAD_SCORES.values(), ids=BAD_SCORES)
def test_a_plugin_that_gives_what_cannot_be_fails_that_call_only_and_is_named(
    caplog: pytest.LogCaptureFixture, case: tuple[Callable[..., object], str, str]
) -> None:
    score_of_plugin, criterion, what = case
    caplog.set_level(logging.INFO)
    water = group("water", *WELLS, score=score_of_plugin)
    with serving(good(catalogue(host(water, INFRASTRUCTURE), WATER, BESIDE))) as service:
        with refusal() as caught:
            service.scorer.RankProvince(
                scorer_pb2.RankProvinceRequest(
                    criteria_set="water-2020", rows=scorer_pb2.UnitRows(units=[row(code) for code in "abc"])
                ),
                metadata=[("x-request-id", "tinh-46")],
                timeout=5,
            )
        refused = caught[0]
        assert refused.code is grpc.StatusCode.INTERNAL
        where = f"group 'water' of plugin 'water'{f', criterion {criterion}' if criterion else ''}: "
        assert refused.details.startswith(where + what)
        assert (refused.info.reason, refused.info.domain) == ("PLUGIN_FAULT", "scorer.egov.vn")
        assert dict(refused.info.metadata) == {
            "group": "water", "criterion": criterion, "plugin": "water", "distribution": "", "request_id": "tinh-46",
        }  # fmt: skip
        assert "Traceback" not in refused.details
        assert ".py" not in refused.details
        (call,) = logged(caplog, f"call: {refused.details}")
        assert (call["request_id"], call["code"], call["reason"]) == ("tinh-46", "INTERNAL", "PLUGIN_FAULT")
        assert still_answers(service, "beside-2020")


class Bursting(Formula):
    """Breaks, or gives the wrong shape."""

    kind = "bursting"
    indicator: str
    shape: bool = False

    def reads(self) -> list[Read]:
        return [Read(("indicator",), self.indicator, frozenset({"number"}))]  # type: ignore[arg-type]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: object) -> Outcome:
        if self.shape:
            return Outcome(np.zeros(len(cohort) + 1), np.zeros(len(cohort), dtype=np.bool_))
        raise ZeroDivisionError("vỡ ống")


@pytest.mark.parametrize(
    ("key", "what"), [("", "vỡ ống"), (", shape: true", "could not broadcast input array")], ids=["raises", "shape"]
)
def test_a_formula_that_breaks_is_named_with_its_criterion(key: str, what: str) -> None:
    bursting = WATER.replace("formula: awarded, indicator: wells", f"formula: bursting, indicator: wells{key}")
    plugins = host(group("water", *WELLS), INFRASTRUCTURE, formulas=[Bursting])
    with serving(good(catalogue(plugins, bursting, BESIDE))) as service:
        with refusal() as caught:
            score(service, row("hue"), "water-2020")
        refused = caught[0]
        assert refused.code is grpc.StatusCode.INTERNAL
        assert refused.details.startswith("group 'water' of plugin 'water', criterion W.2: its formula raised ")
        assert what in refused.details
        assert (refused.info.metadata["group"], refused.info.metadata["criterion"]) == ("water", "W.2")
        assert still_answers(service, "beside-2020")


def test_a_plugin_may_break_with_many_words() -> None:
    water = group("water", *WELLS, score=raising(RuntimeError(LONG_WORDS * 30)))
    with serving(good(catalogue(host(water), WATER))) as service:
        with pytest.raises(grpc.RpcError) as caught:
            score(service, row("hue"), "water-2020")
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        said = f"group 'water' of plugin 'water': score() raised RuntimeError('{LONG_WORDS[:20]}"
        assert caught.value.details().startswith(said)
        assert dict(caught.value.trailing_metadata())["grpc-status-details-bin"]


def test_a_plugin_that_broke_once_is_not_shut_out() -> None:
    def moody(group_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> GroupPoints:
        if "poison" in cohort.unit_ids:
            raise RuntimeError("poisoned")
        return GroupPoints(
            np.zeros((len(criteria), len(cohort))), np.ones((len(criteria), len(cohort)), dtype=np.uint8)
        )

    with serving(good(catalogue(host(group("water", *WELLS, score=moody)), WATER))) as service:
        with refusal() as caught:
            rank(service, row("hue"), row("poison"), criteria_set="water-2020")
        assert caught[0].code is grpc.StatusCode.INTERNAL
        assert rank(service, row("hue"), criteria_set="water-2020").rankings[0].unit_count == 1


TWO_GROUPS = (
    WATER.replace("water-2020", "two-2020")
    + """\
      roads:
        criteria:
          - {id: R.1, formula: awarded, indicator: wells, points: 2}
"""
)


def test_what_a_plugin_keeps_and_changes_afterwards_changes_no_answer() -> None:
    kept: list[np.ndarray] = []

    def score_of_plugin(_: object, criteria: tuple[Criterion, ...], cohort: Cohort) -> GroupPoints:
        for array in kept:
            array[:] = 3
        shape = len(criteria), len(cohort)
        kept.extend((np.full(shape, 1_000_000), np.ones(shape, dtype=np.uint8)))
        return GroupPoints(*kept[-2:])

    two = [group(name, *WELLS, score=score_of_plugin) for name in ("water", "roads")]
    with serving(good(catalogue(host(*two), TWO_GROUPS))) as service:
        for _ in range(2):
            assert score(service, row("hue"), "two-2020").scorecard.overall.score.points == 3


class BrokenCatalogue(Catalogue):
    """A mistake of our own."""

    @property
    def sets(self) -> object:  # type: ignore[override]
        raise KeyError("s3cret of the house")


def test_our_own_mistake_says_nothing_but_the_request_id_and_the_log_says_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = object.__new__(BrokenCatalogue)
    with serving(broken) as service:
        calls = calls_with(service, "tested-2020")
        calls["ListCriteriaSets"] = lambda: service.criteria.ListCriteriaSets(criteria_pb2.ListCriteriaSetsRequest())
        for method, call in calls.items():
            caplog.clear()
            with refusal() as caught:
                call()
            refused = caught[0]
            request_id = refused.info.metadata["request_id"]
            assert refused.code is grpc.StatusCode.INTERNAL
            assert refused.details == f"the service failed; its log has request id {request_id}"
            assert (refused.info.reason, refused.info.domain) == ("INTERNAL", "scorer.egov.vn")
            status = str(status_pb2.Status.FromString(refused.trailers["grpc-status-details-bin"]))
            assert "s3cret" not in status
            (record,) = (record for record in caplog.records if record.name == "scorer.calls")
            assert (record.request_id, record.method) == (request_id, method)
            assert record.exc_info is not None
            assert "s3cret of the house" in str(record.exc_info[1])


# --- none forgotten ------------------------------------------------------------------------------------------------


CASES_STAND_IN = (
    "test_errors.py", "test_abuse.py", "test_access.py", "test_limits.py", "test_slow_plugins.py",
    "test_sets_by_day.py", "test_cohorts.py",
)  # fmt: skip


def test_every_reason_of_the_service_has_its_case_here() -> None:
    sources = [
        *(ROOT / "scorer" / "service").glob("*.py"),
        *(ROOT / "scorer" / f"{n}.py" for n in ("intake", "groups")),
    ]
    texts = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    reasons = {text for text in texts if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text) and len(text) > 4}
    assert len(reasons) > 30
    here = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in CASES_STAND_IN)
    assert {reason for reason in reasons - {FOLDER} if f'"{reason}"' not in here} == set()


def test_error_details_name_the_service_as_their_domain(service: Service) -> None:
    with refusal() as caught:
        score(service, row("hue"), "nowhere-2020")
    status = status_pb2.Status.FromString(caught[0].trailers["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message) == (grpc.StatusCode.NOT_FOUND.value[0], caught[0].details)
    assert info.domain == "scorer.egov.vn"
