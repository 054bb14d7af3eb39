from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

LINE: list[tuple[str, str]]
"""Fields of a line, as ``numpy.dtype`` takes them; ``native/layout.h`` explains each."""
COMPARISON: list[tuple[str, str]]
"""Fields of a comparison of a sum with the thresholds of gates."""

CAPPED: int
LADDER: int
QUOTIENT: int
SLOPE: int
GIVEN: int
SUM: int
BEST: int

SCORED: int
MISSING: int
NOT_APPLICABLE: int

RANKED: int
BELOW_MINIMUM: int
NOTHING_APPLICABLE: int

COMPETITION: int
DENSE: int
ORDINAL: int

Lines = tuple[np.ndarray, NDArray[np.float64], int]
"""Lines (of ``LINE``), the pool of numbers that they point into, and the number of slots for parts."""
Plan = tuple[
    np.ndarray,
    NDArray[np.float64],
    int,
    NDArray[np.float64],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.float64],
    float,
    np.ndarray,
    NDArray[np.int64],
]
"""What is fixed for a tier with k criteria, g groups, s sums, the first w of which are whole, and c = w - 1 categories:

- lines, pool and slots, as ``Lines``;
- maxima (g,) of the groups in micropoints when every criterion applies;
- is_filled (g,): whether the lines fill the group's sums; otherwise the caller has filled them;
- members (s, g): which groups each sum adds up: the sums of the categories, the sum of all, and those of measures;
- nominal (w,): maxima of the first w sums;
- step: micropoints of the last published decimal;
- comparisons (of ``COMPARISON``) of sums with thresholds;
- level_tables (c,): where the level of each cell of a category's decision table stands in the pool; -1: no levels.
"""
Settle = Callable[[int, int], tuple[float, float]]
"""Called with a criterion and a unit, gives its points, rounded exactly, and what rounding left."""

def evaluate_lines(
    lines: Lines,
    answers: NDArray[np.float64],
    points: NDArray[np.float64],
    status: NDArray[np.uint8],
    remainders: NDArray[np.float64],
    settle: Settle,
) -> None:
    """Evaluates k criteria for n units.

    Args:
        lines: the parts of a line stand before it.
        answers: (rows, n), NaN where not reported.
        points: (k, n) is filled with signed micropoints; 0 where an answer is missing or the criterion does not apply.
        status: (k, n) is filled with SCORED, MISSING or NOT_APPLICABLE.
        remainders: (k, n) is filled with exact points minus rounded points.
        settle: called where doubles cannot tell the points.

    Raises:
        ValueError: arrays do not fit together, or a line leads beyond them.
    """

def score(
    plan: Plan,
    answers: NDArray[np.float64],
    excluded: NDArray[np.bool_],
    sums: NDArray[np.float64],
    wholes: NDArray[np.float64],
    cells: NDArray[np.int64],
    levels: NDArray[np.int64],
    standings: NDArray[np.uint8],
    group_sums: NDArray[np.float64] | None,
    group_wholes: NDArray[np.float64] | None,
    points: NDArray[np.float64] | None,
    status: NDArray[np.uint8] | None,
    settle: Settle,
    first: int,
    last: int,
) -> None:
    """From the answers of units first to last, of n, to their levels. Everything is in micropoints.

    Args:
        plan: what is fixed for the tier.
        answers: (rows, n), NaN where not reported.
        excluded: (exclusions, n): units for which criteria do not apply.
        sums: (3, s, n) is filled: points; maxima without what does not apply; points / maximum in parts per million,
            rounded down, 0 where the maximum is 0.
        wholes: (4, w, n) is filled: converted points, points x nominal / maximum rounded down, 0 where the maximum is
            0; published points, the nearest steps to these, an exact half away from zero; the number of criteria that
            miss an answer; the number that do not apply.
        cells: (c, n) is filled with cells of the decision tables; 0 without one.
        levels: (c, n) is filled with the levels reached; 0: none.
        standings: (c, n) is filled with RANKED, BELOW_MINIMUM or NOTHING_APPLICABLE.
        group_sums, group_wholes: (3, g, n) and (4, g, n), the same of the groups: filled where ``is_filled``, otherwise
            points, maxima and the two counts are read. None: nobody needs them, and the lines fill all groups.
        points, status: (k, n) are filled as by ``evaluate_lines``. None: nobody needs them.
        settle: called where doubles cannot tell the points.

    Raises:
        ValueError: arrays do not fit together, or something in the plan leads beyond them.
    """

def rank(
    keys: NDArray[np.int64],
    ranked: NDArray[np.bool_],
    by_id: NDArray[np.int64],
    ties: int,
    ranks: NDArray[np.int64],
    order: NDArray[np.int64],
) -> None:
    """Ranks n units by each of r scores.

    Args:
        keys: (r, n) small whole numbers from 0, the better the larger.
        ranked: (r, n) whether a unit is ranked.
        by_id: (n,) the units in the order of equals.
        ties: COMPETITION, DENSE or ORDINAL.
        ranks: (r, n) is filled with ranks from 1; 0 for units that are not ranked.
        order: (n,) is filled with the units by the last score: ranked ones first, the better first.
    """

def check_answers(
    answers: NDArray[np.float64],
    ranges: NDArray[np.float64],
    whole: NDArray[np.bool_],
    parts: NDArray[np.int64],
    limit: float,
) -> bytes:
    """Rounds answers to six decimals where they may have decimals, and looks for answers that are not allowed.

    Args:
        answers: (rows, n), NaN where not reported, which is always allowed.
        ranges: (2, rows) the smallest and largest answer allowed.
        whole: (rows,) whether only whole numbers are allowed.
        parts: (2, p) pairs of rows, of which the first may not be larger than the second.
        limit: larger answers, either way, stay as they are.

    Returns:
        A byte for each row and then for each pair: 1 where some answer is not allowed.
    """
