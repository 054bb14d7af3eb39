"""The formulas as loops over one block of units, which LLVM vectorizes.

Each loop reads answers (b,), and fills or adds to buffers (b,) of whole numbers as doubles. The ``add_`` loops are for
criteria with a single formula that always apply, when only the sum of a group is needed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FLAG, FAULT, CHOICE, STEPS, COUNT, RATIO, LINEAR, AWARDED = range(8)
KIND, FIRST, SECOND, EXTRA, EXTRA_END, FULL_AT_ZERO, MICRO = range(7)
"""Columns of the table of leaves."""

EXACT = 2.0**52
"""Quotients are rounded exactly if product and divisor are below this limit."""

jit = njit(nogil=True, error_model="numpy")


@jit
def in_micro(value):
    """One answer in whole millionths; the double nearest to k / 10^6 gives k."""
    micro = np.rint(value * 1e6)
    back = micro / 1e6
    near = micro + (1.0 if value > back else -1.0)
    return near if (back != value) & (near / 1e6 == value) else micro


@jit
def add_equal(a, wanted, maximum, points, missing):
    for i in range(len(a)):
        points[i] += maximum if a[i] == wanted else 0.0
        missing[i] += 1.0 if a[i] != a[i] else 0.0


@jit
def add_four(a, sign, extra, points, missing):
    """Up to four steps in one loop, each as (threshold, additional points); thresholds ascend and are inclusive."""
    e0, p0, e1, p1, e2, p2, e3, p3 = extra
    for i in range(len(a)):
        v = a[i] * sign
        points[i] += (
            (p0 if v >= e0 else 0.0) + (p1 if v >= e1 else 0.0) + (p2 if v >= e2 else 0.0) + (p3 if v >= e3 else 0.0)
        )
        missing[i] += 1.0 if a[i] != a[i] else 0.0


@jit
def add_count(a, each, maximum, points, missing):
    enough = np.floor(maximum / each) + 1.0
    for i in range(len(a)):
        reported = a[i] == a[i]
        many = min(a[i], enough) if reported else 0.0
        points[i] += min(many * each, maximum)
        missing[i] += 0.0 if reported else 1.0


@jit
def add_ratio(a, b, maximum, at_zero, points, missing):
    over = 0
    for i in range(len(a)):
        x, y = a[i], b[i]
        some = (y > 0.0) & (x == x)
        product = (min(x, y) if some else 0.0) * maximum
        given = np.rint(product / (y if some else 1.0))
        points[i] += at_zero if (y == 0.0) & (x == x) else given
        missing[i] += 1.0 if (x != x) | (y != y) else 0.0
        over |= np.int64(product >= EXACT)
    return over


@jit
def add_awarded(a, points, missing):
    for i in range(len(a)):
        reported = a[i] == a[i]
        points[i] += in_micro(a[i]) if reported else 0.0
        missing[i] += 0.0 if reported else 1.0


@jit
def add_leaf(leaf, numbers, extra, matrix, start, end, points, missing):
    """Adds rounded points, and 1 where an answer is missing. Returns whether products were too large."""
    kind, maximum = leaf[KIND], numbers[0]
    a = matrix[leaf[FIRST], start:end]
    if kind == FLAG:
        add_equal(a, 1.0, maximum, points, missing)
    elif kind == FAULT:
        add_equal(a, 0.0, maximum, points, missing)
    elif kind in (STEPS, CHOICE):
        sign = numbers[1]
        for first in range(leaf[EXTRA], leaf[EXTRA_END], 8):
            e = extra[first : first + 8]
            four = (e[0], e[1], e[2], e[3], e[4], e[5], e[6], e[7])
            # Missing answers are counted only once, with the first four steps.
            add_four(a, sign, four, points, missing if first == leaf[EXTRA] else np.empty(len(a)))
    elif kind == COUNT:
        add_count(a, numbers[1], maximum, points, missing)
    elif kind == RATIO and not leaf[MICRO]:
        return add_ratio(
            a, matrix[leaf[SECOND], start:end], maximum, maximum if leaf[FULL_AT_ZERO] else 0.0, points, missing
        )  # fmt: skip
    elif kind == AWARDED:
        add_awarded(a, points, missing)
    else:
        rest = np.zeros(len(a))
        return add_divided(leaf, numbers, matrix, start, end, points, rest, missing)
    return 0


@jit
def quotient(leaf, numbers, matrix, unit):
    """Product and divisor of a ratio or linear formula for one unit; 0 and 1 if an answer is missing."""
    maximum, x = numbers[0], matrix[leaf[FIRST], unit]
    if leaf[KIND] == LINEAR:
        if x != x:
            return 0.0, 1.0
        distance = min(max((in_micro(x) - numbers[1]) * numbers[3], 0.0), numbers[2])
        return distance * maximum, numbers[2]
    y = matrix[leaf[SECOND], unit]
    if (x != x) | (y != y):
        return 0.0, 1.0
    if y == 0.0:
        return (maximum if leaf[FULL_AT_ZERO] else 0.0), 1.0
    if leaf[MICRO]:
        x, y = in_micro(x), in_micro(y)
    return min(x, y) * maximum, y


@jit
def rest_of_ratio(a, b, maximum, at_zero, points, rest, missing):
    over = 0
    for i in range(len(a)):
        x, y = a[i], b[i]
        some = (y > 0.0) & (x == x)
        product = (min(x, y) if some else 0.0) * maximum
        exact = product / (y if some else 1.0)
        exact = at_zero if (y == 0.0) & (x == x) else exact
        rounded = np.rint(exact)
        points[i] += rounded
        rest[i] += exact - rounded
        missing[i] += 1.0 if (x != x) | (y != y) else 0.0
        over |= np.int64(product >= EXACT)
    return over


@jit
def rest_of_line(a, micro, maximum, begin, length, sign, points, rest, missing):
    over = np.int64((length * maximum >= EXACT) | (length >= EXACT))
    for i in range(len(a)):
        x = in_micro(a[i]) if micro else a[i] * 1e6
        exact = (min(max((x - begin) * sign, 0.0), length) if a[i] == a[i] else 0.0) * maximum / length
        rounded = np.rint(exact)
        points[i] += rounded
        rest[i] += exact - rounded
        missing[i] += 1.0 if a[i] != a[i] else 0.0
    return over


@jit
def rest_of_micro(a, b, maximum, at_zero, points, rest, missing):
    """A ratio of numbers with decimals, both in millionths."""
    over = 0
    for i in range(len(a)):
        x, y = in_micro(a[i]), in_micro(b[i])
        some = (y > 0.0) & (x == x)
        product = (min(x, y) if some else 0.0) * maximum
        exact = product / (y if some else 1.0)
        exact = at_zero if (y == 0.0) & (x == x) else exact
        rounded = np.rint(exact)
        points[i] += rounded
        rest[i] += exact - rounded
        missing[i] += 1.0 if (x != x) | (y != y) else 0.0
        over |= np.int64((product >= EXACT) | (y >= EXACT))
    return over


@jit
def add_divided(leaf, numbers, matrix, start, end, points, rest, missing):
    """Adds points and remainders of a ratio or linear formula. Returns whether numbers were too large."""
    a = matrix[leaf[FIRST], start:end]
    if leaf[KIND] == LINEAR:
        return rest_of_line(
            a, leaf[MICRO] != 0, numbers[0], numbers[1], numbers[2], numbers[3], points, rest, missing
        )  # fmt: skip
    b, at_zero = matrix[leaf[SECOND], start:end], numbers[0] if leaf[FULL_AT_ZERO] else 0.0
    if leaf[MICRO]:
        return rest_of_micro(a, b, numbers[0], at_zero, points, rest, missing)
    return rest_of_ratio(a, b, numbers[0], at_zero, points, rest, missing)


@jit
def to_even(points, rest):
    """Rounds points with a remainder of exactly one half to even."""
    for i in range(len(points)):
        odd = points[i] * 0.5 != np.floor(points[i] * 0.5)
        points[i] += rest[i] * 2.0 if odd & (abs(rest[i]) == 0.5) else 0.0


@jit
def exact_sum(leaves, numbers, first, last, matrix, unit, others):
    """The exactly rounded sum of several quotients, by a common divisor; -1 if the divisor is too large."""
    top, bottom, whole = np.int64(0), np.int64(1), np.int64(others)
    for n in range(first, last):
        if leaves[n, KIND] in (RATIO, LINEAR):
            product, divisor = quotient(leaves[n], numbers[n], matrix, unit)
            a, b = np.int64(product), np.int64(divisor)
            if float(bottom) * float(b) >= 2.0**60:
                return -1.0
            whole += a // b
            top, bottom = top * b + (a % b) * bottom, bottom * b
            whole += top // bottom
            top %= bottom
    up = 2 * top > bottom or (2 * top == bottom and whole % 2 == 1)
    return float(whole + 1 if up else whole)
