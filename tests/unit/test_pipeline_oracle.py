"""The service and the oracle agree on every number, level, rank and cause of generated sets and provinces.

Each example is a separate criteria set, loaded and served on a socket, with a few provinces that it ranks. For ten
times as many examples as the long run has: ``TEST_EXAMPLES=10 pytest --hypothesis-show-statistics`` and this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import example_counts
import generated_sets
import generated_units
import harness
import oracle
import pytest
import set_documents
import unit_messages
from expected_replies import assert_same, expected_reply
from hypothesis import assume, event, given
from hypothesis import strategies as st
from oracle import Unit
from oracle.categories import measured
from oracle.numbers import nearest
from set_documents import yaml_text

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine import scoring


def full_reply(service: harness.Service, units: Sequence[Unit]) -> pb.RankProvinceResponse:
    request = pb.RankProvinceRequest(criteria_set="drawn", rows=unit_messages.rows(units), view=pb.SCORECARD_VIEW_FULL)
    reply = service.scorer.RankProvince(request)
    reply.ClearField("provenance")
    reply.ClearField("names")
    return reply


@example_counts.with_examples(100)
@given(st.data())
def test_service_agrees_with_the_oracle_on_generated_sets_and_provinces(data: st.DataObject) -> None:
    compare(data, data.draw(generated_sets.documents(), label="document"))


@example_counts.with_examples(40)
@given(st.data())
def test_service_agrees_with_the_oracle_on_sums_with_remainders(data: st.DataObject) -> None:
    kinds = ("sum", "best", "ratio", "ratio_to_best", "linear", "z_scores", "min_max", "logarithmic")
    compare(data, data.draw(generated_sets.documents(kinds), label="document"))


@example_counts.with_examples(40)
@given(st.data())
def test_service_agrees_with_the_oracle_on_thousands_of_units(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "MAX_CHUNK_UNITS", data.draw(st.integers(1, 5), label="units in a chunk"))
        compare(data, data.draw(generated_sets.documents(), label="document"))


def compare(data: st.DataObject, document: dict[str, Any]) -> None:
    """Some drawn provinces, ranked by the service and by the oracle."""
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))
    for tier in document["tiers"]:
        for criterion in set_documents.criteria_of(document, tier):
            event(f"formula {criterion['formula']}")
    with harness.serving(sets) as service:
        for _ in range(data.draw(st.integers(1, 4), label="provinces")):
            units = data.draw(generated_units.provinces(document), label="units")
            expected = oracle.rank_province(document, units)
            assume(largest_converted(expected) < 2**53 / 10**6)  # no double has six decimals beyond
            count_edges(expected)
            event(f"rankings within parents: {len({r.tier for r in expected}) < len(expected)}")
            event(f"subtotals: {max(len(card.subtotals) for ranking in expected for card in ranking.cards)}")
            event(f"commended: {any(card.commended for ranking in expected for card in ranking.cards)}")
            assert_same(full_reply(service, units), expected_reply(expected))


def largest_converted(rankings: Sequence[oracle.Ranking]) -> Fraction:
    """Of groups too: a large bonus converted from a maximum of one micropoint has no bound."""
    categories = [category for ranking in rankings for card in ranking.cards for category in card.categories]
    cards = [card for ranking in rankings for card in ranking.cards]
    scores = [card.overall for card in cards] + [item.score for card in cards for item in card.subtotals]
    scores += [category.score for category in categories]
    scores += [group.score for category in categories for group in category.groups]
    return max(abs(score.converted) for score in scores)


def count_edges(rankings: Sequence[oracle.Ranking]) -> None:
    """For the statistics: how units stand, and how many of them on an edge or a micropoint beside it."""
    for card in (card for ranking in rankings for card in ranking.cards):
        for category in card.categories:
            event(f"standing {category.standing}, {'with' if category.levels else 'without'} levels")
            for gate in category.gates:
                points, maximum = measured(gate.measure, category.groups, category.score)
                edge = gate.minimum * maximum / 100 if gate.unit == "percent" else gate.minimum
                beside = (points - edge) * 10**6
                if maximum and abs(beside) <= 1:
                    event(f"{'beside' if beside else 'on'} an edge in {gate.unit}{', strict' if gate.strict else ''}")


def points_of(criterion: Mapping[str, object], *units: Unit) -> list[float]:
    """Points that the service gives to units of a set of one criterion."""
    document = {
        "criteria_set": "drawn",
        "title": {"en": "One criterion"},
        "provenance": "published",
        "tiers": ["district"],
        "categories": {"readiness": {"groups": {"infrastructure": {"criteria": [{"id": "INF.01", **criterion}]}}}},
    }
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))
    with harness.serving(sets) as service:
        cards = full_reply(service, units).rankings[0].scorecards
    points = {card.unit.id: card.overall.score.points for card in cards}
    return [points[unit.id] for unit in units]


def district(name: str, **answers: float | Decimal) -> Unit:
    return Unit(name, "district", answers)


def ratio(points: int | Decimal) -> dict[str, object]:
    return {"formula": "ratio", "numerator": "count1", "denominator": "count2", "when_zero": "zero", "points": points}


def exactly(points: str) -> dict[str, object]:
    """A part that gives so many points for one thing."""
    return {"formula": "count", "indicator": "count1", "each": Decimal(points), "points": 1}


def test_half_a_micropoint_goes_to_the_even_one() -> None:
    half = district("Ba Bể", count1=1, count2=2)
    assert points_of(ratio(Decimal("0.000001")), half) == [0]
    assert points_of(ratio(Decimal("0.000003")), half) == [0.000002]
    assert points_of(ratio(Decimal("0.000005")), half) == [0.000002]


def test_half_a_micropoint_of_billions_goes_to_the_even_one() -> None:
    line = {**ratio(Decimal("4000.000005")), "numerator": "number1", "denominator": "number2"}
    units = [district("Ba Bể", number1=4_000_000_000, number2=8_000_000_000)]
    assert points_of(line, *units) == [2000.000002]


def test_ratio_is_multiplied_before_it_is_divided() -> None:
    # 0.9765625 exactly, to the even micropoint; 25 / 384 first would be a little more than it is.
    assert points_of(ratio(15), district("Ba Bể", count1=25, count2=384)) == [0.976562]


def test_ratio_of_billions_is_exact() -> None:
    most = Decimal("4000.000009")
    expected = nearest(Fraction(4_999_999_999, 7_999_999_999) * Fraction(most))
    unit = district("Ba Bể", count1=4_999_999_999, count2=7_999_999_999)
    assert points_of(ratio(most), unit) == [float(expected)]


def test_unit_without_the_criterion_is_not_the_best_one_of_its_tier() -> None:
    units = [
        district("Ba Bể", count1=1, count2=4),
        district("Na Rì", count1=1, count2=2),
        district("Chợ Mới", count1=5),  # a ratio that is not known
        district("Pác Nặm", count1=5, count2=0),
    ]
    best = {**ratio(10), "formula": "ratio_to_best"}
    assert points_of(best, *units) == [5, 10, 0, 0]
    excluded = Unit("Huế", "district", {"count1": 3, "count2": 3}, ("INF.01",))
    assert points_of({**best, "may_be_not_applicable": True}, *units, excluded) == [5, 10, 0, 0, 0]
    assert points_of(best, *units, replace(excluded, not_applicable=())) == [2.5, 5, 0, 0, 10]


def test_terms_of_a_sum_are_not_rounded_before_their_sum_is() -> None:
    third = district("Ba Bể", count1=1, count2=3)
    assert points_of({"formula": "sum", "points": 3, "terms": [ratio(1)] * 3}, third) == [1]
    cases = [{"formula": "best", "points": 1, "alternatives": [exactly("0.333333"), ratio(1)]}]
    assert points_of({"formula": "sum", "points": 3, "terms": cases * 3}, third) == [1]


@pytest.mark.parametrize(
    ("terms", "points"),
    [
        (["0.000001"], 0),
        (["0.000001", "0.000001"], 0.000001),
        (["0.000001", "0.000002"], 0.000002),  # 1.5 micropoints
        (["0.000001", "0.000004"], 0.000002),  # 2.5
        (["0.000001", "0.000001", "0.000001"], 0.000002),  # 1.5
    ],
)
def test_half_a_micropoint_of_a_sum_goes_to_the_even_one(terms: list[str], points: float) -> None:
    halves = [ratio(Decimal(part)) for part in terms]
    formula = {"formula": "sum", "points": sum(map(Decimal, terms)), "terms": halves}
    assert points_of(formula, district("Ba Bể", count1=1, count2=2)) == [points]


def test_a_line_over_all_possible_answers_is_exact() -> None:
    line = {"formula": "linear", "indicator": "number1", "from": -8 * 10**9, "to": 8 * 10**9}
    unit = district("Ba Bể", number1=Decimal("7000000000.000001"))
    # 15/16 of the points would be 7.5000075, and the answer is a little beyond.
    assert points_of({**line, "points": Decimal("8.000008")}, unit) == [7.500008]


def test_number_of_billions_keeps_its_six_decimals() -> None:
    edge = Decimal("4476933360.926597")
    steps = {"formula": "steps", "indicator": "number1", "points": 2, "steps": [{"at_least": edge, "points": 2}]}
    assert points_of(steps, district("Ba Bể", number1=edge - Decimal("0.000001"))) == [0]
    assert points_of(steps, district("Ba Bể", number1=edge)) == [2]
