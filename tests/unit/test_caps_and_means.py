"""Caps, floors, weights and means of groups, categories and the overall score, over a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import generated_formulas
import generated_sets
import harness
import oracle
import pytest
import unit_messages
from expected_replies import assert_same, expected_reply
from oracle import Unit
from set_documents import yaml_text

from egov.scorer.v1 import criteria_pb2
from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import CriterionGroup
from scorer_client.criteria_set_form import form_of
from scorer_client.sentences import rounded

Document = dict[str, Any]
PYTHON = harness.host(
    *(
        harness.group(name, *generated_formulas.INDICATORS.values(), score=CriterionGroup.score)
        for groups in generated_sets.CATEGORIES.values()
        for name in groups
    )
)
"""Groups whose ``score`` is called, as if their plugins overrode it."""


def criterion(number: int, points: Any, effect: str = "score", **more: Any) -> Document:
    """A criterion of the answer ``awarded<number>``."""
    body = {"id": f"C.{number}", "formula": "awarded", "indicator": f"awarded{number}", "points": points, **more}
    return body | ({} if effect == "score" else {"effect": effect})


def criteria_set(categories: Document, **more: Any) -> Document:
    head = {"criteria_set": "drawn", "title": {"en": "Totals"}, "provenance": "published", "tiers": ["district"]}
    return {**head, "categories": categories, **more}


def cards(document: Document, *units: Unit, host: Any = generated_sets.HOST) -> dict[str, pb.Scorecard]:
    """Scorecards by unit, after the whole reply was compared with the oracle's."""
    sets = harness.good(harness.catalogue(host, yaml_text(document)))
    with harness.serving(sets) as service:
        request = pb.RankProvinceRequest(
            criteria_set="drawn", rows=unit_messages.rows(units), view=pb.SCORECARD_VIEW_FULL
        )
        reply = service.scorer.RankProvince(request)
    reply.ClearField("provenance")
    reply.ClearField("names")
    assert_same(reply, expected_reply(oracle.rank_province(document, units)))
    return {card.unit.id: card for ranking in reply.rankings for card in ranking.scorecards}


def district(name: str, *awarded: float | str | None, without: tuple[str, ...] = ()) -> Unit:
    answers = {f"awarded{n}": Decimal(str(points)) for n, points in enumerate(awarded, start=1) if points is not None}
    return Unit(name, "district", answers, without)


def amounts(score: pb.Score) -> tuple[float, float, float]:
    return score.points, score.max_points, score.nominal_max_points


# Caps and floors


@pytest.mark.parametrize("host", [generated_sets.HOST, PYTHON], ids=["kernel", "python"])
def test_groups_categories_and_the_total_respect_their_caps(host: Any) -> None:
    document = criteria_set(
        {
            "readiness": {
                "cap": 12,
                "groups": {
                    "policy_environment": {"criteria": [criterion(1, 5, "bonus"), criterion(2, 2, "bonus")], "cap": 5},
                    "infrastructure": {
                        "criteria": [criterion(3, 6), criterion(4, 6, may_be_not_applicable=True)], "cap": 8,
                    },
                },
            },
            "achievement": {"groups": {"presence": {"criteria": [criterion(5, 10)]}}},
        },
        overall={"cap": 20},
    )  # fmt: skip
    found = cards(
        document,
        district("all", 5, 2, 6, 6, 10),
        district("beside", "4.999999", 0, 6, 2, 10),
        district("less", 1, 0, 5, 2, 9),
        district("part", 5, 0, 6, 0, 10, without=("C.4",)),
        host=host,
    )
    bonus, infrastructure = (group.score for group in found["all"].categories[0].groups)
    assert amounts(bonus) == (5, 0, 0)
    assert amounts(infrastructure) == (8, 8, 8)
    assert amounts(found["all"].categories[0].score) == (12, 8, 8)
    assert amounts(found["all"].overall.score) == (20, 18, 18)
    assert found["beside"].categories[0].score.points == 12
    assert amounts(found["less"].overall.score) == (17, 18, 18)
    assert amounts(found["part"].categories[0].groups[1].score) == (6, 6, 8)


def test_a_category_stops_at_0_unless_the_set_says_otherwise() -> None:
    groups = {"infrastructure": {"criteria": [criterion(1, 2), criterion(2, 5, "penalty")]}}
    units = [district("a", 0, 5), district("b", 1, 0), district("c", 1, 5)]
    assert [
        card.overall.score.points for card in cards(criteria_set({"readiness": {"groups": groups}}), *units).values()
    ] == [1, 0, 0]
    below = cards(criteria_set({"readiness": {"groups": groups, "floor": "none"}}), *units)
    assert [(name, card.overall.score.converted, card.overall.rank) for name, card in below.items()] == [
        ("b", 1, 1), ("c", -4, 2), ("a", -5, 3)
    ]  # fmt: skip


