"""Answers in, scorecard columns out, in process: BASIC, and FULL with every criterion, beside numba and a plain loop.

numba is the limit: compiled loops made for nothing but this. All columns of all ways are compared before any is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from columns import VIEWS, columns, differences, score
from peers import LOOP, NUMBA, Method, Peer, PeerCannot
from province import Province
from turns import in_turn

SIZES = (1, 1_000, 10_000, 100_000, 1_000_000)
BASIC_FULL = pytest.mark.parametrize("view", ["BASIC", "FULL"])


def need(view: str) -> bool:
    """Whether the view is FULL, which is skipped where the scorer has no views."""
    if view == "FULL" and not VIEWS:
        pytest.skip("assess() works out every criterion always: BASIC is FULL")
    return view == "FULL"


@BASIC_FULL
def test_scorer(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int, view: str
) -> None:
    full, drawn = need(view), province(units)
    assert len(columns(score(drawn, full=full), full=full)["order"]) == units
    benchmark.group = f"kernel, {view}, {units:,} units"
    in_turn(benchmark, pytestconfig, {f"scorer, {view}": lambda: score(drawn, full=full)})


@BASIC_FULL
def test_numba(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int, view: str
) -> None:
    beside(NUMBA, benchmark, pytestconfig, province, units, view, full=need(view))


def test_python_loop(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int
) -> None:
    beside(LOOP, benchmark, pytestconfig, province, units, "BASIC")


def beside(
    peer: Peer,
    benchmark: Any,
    config: pytest.Config,
    province: Callable[[int], Province],
    units: int,
    view: str,
    **options: bool,
) -> None:
    """One peer and the scorer in turn, after their columns were compared."""
    if peer.missing():
        pytest.skip(f"{peer.distribution} is not installed")
    if units > peer.limit:
        pytest.skip(f"{peer.way} is run up to {peer.limit:,} units")
    drawn = province(units)
    try:
        peer_score = peer.scorer(Method.of(drawn.set_plan, drawn.plan))
        found = peer_score(drawn.cohort, **options)
    except PeerCannot as reason:
        pytest.skip(f"{peer.way} cannot do {reason}")
    assert differences(found, columns(score(drawn, **options), **options)) == []
    del found
    benchmark.group = f"kernel, {view}, {units:,} units"
    ways = {
        f"{peer.way}, {view}": lambda: peer_score(drawn.cohort, **options),
        "scorer": lambda: score(drawn, **options),
    }
    theirs, ours = in_turn(benchmark, config, ways).values()
    benchmark.extra_info["ratios"] = {f"kernel {view} : {peer.way}": ours / theirs}


def test_every_level_is_reached(province: Callable[[int], Province], pytestconfig: pytest.Config) -> None:
    """The drawn provinces reach every level, and some reach none: a benchmark of nothing proves nothing."""
    if pytestconfig.getoption("data"):
        pytest.skip("the file's units have the levels that they have")
    drawn = province(1_000)
    found = columns(score(drawn))
    for category in drawn.plan.categories:
        if category.levels:
            assert set(np.unique(found[f"{category.code}.level"]).tolist()) == {0, *category.levels}
