"""A criteria set with four groups, and units, for the tests of the client."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from harness import group

from scorer.plugin_api import Indicator
from scorer_client import Client, Province, Row, ScorerError

SET = "tested-2020"
BAC_KAN = "bac-kan-2020"

SMALL_SET = """
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
    """A unit with all points, except for these answers; None means missing."""
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


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    fields = ("id", "tier", "name", "parent", "not_applicable")
    units = {field: [getattr(row, field) for row in rows] for field in fields}
    return units | {code: [row.answers.get(code) for row in rows] for code in EVERYTHING}


def as_table(client: Client, rows: Sequence[Row], **options: Any) -> Province:
    return client.rank_table(SET, columns_of(rows), **options)


def refused(call: Callable[[], object]) -> ScorerError:
    with pytest.raises(ScorerError) as caught:
        call()
    return caught.value


TWO = {"id": ["a", "b"], "tier": ["district", "district"]}