# The overall score


def test_the_overall_score_is_of_raw_sums_or_of_converted_categories() -> None:
    categories = {
        "readiness": {
            "groups": {"infrastructure": {"criteria": [criterion(1, 48), criterion(2, 2, may_be_not_applicable=True)]}}
        },
        "achievement": {"groups": {"presence": {"criteria": [criterion(3, 100)]}}},
    }
    unit = district("Huế", 42, None, 80, without=("C.2",))
    raw = cards(criteria_set(categories), unit)["Huế"].overall.score
    assert (*amounts(raw), raw.converted) == (122, 148, 150, 123.648648)
    added = cards(criteria_set(categories, overall={"combine": "sum_of_converted", "points": 150}), unit)[
        "Huế"
    ].overall.score
    assert (*amounts(added), added.converted) == (123.75, 150, 150, 123.75)


def test_a_category_that_does_not_apply_is_left_out_of_the_sum_of_converted_scores() -> None:
    categories = {
        "readiness": {"groups": {"infrastructure": {"criteria": [criterion(1, 50, may_be_not_applicable=True)]}}},
        "achievement": {"groups": {"presence": {"criteria": [criterion(2, 100)]}}},
    }
    unit = district("Huế", None, 80, without=("C.1",))
    score = cards(criteria_set(categories, overall={"combine": "sum_of_converted"}), unit)["Huế"].overall.score
    assert (*amounts(score), score.converted) == (80, 100, 150, 120)


# Means

THIRDS = {"presence": "1/3", "interaction": "1/3", "policy_environment": "1/3"}


def thirds(combine: str, **more: Any) -> Document:
    """One category of three groups of one point each."""
    groups = {
        code: {"weight": weight, "criteria": [criterion(n, 1, may_be_not_applicable=True)]}
        for n, (code, weight) in enumerate(THIRDS.items(), start=1)
    }
    return criteria_set({"index": {"combine": combine, "points": 1, "groups": groups, **more}})


def mean(document: Document, *awarded: float | str | None, without: tuple[str, ...] = ()) -> float:
    return cards(document, district("u", *awarded, without=without))["u"].categories[0].score.points


def test_three_exact_thirds_make_a_whole() -> None:
    assert mean(thirds("arithmetic_mean"), 1, 1, 1) == 1
    assert mean(thirds("arithmetic_mean"), 1, 0, 0) == 0.333333
    assert mean(thirds("arithmetic_mean"), 1, 1, 0) == 0.666667
    assert mean(thirds("arithmetic_mean"), "0.5", "0.25", "0.75") == 0.5


def test_an_exact_half_of_a_mean_goes_to_the_even_micropoint() -> None:
    assert mean(thirds("arithmetic_mean"), "0.000001", "0.000001", "0") == 0.000001  # two thirds
    halves = thirds("arithmetic_mean")
    for group, weight in zip(
        halves["categories"]["index"]["groups"].values(), ("25%", "1/4", Decimal("0.5")), strict=True
    ):
        group["weight"] = weight
    assert mean(halves, 0, 0, "0.000001") == 0
    assert mean(halves, 0, 0, "0.000003") == 0.000002


def test_a_geometric_mean_is_exactly_rounded() -> None:
    index = thirds("geometric_mean")
    assert mean(index, "0.125", 1, 1) == 0.5
    assert mean(index, "0.5", "0.5", "0.5") == 0.5
    assert mean(index, 1, 1, 0) == 0
    assert mean(index, "0.9", "0.8", "0.7") == round((0.9 * 0.8 * 0.7) ** (1 / 3), 6)
    # The cube of half a micropoint more than 0.5 is what doubles cannot tell from what lies beside it.
    assert mean(index, "0.500001", "0.500000", "0.500001") == 0.500001


def test_groups_that_do_not_apply_are_left_out_of_a_mean() -> None:
    assert mean(thirds("arithmetic_mean"), None, "0.5", 1, without=("C.1",)) == 0.75
    assert mean(thirds("geometric_mean"), None, "0.25", 1, without=("C.1",)) == 0.5
    nothing = thirds("geometric_mean")
    card = cards(nothing, district("u", without=("C.1", "C.2", "C.3")))["u"].categories[0]
    assert card.standing == pb.STANDING_NOTHING_APPLICABLE


