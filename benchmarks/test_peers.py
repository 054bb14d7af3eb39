"""The scorer beside what else there is: a compiler, a data frame, a rules-as-code engine, a decision engine, a loop.

Each peer compiles itself from the criteria set, takes the same answers, and is timed in turn with the scorer after its
columns were compared: exactly where it is exact; otherwise within its tolerance, wrong levels and ranks being counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from columns import columns, differences, score, tolerated
from peers import PEERS, Method, Peer, PeerCannot
from province import Province
from turns import in_turn

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
        pytest.skip(f"{peer.way} is run up to {peer.limit:,} units")
    drawn = province(units)
    try:
        peer_score = peer.scorer(Method.of(drawn.set_plan, drawn.plan))
        found = peer_score(drawn.cohort)
    except PeerCannot as reason:
        pytest.skip(f"{peer.way} cannot do {reason}")
    expected = columns(score(drawn))
    if peer.tolerance is None:
        assert differences(found, expected) == []
    else:
        benchmark.extra_info["different"] = tolerated(found, expected, peer.tolerance)
    ways = {peer.way: lambda: peer_score(drawn.cohort), "scorer": lambda: score(drawn)}
    theirs, ours = in_turn(benchmark, pytestconfig, ways).values()
    benchmark.extra_info["ratios"] = {f"scorer : {peer.way}": ours / theirs}
