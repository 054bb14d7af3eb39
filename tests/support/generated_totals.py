"""Hypothesis strategies for caps, floors, weights and means of groups, categories and the overall score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import oracle
from hypothesis import strategies as st
from oracle.numbers import exact, of_tier, points_of
from oracle.sums import capped, total_of

MICRO = 10**6
WEIGHTS = ["1/3", "2/9", 1, 2, Decimal("0.5"), "25%"]
MEANS = ["arithmetic_mean", "geometric_mean"]


def limits(body: oracle.Document, measure: str, tier: str) -> tuple[int, int]:
    """Nominal maximum and largest micropoints of a measure of a category in a tier."""
    if measure == "total":
        parts = {code: (Fraction(0), *_group(group, tier)) for code, group in body["groups"].items()}
        if body.get("combine") in MEANS:
            most = exact(of_tier(body["points"], tier) or 0)  # none in tiers that lack the category
            parts = {"mean": (Fraction(0), most, most)}
        _, highest, nominal = capped(total_of(list(parts.values())), body, tier)
        return int(nominal * MICRO), int(highest * MICRO)
    amounts = [
        _group(body["groups"][term.strip()], tier) for term in measure.split("+") if term.strip() in body["groups"]
    ]
    if not amounts:
        here = [c for group in body["groups"].values() for c in group["criteria"] if c["id"] == measure]
        amounts = [_group({"criteria": here}, tier)]
    return int(sum(nominal for _, nominal in amounts) * MICRO), int(sum(highest for highest, _ in amounts) * MICRO)


def _group(group: oracle.Document, tier: str) -> tuple[Fraction, Fraction]:
    """Largest points and nominal maximum of a group in a tier."""
    here = [c for c in group["criteria"] if of_tier(c["points"], tier) is not None]
    by_effect = {
        effect: sum((points_of(c, tier) for c in here if c.get("effect", "score") == effect), Fraction(0))
        for effect in ("score", "bonus")
    }
    _, highest, nominal = capped((Fraction(0), sum(by_effect.values()), by_effect["score"]), group, tier)
    return highest, nominal


@st.composite
def category(draw: st.DrawFn, groups: dict[str, Any], tiers: Sequence[str]) -> dict[str, Any]:
    """Keys of a category with these groups; some groups get caps and weights."""
    body: dict[str, Any] = {"groups": groups}
    for group in groups.values():
        if draw(st.integers(0, 4)) == 0:
            group["cap"] = draw(caps(tiers))
    if draw(st.integers(0, 2)):
        if draw(st.integers(0, 4)) == 0:
            body["floor"] = "none"
        if draw(st.integers(0, 4)) == 0:
            body["cap"] = draw(caps(tiers))
        return body
    return body | draw(mean(groups, tiers, {code: {t: _group(g, t) for t in tiers} for code, g in groups.items()}))


@st.composite
def overall(draw: st.DrawFn, categories: dict[str, Any], tiers: Sequence[str]) -> dict[str, Any]:
    """Keys of the overall score; some categories get weights."""
    body: dict[str, Any] = {}
    if draw(st.integers(0, 4)) == 0:
        body["cap"] = draw(caps(tiers))
    criteria = [
        c for category in categories.values() for group in category["groups"].values() for c in group["criteria"]
    ]
    way = draw(st.sampled_from(["sum", "sum", "sum_of_converted", "mean"]))
    if way == "sum_of_converted" and not any(c.get("effect") for c in criteria):  # converted bonuses may be very large
        body["combine"] = way
    if way == "mean":
        most = {code: {t: limits(category, "total", t)[::-1] for t in tiers} for code, category in categories.items()}
        body |= draw(mean(categories, tiers, most))
    return body


@st.composite
def mean(
    draw: st.DrawFn,
    parts: dict[str, Any],
    tiers: Sequence[str],
    most: Mapping[str, Mapping[str, tuple[float, float]]],
) -> dict[str, Any]:
    """A mean of parts, if all have maxima; ``most`` has the most points and the nominal maxima of each, by tier."""
    if any(highest and not nominal for by_tier in most.values() for highest, nominal in by_tier.values()):
        return {}
    for part in parts.values():
        if draw(st.booleans()):
            part["weight"] = draw(st.sampled_from(WEIGHTS))
    return {"combine": draw(st.sampled_from(MEANS)), "points": draw(caps(tiers))}


def caps(tiers: Sequence[str]) -> st.SearchStrategy[Any]:
    """Points above 0: a number, or a number for each tier."""
    some = st.one_of(
        st.sampled_from([1, 3, 10, 100, Decimal("0.000001")]),
        st.integers(1, 20 * MICRO).map(lambda n: n / Decimal(MICRO)),
    )
    return st.one_of(some, st.fixed_dictionaries(dict.fromkeys(tiers, some)))