def test_a_mean_has_the_category_s_points_and_its_gates() -> None:
    document = thirds(
        "arithmetic_mean", points=30, levels=[{"level": 1, "gates": [{"measure": "total", "at_least": "50%"}]}]
    )
    found = cards(document, district("on", 1, "0.5", 0), district("below", 1, "0.499999", 0))
    assert amounts(found["on"].categories[0].score) == (15, 30, 30)
    assert [found[name].categories[0].level for name in ("on", "below")] == [1, 0]


def test_the_overall_score_may_be_a_mean_of_categories() -> None:
    categories = {
        "readiness": {"weight": 1, "groups": {"infrastructure": {"criteria": [criterion(1, 50)]}}},
        "achievement": {"weight": 2, "groups": {"presence": {"criteria": [criterion(2, 4)]}}},
    }
    document = criteria_set(categories, overall={"combine": "arithmetic_mean", "points": 100})
    assert amounts(cards(document, district("u", 25, 4))["u"].overall.score) == (83.333333, 100, 100)


def test_a_cap_cuts_a_mean_but_does_not_shrink_it() -> None:
    document = thirds("arithmetic_mean", points=30, cap=20)
    document["overall"] = {"combine": "arithmetic_mean", "points": 100, "cap": 80}
    found = cards(document, district("half", 1, "0.5", 0), district("all", 1, 1, 1))
    assert [amounts(found[name].categories[0].score)[:2] for name in ("half", "all")] == [(15, 20), (20, 20)]
    assert [amounts(found[name].overall.score)[:2] for name in ("half", "all")] == [(75, 80), (80, 80)]


# What is told


def test_a_form_says_how_points_are_combined_and_limited() -> None:
    document = thirds("geometric_mean", cap=Decimal("0.9"))
    document["overall"] = {"combine": "sum_of_converted", "cap": Decimal("0.8")}
    document["rounding"] = {"mode": "down"}
    document["categories"]["index"]["groups"]["presence"]["cap"] = Decimal("0.75")
    with harness.serving(harness.good(harness.catalogue(generated_sets.HOST, yaml_text(document)))) as service:
        request = criteria_pb2.GetCriteriaSetRequest(criteria_set="drawn")
        told = service.criteria.GetCriteriaSet(request).criteria_set
    [category] = told.categories
    assert (category.total.combine, category.total.max_points[0].points) == ("geometric_mean", 0.9)
    assert [cap.points for cap in category.total.cap] == [0.9]
    assert [(group.weight, [cap.points for cap in group.cap]) for group in category.groups] == [
        ("1/3", [0.75]), ("1/3", []), ("1/3", [])
    ]  # fmt: skip
    assert (told.overall.combine, told.overall.max_points[0].points) == ("sum_of_converted", 0.8)
    assert (told.precision.mode, form_of(told).rounding) == ("down", "down")


@pytest.mark.parametrize(
    ("mode", "texts"),
    [("half_up", "0.13 0.38"), ("half_even", "0.12 0.38"), ("down", "0.12 0.37"), ("up", "0.13 0.38")],
)
def test_reports_round_as_the_set_does(mode: str, texts: str) -> None:
    assert f"{rounded(0.125, 2, mode)} {rounded(0.375, 2, mode)}" == texts


ROUNDED: Mapping[str, Callable[[str], float]] = {
    "half_up": {"1.4": 1.0, "1.5": 2.0, "2.5": 3.0, "2.499999": 2.0, "2": 2.0}.__getitem__,
    "half_even": {"1.4": 1.0, "1.5": 2.0, "2.5": 2.0, "2.499999": 2.0, "2": 2.0}.__getitem__,
    "down": {"1.4": 1.0, "1.5": 1.0, "2.5": 2.0, "2.499999": 2.0, "2": 2.0}.__getitem__,
    "up": {"1.4": 2.0, "1.5": 2.0, "2.5": 3.0, "2.499999": 3.0, "2": 2.0}.__getitem__,
}


@pytest.mark.parametrize("mode", ROUNDED)
def test_scores_are_published_as_the_set_rounds(mode: str) -> None:
    groups = {"infrastructure": {"criteria": [criterion(1, 5), criterion(2, 9, "penalty")]}}
    document = criteria_set({"readiness": {"groups": groups, "floor": "none"}}, rounding={"points": 0, "mode": mode})
    values = ["1.4", "1.5", "2.5", "2.499999", "2"]
    units = [district(value, value, 0) for value in values] + [district(f"-{value}", 0, value) for value in values]
    published = {name: card.overall.score.published for name, card in cards(document, *units).items()}
    assert published == {v: ROUNDED[mode](v) for v in values} | {f"-{v}": -ROUNDED[mode](v) for v in values}
