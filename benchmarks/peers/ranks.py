"""Ranks units with NumPy, for peers that cannot rank."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def competition(scores: NDArray[np.int64], ranked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Competition ranks (n,) among the ranked units; 0 for the others."""
    ascending = np.sort(scores[ranked])
    return np.where(ranked, len(ascending) + 1 - np.searchsorted(ascending, scores, side="right"), 0)


def in_order(scores: NDArray[np.int64], ranked: NDArray[np.bool_], ids: tuple[str, ...]) -> NDArray[np.int64]:
    """Indices (n,) of the units: first the ranked ones; by descending score, then by id."""
    by_id_index = np.empty(len(ids), np.int64)
    by_id_index[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return np.lexsort((by_id_index, -scores, ~ranked))
