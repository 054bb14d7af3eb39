"""The formula kind ``progress`` of a stand-alone plugin: exact over a real socket, with its mistakes named."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from example_counts import with_examples
from harness import Service, catalogue, good, group, host, serving
from hypothesis import given
from hypothesis import strategies as st
from scorer_information_security.progress import Progress
from stand_alone import install, scorer

from scorer.plugin_api import Indicator
from scorer_client import Client, CriterionResult, Row

TARGETS = {"department": Fraction(1), "district": Fraction(8, 10), "commune": Fraction(333_333, 1_000_000)}
MOST = 3_000_000
"""Micropoints."""

PART = "formula: progress, numerator: reached, denominator: planned"
BY_TIER = "target: {department: 100%, district: 80%, commune: 33.3333%}"
DOCUMENT = f"""
criteria_set: progress-2020
title: {{en: Progress}}
provenance: published
tiers: [department, district, commune]
categories:
  readiness:
    groups:
      plan:
        criteria:
          - {{id: ZERO, {PART}, {BY_TIER}, when_zero: zero, points: 3}}
          - {{id: FULL, {PART}, {BY_TIER}, when_zero: full, points: 3}}
          - {{id: LEFT, {PART}, {BY_TIER}, when_zero: not_applicable, points: 3}}
          - id: SUM
            formula: sum
            terms:
              - {{{PART}, {BY_TIER}, when_zero: zero, points: 1}}
              - {{{PART}, {BY_TIER}, when_zero: full, points: 1}}
              - {{{PART}, target: 60%, when_zero: zero, points: 1}}
            points: 3
