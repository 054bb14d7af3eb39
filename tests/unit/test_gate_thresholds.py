"""Units on every threshold of every gate and one micropoint beside it, over a socket.

Points are awarded, so that the tests can give a unit any exact number of points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import harness
import oracle
import pytest
import set_documents
import unit_messages
from expected_replies import assert_same, expected_reply
from oracle import Unit
from oracle.categories import gates_of
from oracle.numbers import exact
from set_documents import yaml_text

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

MICRO = 10**6
POLICY, MACHINES, FIREWALL, STAFF = "policy_points", "machine_points", "firewall_points", "staff_points"
HOST = harness.host(
    harness.group("policy_environment", Indicator(POLICY, kind="number")),
    harness.group("infrastructure", Indicator(MACHINES, kind="number"), Indicator(FIREWALL, kind="number")),
    harness.group("human_resources", Indicator(STAFF, kind="number")),
)

Document = dict[str, Any]


def criteria_set(code: str, maxima: Mapping[str, Any], levels: list[dict[str, Any]]) -> Document:
    """A set of one category; the firewall (2 points) need not apply."""

    def awarded(identity: str, indicator: str, **more: Any) -> dict[str, Any]:
        return {"id": identity, "formula": "awarded", "indicator": indicator, "points": maxima[indicator], **more}

    return {
        "criteria_set": code,
        "title": {"en": "Edges"},
        "provenance": "published",
        "tiers": ["district"],
        "categories": {
            "readiness": {
                "groups": {
                    "policy_environment": {"criteria": [awarded("PE.01", POLICY)]},
                    "infrastructure": {
                        "criteria": [
                            awarded("INF.01", MACHINES),
                            awarded("INF.02", FIREWALL, may_be_not_applicable=True),
                        ]
                    },
                    "human_resources": {"criteria": [awarded("HR.01", STAFF)]},
                },
                "levels": levels,
            }
        },
    }


def one_gate_a_level(measure: str, minimums: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"level": n, "gates": [{"measure": measure, how: minimum}]}
        for n, (how, minimum) in enumerate(minimums, start=1)
    ]


# Every edge, against the oracle.

MEASURES = {
    "total": (POLICY, MACHINES, FIREWALL, STAFF),
    "policy_environment": (POLICY,),
    "infrastructure": (MACHINES, FIREWALL),
    "infrastructure + human_resources": (MACHINES, FIREWALL, STAFF),
    "INF.02": (FIREWALL,),
}
"""The answers that add up to each measure."""

MAXIMA = {
    # Of a measure without and with the firewall; percentages of most of them leave remainders.
    "50": {POLICY: 15, MACHINES: 23, FIREWALL: 2, STAFF: 10},
    "7": {POLICY: 3, MACHINES: 1, FIREWALL: 1, STAFF: 2},
    "49.99": {POLICY: Decimal("33.33"), MACHINES: Decimal("9.99"), FIREWALL: 3, STAFF: Decimal("3.67")},
    "0.000007": dict(
        zip(
            (POLICY, MACHINES, FIREWALL, STAFF),
            map(Decimal, ("0.000003", "0.000001", "0.000001", "0.000002")),
            strict=True,
        )
    ),
}

PERCENT_EDGES = [
    ("at_least", "100%"), ("above", "99.9999%"), ("above", "90%"), ("at_least", "90%"), ("at_least", "71.4286%"),
    ("above", "71.4285%"), ("at_least", "71.4285%"), ("above", "70%"), ("at_least", "70%"), ("at_least", "66.6667%"),
    ("above", "66.6666%"), ("at_least", "33.3334%"), ("above", "33.3333%"), ("at_least", "33.3333%"),
    ("at_least", "0.0001%"), ("above", "0%"), ("at_least", "0%"),
]  # fmt: skip


def points_edges(most: int) -> list[tuple[str, Any]]:
    """Thresholds of a measure with ``most`` micropoints: all, 7 tenths, a third, one micropoint, none."""
    amounts = sorted({most, most * 7 // 10, most // 3, 1, 0}, reverse=True)
    edges = [(how, set_documents.decimal(micro)) for micro in amounts for how in ("above", "at_least")]
    return edges[1:]  # nothing is above all of it


def micro_of(amounts: Mapping[str, Any], indicators: tuple[str, ...]) -> dict[str, int]:
    return {code: int(exact(amounts[code]) * MICRO) for code in indicators}


CASES = {
    re.sub(r"[^a-z0-9]+", "-", f"{unit} of {measure} {maxima}".lower()): (measure, unit, maxima)
    for measure in MEASURES
    for unit in ("percent", "points")
    for maxima in MAXIMA
}
"""A set each."""


def case_document(code: str) -> Document:
    measure, unit, maxima = CASES[code]
    amounts = MAXIMA[maxima]
    most = sum(micro_of(amounts, MEASURES[measure]).values())
    edges = PERCENT_EDGES if unit == "percent" else points_edges(most)
    return criteria_set(code, amounts, one_gate_a_level(measure, edges))


# Edges by name: a district of 50 points as the provinces ask of them.

LEVELS = [
    {"level": level, "gates": [{"measure": "total", "at_least": f"{percent}%"}]}
    for level, percent in ((1, 90), (2, 85), (3, 80), (4, 70))
]
NAMED = {
    "percent": criteria_set("percent", MAXIMA["50"], LEVELS),
    "above": criteria_set("above", MAXIMA["50"], one_gate_a_level("total", [("above", "70%")])),
    "thirds": criteria_set(
        "thirds",
        {POLICY: 3, MACHINES: 1, FIREWALL: 1, STAFF: 1},
        one_gate_a_level(
            "policy_environment", [("at_least", "33.3334%"), ("above", "33.3333%"), ("at_least", "33.3333%")]
        ),
    ),
    "points": criteria_set("points", MAXIMA["50"], one_gate_a_level("total", [("above", 35), ("at_least", 35)])),
    "parts": criteria_set(
        "parts",
        MAXIMA["50"],
        [
            {
                "level": 4,
                "gates": [
                    {"measure": "total", "at_least": "70%"},
                    {"measure": "human_resources + infrastructure", "at_least": "70%"},
                ],
            }
        ],
    ),
}


@pytest.fixture(scope="module")
def service() -> Iterator[harness.Service]:
    documents = [*map(case_document, CASES), *NAMED.values()]
    sets = harness.good(harness.catalogue(HOST, *map(yaml_text, documents)))
    with harness.serving(sets) as running:
        yield running


def ranked(service: harness.Service, code: str, units: list[Unit]) -> pb.RankProvinceResponse:
    reply = service.scorer.RankProvince(
        pb.RankProvinceRequest(criteria_set=code, rows=unit_messages.rows(units), view=pb.SCORECARD_VIEW_FULL)
    )
    reply.ClearField("provenance")
    reply.ClearField("names")
    return reply


def units_of(edge: Fraction, answers: dict[str, int], not_applicable: tuple[str, ...]) -> Iterator[Unit]:
    """Units on a threshold, one micropoint below and one above; ``answers`` has the largest value of each answer."""
    for micro in sorted({math.floor(edge) - 1, math.floor(edge), math.ceil(edge), math.ceil(edge) + 1}):
        if 0 <= micro <= sum(answers.values()):
            left, given = micro, {}
            for code, most in answers.items():
                given[code] = set_documents.decimal(min(left, most))
                left -= min(left, most)
            without = "without" if not_applicable else "with"
            yield Unit(f"{without} the firewall, {micro}", "district", given, not_applicable)


@pytest.mark.parametrize("code", CASES)
def test_units_on_and_beside_every_threshold_agree_with_the_oracle(service: harness.Service, code: str) -> None:
    measure, unit, maxima = CASES[code]
    document = case_document(code)
    gates = gates_of(document["categories"]["readiness"], "district")
    units: dict[str, Unit] = {}
    for not_applicable in ((), ("INF.02",)):
        indicators = tuple(i for i in MEASURES[measure] if not (not_applicable and i == FIREWALL))
        answers = micro_of(MAXIMA[maxima], indicators)
        for gate in gates:
            edge = gate.minimum * sum(answers.values()) / 100 if unit == "percent" else gate.minimum * MICRO
            units |= {found.id: found for found in units_of(edge, answers, not_applicable)}
    expected = oracle.rank_province(document, list(units.values()))
    decisions = {(gate.level, gate.passed) for card in expected[0].cards for gate in card.categories[0].gates}
    assert {level for level, passed in decisions if passed} == {gate.level for gate in gates}
    assert {level for level, passed in decisions if not passed} >= {g.level for g in gates if g.minimum or g.strict}
    assert_same(ranked(service, code, list(units.values())), expected_reply(expected))


def district(total: str, *, policy: str = "0", firewall: bool = True) -> Unit:
    """A district with ``total`` points, ``policy`` of them for policies."""
    left = Decimal(total) - Decimal(policy)
    answers = {POLICY: Decimal(policy)}
    for code, most in ((MACHINES, 23), (STAFF, 10), (FIREWALL, 2 if firewall else 0)):
        answers[code] = min(left, Decimal(most))
        left -= answers[code]
    assert not left
    return Unit("Ba Bể", "district", answers, () if firewall else ("INF.02",))


def readiness(service: harness.Service, code: str, unit: Unit) -> pb.CategoryScore:
    return ranked(service, code, [unit]).rankings[0].scorecards[0].categories[0]


def test_unit_exactly_on_seventy_percent_reaches_level_four(service: harness.Service) -> None:
    found = readiness(service, "percent", district("35", policy="10"))
    assert (found.standing, found.level, found.score.percent) == (pb.STANDING_RANKED, 4, 70)


def test_a_unit_one_micropoint_below_seventy_percent_is_unranked_with_its_value(service: harness.Service) -> None:
    found = readiness(service, "percent", district("34.999999", policy="10"))
    assert (found.standing, found.level, found.rank) == (pb.STANDING_BELOW_MINIMUM, 0, 0)
    [failing] = found.failing
    assert (failing.value, failing.gate.minimum, failing.gate.measure) == (69.9999, 70, "total")


def test_a_unit_one_micropoint_below_ninety_percent_has_the_gate_of_level_one(service: harness.Service) -> None:
    found = readiness(service, "percent", district("44.999999", policy="15"))
    assert (found.standing, found.level) == (pb.STANDING_RANKED, 2)
    assert [(failing.gate.level, failing.value) for failing in found.failing] == [(1, 89.9999)]


def test_unit_exactly_on_a_strict_edge_does_not_reach_it(service: harness.Service) -> None:
    found = readiness(service, "above", district("35", policy="10"))
    assert (found.standing, found.failing[0].value, found.failing[0].gate.strict) == (
        pb.STANDING_BELOW_MINIMUM,
        70,
        True,
    )


def test_a_unit_one_micropoint_above_a_strict_edge_reaches_it(
    service: harness.Service,
) -> None:
    found = readiness(service, "above", district("35.000001", policy="10"))
    assert (found.standing, found.level, found.score.percent) == (pb.STANDING_RANKED, 1, 70)


@pytest.mark.parametrize(("points", "level"), [("1", 2), ("0.999999", 3), ("0.999998", 0), ("1.000002", 1)])
def test_one_of_three_points_is_above_33_3333_percent_and_below_33_3334(
    service: harness.Service, points: str, level: int
) -> None:
    assert readiness(service, "thirds", Unit("Na Rì", "district", {POLICY: Decimal(points)})).level == level


def test_points_that_are_not_applicable_lower_the_edge_of_a_percentage(service: harness.Service) -> None:
    on = readiness(service, "percent", district("33.6", policy="10", firewall=False))
    assert (on.level, on.score.max_points, on.score.percent, on.score.converted) == (4, 48, 70, 35)
    below = readiness(service, "percent", district("33.599999", policy="10", firewall=False))
    assert (below.level, below.failing[0].value) == (0, 69.9999)


def test_points_that_are_not_applicable_do_not_lower_an_edge_in_points(service: harness.Service) -> None:
    unit = district("34.999999", policy="10", firewall=False)  # 72.9 % of 48 points, converted 36.458332
    found = readiness(service, "points", unit)
    assert (found.standing, found.score.converted) == (pb.STANDING_BELOW_MINIMUM, 36.458332)
    assert readiness(service, "points", district("35", policy="10", firewall=False)).level == 2
    assert readiness(service, "points", district("35.000001", policy="10", firewall=False)).level == 1


def test_unit_below_seventy_percent_of_infrastructure_and_staff_is_unranked_whatever_its_total(
    service: harness.Service,
) -> None:
    found = readiness(service, "parts", district("39.499999", policy="15"))  # 78.9 % in all, 24.499999 of 35
    assert found.standing == pb.STANDING_BELOW_MINIMUM
    assert [(failing.gate.measure, failing.value) for failing in found.failing] == [
        ("infrastructure+human_resources", 69.9999)
    ]
    assert readiness(service, "parts", district("39.5", policy="15")).level == 4
