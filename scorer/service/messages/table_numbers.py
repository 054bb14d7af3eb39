"""Numbers of Arrow types that are not double: which number of at most six decimals each stands for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scorer.model.fixed_point import Floats, Ints

DECIMALS = 6
"""Decimals that an answer may have."""


def as_doubles(values: NDArray[np.float16] | NDArray[np.float32]) -> Floats:
    """Each number (n,) with the fewest decimals, six at most, that the narrower type holds as this very value.

    A caller who writes 70.1 as float32 sends 70.0999984741..., which programs print as 70.1 again. A value that no
    number of six decimals is written as stays as it is.
    """
    exact = values.astype(np.float64)
    doubles = exact.copy()
    left = np.flatnonzero(np.isfinite(exact) & (exact != np.floor(exact)))
    for decimals in range(1, DECIMALS + 1):
        scale = 10.0**decimals
        nearest = np.rint(exact[left] * scale) / scale
        found = nearest.astype(values.dtype) == values[left]
        doubles[left[found]] = nearest[found]
        left = left[~found]
    return doubles


def with_more_decimals(column: pa.Array) -> Ints:
    """The rows (m,) of decimals that have more than six decimals, which may be lost in a double."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not pa.types.is_decimal(column.type) or column.type.scale <= DECIMALS:
        return np.empty(0, np.int64)
    widest = column.cast(pa.decimal256(76, column.type.scale))
    cut = pc.round(widest, DECIMALS, "towards_zero")
    rows: Ints = np.flatnonzero(pc.not_equal(cut, widest).fill_null(False).to_numpy(zero_copy_only=False))
    return rows
