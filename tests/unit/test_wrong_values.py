"""Wrong, empty and unknown values under the right keys of documents."""

from __future__ import annotations

import copy
import datetime
from decimal import Decimal
from typing import Any

import pytest
from example_counts import mostly_long, scaled
from harness import COMPILER
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich_document import (
    KEYS,
    RICH,
    RICH_DATA,
    RICH_HOST,
    RICH_PLACES,
    Place,
    assert_nothing_was_lost,
    at,
    changed,
    flow,
    judged,
    often,
    places,
    removed,
    seldom,
)

from scorer.catalogue.catalogue import Catalogue, load_set
from scorer.criteria.yaml_parser import parse

scalars = st.one_of(
    st.sampled_from(
        [
            *(
                None,
                True,
                False,
                0,
                1,
                -1,
                2,
                99,
                10**9,
                10**40,
                Decimal("0.5"),
                Decimal("1E-7"),
                Decimal("4294.967296"),
            ),
            *(
                "",
                "x",
                "90%",
                "100.00001%",
                "-1%",
                "total",
                "drill",
                "drill+survey",
                "drill + drill",
                "D.01",
                "district",
            ),
            *(
                "\ud800",
                "a\nb",
                "\x00",
                "ế" * 100,
                "ratio",
                "sum",
                "best",
                "steps",
                "magic",
                "zero",
                "bonus",
                "firewall",
            ),
            *(datetime.date(2020, 6, 30), datetime.date.min, datetime.date.max),
        ]
    ),
    st.text(max_size=5),
    st.integers(),
)
keys = st.one_of(
    st.sampled_from(KEYS), st.sampled_from(["district", "commune", "total", "", "<<"]), st.text(max_size=3)
)
junk = st.recursive(
    scalars | st.sampled_from([at(RICH_DATA, place) for place in RICH_PLACES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=4,
)


@st.composite
def misfilled(draw: st.DrawFn) -> str:
    """The rich document with some values replaced, left out, or put where they do not belong."""
    data = RICH_DATA
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(data))))
        edit = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        inside = at(data, place)
        if edit == "remove" and place:
            data = removed(data, place)
        elif edit == "add" and isinstance(inside, dict):
            data = changed(data, place, {**inside, draw(keys): draw(junk)})
        elif edit == "add" and isinstance(inside, list):
            data = changed(data, place, [*inside, draw(junk)])
        else:
            data = changed(data, place, draw(junk))
    return flow(data)


@settings(often, max_examples=scaled(400))
@given(misfilled())
def test_no_wrong_value_under_a_right_key_crashes_the_loader(text: str) -> None:
    judged(text, RICH)


@seldom
@given(misfilled())
def test_no_wrong_value_under_a_right_key_crashes_the_catalogue(text: str) -> None:
    plan, document = load_set(RICH_HOST, "fuzz.yaml", text, COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)


@seldom
@given(misfilled(), misfilled())
def test_no_wrong_value_crashes_the_merge_of_a_document_with_its_base(lower: str, upper: str) -> None:
    base, extending = parse(lower, "").data, parse(upper, "").data
    assume(isinstance(base, dict) and isinstance(extending, dict))
    texts = [flow({**base, "criteria_set": "base"}), flow({**extending, "criteria_set": "next", "extends": "base"})]
    named = list(zip(("base.yaml", "next.yaml"), texts, strict=True))
    sets = Catalogue.load(RICH_HOST, named, COMPILER)
    assert len(sets.sets) + len(sets.refused) == 2
    for refused in sets.refused:
        for problem in refused.problems:
            assert problem.line == 1
            assert 1 <= problem.column <= max(map(len, texts)) + 1, problem
            assert str(problem).isprintable()


def without_stated_maxima() -> Any:
    """They would betray a lost criterion by themselves."""
    data = copy.deepcopy(RICH_DATA)
    for category in data["categories"].values():
        category.pop("points", None)
        for body in category["groups"].values():
            body.pop("points", None)
    return data


UNSTATED = without_stated_maxima()


@pytest.mark.parametrize("place", mostly_long(list(places(UNSTATED))[1:]), ids=lambda place: ".".join(map(str, place)))
def test_an_empty_value_is_refused(place: Place) -> None:
    plan, document = load_set(RICH_HOST, "fuzz.yaml", flow(changed(UNSTATED, place, None)), COMPILER)
    assert (plan is None) == bool(document.problems)
    assert_nothing_was_lost(plan, document.data)


@pytest.mark.parametrize("key", ["a\nb", "\x1b[31mred", "\x85", "\u2028", "\u202e", "\ud800"], ids=ascii)
@pytest.mark.parametrize("place", [(), ("title",), ("categories",), ("categories", "readiness", "groups")], ids=str)
def test_every_problem_is_one_line_that_a_terminal_can_show(place: Place, key: str) -> None:
    text = flow(changed(RICH_DATA, place, {**at(RICH_DATA, place), key: 1}))
    problems = judged(text, RICH).problems
    assert problems
    for problem in problems:
        assert str(problem).isprintable(), str(problem)


@pytest.mark.parametrize(
    "place", mostly_long([place for place in RICH_PLACES if place]), ids=lambda place: ".".join(map(str, place))
)
def test_a_value_of_the_wrong_kind_is_refused_at_its_place(place: Place) -> None:
    """Nothing takes a list of lists; the problem's path is that of the value, or begins with it."""
    document = judged(flow(changed(RICH_DATA, place, [[True]])), RICH)
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
    assert any(problem.path.startswith(text) for problem in document.problems), document.problems


@pytest.mark.parametrize(
    "place",
    mostly_long(
        [
            p
            for p in RICH_PLACES
            if isinstance(at(RICH_DATA, p), dict) and p[-1:] not in (("categories",), ("indicators",))
        ]
    ),
    ids=lambda p: ".".join(map(str, p)),
)
def test_an_unknown_key_is_refused_anywhere(place: Place) -> None:
    """At its own line and column."""
    mark = "zzz_unknown"
    text = flow(changed(RICH_DATA, place, {**at(RICH_DATA, place), mark: 1}))
    document = judged(text, RICH)
    column = text.index(f'"{mark}"') + 1
    assert any((problem.line, problem.column) == (1, column) for problem in document.problems), document.problems
