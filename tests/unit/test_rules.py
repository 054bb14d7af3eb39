"""Levels with conditions, and limits: the service and exact fractions agree, also one micropoint beside a threshold."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import example_counts
import harness
import pytest
import unit_messages
from hypothesis import given
from hypothesis import strategies as st
from oracle import Unit
from oracle.categories import category_result
from oracle.conditions import level_by_conditions
from rule_documents import HOST, INCIDENT, LAN, OTHER, TIERS, WEST, document, north, south
from set_documents import yaml_text

from egov.scorer.v1 import criteria_pb2
from egov.scorer.v1 import scorer_pb2 as pb

EDGES = {"north": Decimal(8), "south": Decimal("2.5"), "base": Decimal(8)}
MICRO = Decimal("0.000001")


def units(tier: str) -> Iterator[Unit]:
    """Units at each edge and one micropoint on either side of it, with all kinds of answers."""
    beside = (-MICRO, Decimal(0), MICRO)
    answers = [{}, {"incident": True}, {"incident": False, "lan": "simple"}, {"lan": "none"}, {"lan": "structured"}]
    for number, by_edge in enumerate(itertools.product(beside, beside, beside)):
        points = {"north_points": EDGES["north"] + by_edge[0], "south_points": EDGES["south"] + by_edge[1]}
        points |= {"base_points": EDGES["base"] + by_edge[2], "west_points": Decimal(number % 8)}
        excluded = ("SOUTH",) if number % 7 == 3 else ()
        yield Unit(f"{tier}-{number}", tier, {**points, **answers[number % 5]}, excluded)


SHAPES: dict[str, Any] = {
    "a gate": north(),
    "all": {"all": [north(), south()]},
    "any": {"any": [north(), south()]},
    "two of four": {"at_least": 2, "of": [north(), south("above"), WEST, LAN]},
    "not": {"not": north()},
    "not any": {"not": {"any": [north("above"), INCIDENT]}},
    "not two of three": {"not": {"at_least": 2, "of": [north(), south(), OTHER]}},
    "nested twice": {"any": [{"all": [north(), {"any": [south(), {"not": INCIDENT}]}]}, {"all": [OTHER, LAN]}]},
    "bounds": {"all": [north("at_most", 8), {"any": [south("below"), south("at_most", "2.5")]}]},
    "one tier": {"all": [{"measure": "total", "at_least": {"district": "50%", "commune": "none"}}, north()]},
    "two of three, of which a tier has two": {"at_least": 2, "of": [north(), south(), WEST]},
    "another category": {"any": [OTHER, {"not": {"category": "other", "level": 2}}]},
}  # fmt: skip
SHAPES["bounds"]["all"][1]["any"][1] = south("at_most", Decimal("2.5"))


UNRANKED = (pb.STANDING_BELOW_MINIMUM, pb.STANDING_EXCLUDED)


def check(body: Mapping[str, Any], service: harness.Service, asked: list[Unit]) -> None:
    """Compares levels and standings, and that causes are there exactly if there is a better level."""
    request = pb.RankProvinceRequest(criteria_set="ruled", rows=unit_messages.rows(asked))
    cards = {card.unit.id: card for r in service.scorer.RankProvince(request).rankings for card in r.scorecards}
    best = min((level["level"] for level in body["categories"]["main"]["levels"]), default=0)
    for unit in asked:
        expected = {}
        reached: dict[str, int] = {}
        for code in ("other", "main"):  # main can name levels of other
            plain = {**body["categories"][code], "levels": []}
            category = category_result(code, plain, {}, unit, [unit])
            expected[code] = level_by_conditions(body["categories"][code], unit, category, reached)
            reached[code] = expected[code][0]
        found = {c.category: c for c in cards[unit.id].categories}
        for code, (level, standing) in expected.items():
            said = (found[code].level, pb.Standing.Name(found[code].standing).removeprefix("STANDING_").lower())
            assert said == (level, standing), (unit, code)
        main = found["main"]
        assert bool(main.failing) == (main.level != best or main.standing in UNRANKED), unit
        for result in main.failing:
            assert_lacking(result)


def assert_lacking(result: pb.GateResult) -> None:
    """A combination names parts that do not hold, enough of them."""
    assert not result.passed
    assert not result.at_least or len(result.of) > result.out_of - result.at_least
    for part in result.of:
        assert_lacking(part)


def served(body: Mapping[str, Any]) -> Any:
    return harness.serving(harness.good(harness.catalogue(HOST, yaml_text(body))))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_condition_agrees_with_plain_fractions_at_its_edges(shape: str) -> None:
    body = document([{"level": 1, "when": SHAPES[shape]}], [])
    with served(body) as service:
        check(body, service, [unit for tier in TIERS for unit in units(tier)])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_limit_agrees_with_plain_fractions_at_its_edges(shape: str) -> None:
    levels = [
        {"level": level, "gates": [north(minimum=f"{percent}%")]} for level, percent in ((1, 80), (2, 79), (3, 1))
    ]
    limits = [{"when": SHAPES[shape], "no_better_than": 2}, {"when": {"all": [SHAPES[shape], LAN]}, "not_ranked": True}]
    body = document(levels, limits)
    with served(body) as service:
        check(body, service, [unit for tier in TIERS for unit in units(tier)])


def test_a_category_without_levels_can_have_a_limit() -> None:
    body = document([], [{"when": INCIDENT, "not_ranked": True}])
    with served(body) as service:
        check(body, service, list(units("district")))


GATES = st.one_of(
    st.builds(
        north, st.sampled_from(["at_least", "above", "at_most", "below"]), st.sampled_from(["80%", "79.9999%", 8])
    ),
    st.builds(
        south, st.sampled_from(["at_least", "above", "at_most", "below"]), st.sampled_from(["50%", Decimal("2.5")])
    ),
    st.sampled_from([INCIDENT, LAN, OTHER, WEST]),
)


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        some.map(lambda of: {"all": of}),
        some.map(lambda of: {"any": of}),
        some.flatmap(lambda of: st.integers(1, len(of)).map(lambda n: {"at_least": n, "of": of})),
        inner.map(lambda condition: {"not": condition}),
    )


CONDITIONS = st.recursive(GATES, _combined, max_leaves=5)


RULES = st.lists(CONDITIONS, min_size=1, max_size=3), st.lists(CONDITIONS, max_size=2)
"""Conditions of levels, and of limits."""


@example_counts.with_examples(40)
@given(*RULES, st.data())
def test_generated_rules_agree_with_plain_fractions(
    conditions: list[Any], limits: list[Any], data: st.DataObject
) -> None:
    asked = st.lists(st.sampled_from(ALL_UNITS), min_size=1, max_size=20, unique_by=lambda unit: unit.id)
    compare(conditions, limits, data, data.draw(asked))


@pytest.mark.long
@pytest.mark.timeout(3_600)
@example_counts.with_examples(2_000)
@given(*RULES, st.data())
def test_generated_rules_agree_with_plain_fractions_for_100_000_units(
    conditions: list[Any], limits: list[Any], data: st.DataObject
) -> None:
    compare(conditions, limits, data, ALL_UNITS)


ALL_UNITS = [unit for tier in TIERS for unit in units(tier)]


def compare(conditions: list[Any], limits: list[Any], data: st.DataObject, asked: list[Unit]) -> None:
    """A better level asks for what all worse ones ask, so that it is not easier."""
    levels = [
        {"level": number, "when": {"all": [north(minimum="1%"), *conditions[number - 1 :]]}}
        for number in range(1, len(conditions) + 1)
    ]
    effects = [{"not_ranked": True}, *({"no_better_than": level["level"]} for level in levels[1:])]
    limited = [{"when": limit, **data.draw(st.sampled_from(effects))} for limit in limits]
    body = document(levels, limited)
    sets = harness.catalogue(HOST, yaml_text(body))
    refused = [problem.message for refusal in sets.refused for problem in refusal.problems]
    assert all("never" in message or "every unit" in message for message in refused), refused
    if not refused:  # not a contradiction
        with harness.serving(sets) as service:
            check(body, service, asked)


# Causes


def test_causes_of_a_combination_name_the_nearest_condition_first() -> None:
    condition = {"at_least": 2, "of": [LAN, south(minimum="60%"), north(minimum="90%"), OTHER]}
    body = document([{"level": 1, "when": {"all": [{"measure": "total", "at_least": "10%"}, condition]}}], [])
    unit = Unit("u", "district", {"north_points": 8, "south_points": Decimal("2.75"), "base_points": 9})
    with served(body) as service:
        request = pb.ScoreUnitRequest(criteria_set="ruled", unit_answers=unit_messages.rows([unit]).units[0])
        (cause,) = service.scorer.ScoreUnit(request).scorecard.categories[0].failing
    assert (cause.at_least, cause.out_of, cause.gate.level) == (2, 4, 1)
    assert [part.gate.measure or part.gate.indicator for part in cause.of] == ["south", "north", "lan"]
    assert [part.value for part in cause.of] == [55, 80, 0]


def test_a_limit_is_its_own_cause_and_has_its_legal_basis() -> None:
    limits = [{"when": north("below"), "no_better_than": 2, "legal_basis": "Điều 5", "title": {"vi": "Hạ tầng"}}]
    levels = [{"level": level, "gates": [{"measure": "total", "at_least": f"{90 - 20 * level}%"}]} for level in (1, 2)]
    unit = Unit("u", "commune", {"north_points": Decimal("7.999999"), "south_points": 5, "base_points": 9})
    with served(document(levels, limits)) as service:
        request = pb.ScoreUnitRequest(criteria_set="ruled", unit_answers=unit_messages.rows([unit]).units[0])
        main = service.scorer.ScoreUnit(request).scorecard.categories[0]
        described = service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set="ruled"))
    (cause,) = main.failing
    assert (main.level, cause.gate.limit, cause.gate.level, cause.value) == (2, 1, 0, 79.9999)
    assert (cause.gate.measure, cause.gate.minimum, cause.gate.upper, cause.gate.strict) == ("north", 80, False, False)
    (limit,) = described.criteria_set.categories[0].limits
    assert (limit.number, limit.no_better_than, limit.legal_basis) == (1, 2, "Điều 5")
    assert [required.tier for required in limit.required] == list(TIERS)
