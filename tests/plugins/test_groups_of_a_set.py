"""Sets whose formula kinds break, and sets whose groups declare the same indicators."""

from __future__ import annotations

import re
from typing import Any

import pytest
from harness import catalogue, good, group, host
from plugin_sets import ROADS, WELLS, Root, document

from scorer.plugin_api import Formula, Indicator, PartOf


def failing(**methods: object) -> type[Formula]:
    return type("Failing", (Root,), {"kind": "failing", **methods})


def breaks(*_: object) -> Any:
    raise RuntimeError("dust in the works")


def ends(*_: object) -> Any:
    raise SystemExit("dust in the works")


@pytest.mark.parametrize(
    "kind",
    [
        failing(reads=breaks),
        failing(reads=lambda self: ["dug"]),
        failing(problems=breaks),
        failing(limits=breaks),
        failing(limits=lambda self, tier, maximum: {"gravel": (0.0, 1.0)}),
        failing(needs_cohort=property(breaks)),
        failing(line=breaks),
        failing(line=ends),
        failing(reads=ends),
    ],
    ids=[
        "reads",
        "reads-text",
        "problems",
        "limits",
        "limits-of-another",
        "needs-cohort",
        "line",
        "line-ends",
        "reads-end",
    ],
)
def test_a_broken_formula_kind_refuses_only_its_set(kind: type[Formula]) -> None:
    plugins = host(WELLS, formulas=[kind])
    sets = catalogue(plugins, document("bad-2020", "wells", formula="failing"), document("good-2020", "wells"))
    assert list(sets.sets) == ["good-2020"]
    refusal = sets.refusal("bad-2020")
    assert refusal is not None
    assert re.search("failing|broken: (RuntimeError|SystemExit): dust in the works", str(refusal.problems[0]))


def both(other: Indicator) -> list[str]:
    """The problems of a set of two groups that both declare ``dug``."""
    sets = catalogue(host(WELLS, group("ponds", other)), document("water-2020", "wells", "ponds"))
    return [problem.message for refusal in sets.refused for problem in refusal.problems]


def test_two_groups_may_declare_one_indicator_identically() -> None:
    assert both(Indicator("dug", kind="count")) == []


@pytest.mark.parametrize(
    "other",
    [
        Indicator("dug", kind="number"),
        Indicator("dug", kind="count", unit="metres"),
        Indicator("dug", kind="count", title={"en": "Dug"}),
        Indicator("dug", kind="count", maximum=5),
    ],
    ids=["kind", "unit", "title", "range"],
)
def test_two_groups_may_not_declare_one_indicator_differently(other: Indicator) -> None:
    assert both(other) == ["its plugin and group 'wells' declare indicator 'dug' differently"]


def test_contradicting_groups_do_not_matter_to_a_set_with_one_of_them() -> None:
    plugins = host(WELLS, group("ponds", Indicator("dug", kind="flag")))
    sets = good(catalogue(plugins, document("wells-2020", "wells"), document("ponds-2020", "ponds", formula="flag")))
    assert sets.sets["wells-2020"].criteria_set.indicators["dug"].kind == "count"
    assert sets.sets["ponds-2020"].criteria_set.indicators["dug"].kind == "flag"


def test_a_criterion_may_read_an_indicator_of_another_group_of_its_set() -> None:
    sets = catalogue(host(WELLS, ROADS), document("both-2020", "wells", "roads"), document("roads-2020", "roads"))
    assert list(sets.sets) == ["both-2020"]
    assert "no group of the set declares indicator 'dug'" in str(sets.refused[0].problems[0])


def test_a_check_is_used_only_if_a_set_has_all_its_indicators() -> None:
    checked = group("wells", Indicator("dug", "count"), Indicator("dry", "count"), checks=[PartOf("dry", "dug")])
    text = document("dry-2020", "wells").replace("indicator: dug, points: 5}", "indicator: dug, points: 5}\n") + (
        "          - {id: C9, formula: fault, indicator: dry, points: 5}\n"
    )
    sets = good(catalogue(host(checked), document("wells-2020", "wells"), text))
    assert sets.sets["wells-2020"].tiers["district"].checks == ()
    assert [check.check for check in sets.sets["dry-2020"].tiers["district"].checks] == [PartOf("dry", "dug")]
