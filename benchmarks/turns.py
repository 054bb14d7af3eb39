"""Ways timed in turn, round by round: A, B, C, A, B, C ... so that what slows the machine down slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Way = Callable[[], object]

LIMIT, QUICK_LIMIT = 2.0, 0.2
"""Seconds that all rounds of one benchmark take together, about."""
MOST_ROUNDS = 100


SHORT = 0.001
"""Seconds that a way takes in a round at least, called again and again: less is mostly what the one before left."""


class Timed:
    """One way and what its rounds took."""

    def __init__(self, way: Way) -> None:
        self._way, self._calls = way, 1
        self.seconds: list[float] = []

    def __call__(self) -> None:
        start = time.perf_counter()
        for _ in range(self._calls):
            self._way()
        self.seconds.append((time.perf_counter() - start) / self._calls)

    def repeat(self) -> None:
        """From now on, calls the way as often a round as it takes for ``SHORT``."""
        self._calls = max(1, int(SHORT / min(self.seconds)))

    @property
    def median(self) -> float:
        """Seconds a round."""
        return statistics.median(self.seconds)


def in_turn(benchmark: Any, config: pytest.Config, ways: Mapping[str, Way]) -> dict[str, float]:
    """Times ways that were called before; the first one is the benchmark, the others come in between.

    Notes the first one's name, and the medians of the others beside it, in the results.

    Returns:
        Medians in seconds, by way.
    """
    quick = config.getoption("quick")
    timed = {name: Timed(way) for name, way in ways.items()}
    (first, ours), *others = timed.items()

    def time_the_others() -> None:
        for _, other in others:
            other()

    for way in timed.values():
        way()
    once = sum(way.median for way in timed.values())
    for _, other in others:
        other.repeat()
    rounds = max(1 if quick else 3, min(MOST_ROUNDS, int((QUICK_LIMIT if quick else LIMIT) / once)))
    if rounds > 3:  # the first one warms up
        for way in timed.values():
            way.seconds.clear()
    benchmark.pedantic(ours, setup=time_the_others, rounds=rounds)
    medians = {name: way.median for name, way in timed.items()}
    benchmark.extra_info["way"] = first
    benchmark.extra_info["medians"] = {first: medians[first]}
    benchmark.extra_info["beside"] = {name: medians[name] for name, _ in others}
    return medians
