"""Times the scorer compared with other engines: numba, Polars, OpenFisca, ZEN, and a Python loop.

Each peer compiles the criteria set for itself and gets the same answers. Its columns are compared with the scorer's
before it is timed. They must be equal, or within the tolerance of a peer that is not exact; then wrong levels and ranks
are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alternate_timing import in_turn
from peers import PEERS, Method, Peer, PeerCannot
from province import Province
from result_columns import columns, differences, score, tolerated

SIZES = (1_000, 10_000, 100_000)


def test_scorer(benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int) -> None:
    drawn = province(units)
    in_turn(benchmark, pytestconfig, {"scorer": lambda: score(drawn)})


@pytest.mark.parametrize("peer", [pytest.param(peer, id=peer.name) for peer in PEERS])
def test_peer(
    benchmark: Any, pytestconfig: pytest.Config, province: Callable[[int], Province], units: int, peer: Peer
) -> None:
    if peer.missing():
        pytest.skip(f"{peer.distribution} is not installed")
    if units > peer.limit:
        pytest.skip(f"{peer.title} is timed up to {peer.limit:,} units")
    drawn = province(units)
    try:
        peer_score = peer.scorer(Method.of(drawn.set_plan, drawn.plan))
        actual = peer_score(drawn.cohort)
    except PeerCannot as reason:
        pytest.skip(f"{peer.title} cannot do {reason}")
    expected = columns(score(drawn))
    if peer.tolerance is None:
        assert differences(actual, expected) == []
    else:
        benchmark.extra_info["different"] = tolerated(actual, expected, peer.tolerance)
    variants = {peer.title: lambda: peer_score(drawn.cohort), "scorer": lambda: score(drawn)}
    peer_seconds, scorer_seconds = in_turn(benchmark, pytestconfig, variants).values()
    benchmark.extra_info["ratios"] = {f"scorer : {peer.title}": scorer_seconds / peer_seconds}
