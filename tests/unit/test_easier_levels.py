"""A better level that is easier than a worse one is refused."""

from __future__ import annotations

import grpc
from gate_engine import WATER, document, score
from harness import catalogue, good, group, host, refusal, serving

from scorer.plugin_api import Indicator

TWO_GROUPS = """
criteria_set: odd-2020
title: {en: Odd}
provenance: published
tiers: [district]
categories:
  supply:
    groups:
      water: {criteria: [{id: W.1, formula: awarded, indicator: wells, points: 10}]}
      power: {criteria: [{id: P.1, formula: awarded, indicator: poles, points: 10}]}
    levels:
      - level: 1
        gates: [{measure: total, at_least: 90%}, {measure: water, at_least: 90%}]
      - level: 2
        gates: [{measure: total, at_least: 80%}, {measure: water, at_least: 95%}]
      - level: 3
        gates: [{measure: total, at_least: 70%}, {measure: water, at_least: 70%}]
"""
POWER = group("power", Indicator("poles", kind="number"))


def easier(text: str, worse: int, better: int) -> tuple[int, int, str]:
    """Where the one problem of a refused set stands, and its path; it names both levels and what the worse asks."""
    sets = catalogue(host(WATER, POWER), text)
    assert sets.sets == {}
    ((problem,),) = (refusal.problems for refusal in sets.refused)
    asks = f"in tier 'district' level {worse} requires more of 'water' than the better level {better}"
    assert problem.message == asks
    return problem.line, problem.column, problem.path


def test_a_better_level_easier_in_one_measure_is_refused_at_its_line_and_column() -> None:
    assert easier(TWO_GROUPS, worse=2, better=1) == (12, 9, "categories.supply.levels[0]")


def test_a_better_level_without_a_gate_of_a_worse_one_is_refused() -> None:
    text = TWO_GROUPS.replace("at_least: 95%", "at_least: 80%").replace(", {measure: water, at_least: 80%}", "")
    assert easier(text, worse=3, better=2) == (14, 9, "categories.supply.levels[1]")


def test_a_strict_worse_level_is_harder_than_the_better_one_at_the_same_minimum() -> None:
    strict = TWO_GROUPS.replace("{measure: water, at_least: 95%}", "{measure: water, above: 90%}")
    assert easier(strict, worse=2, better=1) == (12, 9, "categories.supply.levels[0]")


def test_equal_minima_in_two_levels_are_not_easier() -> None:
    text = TWO_GROUPS.replace("at_least: 95%", "at_least: 90%")
    assert list(good(catalogue(host(WATER, POWER), text)).sets) == ["odd-2020"]


def test_a_level_that_every_unit_reaches_gives_a_warning_unless_lowest() -> None:
    bounds = ("at_least: 90%", "at_least: 95%", "at_least: 70%", "at_least: 80%")
    lowest = TWO_GROUPS.replace(bounds[1], bounds[3]).replace(bounds[2], "at_least: 0%")
    assert good(catalogue(host(WATER, POWER), lowest)).warnings == ()
    lowest_two = lowest.replace(bounds[3], "at_least: 0%")
    warnings = good(catalogue(host(WATER, POWER), lowest_two)).warnings
    assert [(warning.path, warning.message) for warning in warnings] == [
        ("categories.supply.levels[1]", "warning: always holds in tier 'district'"),
        (
            "categories.supply.levels[2]",
            "warning: in tier 'district' every unit that reaches level 3 reaches level 2 too",
        ),
    ]


def test_a_set_with_an_easier_better_level_is_refused_over_the_socket() -> None:
    with serving(catalogue(host(WATER, POWER), TWO_GROUPS, document("good-2020", 50))) as service:
        with refusal() as caught:
            score(service, "odd-2020")
        assert caught[0].code is grpc.StatusCode.FAILED_PRECONDITION
        assert "categories.supply.levels[0]: in tier 'district' level 2 requires more of 'water'" in caught[0].details
        assert score(service, "good-2020").level == 1
