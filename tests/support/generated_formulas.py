"""Hypothesis strategies for formulas of criteria. The formulas give at most the points of their criterion."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from oracle.numbers import share_of
from set_documents import MICRO, Amounts, decimal

from scorer.plugin_api import Indicator

INDICATORS: dict[str, Indicator] = {
    indicator.code: indicator
    for indicator in (
        *(Indicator(f"awarded{n}", kind="number") for n in range(1, 16)),
        *(Indicator(f"number{n}", kind="number") for n in range(1, 4)),
        *(Indicator(f"count{n}", kind="count") for n in range(1, 5)),
        *(Indicator(f"flag{n}", kind="flag") for n in range(1, 3)),
        Indicator("choice1", kind="choice", options=("chairman", "deputy", "none")),
        Indicator("choice2", kind="choice", options=("yes", "no")),
        *(Indicator(f"day{n}", kind="date") for n in range(1, 3)),
    )
}
"""The indicators that every generated group declares, so that any criterion can read any of them."""

KINDS = (
    "flag", "fault", "choice", "steps", "count", "ratio", "ratio_to_best", "linear", "logarithmic", "min_max",
    "percentile", "z_scores", "awarded", "sum", "best",
)  # fmt: skip
ALONE = tuple(kind for kind in KINDS if kind not in ("ratio_to_best", "min_max", "percentile", "z_scores"))
"""Formula kinds that do not compare units."""

SHARES = st.sampled_from(["80%", "66.6667%", "1/3", "2/7", 1, 2, Decimal("0.75"), Decimal("0.000001"), "99.9999%"])


@dataclass(frozen=True)
class Place:
    """The place of a formula: its points by tier, and whether they are written by tier."""

    amounts: Amounts
    by_tier: bool

    def write(self, amounts: Amounts) -> Any:
        """Amounts as the document writes them."""
        if self.by_tier or len(set(amounts.values())) > 1:
            return {tier: decimal(micro) for tier, micro in amounts.items()}
        return decimal(next(iter(amounts.values())))


def _up_to(amounts: Amounts) -> st.SearchStrategy[Amounts]:
    """Amounts up to these."""
    return st.fixed_dictionaries(
        {
            tier: st.one_of(st.sampled_from([0, most // 2, most, max(most - 1, 0)]), st.integers(0, most))
            for tier, most in amounts.items()
        }
    )


@st.composite
def formula(draw: st.DrawFn, place: Place, own: str, among: Collection[str], depth: int = 0) -> dict[str, Any]:
    """A formula's keys; ``own`` is an indicator that nothing else reads, ``among`` the kinds there may be."""
    kinds = [kind for kind in KINDS if depth < 2 or kind not in ("sum", "best")] + ["awarded"] * (0 if depth else 3)
    kind = draw(st.sampled_from([kind for kind in kinds if kind in among]))
    counts = st.sampled_from(["count1", "count2", "count3", "count4", "previous.count1"])
    numbers = st.one_of(counts, st.sampled_from(["number1", "number2", "number3", "previous.number1"]))
    body: dict[str, Any] = {"formula": kind}
    if kind == "awarded":
        body["indicator"] = own
    elif kind == "flag":
        body["indicator"] = draw(st.sampled_from(["flag1", "flag2"]))
    elif kind == "fault":
        body["indicator"] = draw(st.sampled_from(["flag1", "flag2", "count1", "count2"]))
    elif kind == "choice":
        body["indicator"] = draw(st.sampled_from(["choice1", "choice2"]))
        options = draw(st.permutations(INDICATORS[body["indicator"]].options))
        others = [draw(_up_to(place.amounts)) for _ in options[1:]]
        body["options"] = dict(zip(options, map(place.write, [place.amounts, *others]), strict=True))
    elif kind == "steps":
        body |= draw(_steps(place))
    elif kind == "count":
        each = {
            t: draw(st.one_of(st.integers(1, max(most, 1)), st.just(max(most // 5, 1))))
            for t, most in place.amounts.items()
        }
        body |= {"indicator": draw(counts), "each": place.write(each)}
    elif kind in ("ratio", "ratio_to_best"):
        zero = ["full", "zero"] if depth else ["full", "zero", "not_applicable"]
        numerator, denominator = draw(st.lists(numbers, min_size=2, max_size=2, unique=True))
        body |= {"numerator": numerator, "denominator": denominator, "when_zero": draw(st.sampled_from(zero))}
        if kind == "ratio":
            body |= draw(_ratio_ends())
    elif kind == "linear":
        ends = st.one_of(st.integers(-3, 12).map(lambda n: n * MICRO), st.integers(-3 * MICRO, 12 * MICRO))
        start, end = draw(st.lists(ends, min_size=2, max_size=2, unique=True))
        body |= {"indicator": draw(numbers), "from": decimal(start), "to": decimal(end)}
        body |= draw(_line_ends(start, end))
    elif kind == "logarithmic":
        start, end = draw(st.lists(st.integers(1, 12 * MICRO), min_size=2, max_size=2, unique=True))
        body |= {"indicator": draw(numbers), "from": decimal(start), "to": decimal(end)}
    elif kind in ("min_max", "percentile"):
        body |= {"indicator": draw(numbers), "when_equal": draw(st.sampled_from(["full", "zero"]))}
        if draw(st.booleans()):
            body["better"] = draw(st.sampled_from(["higher", "lower"]))
    elif kind == "z_scores":
        codes = draw(st.lists(numbers, min_size=1, max_size=3, unique=True))
        body["weights"] = {code: draw(SHARES) for code in codes}
        if draw(st.booleans()):
            body["lower_is_better"] = codes[: draw(st.integers(1, len(codes)))]
        if draw(st.booleans()):
            body |= {
                "from": draw(st.sampled_from([-2, Decimal("-0.5")])),
                "to": draw(st.sampled_from([1, Decimal("2.5")])),
            }
            if draw(st.booleans()):
                body["deviation"] = draw(st.sampled_from(["population", "sample"]))
        else:
            body["when_equal"] = draw(st.sampled_from(["full", "zero"]))
    else:
        size = draw(st.integers(1, 3))
        amounts = draw(_split(place.amounts, size)) if kind == "sum" else [place.amounts]
        amounts += [draw(_up_to(place.amounts)) for _ in range(size - len(amounts))]
        body["terms" if kind == "sum" else "alternatives"] = [
            {
                "points": place.write(part),
                **draw(formula(Place(part, place.by_tier), own, among, depth + 1)),
            }
            for part in draw(st.permutations(amounts))
        ]
    return body


@st.composite
def _ratio_ends(draw: st.DrawFn) -> dict[str, Any]:
    """Where all points of a ratio begin, and below which ratio there are none."""
    ends: dict[str, Any] = {}
    if draw(st.integers(0, 2)) == 0:
        ends["target"] = draw(SHARES)
    if draw(st.integers(0, 2)) == 0:
        floor = draw(SHARES)
        if share_of(floor) < share_of(ends.get("target", 1)):
            ends["floor"] = floor
    return ends


@st.composite
def _line_ends(draw: st.DrawFn, start: int, end: int) -> dict[str, Any]:
    """The same on a line between two numbers in millionths."""
    low, high = sorted((start, end))
    if high - low < 3 or draw(st.booleans()):
        return {}
    inner = draw(st.lists(st.integers(low + 1, high - 1), min_size=2, max_size=2, unique=True).map(sorted))
    floor, target = inner if end > start else reversed(inner)
    ends = {"floor": decimal(floor), "target": decimal(target)}
    kept = draw(st.sampled_from([("floor",), ("target",), ("floor", "target")]))
    return {key: ends[key] for key in kept}


@st.composite
def _split(draw: st.DrawFn, amounts: Amounts, size: int) -> list[Amounts]:
    """Splits amounts into parts that add up to them."""
    parts: list[Amounts] = [{} for _ in range(size)]
    for tier, most in amounts.items():
        cuts = sorted(draw(st.lists(st.integers(0, most), min_size=size - 1, max_size=size - 1)))
        for part, low, high in zip(parts, [0, *cuts], [*cuts, most], strict=True):
            part[tier] = high - low
    return parts


@st.composite
def _steps(draw: st.DrawFn, place: Place) -> dict[str, Any]:
    """Steps up or down, numbers or days, with points that fall from the criterion's."""
    days = draw(st.booleans())
    indicator = draw(st.sampled_from(["day1", "day2"] if days else ["count1", "count3", "number1", "number2"]))
    strict, inclusive = draw(st.sampled_from([("above", "at_least"), ("below", "at_most")]))
    size = draw(st.integers(1, 3)) if min(place.amounts.values()) >= 3 else 1
    edges: list[Any]
    if days:
        dates = st.dates(datetime.date(2020, 1, 1), datetime.date(2020, 12, 31))
        edges = draw(st.lists(dates, min_size=size, max_size=size, unique=True))
    elif indicator.startswith("count"):
        edges = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size, unique=True))
    else:
        micro = draw(st.lists(st.integers(-2 * MICRO, 9 * MICRO), min_size=size, max_size=size, unique=True))
        edges = [decimal(edge) for edge in micro]
    edges.sort(reverse=strict == "above")
    hows = [draw(st.sampled_from([strict, inclusive])) for _ in edges]
    if size > 1 and draw(st.booleans()):  # a step on one edge: more than it, then the edge itself
        edges[1], hows[0], hows[1] = edges[0], strict, inclusive
    points = {
        tier: [
            most,
            *sorted(
                draw(st.lists(st.integers(0, most - 1), min_size=size - 1, max_size=size - 1, unique=True)),
                reverse=True,
            ),
        ]
        if size > 1
        else [most]
        for tier, most in place.amounts.items()
    }
    steps = [
        {how: edge, "points": place.write({tier: by_step[n] for tier, by_step in points.items()})}
        for n, (how, edge) in enumerate(zip(hows, edges, strict=True))
    ]
    return {"indicator": indicator, "steps": steps}
