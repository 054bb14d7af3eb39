"""Levels and limits that cannot apply are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import harness
import pytest
from rule_documents import HOST, INCIDENT, OTHER, TIERS, WEST, document, north, south
from set_documents import yaml_text


def problems(levels: list[Any], limits: list[Any] | None = None) -> list[str]:
    sets = harness.catalogue(HOST, yaml_text(document(levels, limits or [])))
    return [f"{p.path}: {p.message}" for refusal in sets.refused for p in refusal.problems]


def test_points_and_percent_of_a_fixed_maximum_are_compared() -> None:
    """Nothing can be excluded from 10 points: 8 points are less than 81 %, and 8.100001 are more."""
    levels = [{"level": 1, "gates": [north(minimum="81%")]}, {"level": 2, "gates": [north(minimum=8)]}]
    assert problems(levels) == []
    levels[1]["gates"] = [north(minimum=Decimal("8.100001"))]
    message = "categories.main.levels[0]: in tier {!r} level 2 requires more of 'north' than the better level 1"
    assert problems(levels) == [message.format(tier) for tier in TIERS[:1]]


def test_a_minimum_for_the_only_tier_with_a_group_is_accepted() -> None:
    gates = [north(minimum="50%"), {"measure": "west", "at_least": {"district": "50%"}}]
    assert problems([{"level": 1, "gates": gates}]) == []
    gates[1] = {"measure": "west", "at_least": "50%"}
    (problem,) = problems([{"level": 1, "gates": gates}])
    assert problem.endswith("'west' has no criteria in tier 'commune'; give the minimum by tier, without 'commune'")


@pytest.mark.parametrize(
    ("levels", "limits", "message"),
    [
        ([{"level": 1, "when": {"all": [north("below"), north()]}}], [], "can never hold in tier 'district'"),
        ([{"level": 1, "gates": [north()]}], [{"when": north("below", "0%"), "not_ranked": True}], "can never hold"),
        ([{"level": 1, "gates": [north()]}], [{"when": {"all": [north("below"), north()]}, "not_ranked": True}],
         "can never apply in tier 'district'"),
        ([{"level": 1, "gates": [north()]}],
         [{"when": {"not": {"at_least": 2, "of": [WEST, north(), WEST]}}, "not_ranked": True}],
         "at_least: 2 can never hold in tier 'commune', which has only 1 of these conditions"),
        ([{"level": 1, "gates": [north()]}], [{"when": INCIDENT, "no_better_than": 1}], "forbids nothing"),
        ([{"level": 1, "gates": [north()]}], [{"when": INCIDENT, "no_better_than": 3}], "has no level 3"),
        ([{"level": 1, "when": {"at_least": 3, "of": [north(), south()]}}], [], "because there are only 2"),
        ([{"level": 1, "when": {"category": "other", "level": 5}}], [], "'other' has no level 5 (levels: 1, 2)"),
        ([{"level": 1, "when": {"category": "main", "level": 1}}], [], "'main' is not another category of the set"),
        ([{"level": 1, "when": {"indicator": "lan", "is": "simpel"}}], [], "option 'simpel'; did you mean 'simple'?"),
        ([{"level": 1, "when": {"indicator": "north_points", "is": True}}], [], "a gate reads a flag or a choice"),
        ([{"level": 1, "when": north(), "gates": [north()]}], [], "exactly one of gates and when"),
        ([{"level": 1, "gates": [north()]}], [{"when": INCIDENT}], "exactly one of no_better_than and not_ranked"),
    ],
)  # fmt: skip
def test_rules_that_cannot_apply_are_refused(levels: list[Any], limits: list[Any], message: str) -> None:
    assert any(message in problem for problem in problems(levels, limits)), problems(levels, limits)


def test_categories_that_depend_on_each_other_are_refused() -> None:
    body = document([{"level": 1, "when": OTHER}], [])
    body["categories"]["other"]["levels"][0] = {"level": 1, "when": {"category": "main", "level": 1}}
    sets = harness.catalogue(HOST, yaml_text(body))
    found = [problem.message for refusal in sets.refused for problem in refusal.problems]
    assert "the levels of main and other depend on each other; remove one of the gates on a category" in found
