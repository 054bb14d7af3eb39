"""Every mistake of a document is reported at once; none hides another."""

from __future__ import annotations

from itertools import combinations

import pytest
from harness import COMPILER, group, host

from scorer.catalogue.catalogue import load_set
from scorer.plugin_api import Indicator

INSTALLED = host(group("water", Indicator("wells", kind="count"), Indicator("deep", kind="flag")))

GOOD = """\
criteria_set: mistakes
title: {en: Mistakes}
provenance: reconstructed
effective: {from: 2026-01-01}
tiers: [district, commune]
rounding: {points: 2}
commend: {best: 1}
categories:
  supply:
    title: {en: Supply}
    points: 6
    groups:
      water:
        title: {en: Water}
        points: 6
        criteria:
          - {id: W.1, title: {en: Wells}, formula: count, indicator: wells, each: 1, points: 4}
          - {id: W.2, formula: flag, indicator: deep, points: 2}
    levels:
      - {level: 1, gates: [{measure: total, at_least: 80%}, {measure: W.1, at_least: 50%}]}
      - {level: 2, gates: [{measure: total, at_least: 40%}, {measure: W.1, above: 10%}]}
  office:
    groups:
      desk:
        title: {en: Desk}
        points: 5
        indicators:
          clerks: {kind: count, title: {en: Clerks}}
          open: {kind: flag, title: {en: Open}}
        criteria:
          - {id: D.1, formula: count, indicator: clerks, each: 1, points: 2}
          - id: D.2
            formula: sum
            points: 3
            terms:
              - {formula: flag, indicator: open, points: 1}
              - {formula: count, indicator: clerks, each: 1, points: 2}
    levels:
      - {level: 1, gates: [{measure: desk, at_least: 80%}]}
      - {level: 2, gates: [{measure: desk, at_least: 40%}]}
overall: {requires: [supply, office]}
"""

MISTAKES: dict[str, tuple[str, str]] = {
    "a title of the document": ("title: {en: Mistakes}", "title: {}"),
    "a provenance": ("provenance: reconstructed", "provenance: assumed"),
    "a date": ("{from: 2026-01-01}", "{from: soon}"),
    "a precision": ("rounding: {points: 2}", "rounding: {points: 9}"),
    "a commendation": ("best: 1}", "best: 0}"),
    "an unknown key": ("overall: {requires", "overal: {requires"),
    "a title of a category": ("title: {en: Supply}", "title: Supply"),
    "a key of a group": ("title: {en: Water}", "titel: {en: Water}"),
    "a title of a group": ("title: {en: Desk}", "title: Desk"),
    "a title of a criterion": ("title: {en: Wells}", "title: Wells"),
    "a stated maximum": ("        points: 5\n", "        points: 9\n"),
    "an effect": ("indicator: deep, points: 2}", "indicator: deep, points: 2, effect: bonos}"),
    "terms that do not add up": ("indicator: open, points: 1}", "indicator: open, points: 3}"),
    "a key of a term": ("each: 1, points: 2}\n    levels", "eech: 1, points: 2}\n    levels"),
    "an unknown indicator": ("indicator: wells", "indicator: wels"),
    "a level that is easier than a worse one": ("measure: W.1, above: 10%", "measure: W.1, above: 60%"),
    "an unknown measure": ("measure: desk, at_least: 80%", "measure: dusk, at_least: 80%"),
    "a gate that never holds": ("measure: desk, at_least: 40%", "measure: desk, at_least: 9"),
}  # fmt: skip

HIDES = {
    # The gates of a category are compared when its criteria and levels are known.
    *((other, "a level that is easier than a worse one") for other in MISTAKES if other in (
        "a title of a category", "a key of a group", "a title of a criterion", "an effect", "an unknown indicator",
    )),
    *((other, "a gate that never holds") for other in (
        "a title of a group", "a stated maximum", "terms that do not add up", "a key of a term", "an unknown measure",
    )),
    # The points of criteria are added up when all of them are known.
    ("terms that do not add up", "a stated maximum"),
    ("a key of a term", "a stated maximum"),
    ("a key of a term", "terms that do not add up"),
}  # fmt: skip
"""Pairs of which the first mistake hides the second, which cannot be seen before the first is corrected."""


def problems(*names: str) -> set[str]:
    text = GOOD
    for name in names:
        old, new = MISTAKES[name]
        assert text.count(old) == 1, name
        text = text.replace(old, new)
    plan, document = load_set(INSTALLED, "", text, COMPILER)
    assert (plan is None) == bool(names), names
    return {f"{problem.line}: {problem.path}: {problem.message}" for problem in document.problems}


@pytest.fixture(scope="module")
def problems_alone() -> dict[str, set[str]]:
    """The problems of each mistake alone."""
    return {name: problems(name) for name in MISTAKES}


def test_the_unchanged_document_is_accepted() -> None:
    assert problems() == set()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_problem(problems_alone: dict[str, set[str]], name: str) -> None:
    assert len(problems_alone[name]) == (2 if name == "a key of a term" else 1), problems_alone[name]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(list(zip(MISTAKES, list(MISTAKES)[1:], strict=False)), id="neighbours"),
        pytest.param(list(combinations(MISTAKES, 2)), id="all", marks=pytest.mark.long),
    ],
)
def test_two_mistakes_are_both_reported(problems_alone: dict[str, set[str]], pairs: list[tuple[str, str]]) -> None:
    hidden = set()
    for one, other in pairs:
        together = problems(one, other)
        hidden |= {pair for pair in ((one, other), (other, one)) if not problems_alone[pair[1]] <= together}
    assert hidden <= HIDES, hidden - HIDES


def test_all_mistakes_that_hide_none_are_reported_together(problems_alone: dict[str, set[str]]) -> None:
    hiding = {one for one, _ in HIDES}
    names = [name for name in MISTAKES if name not in hiding]
    together = problems(*names)
    for name in names:
        assert problems_alone[name] <= together, name
