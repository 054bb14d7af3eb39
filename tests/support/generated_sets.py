"""Hypothesis strategies for criteria sets that the loader accepts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import generated_totals
import harness
from generated_formulas import INDICATORS, KINDS, Place, formula
from generated_levels import levels
from hypothesis import strategies as st
from set_documents import MICRO

TIERS = ("department", "district", "commune")
CATEGORIES = {
    "readiness": ("policy_environment", "infrastructure", "human_resources"),
    "achievement": ("presence", "interaction"),
}

HOST = harness.host(*(harness.group(name, *INDICATORS.values()) for groups in CATEGORIES.values() for name in groups))

MAXIMA = st.one_of(
    st.sampled_from([MICRO, 2 * MICRO, 3 * MICRO, 5 * MICRO, 7 * MICRO, 10 * MICRO, MICRO // 2]),
    st.sampled_from([49_990_000, 33_333_333, 1, 7, 0, 9_999_999, 150 * MICRO]),
    st.integers(1, 60 * MICRO),
)

SOURCES = st.sampled_from(
    [
        ["self_reported"],
        ["self_reported", "verified"],
        ["self_reported", "verified", "surveyed"],
        ["surveyed"],
        ["surveyed", "verified"],
    ]
)


@st.composite
def _criterion(
    draw: st.DrawFn, number: int, tiers: Sequence[str], all_tiers: bool, among: Collection[str]
) -> dict[str, Any]:
    """A criterion that exists in exactly these tiers."""
    if draw(st.booleans()):
        most = draw(MAXIMA)
        place = Place(dict.fromkeys(tiers, most), not all_tiers or draw(st.booleans()))
    else:
        place = Place({tier: draw(MAXIMA) for tier in tiers}, True)
    body = {"id": f"C.{number:02}", "points": place.write(place.amounts)}
    body |= draw(formula(place, f"awarded{number}", among))
    penalty = [] if "'formula': 'fault'" in str(body) else ["penalty"]  # which would fall on those without a fault
    effect = draw(st.sampled_from(["score"] * 6 + ["bonus", *penalty]))
    if effect != "score" or draw(st.booleans()):
        body["effect"] = effect
    if draw(st.booleans()):
        body["may_be_not_applicable"] = draw(st.sampled_from([True, True, False]))
    if draw(st.booleans()):
        body["when_missing"] = draw(st.sampled_from(["zero", "not_applicable"]))
    if body["formula"] == "awarded" and draw(st.integers(0, 5)) == 0:  # nothing else reads its indicator
        body["sources"] = draw(SOURCES)
    return body


@st.composite
def documents(draw: st.DrawFn, among: Collection[str] = KINDS) -> dict[str, Any]:
    """A criteria set with one to three tiers, one or two categories and these formula kinds."""
    tiers = list(TIERS[: draw(st.integers(1, 3))])
    number = 0
    categories: dict[str, Any] = {}
    for code in ["readiness", "achievement"][: draw(st.integers(1, 2))]:
        # The first category has all tiers; another one may leave some out.
        here = tiers if not categories else draw(st.lists(st.sampled_from(tiers), min_size=1, unique=True))
        groups: dict[str, Any] = {}
        for group in CATEGORIES[code][: draw(st.integers(1, len(CATEGORIES[code])))]:
            criteria = []
            for n in range(draw(st.integers(1, 3))):
                number += 1
                partly = (groups or n) and draw(st.integers(0, 3)) == 0
                mine = draw(st.lists(st.sampled_from(here), min_size=1, unique=True)) if partly else here
                criteria.append(draw(_criterion(number, mine, set(mine) == set(tiers), among)))
            groups[group] = {"criteria": criteria}
        categories[code] = draw(generated_totals.category(groups, here))
        if draw(st.integers(0, 5)):
            categories[code]["levels"] = draw(levels(categories[code], here))
    document: dict[str, Any] = {
        "criteria_set": "drawn",
        "title": {"en": "Drawn"},
        "provenance": "published",
        "tiers": tiers,
        "rounding": {
            "points": draw(st.sampled_from([0, 1, 2, 2, 2, 3, 6])),
            "mode": draw(st.sampled_from(["half_up", "half_up", "half_even", "down", "up"])),
        },
        "ranking": {
            "ties": draw(st.sampled_from(["competition", "dense", "ordinal"])),
            "precision": draw(st.sampled_from(["published", "published", "exact"])),
        },
        "categories": categories,
    }
    if draw(st.integers(0, 2)) == 0:
        document["sources"] = draw(SOURCES)
    if draw(st.booleans()):
        required = draw(st.lists(st.sampled_from(list(categories)), min_size=1, unique=True))
        document["overall"] = {"requires": required}
    if draw(st.booleans()):
        document["overall"] = document.get("overall", {}) | draw(generated_totals.overall(categories, tiers))
    if draw(st.integers(0, 2)):
        document["ranking"]["cohort"] = draw(_for_tiers(tiers, st.sampled_from(["parent", "parent", "tier"])))
    if draw(st.booleans()):
        document["ranking"]["by"] = draw(rank_keys(categories))
    for code, category in categories.items():
        if draw(st.booleans()):
            own = {
                "ties": draw(st.sampled_from(["competition", "dense", "ordinal"])),
                "by": draw(rank_keys(categories, code)),
            }
            category["ranking"] = {key: own[key] for key in own if draw(st.booleans())}
            if draw(st.booleans()):
                category["ranking"]["precision"] = draw(st.sampled_from(["published", "exact"]))
    if draw(st.booleans()):
        document["subtotals"] = draw(_subtotals(categories))
    if draw(st.booleans()):
        document["commend"] = {"best": draw(_for_tiers(tiers, st.integers(1, 4)))}
    return document


@st.composite
def _subtotals(draw: st.DrawFn, categories: Mapping[str, Any]) -> dict[str, Any]:
    """Some subtotals, and the keys of groups and criteria that belong to them. One may be unused."""
    codes = draw(st.permutations(["people", "infrastructure", "finance"]))[: draw(st.integers(1, 3))]
    for group in (group for category in categories.values() for group in category["groups"].values()):
        for part in (group, *group["criteria"]):
            if draw(st.integers(0, 2)) == 0:
                part["subtotal"] = draw(st.sampled_from(codes))
    return {code: {"title": {"en": code}} for code in codes}


def _has_maximum(key: Mapping[str, str], categories: Mapping[str, Any]) -> bool:
    """Whether a key of a ranking has something to compare."""
    name = key.get("measure", "")
    if not name or name in categories:
        return True
    owners = [
        body for body in categories.values()
        if any(term.strip() in body["groups"] for term in name.split("+"))
        or any(c["id"] == name for group in body["groups"].values() for c in group["criteria"])
    ]  # fmt: skip
    return any(generated_totals.limits(body, name, tier)[0] for body in owners for tier in TIERS)


@st.composite
def rank_keys(draw: st.DrawFn, categories: Mapping[str, Any], own: str = "") -> list[Any]:
    """Keys of the ranking of a category, or of the overall ranking."""
    here = {own: categories[own]} if own else categories
    names: list[Any] = ["total" if own else "overall"]
    for code, category in here.items():
        names += ([] if own else [{"measure": code}]) + [{"measure": group} for group in category["groups"]]
        names += [{"measure": c["id"]} for group in category["groups"].values() for c in group["criteria"]]
        if len(category["groups"]) > 1:
            names.append({"measure": " + ".join(reversed(category["groups"]))})
        if category.get("levels"):
            names.append("level" if own else {"level": code})
    names = [name for name in names if not isinstance(name, Mapping) or _has_maximum(name, here)]
    keys = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique_by=str))
    return [names[0], *(key for key in keys if key != names[0])] if draw(st.booleans()) else keys


def _for_tiers(tiers: Sequence[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or values for some tiers."""
    return st.one_of(values, st.dictionaries(st.sampled_from(tiers), values, min_size=1))
