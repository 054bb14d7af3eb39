"""Ranking rules of a decision: further values after the score, levels before points, other rules in a category."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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


def document(by: list[Any] | None = None, own: dict[str, Any] | None = None, **ranking: Any) -> dict[str, Any]:
    """Two groups of readiness with levels by the first one, and achievement, of up to 10 points each."""

    def group(number: int) -> dict[str, Any]:
        return {
            "criteria": [{"id": f"C.{number}", "formula": "awarded", "indicator": f"awarded{number}", "points": 10}]
        }

    gates = [{"level": n, "gates": [{"measure": "infrastructure", "at_least": least}]} for n, least in ((1, 8), (2, 2))]
    readiness: dict[str, Any] = {"groups": {"infrastructure": group(1), "human_resources": group(2)}, "levels": gates}
    return {
        "criteria_set": "drawn",
        "title": {"en": "Order"},
        "provenance": "published",
        "tiers": ["district"],
        "ranking": {**({"by": by} if by else {}), **ranking},
        "categories": {
            "readiness": {**readiness, **({"ranking": own} if own else {})},
            "achievement": {"groups": {"presence": group(3)}},
        },
    }


UNITS = {
    "a": ("8", "2", "5"),
    "b": ("6", "4", "5"),
    "c": ("6", "4.001", "5"),
    "d": ("2", "10", "2"),
    "e": ("1", "10", "9"),
}
"""Points in infrastructure, human resources and presence. e has no level of readiness."""


def units() -> list[Unit]:
    answers = {name: {f"awarded{n}": Decimal(p) for n, p in enumerate(given, 1)} for name, given in UNITS.items()}
    return [Unit(name, "district", answers[name]) for name in answers]


def ranked(body: dict[str, Any], *others: Unit) -> pb.Ranking:
    """The ranking, after it was compared with the oracle's in three orders of units."""
    everybody = [*units(), *others]
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(body)))
    expected = expected_reply(oracle.rank_province(body, everybody))
    with harness.serving(sets) as service:
        for order in (everybody, everybody[::-1], everybody[2:] + everybody[:2]):
            rows = unit_messages.rows(order)
            reply = service.scorer.RankProvince(
                pb.RankProvinceRequest(criteria_set="drawn", rows=rows, view=pb.SCORECARD_VIEW_FULL)
            )
            reply.ClearField("provenance")
            reply.ClearField("names")
            assert_same(reply, expected)
    return reply.rankings[0]


def overall(ranking: pb.Ranking) -> str:
    return " ".join(f"{card.unit.id}{card.overall.rank}" for card in ranking.scorecards)


def readiness(ranking: pb.Ranking) -> str:
    return " ".join(sorted(f"{card.unit.id}{card.categories[0].rank}" for card in ranking.scorecards))


def test_without_keys_the_overall_score_decides() -> None:
    assert overall(ranked(document())) == "a1 b1 c1 d4 e0"


def test_equal_units_are_ordered_by_a_further_measure() -> None:
    assert overall(ranked(document(["overall", {"measure": "human_resources"}]))) == "b1 c1 a3 d4 e0"
    assert overall(ranked(document(["overall", {"measure": "C.2"}, {"measure": "presence"}]))) == "b1 c1 a3 d4 e0"
    exact = document(["overall", {"measure": "human_resources"}], precision="exact")
    assert overall(ranked(exact)) == "c1 b2 a3 d4 e0"


def test_a_ranking_may_compare_levels_before_points() -> None:
    assert overall(ranked(document([{"level": "readiness"}, "overall"]))) == "a1 b2 c2 d4 e0"
    assert readiness(ranked(document(own={"by": ["level", "total"]}))) == "a1 b3 c3 d2 e0"


def test_a_category_may_have_its_own_ranking_rules() -> None:
    body = document(
        ties="dense", own={"by": ["total", {"measure": "infrastructure"}], "ties": "ordinal", "precision": "exact"}
    )
    found = ranked(body)
    assert overall(found) == "a1 b1 c1 d2 e0"
    assert readiness(found) == "a3 b4 c2 d1 e0"


def test_a_measure_may_be_a_category_or_several_groups() -> None:
    assert (
        overall(ranked(document([{"measure": "achievement"}, {"measure": "human_resources + infrastructure"}])))
        == "a1 b1 c1 d4 e0"
    )


def test_a_measure_is_compared_by_its_converted_score() -> None:
    """Half of the applicable maximum of a group counts as half of its nominal maximum."""
    body = document([{"measure": "infrastructure"}])
    body["categories"]["readiness"]["groups"]["infrastructure"]["criteria"].append(
        {"id": "C.4", "formula": "awarded", "indicator": "awarded4", "points": 10, "may_be_not_applicable": True}
    )
    other = Unit("f", "district", {"awarded1": 5, "awarded2": 0, "awarded3": 0}, ("C.4",))
    assert overall(ranked(body, other)).split()[0] == "f1"


@pytest.mark.parametrize("by", [["overall", {"measure": "infrastructure"}], [{"level": "readiness"}, "overall"]])
def test_commended_units_are_the_best_by_all_keys(by: list[Any]) -> None:
    body = {**document(by), "commend": {"best": 1}}
    assert [card.unit.id for card in ranked(body).scorecards if card.commended] == ["a"]


def test_the_form_has_the_order_of_units() -> None:
    body = document(
        ["overall", {"measure": "human_resources+infrastructure"}], own={"by": ["level", "total"], "ties": "dense"}
    )
    sets = harness.good(harness.catalogue(generated_sets.HOST, yaml_text(body)))
    with harness.serving(sets) as service:
        told = service.criteria.GetCriteriaSet(criteria_pb2.GetCriteriaSetRequest(criteria_set="drawn")).criteria_set
    key = criteria_pb2.RankKey
    assert list(told.rank_by) == [
        key(kind="score"),
        key(kind="measure", category="readiness", measure="infrastructure+human_resources"),
    ]
    first, second = told.categories
    assert (first.ties, first.rank_precision) == ("dense", "published")
    assert list(first.rank_by) == [key(kind="level", category="readiness"), key(kind="score", category="readiness")]
    assert (second.ties, list(second.rank_by)) == ("competition", [key(kind="score", category="achievement")])
