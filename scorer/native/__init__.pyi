from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

LINE: str
"""The fields of a line, such as ``kind:i8``, separated by spaces; ``native/layout.h`` describes each."""
COMPARISON: str
"""The fields of a comparison of a number with the thresholds of a rule, in the same format."""
RULE: str
"""The fields of a rule, in the same format."""
DECISION: str
"""The fields of a decision, in the same format."""
COMPOSITION: str
"""The fields of a composition of groups or categories, in the same format."""

CAPPED: int
LADDER: int
QUOTIENT: int
SLOPE: int
COMPUTED: int
SUM: int
BEST: int

SCORED: int
MISSING: int
NOT_APPLICABLE: int

RANKED: int
BELOW_MINIMUM: int
NOTHING_APPLICABLE: int
EXCLUDED_BY_LIMIT: int

COMPETITION: int
DENSE: int
ORDINAL: int

SUM_OF_POINTS: int
SUM_OF_CONVERTED: int
ARITHMETIC_MEAN: int
GEOMETRIC_MEAN: int

HALF_UP: int
HALF_EVEN: int
DOWN: int
UP: int

MeanExactly = Callable[[int, tuple[float, ...]], float]
"""A function that returns the exactly rounded points of a sum. Its arguments are the index of the sum, and a tuple with
the points of all groups or categories, then their applicable maxima."""
Sums = tuple[
    NDArray[np.float64],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.float64],
    float,
    int,
    NDArray[np.float64],
    np.ndarray,
    MeanExactly,
    np.ndarray,
    np.ndarray,
    np.ndarray,
    NDArray[np.int64],
]
"""The arguments of ``score`` from maxima to tables."""
RoundExactly = Callable[[int, int], tuple[float, float]]
"""A function that returns the exactly rounded points and the remainder. Its arguments are the indices of a criterion
and a unit."""

