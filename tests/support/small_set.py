"""A small criteria set, most of all for tests of refusals: its units as rows and tables, and calls."""

from __future__ import annotations

import logging
from collections.abc import Callable

import grpc
import pytest
from arrow_tables import unit_table
from google.type import date_pb2
from harness import Refused, Service, group

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer.plugin_api import Indicator, PartOf

SMALL_SET = """
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

OTHER_SET = SMALL_SET.replace("tested-2020", "beside-2020")

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

LONG_WORDS = "\N{CLASSICAL BUILDING}" * 80


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
    """The extra fields of log records on calls with this message."""
    usual = {*logging.makeLogRecord({}).__dict__, "message"}
    records = [r for r in caplog.records if r.name == "scorer.calls" and r.getMessage().startswith(message)]
    return [{name: value for name, value in r.__dict__.items() if name not in usual} for r in records]


def assert_refused(caught: list[Refused], field: str, reason: str, description: str) -> None:
    (refused,) = caught
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(v.field, v.reason, v.description) for v in refused.bad.field_violations] == [(field, reason, description)]
    assert refused.details == f"{field}: {description}"
    assert (refused.info.reason, refused.info.domain) == ("INVALID_REQUEST", "scorer.egov.vn")
    assert refused.info.metadata[TOTAL] == "1"


def table(**columns: object) -> scorer_pb2.UnitTable:
    """A table of three districts with the column ``files``."""
    return unit_table(("hue", "nam-dong", "phu-loc"), {"files": [9, 9, 9], **columns})


def calls_with(service: Service, code: str) -> dict[str, Callable[[], object]]:
    return {
        "ScoreUnit": lambda: score(service, row("hue"), code),
        "RankProvince": lambda: rank(service, row("hue"), criteria_set=code),
        "GetCriteriaSet": lambda: service.criteria.GetCriteriaSet(
            criteria_pb2.GetCriteriaSetRequest(criteria_set=code)
        ),
    }