"""
PLAN = group("plan", Indicator("reached", "count"), Indicator("planned", "count"), Indicator("speed", "number"))


def exactly(reached: int, planned: int, target: Fraction, when_zero: int) -> Fraction:
    """The exact share of the points, by the definition."""
    return min(reached / (planned * target), Fraction(1)) if planned else Fraction(when_zero)


def expected(tier: str, reached: int, planned: int) -> dict[str, int]:
    """Micropoints by criterion: rounded once, an exact half to the even one."""
    zero, full = (exactly(reached, planned, TARGETS[tier], when_zero) for when_zero in (0, 1))
    third = exactly(reached, planned, Fraction(6, 10), 0)
    parts = (zero + full + third) * MOST / 3
    return {"ZERO": round(zero * MOST), "FULL": round(full * MOST), "LEFT": round(zero * MOST), "SUM": round(parts)}


def micropoints(results: dict[str, CriterionResult]) -> dict[str, int]:
    return {code: round(result.points * 1_000_000) for code, result in results.items()}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(good(catalogue(host(PLAN, formulas=[Progress]), DOCUMENT))) as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with Client(service.address) as client:
        yield client


def ranked(client: Client, units: list[tuple[str, dict[str, int]]]) -> list[dict[str, CriterionResult]]:
    """Results by criterion of units (tier and answers), in their order."""
    rows = [Row(f"u{n}", tier, answers) for n, (tier, answers) in enumerate(units)]
    province = client.rank_province("progress-2020", rows, full=True)
    results = {unit.id: unit.category("readiness") for ranking in province.rankings for unit in ranking.units}
    return [{item.criterion: item for item in results[row.id].groups[0].criteria} for row in rows]


COUNTS = st.one_of(st.integers(0, 300), st.integers(0, 8_000_000_000), st.sampled_from([2**k for k in range(33)]))
UNITS = st.lists(st.tuples(st.sampled_from(list(TARGETS)), COUNTS, COUNTS), min_size=1, max_size=40)


@given(units=UNITS)
@with_examples(60)
def test_points_are_the_share_of_the_target_exactly_rounded(client: Client, units: list[tuple[str, int, int]]) -> None:
    results = ranked(client, [(tier, {"reached": r, "planned": p}) for tier, r, p in units])
    for unit, found in zip(units, results, strict=True):
        assert micropoints(found) == expected(*unit), unit


@given(units=UNITS)
@with_examples(20)
def test_progress_in_tables_equals_progress_in_rows(client: Client, units: list[tuple[str, int, int]]) -> None:
    table = {
        "id": [f"u{n}" for n in range(len(units))],
        "tier": [tier for tier, *_ in units],
        "reached": np.array([reached for _, reached, _ in units], float),
        "planned": np.array([planned for *_, planned in units], float),
    }
    province = client.rank_table("progress-2020", table)
    for ranking in province.rankings:
        for found in ranking.units:
            tier, reached, planned = units[int(found.id[1:])]
            points = round(found.category("readiness").score.points * 1_000_000)
            assert points == sum(expected(tier, reached, planned).values())


@pytest.mark.parametrize(
    ("reached", "planned", "micro"),
    [(2, 256, 23_438), (6, 256, 70_312), (1, 3, 1_000_000), (2, 3, 2_000_000), (100, 100, MOST), (101, 100, MOST)],
    ids=["half up to even", "half down to even", "a third", "two thirds", "at the target", "beyond the target"],
)
def test_exact_halves_go_to_the_even_micropoint(client: Client, reached: int, planned: int, micro: int) -> None:
    (found,) = ranked(client, [("department", {"reached": reached, "planned": planned})])
    assert micropoints(found)["ZERO"] == micro


def test_the_target_is_that_of_the_tier(client: Client) -> None:
    department, district = ranked(
        client, [(tier, {"reached": 4, "planned": 10}) for tier in ("department", "district")]
    )
    assert (department["ZERO"].points, district["ZERO"].points) == (1.2, 1.5)


@pytest.mark.parametrize(
    ("reached", "planned", "micro"),
    [(3, 7, 1_571_429), (77, 128, 2_203_125), (3, 128, 85_938), (9, 128, 257_812)],
    ids=["3/7 + 3/7 + 5/7", "halves that make one", "half up to even", "half down to even"],
)
def test_terms_of_a_sum_are_rounded_together(client: Client, reached: int, planned: int, micro: int) -> None:
    (found,) = ranked(client, [("department", {"reached": reached, "planned": planned})])
    assert micropoints(found)["SUM"] == micro


def test_a_denominator_of_zero_follows_when_zero(client: Client) -> None:
    (found,) = ranked(client, [("commune", {"reached": 0, "planned": 0})])
    assert (found["ZERO"].points, found["FULL"].points) == (0, 3)
    assert (found["LEFT"].status, found["LEFT"].max_points) == ("not_applicable", 0)


@pytest.mark.parametrize("answers", [{"reached": 5}, {"planned": 5}, {"planned": 0}, {}])
def test_a_missing_answer_is_not_zero(client: Client, answers: dict[str, int]) -> None:
    (found,) = ranked(client, [("commune", answers)])
    assert {result.status for result in found.values()} == {"missing"}
    assert micropoints(found) == dict.fromkeys(found, 0)


WRONG = {
    "target: 80": "expected a percentage with at most four decimals, such as 80%, not 80",
    "target: 0%": "expected a percentage above 0% and at most 100%",
    "target: 101%": "expected a percentage above 0% and at most 100%",
    "target: 33.33333%": "expected a percentage with at most four decimals, such as 80%, not '33.33333%'",
    "target: 80% or so": "expected a percentage with at most four decimals, such as 80%, not '80% or so'",
    "target: {department: 80, district: 80%}": "expected a percentage with at most four decimals, such as 80%, not 80",
    "target: {department: 80%}": "has no target for tier 'district', but the criterion has points",
    "target: {department: 80%, districts: 80%}": "unknown tier 'districts'; did you mean 'district'?",
}


def test_every_wrong_target_is_named_with_line_and_column(tmp_path: Path) -> None:
    environment = install(tmp_path / "site", "information-security")
    head = (
        "criteria_set: wrong-2020\ntitle: {en: Wrong}\nprovenance: published\ntiers: [department, district]\n"
        "categories:\n  security:\n    groups:\n      information_security:\n        criteria:\n"
    )
    numbers = "numerator: information_systems_level_approved, denominator: information_systems, when_zero: zero"
    lines = [
        f"          - {{id: C{n}, formula: progress, {numbers}, points: 1, {target}}}\n"
        for n, target in enumerate(WRONG)
    ]
    document = tmp_path / "wrong-2020.yaml"
    document.write_text(head + "".join(lines), encoding="utf-8")
    done = scorer(environment, "criteria", "check", document)
    assert done.returncode == 2
    said = done.stdout + done.stderr
    for line, message in enumerate(WRONG.values(), start=10):
        assert [text for text in said.splitlines() if f"wrong-2020.yaml:{line}:" in text and message in text], (
            line,
            said,
        )


def test_an_indicator_that_is_not_a_count_is_refused() -> None:
    text = DOCUMENT.replace("numerator: reached", "numerator: speed", 1)
    refusal = catalogue(host(PLAN, formulas=[Progress]), text).refusal("progress-2020")
    assert refusal is not None
    assert ["'speed' is a number, this formula reads a count" in str(problem) for problem in refusal.problems] == [True]
