from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

LINE: str
"""Fields of a line, such as ``kind:i8``, with spaces between them; ``native/layout.h`` explains each."""
COMPARISON: str
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

Sums = tuple[
    NDArray[np.float64],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.float64],
    float,
    np.ndarray,
    NDArray[np.int64],
]
"""What ``score`` takes from maxima to level_tables."""
Settle = Callable[[int, int], tuple[float, float]]
"""Called with a criterion and a unit, gives its points, rounded exactly, and what rounding left."""

def evaluate_lines(
    lines: np.ndarray,
    pool: NDArray[np.float64],
    slots: int,
    answers: NDArray[np.float64],
    excluded: NDArray[np.bool_] | None,
    points: NDArray[np.float64] | None,
    status: NDArray[np.uint8] | None,
    remainders: NDArray[np.float64] | None,
    settle: Settle,
    /,
) -> None:
    """Evaluates k criteria for n units.

    Args:
        lines: of ``LINE``; the parts of a line stand before it.
        pool: numbers that lines point into.
        slots: how many results of parts are kept at a time.
        answers: (rows, n), NaN where not reported.
        excluded: (exclusions, n): units for which criteria do not apply. None: no line asks for it.
        points: (k, n) is filled with signed micropoints; 0 where an answer is missing or the criterion does not apply.
        status: (k, n) is filled with SCORED, MISSING or NOT_APPLICABLE.
        remainders: (k, n) is filled with exact points minus rounded points. What is None is not needed.
        settle: called where doubles cannot tell the points.

    Raises:
        ValueError: arrays do not fit together, or a line leads beyond them.
    """

def score(
    lines: np.ndarray,
    pool: NDArray[np.float64],
    slots: int,
    answers: NDArray[np.float64],
    excluded: NDArray[np.bool_] | None,
    points: NDArray[np.float64] | None,
    status: NDArray[np.uint8] | None,
    remainders: NDArray[np.float64] | None,
    settle: Settle,
    maxima: NDArray[np.float64],
    is_filled: NDArray[np.bool_],
    members: NDArray[np.bool_],
    nominal: NDArray[np.float64],
    step: float,
    comparisons: np.ndarray,
    level_tables: NDArray[np.int64],
    sums: NDArray[np.float64],
    wholes: NDArray[np.float64],
    group_sums: NDArray[np.float64] | None,
    group_wholes: NDArray[np.float64] | None,
    cells: NDArray[np.int64],
    levels: NDArray[np.int64],
    standings: NDArray[np.uint8],
    first: int,
    last: int,
    /,
) -> None:
    """From the answers of units first to last, of n, to their levels. Everything is in micropoints.

    There are g groups, and s sums of them: those of c categories, the sum of all, and those of measures. The first w =
    c + 1 are whole, which means that they have scores and counts.

    Args:
        lines, pool, slots, answers, excluded, points, status, remainders, settle: as ``evaluate_lines`` takes them.
        maxima: (g,) of the groups when every criterion applies.
        is_filled: (g,) whether lines fill the group's sums; otherwise the caller has filled them.
        members: (s, g) which groups each sum adds up.
        nominal: (w,) maxima of the whole sums when every criterion applies.
        step: micropoints of the last published decimal.
        comparisons: of ``COMPARISON``: of sums with the thresholds of gates.
        level_tables: (c,) where the level of each cell of a category's decision table stands in the pool; -1: it has
            no levels.
        sums: (3, s, n) is filled: points; maxima without what does not apply; points / maximum in parts per million,
            rounded down, 0 where the maximum is 0.
        wholes: (4, w, n) is filled: converted points, which are points x nominal / maximum rounded down, 0 where the
            maximum is 0; published points, the nearest steps to these, an exact half away from zero; the numbers of
            criteria that miss an answer, and that do not apply.
        group_sums, group_wholes: (3, g, n) and (4, g, n), the same of groups: filled where ``is_filled``, otherwise
            points, maxima and the two counts are read. None: nobody needs them, and lines fill all groups.
        cells: (c, n) is filled with cells of the decision tables; 0 without one.
        levels: (c, n) is filled with the levels reached; 0: none.
        standings: (c, n) is filled with RANKED, BELOW_MINIMUM or NOTHING_APPLICABLE.

    Raises:
        ValueError: arrays do not fit together, or a line or a comparison leads beyond them.
    """

def rank(
    keys: NDArray[np.int64],
    ranked: NDArray[np.bool_],
    by_id: NDArray[np.int64],
    ties: int,
    ranks: NDArray[np.int64],
    order: NDArray[np.int64],
    /,
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
    /,
) -> bytes:
    """Looks for answers that are not allowed, and makes -0.0 to 0 where answers may have decimals.

    Args:
        answers: (rows, n), NaN where not reported, which is always allowed.
        ranges: (2, rows) the smallest and largest answer allowed.
        whole: (rows,) whether only whole numbers are allowed; otherwise, up to six decimals are.
        parts: (2, p) pairs of rows, of which the first may not be larger than the second.

    Returns:
        A byte for each row and then for each pair: 1 where some answer is not allowed.
    """
