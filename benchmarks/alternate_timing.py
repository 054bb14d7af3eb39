"""Times variants alternately, A, B, C, A, B, C ..., so that other load on the machine slows all of them equally."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Variant = Callable[[], object]

SECONDS, QUICK_SECONDS = 2.0, 0.2
"""Approximate duration of all rounds of one benchmark, in seconds."""
MAX_ROUNDS = 100


MIN_SECONDS = 0.001
"""Shortest duration of a variant in a round. Faster variants are called repeatedly, because otherwise the measurement
would mostly show the state in which the previous variant left the processor."""


class Timed:
    """A variant, and the duration of its rounds."""

    def __init__(self, variant: Variant) -> None:
        self._variant, self._calls = variant, 1
        self.seconds: list[float] = []

    def __call__(self) -> None:
        start = time.perf_counter()
        for _ in range(self._calls):
            self._variant()
        self.seconds.append((time.perf_counter() - start) / self._calls)

    def repeat(self) -> None:
        """Sets the number of calls per round so that a round takes at least ``MIN_SECONDS``."""
        self._calls = max(1, int(MIN_SECONDS / min(self.seconds)))

    @property
    def median(self) -> float:
        """Seconds per call."""
        return statistics.median(self.seconds)


def in_turn(benchmark: Any, config: pytest.Config, variants: Mapping[str, Variant]) -> dict[str, float]:
    """Times variants. The first one is the benchmark of pytest-benchmark; the others run between its rounds.

    Writes the name of the first variant, and the medians of all, to the results.

    Returns:
        Medians in seconds, by variant.
    """
    quick = config.getoption("quick")
    timed = {name: Timed(variant) for name, variant in variants.items()}
    (first, first_timed), *others = timed.items()

    def time_the_others() -> None:
        for _, other in others:
            other()

    for variant in timed.values():
        variant()
    round_seconds = sum(variant.median for variant in timed.values())
    for _, other in others:
        other.repeat()
    rounds = max(1 if quick else 3, min(MAX_ROUNDS, int((QUICK_SECONDS if quick else SECONDS) / round_seconds)))
    if rounds > 3:  # the first round only warms up
        for variant in timed.values():
            variant.seconds.clear()
    benchmark.pedantic(first_timed, setup=time_the_others, rounds=rounds)
    medians = {name: variant.median for name, variant in timed.items()}
    benchmark.extra_info["variant"] = first
    benchmark.extra_info["medians"] = {first: medians[first]}
    benchmark.extra_info["others"] = {name: medians[name] for name, _ in others}
    return medians
