from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def award(
    lines: np.ndarray,
    pool: NDArray[np.float64],
    parts: int,
    answers: NDArray[np.float64],
    left_out: NDArray[np.bool_],
    sums: NDArray[np.float64] | None,
    points: NDArray[np.float64] | None,
    missing: NDArray[np.bool_] | None,
    rests: NDArray[np.float64] | None,
) -> Sequence[tuple[int, int, float]]:
    """Works out the points of k criteria for n units.

    Args:
        lines: of ``LINE``; the parts of a line stand before it.
        pool: numbers that lines point into.
        parts: how many parts there are at a time.
        answers: (rows, n), NaN where not reported.
        left_out: (leavers, n) to begin with; lines add to it.
        sums: (4, groups, n), whose points and missing answers are filled; what leaves criteria out changes the others.
        points: (k, n) signed micropoints; ``missing`` and ``rests`` the same. None: nobody asks.

    Returns:
        What doubles leave in doubt: place of the criterion, place of the unit, and the signed points it was given.

    Raises:
        ValueError: arrays do not fit together, or a line leads beyond them.
    """
