"""Drawn criteria sets and units, and how they and the oracle's results look as documents and messages.

Sets are made so that they load: inner points fit the criterion's, a better level asks for at least what a worse one
asks, every gate can hold in every tier. Answers like to stand on a gate's edge, on a rounding edge, on another unit's
score, or one micropoint beside.
"""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import drawn_totals
import harness
import oracle
import pyarrow as pa
from arrow_tables import as_message
from examples import times
from google.protobuf.message import Message
from google.type import date_pb2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from oracle import Unit
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.plugin_api import Indicator

MICRO = 10**6
TIERS = ("department", "district", "commune")
CATEGORIES = {
    "readiness": ("policy_environment", "infrastructure", "human_resources"),
    "achievement": ("presence", "interaction"),
}
NAMES = ("Ba Bể", "Bạch Thông", "Chợ Đồn", "Chợ Mới", "Na Rì", "Ngân Sơn", "Pác Nặm", "Z", "a", "é", "Đ", "𐐀")
PARENTS = st.sampled_from(["Ba Bể", "Bắc Kạn", "a"])
"""Some are units of the province too."""
BILLIONS = 4 * 10**9 * MICRO
LARGEST_PERCENT = 99_999_999
"""Parts per million of 9999.9999 %, which bonuses can reach; a document cannot ask for more."""

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
"""What every group here declares, so that any criterion can read any of it."""

HOST = harness.host(*(harness.group(name, *INDICATORS.values()) for groups in CATEGORIES.values() for name in groups))


