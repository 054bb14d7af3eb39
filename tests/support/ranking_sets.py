"""Criteria sets of two categories for rankings, and units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import harness
import unit_messages
from oracle import Unit

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

HOST = harness.host(
    harness.group("infrastructure", Indicator("machine_points", kind="number"), Indicator("firewall", kind="flag")),
    harness.group("human_resources", Indicator("staff_points", kind="number")),
    harness.group("presence", Indicator("website_points", kind="number"), Indicator("complaints", kind="count")),
)

READINESS = """
  readiness:
    groups:
      infrastructure:
        criteria:
          - {id: INF.01, formula: awarded, indicator: machine_points, points: 38}
          - {id: INF.02, formula: flag, indicator: firewall, points: 2, may_be_not_applicable: true}
      human_resources:
        criteria:
          - {id: HR.01, formula: awarded, indicator: staff_points, points: 10, may_be_not_applicable: true}
"""

LEVELS = """
    levels:
      - level: 1
        gates: [{measure: total, at_least: 90%}, {measure: human_resources, at_least: 90%}]
      - level: 4
        gates: [{measure: total, at_least: 70%}, {measure: human_resources, at_least: 50%}]
"""

ACHIEVEMENT = """
  achievement:
    groups:
      presence:
        criteria:
          - {id: PRE.01, formula: awarded, indicator: website_points, points: 20, may_be_not_applicable: true}
          - {id: PRE.02, formula: count, indicator: complaints, each: 4, points: 30, effect: penalty}
    levels:
      - level: 4
        gates: [{measure: total, at_least: 50%}]
"""


def criteria_set(code: str, categories: str, head: str = "", tiers: str = "district") -> str:
    return f"""
criteria_set: {code}
title: {{en: Ranking}}
provenance: published
tiers: [{tiers}]
{head}
categories:{categories}
"""


DOCUMENTS = {
    "competition": criteria_set("competition", READINESS),
    "dense": criteria_set("dense", READINESS, "ranking: {ties: dense}"),
    "ordinal": criteria_set("ordinal", READINESS, "ranking: {ties: ordinal}"),
    "exact": criteria_set("exact", READINESS, "ranking: {precision: exact}"),
    "gated": criteria_set("gated", READINESS + LEVELS),
    "both": criteria_set("both", READINESS + LEVELS + ACHIEVEMENT),
    "readiness-only": criteria_set(
        "readiness-only", READINESS + LEVELS + ACHIEVEMENT, "overall: {requires: [readiness]}"
    ),
    "lenient": criteria_set(
        "lenient",
        """
  readiness:
    groups:
      human_resources:
        criteria:
          - {id: HR.01, formula: awarded, indicator: staff_points, points: 10, when_missing: not_applicable}
          - {id: HR.02, formula: flag, indicator: firewall, points: 10}
      infrastructure:
        criteria:
          - {id: INF.01, formula: awarded, indicator: machine_points, points: 0}
""",
    ),
    "tiers": criteria_set(
        "tiers",
        """
  readiness:
    groups:
      human_resources:
        criteria: [{id: HR.01, formula: awarded, indicator: staff_points, points: 10}]
    levels: [{level: 4, gates: [{measure: total, at_least: 70%}]}]
  achievement:
    groups:
      presence:
        criteria: [{id: PRE.01, formula: awarded, indicator: website_points, points: {district: 10, commune: 0}}]
""",
        "overall: {requires: [achievement]}",
        "department, district, commune",
    ),
}


def rank(service: harness.Service, code: str, units: Sequence[Unit], **more: Any) -> pb.Ranking:
    """The ranking of units of one tier."""
    request = pb.RankProvinceRequest(criteria_set=code, rows=unit_messages.rows(units), **more)
    [ranking] = service.scorer.RankProvince(request).rankings
    return ranking


def district(name: str, points: str, **more: Any) -> Unit:
    """A district with this many of 50 points: first for its staff, then for its machines."""
    staff = min(Decimal(points), Decimal(10))
    answers = {"staff_points": staff, "machine_points": Decimal(points) - staff, "firewall": False}
    return Unit(name, "district", answers | more)


def overall_ranks(ranking: pb.Ranking) -> list[tuple[str, int]]:
    return [(card.unit.id, card.overall.rank) for card in ranking.scorecards]


def by_name(ranking: pb.Ranking) -> dict[str, pb.Scorecard]:
    return {card.unit.id: card for card in ranking.scorecards}
