"""Hypothesis strategies for levels. A better level asks for at least what a worse one asks, and each gate can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import generated_totals
import oracle
from hypothesis import strategies as st
from set_documents import MICRO, Amounts, by_tier, decimal

LARGEST_PERCENT = 99_999_999
"""Parts per million of 9999.9999 %, which bonuses can reach; a document cannot ask for more."""


@st.composite
def levels(draw: st.DrawFn, body: oracle.Document, tiers: Sequence[str]) -> list[dict[str, Any]]:
    """Levels of a category in these tiers, a better one never easier than a worse one."""
    groups = body["groups"]
    everything = [criterion for group in groups.values() for criterion in group["criteria"]]
    whole = [
        code
        for code, group in groups.items()
        if {tier for criterion in group["criteria"] for tier in by_tier(criterion, tiers)} == set(tiers)
    ]
    measures: dict[str, list[dict[str, Any]]] = {"total": everything}
    measures |= {code: groups[code]["criteria"] for code in whole}
    if len(whole) > 1:
        terms = draw(st.permutations(whole))[: draw(st.integers(2, len(whole)))]
        joined = draw(st.sampled_from(["+", " + "])).join(terms)
        measures[joined] = [criterion for code in terms for criterion in groups[code]["criteria"]]
    measures |= {
        criterion["id"]: [criterion] for criterion in everything if set(by_tier(criterion, tiers)) == set(tiers)
    }
    numbers = draw(st.sampled_from([[1], [1, 2], [2, 5], [1, 2, 3], [1, 2, 3, 4]]))
    chosen = draw(st.lists(st.sampled_from(sorted(measures)), min_size=1, max_size=3, unique=True))
    levels: list[dict[str, Any]] = [{"level": number, "gates": []} for number in numbers]
    for n, measure in enumerate(chosen):
        # The first one is asked for at every level, so that none is without gates.
        worst = len(levels) if n == 0 else draw(st.integers(1, len(levels)))
        caps = {tier: generated_totals.limits(body, measure, tier) for tier in tiers}
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
