"""What changes the revision of a document, and what does not."""

from __future__ import annotations

import datetime
import json
import random
import re
from decimal import Decimal
from typing import Any

import pytest
from example_counts import mostly_long, scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from rich_document import (
    HOSTS,
    HUE,
    HUE_DATA,
    RICH,
    RICH_DATA,
    RICH_PLACES,
    Place,
    at,
    changed,
    escaped,
    flow,
    loaded,
    removed,
    seldom,
)

from scorer.criteria.model import CriteriaSet
from scorer.criteria.yaml_parser import parse

RICH_REVISION = parse(RICH, "").revision()


def revision(text: str) -> str:
    """The revision of a document that is good."""
    for base, plugins in HOSTS.items():
        criteria_set, _ = loaded(text, plugins)
        if criteria_set is not None:
            assert parse(text, "").revision() == criteria_set.revision, base
            return criteria_set.revision
    raise AssertionError("refused")


def meaningful(place: Place) -> bool:
    """Whether the order of a mapping's keys means something."""
    return place == ("categories",) or (len(place) == 3 and place[0] == "categories" and place[2] == "groups")


def laid_out(value: Any, luck: random.Random, indent: int = 0, place: Place = ()) -> str:
    """The same content in another layout: block or flow, any order of keys that means nothing, quotes, comments."""
    if isinstance(value, dict | list) and value and (indent == 0 or luck.random() < 0.7):
        lines = []
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        if isinstance(value, dict) and not meaningful(place):
            luck.shuffle(items)
        for key, inner in items:
            if luck.random() < 0.3:
                lines.append(" " * luck.randrange(9) + f"# remark {luck.random()}")
            head = " " * indent + (f"{quoted(key, luck)}:" if isinstance(value, dict) else "-")
            body = laid_out(inner, luck, indent + luck.randint(1, 4), (*place, key))
            trailing = "  # so it is" if luck.random() < 0.1 and "\n" not in body else ""
            lines.append(f"{head}{body}{trailing}" if body.startswith("\n") else f"{head} {body}{trailing}")
        return ("\n" if indent else "") + "\n".join(lines)
    if isinstance(value, dict):
        items = list(value.items())
        if not meaningful(place):
            luck.shuffle(items)
        inside = (f"{quoted(key, luck)}: {laid_out_flow(inner, luck, (*place, key))}" for key, inner in items)
        return "{" + ",  ".join(inside) + "}"
    return laid_out_flow(value, luck, place)


def laid_out_flow(value: Any, luck: random.Random, place: Place) -> str:
    if isinstance(value, dict):
        items = list(value.items())
        if not meaningful(place):
            luck.shuffle(items)
        return "{ " + ", ".join(f"{quoted(k, luck)}: {laid_out_flow(v, luck, (*place, k))}" for k, v in items) + " }"
    if isinstance(value, list):
        return "[" + " , ".join(laid_out_flow(v, luck, (*place, n)) for n, v in enumerate(value)) + "]"
    if isinstance(value, str):
        return quoted(value, luck)
    if isinstance(value, Decimal) and luck.random() < 0.5:
        return f"{value}000"
    return flow(value)


def quoted(text: str, luck: random.Random) -> str:
    if re.fullmatch(r"[a-z]+", text) and text not in ("true", "false", "null") and luck.random() < 0.5:
        return text
    if luck.random() < 0.5:
        return escaped(text) if luck.random() < 0.5 else json.dumps(text, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize(("base", "data"), [(HUE, HUE_DATA), (RICH, RICH_DATA)], ids=["hue", "rich"])
@settings(seldom, max_examples=scaled(25))
@given(luck=st.integers(0, 2**32).map(random.Random))
def test_a_revision_ignores_comments_layout_and_key_order(base: str, data: Any, luck: random.Random) -> None:
    assert revision(laid_out(data, luck)) == revision(base)


def test_a_revision_does_not_depend_on_line_ends_or_a_byte_order_mark() -> None:
    assert revision(HUE.replace("\n", "\r\n")) == revision(HUE)
    assert revision("\ufeff" + HUE) == revision(HUE)
    assert parse(HUE.encode(), "").revision() == revision(HUE)


@pytest.mark.parametrize("other", ["15.0", "15.", "15.000000", "+15"])
def test_equal_numbers_give_the_same_revision(other: str) -> None:
    assert revision(HUE.replace("points: 15", f"points: {other}")) == revision(HUE)


def other_value(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + Decimal("0.000001")
    return value + datetime.timedelta(1) if isinstance(value, datetime.date) else f"{value} "


@pytest.mark.parametrize(
    "place", mostly_long([p for p in RICH_PLACES if p]), ids=lambda place: ".".join(map(str, place))
)
def test_every_change_of_content_changes_the_revision(place: Place) -> None:
    value = at(RICH_DATA, place)
    if not isinstance(value, dict | list):
        assert parse(flow(changed(RICH_DATA, place, other_value(value))), "").revision() != RICH_REVISION
    assert parse(flow(removed(RICH_DATA, place)), "").revision() != RICH_REVISION


@pytest.mark.parametrize(
    "place",
    [p for p in RICH_PLACES if isinstance(at(RICH_DATA, p), list) and len(at(RICH_DATA, p)) > 1],
    ids=lambda place: ".".join(map(str, place)),
)
def test_the_order_of_a_list_changes_the_revision(place: Place) -> None:
    turned = changed(RICH_DATA, place, at(RICH_DATA, place)[::-1])
    assert parse(flow(turned), "").revision() != RICH_REVISION


def swapped(text: str, place: Place) -> CriteriaSet:
    data = parse(text, "").data
    turned = dict(reversed(at(data, place).items()))
    criteria_set, document = loaded(flow(changed(data, place, turned)), HOSTS[text])
    assert criteria_set is not None, document.problems
    return criteria_set


def test_the_order_of_groups_and_categories_changes_the_revision() -> None:
    assert swapped(HUE, ("categories", "readiness", "groups")).revision != revision(HUE)
    assert swapped(RICH, ("categories",)).revision != revision(RICH)


def test_the_order_of_other_keys_does_not_change_the_revision() -> None:
    assert swapped(HUE, ()).revision == revision(HUE)
    assert swapped(HUE, ("title",)).revision == revision(HUE)
    assert swapped(RICH, ("categories", "readiness")).revision == revision(RICH)
    options = ("categories", "readiness", "groups", "drill", "criteria", 2, "options")
    assert swapped(RICH, options).revision == revision(RICH)
