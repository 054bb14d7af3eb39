"""Times the scorer within one process, for BASIC and FULL, compared with numba and a plain Python loop.

numba code that is compiled for one criteria set is the practical limit. All columns are compared before they are timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from alternate_timing import in_turn
from peers import LOOP, NUMBA, Method, Peer, PeerCannot
from province import Province
from result_columns import columns, differences, score

SIZES = (1, 1_000, 10_000, 100_000, 1_000_000)
BASIC_FULL = pytest.mark.parametrize("view", ["BASIC", "FULL"])


@BASIC_FULL
def test_scorer(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int, view: str
) -> None:
    full, drawn = view == "FULL", province(units)
    assert len(columns(score(drawn, full=full), full=full)["order"]) == units
    benchmark.group = f"kernel, {view}, {units:,} units"
    in_turn(benchmark, pytestconfig, {f"scorer, {view}": lambda: score(drawn, full=full)})


@BASIC_FULL
def test_numba(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int, view: str
) -> None:
    compare(NUMBA, benchmark, pytestconfig, province, units, view, full=view == "FULL")


def test_python_loop(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int
) -> None:
    compare(LOOP, benchmark, pytestconfig, province, units, "BASIC")


def compare(
    peer: Peer,
    benchmark: Any,
    config: pytest.Config,
    province: Callable[[int], Province],
    units: int,
    view: str,
    **options: bool,
) -> None:
    """Compares the columns of a peer and the scorer, and times both alternately."""
    if peer.missing():
        pytest.skip(f"{peer.distribution} is not installed")
    if units > peer.limit:
        pytest.skip(f"{peer.title} is timed up to {peer.limit:,} units")
    drawn = province(units)
    try:
        peer_score = peer.scorer(Method.of(drawn.set_plan, drawn.plan))
        actual = peer_score(drawn.cohort, **options)
    except PeerCannot as reason:
        pytest.skip(f"{peer.title} cannot do {reason}")
    assert differences(actual, columns(score(drawn, **options), **options)) == []
    del actual
    benchmark.group = f"kernel, {view}, {units:,} units"
    variants = {
        f"{peer.title}, {view}": lambda: peer_score(drawn.cohort, **options),
        "scorer": lambda: score(drawn, **options),
    }
    peer_seconds, scorer_seconds = in_turn(benchmark, config, variants).values()
    benchmark.extra_info["ratios"] = {f"kernel {view} : {peer.title}": scorer_seconds / peer_seconds}


def test_every_level_is_reached(province: Callable[[int], Province], pytestconfig: pytest.Config) -> None:
    """In drawn provinces, some units reach each level, and some reach none. Otherwise timings are not typical."""
    if pytestconfig.getoption("data"):
        pytest.skip("units of a file do not have to reach every level")
    drawn = province(1_000)
    scored = columns(score(drawn))
    for category in drawn.plan.categories:
        if category.levels:
            assert set(np.unique(scored[f"{category.code}.level"]).tolist()) == {0, *category.levels}
