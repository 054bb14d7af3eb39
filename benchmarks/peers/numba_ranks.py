"""Ranks units by counting how many have each score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peers.numba_leaves import jit

MAX_BINS_PER_UNIT = 32
"""Counting is used up to this number of possible scores per unit; beyond it, scores are sorted."""


@jit
def largest(scores):
    maximum = 0.0
    for score in scores:
        maximum = max(maximum, score)
    return maximum


@jit
def count_ranks(scores, standing, step, bins, ranks):
    """Fills competition ranks (n,) of the units whose standing is 1; 0 for the others, which have their own bin."""
    bin_of, unranked = np.empty(len(scores), np.int32), np.int32(bins + 1)
    for i in range(len(scores)):
        bin_of[i] = np.int32(scores[i] / step) if standing[i] == 1 else unranked
    counts = np.zeros(bins + 2, np.int32)
    for i in range(len(bin_of)):
        counts[bin_of[i]] += 1
    better, counts[unranked] = 0, 0
    for score in range(bins, -1, -1):
        better, counts[score] = better + counts[score], better + 1
    for i in range(len(bin_of)):
        ranks[i] = counts[bin_of[i]]


@jit
def count_order(scores, standing, step, bins, by_id, order):
    """Fills indices of units: first those whose standing is 1, then the others; by descending score, then by id."""
    counts = np.zeros(2 * bins + 2, np.int32)
    for i in range(len(scores)):
        counts[bins - np.int64(scores[i] / step) + (0 if standing[i] == 1 else bins + 1)] += 1
    before = 0
    for score in range(len(counts)):
        before, counts[score] = before + counts[score], before
    for n in range(len(scores)):
        i = by_id[n] if len(by_id) else n
        bin_ = bins - np.int64(scores[i] / step) + (0 if standing[i] == 1 else bins + 1)
        order[counts[bin_]] = i
        counts[bin_] += 1


def rank_all(
    scores: NDArray[np.float64], standing: NDArray[np.uint8], ids: tuple[str, ...], step: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks (s + 1, n) of each category and overall, and the order (n,).

    Args:
        scores: (at least s + 1, n) the scores that ranks compare, multiples of ``step``.
        standing: (s + 1, 2, n); [:, 1] is 1 where a unit is ranked.
        ids: ids of the units.
        step: in micropoints.
    """
    units, sections = len(ids), len(standing)
    ranks, order = np.empty((sections, units), np.int64), np.empty(units, np.int64)
    in_order = sorted(ids) == list(ids)
    by_id = np.empty(0, np.int64) if in_order else np.array(sorted(range(units), key=ids.__getitem__))
    for s in range(sections):
        bins = int(largest(scores[s])) // step
        if bins <= MAX_BINS_PER_UNIT * units:
            count_ranks(scores[s], standing[s, 1], float(step), bins, ranks[s])
        else:
            ranked = standing[s, 1] == 1
            ladder = np.sort(scores[s][ranked])
            ranks[s] = np.where(ranked, len(ladder) + 1 - np.searchsorted(ladder, scores[s], side="right"), 0)
    if bins <= MAX_BINS_PER_UNIT * units:
        count_order(scores[sections - 1], standing[-1, 1], float(step), bins, by_id, order)
    else:
        by_id_index = np.arange(units) if in_order else np.argsort(by_id)
        order = np.lexsort((by_id_index, -scores[sections - 1], standing[-1, 1] != 1))
    return ranks, order