def evaluate_lines(
    lines: np.ndarray,
    pool: NDArray[np.float64],
    slots: int,
    answers: NDArray[np.float64],
    excluded: NDArray[np.bool_] | None,
    points: NDArray[np.float64] | None,
    status: NDArray[np.uint8] | None,
    remainders: NDArray[np.float64] | None,
    round_exactly: RoundExactly,
    /,
) -> None:
    """Evaluates k criteria for n units.

    Args:
        lines: array of ``LINE``; the nested lines of a line come before it.
        pool: numbers to which the fields of lines and comparisons refer by index.
        slots: number of results of nested lines that are kept at the same time.
        answers: (rows, n), NaN where not reported.
        excluded: (exclusions, n) whether a criterion does not apply to a unit; None if no line has an exclusion.
        points: (k, n) is filled with signed micropoints; 0 where an answer is missing or the criterion does not apply.
            None if not needed; this also holds for status and remainders.
        status: (k, n) is filled with SCORED, MISSING or NOT_APPLICABLE.
        remainders: (k, n) is filled with exact points minus rounded points.
        round_exactly: called for points that doubles are not precise enough for.

    Raises:
        ValueError: arrays do not fit together, or a line refers to something outside them.
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
    round_exactly: RoundExactly,
    maxima: NDArray[np.float64],
    has_lines: NDArray[np.bool_],
    members: NDArray[np.bool_],
    nominal: NDArray[np.float64],
    step: float,
    rounding: int,
    caps: NDArray[np.float64],
    compositions: np.ndarray,
    mean_exactly: MeanExactly,
    decisions: np.ndarray,
    rules: np.ndarray,
    comparisons: np.ndarray,
    tables: NDArray[np.int64],
    sums: NDArray[np.float64],
    scores: NDArray[np.float64],
    group_sums: NDArray[np.float64] | None,
    group_scores: NDArray[np.float64] | None,
    cells: NDArray[np.int64],
    levels: NDArray[np.int64],
    standings: NDArray[np.uint8],
    first: int,
    stop: int,
    /,
) -> None:
    """Scores some of n units, from answers to levels. All points are in micropoints.

    There are g groups and s sums of groups: the sums of c categories, the overall sum, and the sums of measures. The
    first w sums, at least those of the categories and the overall sum, have scores and counts.

    Args:
        lines, pool, slots, answers, excluded, points, status, remainders, round_exactly: see ``evaluate_lines``.
        maxima: (g,) maxima of the groups if every criterion applied.
        has_lines: (g,) whether the group's criteria are lines; otherwise the caller has filled its sums.
        members: (s, g) which groups each sum includes.
        nominal: (w,) maxima of the first w sums if every criterion applied.
        step: micropoints in the last published decimal.
        rounding: HALF_UP, HALF_EVEN, DOWN or UP.
        caps: (g,) upper limit of each group's points and of its maximum; infinity if there is no cap.
        compositions: (c + 1) array of ``COMPOSITION``.
        mean_exactly: called for means that doubles are not precise enough for.
        decisions: (c,) array of ``DECISION``; a category whose level is compared comes before those that compare it.
        rules: (r,) array of ``RULE``.
        comparisons: array of ``COMPARISON``.
        tables: for each cell of each rule, the outcomes that it allows: bit i is set for the i-th outcome.
        sums: (3, s, n) is filled with points; maxima without the criteria that do not apply; and points / maximum in
            parts per million, rounded down, 0 where the maximum is 0.
        scores: (4, w, n) is filled with converted scores, which are points x nominal / maximum, rounded down, 0 where
            the maximum is 0; published scores, which are the converted ones rounded to multiples of ``step``; the
            number of criteria that miss an answer; and the number of criteria that do not apply.
        group_sums: (3, g, n), like ``sums``. For groups without lines, points and maxima are read. None, only if all
            groups have lines: not needed.
        group_scores: (4, g, n), like ``scores``. For groups without lines, both counts are read. None together with
            ``group_sums``.
        cells: (r, n) is filled with cells of the rules' tables.
        levels: (c, n) is filled with the levels reached; 0: none.
        standings: (c, n) is filled with RANKED, BELOW_MINIMUM or NOTHING_APPLICABLE.
        first: index of the first unit to score.
        stop: index after the last unit to score.

    Raises:
        ValueError: arrays do not fit together, or a line, rule or comparison refers to something outside them.
    """

def rank(
    keys: NDArray[np.int64],
    ranked: NDArray[np.bool_],
    by_id: NDArray[np.int64],
    ties: NDArray[np.int64],
    ranks: NDArray[np.int64],
    order: NDArray[np.int64],
    /,
) -> None:
    """Ranks n units by each of r scores.

    Args:
        keys: (r, n) score keys: small whole numbers from 0; larger is better.
        ranked: (r, n) whether a unit is ranked.
        by_id: (n,) the indices of the units in the order for equal keys.
        ties: (r,) COMPETITION, DENSE or ORDINAL.
        ranks: (r, n) is filled with ranks from 1; 0 for units that are not ranked.
        order: (n,) is filled with the indices of the units by the last score: ranked units first, the best first.

    Raises:
        ValueError: arrays do not fit together, or a key or an index is out of range.
    """

def check_answers(
    answers: NDArray[np.float64],
    ranges: NDArray[np.float64],
    whole_only: NDArray[np.bool_],
    pairs: NDArray[np.int64],
    /,
) -> bytes:
    """Finds rows with answers that are not allowed. Replaces -0.0 by 0 in rows that may have decimals.

    Args:
        answers: (rows, n), NaN where not reported, which is always allowed.
        ranges: (2, rows) the smallest and largest answer allowed.
        whole_only: (rows,) whether only whole numbers are allowed; otherwise, up to six decimals are allowed.
        pairs: (2, p) indices of two rows each; the first answer must not be larger than the second.

    Returns:
        One byte per row, then one per pair: 1 if some answer is not allowed, otherwise 0.

    Raises:
        ValueError: arrays do not fit together, or a pair refers to a row that does not exist.
    """
