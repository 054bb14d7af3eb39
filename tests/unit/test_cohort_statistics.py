"""Formula kinds that compare units, and logarithmic scales: exact to the millionth, in any order, with ties."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import generated_sets
import harness
import numpy as np
import pytest
import unit_messages
from oracle import Unit
from oracle.sources import indicators_of
from oracle.sums import criterion_result
from set_documents import yaml_text

from egov.scorer.v1 import scorer_pb2 as pb

MICRO = 10**6


def points_of(criterion: dict[str, Any], units: Sequence[Unit]) -> list[float]:
    """The points of units in a set of one criterion, in the order of the units."""
    body = {"id": "C.01", "may_be_not_applicable": True, **criterion}
    document = {
        "criteria_set": "drawn",
        "title": {"en": "One criterion"},
        "provenance": "published",
        "tiers": ["district"],
        "categories": {"readiness": {"groups": {"infrastructure": {"criteria": [body]}}}},
    }
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))
    with harness.serving(sets) as service:
        request = pb.RankProvinceRequest(criteria_set="drawn", rows=unit_messages.rows(units))
        cards = service.scorer.RankProvince(request).rankings[0].scorecards
    points = {card.unit.id: card.overall.score.points for card in cards}
    return [points[unit.id] for unit in units]


def units(*answers: Any, code: str = "number1") -> list[Unit]:
    return [Unit(f"u{n:04}", "district", {} if a is None else {code: a}) for n, a in enumerate(answers)]


MIN_MAX = {"formula": "min_max", "indicator": "number1", "when_equal": "zero", "points": 10}
PERCENTILE = {**MIN_MAX, "formula": "percentile"}
Z = {"formula": "z_scores", "weights": {"number1": 1}, "points": 10}


def test_min_max_goes_from_the_worst_to_the_best_unit() -> None:
    assert points_of(MIN_MAX, units(2, 5, None, 4, -1)) == [5, 10, 0, 8.333333, 0]
    assert points_of({**MIN_MAX, "better": "lower"}, units(2, 5, None, 4, -1)) == [5, 0, 0, 1.666667, 10]


def test_a_percentile_is_the_share_of_other_units_that_are_worse() -> None:
    assert points_of(PERCENTILE, units(3, 1, 3, 9)) == [3.333333, 0, 3.333333, 10]
    assert points_of({**PERCENTILE, "better": "lower"}, units(3, 1, 3, 9)) == [3.333333, 10, 3.333333, 0]


@pytest.mark.parametrize(
    "criterion", [MIN_MAX, PERCENTILE, {**Z, "when_equal": "zero"}], ids=["min_max", "percentile", "z"]
)
def test_equal_units_follow_when_equal(criterion: dict[str, Any]) -> None:
    assert points_of(criterion, units(3, 3, None)) == [0, 0, 0]
    assert points_of({**criterion, "when_equal": "full"}, units(3, 3, None)) == [10, 10, 0]
    assert points_of({**criterion, "when_equal": "full"}, units(7)) == [10]


@pytest.mark.parametrize(
    "criterion", [MIN_MAX, PERCENTILE, {**Z, "when_equal": "zero"}], ids=["min_max", "percentile", "z"]
)
def test_a_unit_without_the_criterion_influences_no_other(criterion: dict[str, Any]) -> None:
    here = units(2, 5, 4)
    elsewhere = Unit("x", "district", {"number1": 100}, ("C.01",))
    assert points_of(criterion, [*here, elsewhere])[:3] == points_of(criterion, here)


def test_z_scores_between_goalposts_are_those_of_the_standard_library() -> None:
    answers = [3, 8, 1, 1, 7, 4]
    for deviation, spread in (("population", statistics.pstdev(answers)), ("sample", statistics.stdev(answers))):
        found = points_of({**Z, "from": -1, "to": 1, "deviation": deviation}, units(*answers))
        mean = statistics.fmean(answers)
        shares = [min(max(((answer - mean) / spread + 1) / 2, 0), 1) for answer in answers]
        assert found == pytest.approx([10 * share for share in shares], abs=6e-7)


def test_opposite_indicators_make_all_units_equal() -> None:
    """Their z-scores cancel out exactly, although both deviations are irrational."""
    answers = [(Decimal(n), Decimal(100) - 3 * n) for n in (1, 2, 7, 11)]
    here = [Unit(f"u{n}", "district", {"number1": a, "number2": b}) for n, (a, b) in enumerate(answers)]
    both = {**Z, "weights": {"number1": "1/2", "number2": "50%"}, "when_equal": "full"}
    assert points_of(both, here) == [10] * 4
    assert points_of({**both, "when_equal": "zero"}, here) == [0] * 4


def test_an_exact_half_of_z_scores_goes_to_the_even_micropoint() -> None:
    half = {**Z, "points": Decimal("0.000001"), "when_equal": "zero"}
    assert points_of(half, units(0, 1, 2)) == [0, 0, 0.000001]
    assert points_of({**half, "points": Decimal("0.000003")}, units(0, 1, 2)) == [0, 0.000002, 0.000003]


def test_a_logarithmic_scale_equals_exact_values() -> None:
    """As in the human development index: income between 100 and 75,000 dollars."""
    scale = {"formula": "logarithmic", "indicator": "number1", "from": 100, "to": 75000, "points": 1}
    found = points_of(scale, units(100, 99, 0, -5, 75000, 80000, 10000, None))
    assert found == [0, 0, 0, 0, 1, 1, round(np.log(100) / np.log(750), 6), 0]
    assert points_of({**scale, "from": 10000, "to": 1}, units(100)) == [0.5]


@pytest.mark.parametrize(("micropoints", "rounded"), [(1, 0), (3, 2), (5, 2), (7, 4), (9, 4)])
def test_an_exact_half_of_a_sum_of_logarithms_goes_to_the_even_micropoint(micropoints: int, rounded: int) -> None:
    """The logarithms of 2 and 5 are irrational, but together they are half the logarithm of 100."""
    part = {"formula": "logarithmic", "from": 1, "to": 100, "points": Decimal(micropoints).scaleb(-6)}
    parts = [{**part, "indicator": code} for code in ("number1", "number2")]
    both = Unit("both", "district", {"number1": 2, "number2": 5})
    body = {"formula": "sum", "terms": parts, "points": 2 * part["points"]}
    assert points_of(body, [both]) == [rounded / MICRO]
    assert points_of({"formula": "sum", "terms": [body], "points": body["points"]}, [both]) == [rounded / MICRO]


@pytest.mark.parametrize("kind", ["z_scores", "min_max", "percentile", "logarithmic"])
def test_a_thousand_units_with_ties_agree_with_the_oracle_in_any_order(kind: str) -> None:
    """Equal answers give equal points, whatever the order."""
    draw = random.Random(7)
    criterion: dict[str, Any] = {"formula": kind, "points": 50}
    if kind == "z_scores":
        weights = {"number1": "1/3", "number2": "2/9", "count1": "2/9", "count2": "2/9"}
        criterion |= {"weights": weights, "when_equal": "zero", "lower_is_better": ["count2"]}
    elif kind == "logarithmic":
        criterion |= {"indicator": "number1", "from": 1, "to": 40}
    else:
        criterion |= {"indicator": "number1", "when_equal": "zero"}
    some = [Decimal(draw.randint(1, 4000)) / 100 for _ in range(400)]
    few = range(10)
    read = indicators_of({"id": "C.01", **criterion})
    here = [
        Unit(f"u{n:04}", "district", {code: draw.choice(some if "number" in code else few) for code in sorted(read)})
        for n in range(1000 if kind != "z_scores" else 40)  # the oracle needs many digits for each pair of units
    ]
    found = points_of(criterion, here)
    assert found == points_of(criterion, here[::-1])[::-1]
    body = {"id": "C.01", **criterion}
    for n in draw.sample(range(len(here)), 10):
        expected = criterion_result(body, here[n], here).points
        assert found[n] == float(expected)


def test_ten_thousand_units_agree_with_numpy_to_the_millionth() -> None:
    generator = np.random.default_rng(3)
    columns = np.round(generator.lognormal(3, 1, (4, 10_000)), 2)
    here = [
        Unit(
            f"u{n:05}",
            "district",
            {f"number{k}" if k < 4 else "awarded1": Decimal(str(v)) for k, v in enumerate(row, 1)},
        )
        for n, row in enumerate(columns.T.tolist())
    ]
    weights = {"number1": "1/3", "number2": "2/9", "number3": "2/9", "awarded1": "2/9"}
    found = points_of({"formula": "z_scores", "weights": weights, "when_equal": "zero", "points": 1}, here)
    z = (columns - columns.mean(axis=1, keepdims=True)) / columns.std(axis=1, keepdims=True)
    mean = np.average(z, axis=0, weights=[3, 2, 2, 2])
    expected = (mean - mean.min()) / (mean.max() - mean.min())
    assert np.abs(np.array(found) - expected).max() < 6e-7


def test_a_set_that_compares_units_cannot_score_one_alone() -> None:
    kinds = [MIN_MAX, PERCENTILE, {**Z, "from": 0, "to": 1}]
    criteria = [{"id": f"C.0{n}", **criterion} for n, criterion in enumerate(kinds)]
    document = {
        "criteria_set": "drawn",
        "title": {"en": "One"},
        "provenance": "published",
        "tiers": ["district"],
        "categories": {"readiness": {"groups": {"infrastructure": {"criteria": criteria}}}},
    }
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))
    with harness.serving(sets) as service, harness.refusal() as refused:
        service.scorer.ScoreUnit(
            pb.ScoreUnitRequest(criteria_set="drawn", unit_answers=unit_messages.unit_answers(units(3)[0]))
        )
    assert all(code in refused[0].details for code in ("C.00", "C.01", "C.02"))


# Indices of the United Nations, whole


def ranked(document: dict[str, Any], columns: dict[str, np.ndarray]) -> dict[str, pb.Scorecard]:
    """Scorecards of a thousand units."""
    answers = zip(*(column.tolist() for column in columns.values()), strict=True)
    here = [
        Unit(f"u{n:04}", "district", {code: Decimal(str(value)) for code, value in zip(columns, row, strict=True)})
        for n, row in enumerate(answers)
    ]
    with harness.serving(harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))) as service:
        request = pb.RankProvinceRequest(criteria_set="drawn", rows=unit_messages.rows(here))
        cards = service.scorer.RankProvince(request).rankings[0].scorecards
    return {card.unit.id: card for card in cards}


def index(categories: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"criteria_set": "drawn", "title": {"en": "Index"}, "provenance": "reconstructed", "tiers": ["district"]}
    return {**head, "rounding": {"points": 4}, "categories": categories, **more}


def check_index(cards: dict[str, pb.Scorecard], expected: np.ndarray) -> None:
    """Scores agree to a millionth; equal published scores have equal ranks, and others follow in order."""
    found = np.array([cards[f"u{n:04}"].overall.score.points for n in range(len(expected))])
    assert np.abs(found - expected).max() < 2e-6  # two roundings to the nearest millionth
    published = [(card.overall.score.published, card.overall.rank) for card in cards.values()]
    scores = [score for score, _ in published]
    assert all(rank == 1 + sum(other > score for other in scores) for score, rank in published)
    assert len(set(scores)) < len(scores), "there are ties"


def test_an_index_of_z_scores_is_the_mean_of_three_exact_thirds() -> None:
    """As the index of electronic government: services by min-max, networks and people by z-scores."""
    generator = np.random.default_rng(11)
    columns = {f"number{n}": np.round(generator.uniform(0, 100, 1000), 1) for n in (1, 2, 3)}
    columns |= {f"count{n}": generator.integers(0, 60, 1000) for n in (1, 2, 3)}
    networks, people = {"number2": "1/2", "count1": "1/2"}, {"number3": "1/3", "count2": "1/3", "count3": "1/3"}

    def category(group: str, criterion: dict[str, Any]) -> dict[str, Any]:
        body = {"id": group, "points": 1, "when_equal": "zero", **criterion}
        return {"weight": "1/3", "groups": {group: {"criteria": [body | {"id": f"C.{group}"}]}}}

    document = index(
        {
            "readiness": category("infrastructure", {"formula": "z_scores", "weights": networks}),
            "people": category("human_resources", {"formula": "z_scores", "weights": people}),
            "services": category("presence", {"formula": "min_max", "indicator": "number1"}),
        },
        overall={"combine": "arithmetic_mean", "points": 1},
    )

    def scaled(values: np.ndarray) -> np.ndarray:
        return (values - values.min()) / (values.max() - values.min())

    def mean_z(codes: dict[str, str]) -> np.ndarray:
        return np.mean([(columns[code] - columns[code].mean()) / columns[code].std() for code in codes], axis=0)

    parts = [scaled(mean_z(networks)), scaled(mean_z(people)), scaled(columns["number1"])]
    check_index(ranked(document, columns), np.mean(parts, axis=0))


def test_an_index_with_goalposts_is_a_geometric_mean() -> None:
    """As the human development index: health, education and income."""
    generator = np.random.default_rng(12)
    columns = {
        "number1": np.round(generator.uniform(45, 88, 1000), 1),
        "number2": np.round(generator.uniform(0, 20, 1000), 1),
        "number3": np.round(generator.uniform(0, 17, 1000), 1),
        "count1": generator.integers(300, 90_000, 1000),
    }

    def linear(code: str, low: float, high: float, points: str) -> dict[str, Any]:
        return {"formula": "linear", "indicator": code, "from": low, "to": high, "points": Decimal(points), "id": code}

    income = {"id": "income", "formula": "logarithmic", "indicator": "count1", "from": 100, "to": 75_000, "points": 1}
    groups = {
        "policy_environment": [linear("number1", 20, 85, "1")],
        "infrastructure": [linear("number2", 0, 18, "0.5"), linear("number3", 0, 15, "0.5")],
        "human_resources": [income],
    }
    document = index(
        {
            "readiness": {
                "combine": "geometric_mean",
                "points": 1,
                "groups": {code: {"criteria": criteria} for code, criteria in groups.items()},
            }
        }
    )

    def share(code: str, low: float, high: float) -> np.ndarray:
        return np.clip((columns[code] - low) / (high - low), 0, 1)

    education = (share("number2", 0, 18) + share("number3", 0, 15)) / 2
    money = np.clip(np.log(columns["count1"] / 100) / np.log(750), 0, 1)
    check_index(ranked(document, columns), np.cbrt(share("number1", 20, 85) * education * money))
