"""Converts numbers of Arrow types other than double to doubles with at most six decimals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scorer.model.fixed_point import Floats, Ints

MAX_DECIMALS = 6
"""Maximum number of decimals of an answer."""


def as_doubles(values: NDArray[np.float16] | NDArray[np.float32]) -> Floats:
    """(n,) for each value, the double with the fewest decimals (at most six) that rounds to this value.

    A caller who writes 70.1 as float32 sends 70.0999984741..., and the result is 70.1. A value that no such double
    rounds to is not changed.
    """
    exact = values.astype(np.float64)
    doubles = exact.copy()
    remaining = np.flatnonzero(np.isfinite(exact) & (exact != np.floor(exact)))
    for decimals in range(1, MAX_DECIMALS + 1):
        scale = 10.0**decimals
        nearest = np.rint(exact[remaining] * scale) / scale
        is_same = nearest.astype(values.dtype) == values[remaining]
        doubles[remaining[is_same]] = nearest[is_same]
        remaining = remaining[~is_same]
    return doubles


def with_more_decimals(column: pa.Array) -> Ints:
    """(m,) the rows of a decimal column whose values have more than six decimals.

    This is checked before the conversion to doubles, which may round the excess decimals away.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not pa.types.is_decimal(column.type) or column.type.scale <= MAX_DECIMALS:
        return np.empty(0, np.int64)
    widest = column.cast(pa.decimal256(76, column.type.scale))
    truncated = pc.round(widest, MAX_DECIMALS, "towards_zero")
    rows: Ints = np.flatnonzero(pc.not_equal(truncated, widest).fill_null(False).to_numpy(zero_copy_only=False))
    return rows