def drawn(examples: int) -> settings:
    """Settings of a test that draws so many examples in the long run, times the variable TEST_EXAMPLES."""
    return settings(
        max_examples=times(examples),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# Documents


def decimal(micro: int) -> int | Decimal:
    """Millionths as a document writes them."""
    return micro // MICRO if micro % MICRO == 0 else (Decimal(micro) / MICRO).normalize()


class _Representer(SafeRepresenter):
    """Writes decimals as plain numbers."""


_Representer.add_representer(
    Decimal, lambda representer, value: representer.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")
)


def yaml_text(document: oracle.Document) -> str:
    """A document as YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


Amounts = dict[str, int]
"""Micropoints by tier."""


@dataclass(frozen=True)
class _Place:
    """Where a formula stands: its points by tier, and whether they are written tier by tier."""

    amounts: Amounts
    by_tier: bool

    def write(self, amounts: Amounts) -> Any:
        """Amounts as the document writes them."""
        if self.by_tier or len(set(amounts.values())) > 1:
            return {tier: decimal(micro) for tier, micro in amounts.items()}
        return decimal(next(iter(amounts.values())))


KINDS = (
    "flag", "fault", "choice", "steps", "count", "ratio", "ratio_to_best", "linear", "logarithmic", "min_max",
    "percentile", "z_scores", "awarded", "sum", "best",
)  # fmt: skip
ALONE = tuple(kind for kind in KINDS if kind not in ("ratio_to_best", "min_max", "percentile", "z_scores"))
"""Kinds that score a unit without the others."""

MAXIMA = st.one_of(
    st.sampled_from([MICRO, 2 * MICRO, 3 * MICRO, 5 * MICRO, 7 * MICRO, 10 * MICRO, MICRO // 2]),
    st.sampled_from([49_990_000, 33_333_333, 1, 7, 0, 9_999_999, 150 * MICRO]),
    st.integers(1, 60 * MICRO),
)


def _up_to(amounts: Amounts) -> st.SearchStrategy[Amounts]:
    """Amounts of at most these."""
    return st.fixed_dictionaries(
        {
            tier: st.one_of(st.sampled_from([0, most // 2, most, max(most - 1, 0)]), st.integers(0, most))
            for tier, most in amounts.items()
        }
    )


@st.composite
def _formula(draw: st.DrawFn, place: _Place, own: str, among: Collection[str], depth: int = 0) -> dict[str, Any]:
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
        body |= {"numerator": draw(numbers), "denominator": draw(numbers), "when_zero": draw(st.sampled_from(zero))}
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
        body["parts" if kind == "sum" else "alternatives"] = [
            {
                "points": place.write(part),
                **draw(_formula(_Place(part, place.by_tier), own, among, depth + 1)),
            }
            for part in draw(st.permutations(amounts))
        ]
    return body


SOURCES = st.sampled_from(
    [
        ["self_reported"],
        ["self_reported", "verified"],
        ["self_reported", "verified", "surveyed"],
        ["surveyed"],
        ["surveyed", "verified"],
    ]
)

SHARES = st.sampled_from(["80%", "66.6667%", "1/3", "2/7", 1, 2, Decimal("0.75"), Decimal("0.000001"), "99.9999%"])


@st.composite
def _ratio_ends(draw: st.DrawFn) -> dict[str, Any]:
    """Where all points of a ratio begin, and below which ratio there are none."""
    ends: dict[str, Any] = {}
    if draw(st.integers(0, 2)) == 0:
        ends["target"] = draw(SHARES)
    if draw(st.integers(0, 2)) == 0:
        floor = draw(SHARES)
        if oracle.share_of(floor) < oracle.share_of(ends.get("target", 1)):
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
    """Amounts as a sum."""
    parts: list[Amounts] = [{} for _ in range(size)]
    for tier, most in amounts.items():
        cuts = sorted(draw(st.lists(st.integers(0, most), min_size=size - 1, max_size=size - 1)))
        for part, low, high in zip(parts, [0, *cuts], [*cuts, most], strict=True):
            part[tier] = high - low
    return parts


@st.composite
def _steps(draw: st.DrawFn, place: _Place) -> dict[str, Any]:
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


@st.composite
def _criterion(
    draw: st.DrawFn, number: int, tiers: Sequence[str], all_tiers: bool, among: Collection[str]
) -> dict[str, Any]:
    """A criterion of exactly these tiers."""
    if draw(st.booleans()):
        most = draw(MAXIMA)
        place = _Place(dict.fromkeys(tiers, most), not all_tiers or draw(st.booleans()))
    else:
        place = _Place({tier: draw(MAXIMA) for tier in tiers}, True)
    body = {"id": f"C.{number:02}", "points": place.write(place.amounts)}
    body |= draw(_formula(place, f"awarded{number}", among))
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


def _by_tier(body: Mapping[str, Any], tiers: Iterable[str]) -> Amounts:
    """A criterion's micropoints in those of the tiers that it has."""
    found = {tier: oracle.of_tier(body["points"], tier) for tier in tiers}
    return {tier: int(oracle.exact(points) * MICRO) for tier, points in found.items() if points is not None}


@st.composite
def _levels(draw: st.DrawFn, body: oracle.Document, tiers: Sequence[str]) -> list[dict[str, Any]]:
    """Levels of a category in these tiers, a better one never easier than a worse one."""
    groups = body["groups"]
    everything = [criterion for group in groups.values() for criterion in group["criteria"]]
    whole = [
        code
        for code, group in groups.items()
        if {tier for criterion in group["criteria"] for tier in _by_tier(criterion, tiers)} == set(tiers)
    ]
    measures: dict[str, list[dict[str, Any]]] = {"total": everything}
    measures |= {code: groups[code]["criteria"] for code in whole}
    if len(whole) > 1:
        terms = draw(st.permutations(whole))[: draw(st.integers(2, len(whole)))]
        joined = draw(st.sampled_from(["+", " + "])).join(terms)
        measures[joined] = [criterion for code in terms for criterion in groups[code]["criteria"]]
    measures |= {
        criterion["id"]: [criterion] for criterion in everything if set(_by_tier(criterion, tiers)) == set(tiers)
    }
    numbers = draw(st.sampled_from([[1], [1, 2], [2, 5], [1, 2, 3], [1, 2, 3, 4]]))
    chosen = draw(st.lists(st.sampled_from(sorted(measures)), min_size=1, max_size=3, unique=True))
    levels: list[dict[str, Any]] = [{"level": number, "gates": []} for number in numbers]
    for n, measure in enumerate(chosen):
        # The first one is asked for at every level, so that none is without gates.
        worst = len(levels) if n == 0 else draw(st.integers(1, len(levels)))
        caps = {tier: drawn_totals.limits(body, measure, tier) for tier in tiers}
        can_be_negative = measure != "total" or body.get("floor") == "none"
        negative = can_be_negative and any(criterion.get("effect") == "penalty" for criterion in measures[measure])
        percent = not negative and all(nominal for nominal, _ in caps.values()) and draw(st.integers(0, 3)) > 0
        most = {
            tier: min(best * MICRO // nominal, LARGEST_PERCENT) if percent else best
            for tier, (nominal, best) in caps.items()
        }
        strictable = {tier: percent and best * MICRO > nominal * most[tier] for tier, (nominal, best) in caps.items()}
        for level, (gate, spare) in zip(
            levels, draw(_minimums(most, strictable, worst, percent=percent)), strict=False
        ):
            level["gates"] += [{"measure": measure, **given} for given in (gate, spare) if given]
    has_codes = draw(st.sets(st.sampled_from(numbers)))
    for level, code in zip(levels, ("A", "Tốt", "=C", "D"), strict=False):
        level["gates"] = draw(st.permutations(level["gates"]))
        if level["level"] in has_codes:
            level["code"] = code
    return levels


EDGES = st.sampled_from(
    [0, 333_333, 333_334, 500_000, 666_666, 666_667, 700_000, 714_285, 850_000, 900_000, 999_999, MICRO]
)


@st.composite
def _minimums(
    draw: st.DrawFn, most: Amounts, strictable: Mapping[str, bool], size: int, *, percent: bool
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """A measure's minimum for each of some levels, best first, and a weaker one that may stand beside it.

    Args:
        most: the largest minimum that can be reached, by tier.
        strictable: whether a measure can even be above it.
        size: how many levels.
        percent: in parts per million rather than micropoints.
    """
    same = draw(st.booleans())
    limits = dict.fromkeys(most, min(most.values())) if same else most
    chains: dict[str, list[int]] = {}
    for tier, limit in limits.items():
        some = st.one_of(EDGES, st.integers(0, MICRO)) if percent else st.integers(0, limit)
        if same and chains:
            chains[tier] = next(iter(chains.values()))
        else:
            some = st.one_of(some.map(lambda edge, limit=limit: min(edge, limit)), st.just(limit), st.just(limit // 2))
            chains[tier] = sorted(draw(st.lists(some, min_size=size, max_size=size)), reverse=True)
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    before: tuple[bool, dict[str, int]] | None = None
    for n in range(size):
        here = {tier: chain[n] for tier, chain in chains.items()}
        strict = draw(st.booleans())
        strict &= all(minimum < most[tier] or strictable[tier] for tier, minimum in here.items())
        strict &= before is None or before[0] or all(here[tier] < before[1][tier] for tier in here)
        before = strict, here
        weaker = {tier: minimum // 2 for tier, minimum in here.items()}
        spare = draw(st.integers(0, 9)) == 0
        found.append(
            (
                {"above" if strict else "at_least": _written(here, percent, same)},
                {"at_least": _written(weaker, percent, same)} if spare else {},
            )
        )
    return found


def _written(amounts: Amounts, percent: bool, same: bool) -> Any:
    written = {
        tier: f"{Decimal(amount) / 10_000:f}".removesuffix(".0000") + "%" if percent else decimal(amount)
        for tier, amount in amounts.items()
    }
    return next(iter(written.values())) if same else written


@st.composite
def documents(draw: st.DrawFn, among: Collection[str] = KINDS) -> dict[str, Any]:
    """A criteria set of one to three tiers and one or two categories, with these kinds of formulas."""
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
        categories[code] = draw(drawn_totals.category(groups, here))
        if draw(st.integers(0, 5)):
            categories[code]["levels"] = draw(_levels(categories[code], here))
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
        document["overall"] = document.get("overall", {}) | draw(drawn_totals.overall(categories, tiers))
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
    return any(drawn_totals.limits(body, name, tier)[0] for body in owners for tier in TIERS)


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


# Units


def criteria_of(document: oracle.Document, tier: str) -> list[dict[str, Any]]:
    """The criteria that a tier has."""
    return [
        criterion
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
        if oracle.of_tier(criterion["points"], tier) is not None
    ]


def _shares(body: Mapping[str, Any]) -> set[str]:
    """The indicators of its ratios, which cannot be negative."""
    found = {body[key] for key in ("numerator", "denominator") if key in body}
    return found.union(*(_shares(part) for key in ("parts", "alternatives") for part in body.get(key, ())))


def _awarded(body: Mapping[str, Any], tier: str) -> Amounts:
    """The most micropoints that a tier's units can be awarded, by indicator."""
    if body["formula"] == "awarded":
        return {body["indicator"]: _by_tier(body, [tier])[tier]}
    most: Amounts = {}
    for part in (part for key in ("parts", "alternatives") for part in body.get(key, ())):
        for code, micro in _awarded(part, tier).items():
            most[code] = min(micro, most.get(code, micro))
    return most


@st.composite
def _answers(draw: st.DrawFn, document: oracle.Document, tier: str) -> dict[str, Any]:
    """Some of the answers that a tier's criteria read."""
    criteria = criteria_of(document, tier)
    awarded: Amounts = {}
    for criterion in criteria:
        awarded |= _awarded(criterion, tier)
    shares = set[str]().union(*(_shares(criterion) for criterion in criteria))
    sources, columns = oracle.sources_of(document), dict[str, str]()
    for criterion in criteria:
        for code in oracle.indicators_of(criterion):
            own = [] if code.startswith("previous.") else sources[criterion["id"]][1:]
            columns |= {code: code, **{f"{code}@{source}": code for source in own}}
    answers: dict[str, Any] = {}
    for column, read in sorted(columns.items()):
        if draw(st.integers(0, 9)) < (4 if "@" in column else 1):
            continue
        answers[column] = draw(_answer_to(read, awarded, shares))
    return answers


@st.composite
def _answer_to(draw: st.DrawFn, read: str, awarded: Amounts, shares: Collection[str]) -> Any:
    """An answer to an indicator that criteria read, which may be last period's."""
    code = read.removeprefix("previous.")
    if read in awarded:
        most = awarded[read]
        likely = st.sampled_from([most, most, most * 7 // 10, most * 9 // 10, most // 3, 0])
        return decimal(draw(st.one_of(likely, st.integers(0, most))))
    if code.startswith("count"):
        return draw(st.one_of(st.integers(0, 9), st.sampled_from([0, 3, 7, 1000, 8_000_000_000])))
    if code.startswith("number"):
        low = 0 if read in shares else -3 * MICRO
        whole = st.integers(low // MICRO, 12).map(lambda n: n * MICRO)
        return decimal(draw(st.one_of(whole, st.integers(low, 12 * MICRO), st.integers(0, BILLIONS))))
    if code.startswith("flag"):
        return draw(st.booleans())
    if code.startswith("choice"):
        return draw(st.sampled_from(INDICATORS[code].options))
    return draw(st.dates(datetime.date(2019, 12, 1), datetime.date(2021, 1, 31)))


@st.composite
def _steered(draw: st.DrawFn, document: oracle.Document, unit: Unit) -> Unit:
    """The unit with one awarded answer moved, if that can be, so that a sum stands on an edge or beside it."""
    card = oracle.score_unit(document, unit)
    statuses = {c.id: c.status for category in card.categories for g in category.groups for c in g.criteria}
    movable = {
        criterion["id"]: criterion
        for criterion in criteria_of(document, unit.tier)
        if criterion["formula"] == "awarded"
        and criterion.get("effect", "score") == "score"
        and statuses[criterion["id"]] == "scored"
    }
    wanted: list[tuple[Fraction, list[str]]] = []  # how many micropoints to add, and which criteria would do
    for category in card.categories:
        members = {g.code: [c.id for c in g.criteria if c.id in movable] for g in category.groups}
        members["total"] = [c for codes in list(members.values()) for c in codes]
        for gate in category.gates:
            points, maximum = oracle.measured(gate.measure, category.groups, category.score)
            edge = gate.minimum * maximum / 100 if gate.unit == "percent" else gate.minimum
            terms = [
                c for term in gate.measure.split("+") for c in members.get(term, [term] if term in movable else [])
            ]
            wanted.append(((edge - points) * MICRO, terms))
        # A published score is about to round up half way between two of its last digits.
        step = Fraction(10) ** -document["rounding"]["points"]
        tie = (math.floor(category.score.points / step) + Fraction(1, 2)) * step
        wanted.append(((tie - category.score.points) * MICRO, members["total"]))
    wanted = [(delta, terms) for delta, terms in wanted if terms]
    if not wanted:
        return unit
    delta, terms = draw(st.sampled_from(wanted))
    criterion = movable[draw(st.sampled_from(terms))]
    code, most = criterion["indicator"], _by_tier(criterion, [unit.tier])[unit.tier]
    columns = [code, *(f"{code}@{source}" for source in oracle.sources_of(document)[criterion["id"]][1:])]
    code = [column for column in columns if column in unit.answers][-1]  # whose answer counts
    micro = int(oracle.exact(unit.answers[code]) * MICRO) + math.ceil(delta) + draw(st.sampled_from([0, 0, -1, 1]))
    return replace(unit, answers={**unit.answers, code: decimal(micro)}) if 0 <= micro <= most else unit


@st.composite
def provinces(draw: st.DrawFn, document: oracle.Document) -> list[Unit]:
    """One to eight units of the set's tiers, in any order."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 8))]
    units: list[Unit] = []
    for name in names:
        tier = draw(st.sampled_from(document["tiers"]))
        like = [unit for unit in units if unit.tier == tier]
        parent = draw(PARENTS.filter(lambda parent, name=name: parent != name))
        if like and draw(st.integers(0, 3)) == 0:
            unit = replace(draw(st.sampled_from(like)), id=name, parent=parent)  # a tie, or nearly one
        else:
            optional = [c["id"] for c in criteria_of(document, tier) if c.get("may_be_not_applicable")]
            left_out = [code for code in optional if draw(st.integers(0, 3)) == 0]
            answers = draw(_answers(document, tier))
            unit = Unit(name, tier, answers, tuple(left_out), name=f"Xã {name}", parent=parent)
        if draw(st.booleans()):
            unit = draw(_steered(document, unit))
        units.append(unit)
    return units


# Messages that are sent


def _answer(value: Any) -> pb.Answer:
    if isinstance(value, bool):
        return pb.Answer(flag=value)
    if isinstance(value, str):
        return pb.Answer(choice=value)
    if isinstance(value, datetime.date):
        return pb.Answer(date=date_pb2.Date(year=value.year, month=value.month, day=value.day))
    return pb.Answer(number=float(value))


def _unit(unit: Unit) -> pb.Unit:
    return pb.Unit(id=unit.id, name=unit.name, tier=unit.tier, parent=unit.parent)


def unit_answers(unit: Unit) -> pb.UnitAnswers:
    """A unit as a row."""
    return pb.UnitAnswers(
        unit=_unit(unit),
        answers={code: _answer(value) for code, value in unit.answers.items()},
        not_applicable_criteria=unit.not_applicable,
    )


def rows(units: Iterable[Unit]) -> pb.UnitRows:
    """Units as rows."""
    return pb.UnitRows(units=map(unit_answers, units))


def table(units: Sequence[Unit]) -> pb.UnitTable:
    """Units as a table."""
    return as_message(arrow_table(units))


def arrow_table(units: Sequence[Unit]) -> pa.Table:
    """Units as an Arrow table; columns that are empty are left out."""
    columns: dict[str, Any] = {}
    for field in ("id", "name", "tier", "parent"):
        texts = [getattr(unit, field) for unit in units]
        if any(texts):
            columns[field] = texts
    if any(unit.not_applicable for unit in units):
        columns["not_applicable"] = [list(unit.not_applicable) for unit in units]
    for code in sorted({code for unit in units for code in unit.answers}):
        answers = [unit.answers.get(code) for unit in units]
        columns[code] = [float(answer) if isinstance(answer, int | Decimal) else answer for answer in answers]
    return pa.table(columns)


# Messages that are expected


def assert_same(found: Message, expected: Message) -> None:
    """Equal bit for bit; the lines of text come first, as their difference can be read."""
    assert str(found).splitlines() == str(expected).splitlines()
    assert found.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)


def expected_reply(rankings: Iterable[oracle.Ranking]) -> pb.RankProvinceResponse:
    """What the service should answer in FULL to units sent as rows, but for the provenance."""
    return pb.RankProvinceResponse(rankings=map(_ranking, rankings))


def _ranking(ranking: oracle.Ranking) -> pb.Ranking:
    message = pb.Ranking(
        tier=ranking.tier,
        cohort=ranking.cohort,
        unit_count=len(ranking.cards),
        overall_ranked=sum(not card.lacking for card in ranking.cards),
        overall_requires=ranking.requires,
        scorecards=map(expected_card, ranking.cards),
    )
    for categories in zip(*(card.categories for card in ranking.cards), strict=True):
        first = categories[0]
        tally = message.tallies.add(category=first.code, ranked=sum(c.standing == "ranked" for c in categories))
        for level in first.levels:
            tally.levels.add(level=level, units=sum(c.level == level for c in categories))
        for n, gate in enumerate(first.gates):
            tally.failing.add(gate=_gate(gate), units=sum(not c.gates[n].passed for c in categories))
        for results in zip(*([r for g in c.groups for r in g.criteria] for c in categories), strict=True):
            here = [result for result in results if result.status != "not_applicable"]
            tally.criteria.add(
                criterion=results[0].id,
                applicable=len(here),
                full=sum(result.points == max(result.most, 0) for result in here),
                none=sum(result.points == min(result.most, 0) for result in here if result.most),
                missing=sum(result.status == "missing" for result in here),
            )
    return message


def expected_card(card: oracle.Card) -> pb.Scorecard:
    """A FULL scorecard."""
    return pb.Scorecard(
        unit=_unit(card.unit),
        categories=map(_category, card.categories),
        overall=pb.OverallScore(score=_score(card.overall), rank=card.rank, lacking=card.lacking),
        commended=card.commended,
        subtotals=[pb.SubtotalScore(subtotal=item.code, score=_score(item.score)) for item in card.subtotals],
    )


def _category(category: oracle.CategoryResult) -> pb.CategoryScore:
    return pb.CategoryScore(
        category=category.code,
        score=_score(category.score),
        standing=pb.Standing.Value(f"STANDING_{category.standing.upper()}"),
        level=category.level,
        level_code=category.level_code,
        rank=category.rank,
        measures=[
            pb.MeasureResult(
                measure=measure.measure,
                points=float(measure.points),
                max_points=float(measure.max_points),
                percent=float(measure.percent),
                level=measure.level,
            )
            for measure in category.measures
        ],
        failing=map(_gate_result, category.failing),
        groups=[
            pb.GroupScore(
                group=group.code,
                score=_score(group.score),
                criteria=[_criterion_score(criterion) for criterion in group.criteria],
            )
            for group in category.groups
        ],
        gates=map(_gate_result, category.gates),
    )


def _criterion_score(criterion: oracle.CriterionResult) -> pb.CriterionScore:
    return pb.CriterionScore(
        criterion=criterion.id,
        points=float(criterion.points),
        max_points=float(criterion.max_points),
        status=pb.CriterionStatus.Value(f"CRITERION_STATUS_{criterion.status.upper()}"),
        self_reported=criterion.self_reported and _criterion_score(criterion.self_reported),
    )


def _score(score: oracle.Score) -> pb.Score:
    return pb.Score(
        points=float(score.points),
        max_points=float(score.max_points),
        nominal_max_points=float(score.nominal),
        percent=float(score.percent),
        converted=float(score.converted),
        published=float(score.published),
        missing=score.missing,
        not_applicable=score.not_applicable,
        self_reported=score.self_reported and _score(score.self_reported),
    )


def _gate(gate: oracle.GateResult) -> pb.Gate:
    return pb.Gate(
        level=gate.level,
        measure=gate.measure,
        unit=pb.GateUnit.Value(f"GATE_UNIT_{gate.unit.upper()}"),
        minimum=float(gate.minimum),
        strict=gate.strict,
    )


def _gate_result(result: oracle.GateResult) -> pb.GateResult:
    return pb.GateResult(
        gate=_gate(result),
        value=float(result.value),
        passed=result.passed,
        not_applicable=result.not_applicable,
    )
