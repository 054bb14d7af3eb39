"""Fixed-point numbers: whole micropoints, percent in parts per million, and the few roundings the method has.

Every array here holds whole numbers, in int64 or in float64 below 2^53, so that sums are exact and equal is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scorer.hints import show

Floats = NDArray[np.float64]
"""An array of doubles: answers, or points as whole micropoints."""
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
"""An array of truth values, such as which units miss an answer."""
Counts = NDArray[np.int32]
Numbers = Floats | Ints | Counts
Parsed = TypeVar("Parsed")

MICRO = 1_000_000
"""Micropoints in a point; parts per million in one; the decimals that any number is taken to."""

PERCENT = 10_000
"""Parts per million in a percent."""

MAX_MICROPOINTS = 2**32 - 1
"""Largest nominal maximum of a tier (4,294.967295 points): products of two such sums still fit 64 bits."""

MAX_PENALTY_MICROPOINTS = 2**31 - 1
"""Largest sum of penalties of a tier, for the same reason."""

EXACT = 2.0**53
"""Whole numbers below this are doubles."""


def to_micro(value: int | Decimal) -> int:
    """The whole number of millionths in ``value``.

    Raises:
        ValueError: more than six decimals, or not finite.
    """
    try:
        scaled = Fraction(value) * MICRO
    except (OverflowError, ValueError):
        raise ValueError(f"{value} is not a finite number") from None
    if scaled.denominator != 1:
        raise ValueError(f"{show(value)} has more than six decimals")
    return scaled.numerator


def in_micro(values: Floats) -> Floats:
    """The nearest whole number of millionths to each double, NaN where it is NaN.

    The double nearest to k millionths gives k, up to 8,000,000,000 units: from 2,000,000,000 on, doubles are so far
    apart that the product alone can round to a neighbour.
    """
    micro = np.multiply(values, float(MICRO))
    np.rint(micro, out=micro)
    if np.fmax.reduce(micro, axis=None, initial=0.0) < 2e15 and np.fmin.reduce(micro, axis=None, initial=0.0) > -2e15:
        return micro
    off = micro / MICRO != values
    near = micro + np.sign(values - micro / MICRO)
    return np.where(off & (near / MICRO == values), near, micro)


def from_micro(values: Ints | Floats | int) -> Floats:
    """Points (or units) as float64, each the double nearest to its decimal."""
    return np.asarray(values, dtype=np.float64) / MICRO


def plain(micro: int, decimals: int | None = None) -> str:
    """Decimal text of millionths: the shortest exact one, or rounded half up to ``decimals``."""
    if decimals is not None:
        micro = int(half_up(np.asarray(micro, dtype=np.int64), decimals))
        return f"{Decimal(micro) / MICRO:.{decimals}f}"
    text = f"{Decimal(micro) / MICRO:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parts_per_million(points: Numbers, maximum: Numbers, out: Floats | None = None) -> tuple[Floats, Floats]:
    """``points / maximum`` in parts per million: rounded down; and not rounded.

    Shapes (n,) or (k, n). Where the maximum is 0, the one is 0 and the other infinite. Exact: with a product below
    2^53, a quotient that is no whole number is further from one than a double's rounding, so that comparing it with one
    is exact. ``out`` is room for the first array.
    """
    divisor, nothing = _divisor(maximum)
    quotient = np.multiply(points, float(MICRO))
    np.divide(quotient, divisor, out=quotient)
    down = np.floor(quotient, out=out)
    if nothing is not None:
        down[nothing], quotient[nothing] = 0, np.inf
    return down, quotient


def converted(points: Numbers, maximum: Numbers, nominal: int | Floats) -> Numbers:
    """``points x nominal / maximum`` in micropoints, rounded down; 0 where the maximum is 0. Shapes (n,) or (k, n).

    In doubles, as points plus what the points that do not apply would have given, while products stay below 2^53, as
    they do but for huge sums: these take 64-bit integers.
    """
    lacking = np.subtract(nominal, maximum, dtype=np.float64)
    gain = np.multiply(points, lacking)
    if gain.max(initial=0.0) < EXACT and gain.min(initial=0.0) > -EXACT:
        divisor, nothing = _divisor(maximum)
        gain /= divisor
        np.floor(gain, out=gain)
        gain += points
        if nothing is not None:
            gain[nothing] = 0
        return gain
    some = np.greater(maximum, 0)
    bottom = np.where(some, maximum, 1).astype(np.int64)
    whole, rest = np.divmod(points.astype(np.int64), bottom)
    size = np.asarray(nominal, dtype=np.int64)
    # rest < 2^32 and nominal < 2^32: their product fits an unsigned word, not a signed one.
    part = rest.astype(np.uint64) * size.astype(np.uint64) // bottom.astype(np.uint64)
    return np.where(some, whole * size + part.astype(np.int64), 0)


def _divisor(maximum: Numbers) -> tuple[Numbers, Bools | None]:
    """What can be divided by, 1 where the maximum is 0, and where that is; None: nowhere."""
    nothing = np.equal(maximum, 0)
    return (np.where(nothing, 1, maximum), nothing) if nothing.any() else (maximum, None)


def half_up(micro: Numbers, decimals: int) -> Floats:
    """Millionths rounded to ``decimals`` (0-6), an exact half away from zero: the published precision.

    Exact below 2^53. Never -0.0, which is equal to 0 and has other bytes.
    """
    step = 10.0 ** (6 - decimals)
    given = np.asarray(micro, dtype=np.float64)
    negative = given.min(initial=0.0) < 0
    size = (np.abs(given) if negative else given) + step // 2
    size /= step
    size = np.floor(size)
    size *= step
    return np.copysign(size, given) + 0.0 if negative else size


class TierError(ValueError):
    """One tier's value is wrong, in a value by tier."""

    def __init__(self, tier: str, message: str) -> None:
        super().__init__(message)
        self.tier = tier

    @classmethod
    def at(cls, tier: str, parse: Callable[[object], Parsed], value: object) -> Parsed:
        """``parse(value)``, its error telling the tier."""
        try:
            return parse(value)
        except ValueError as error:
            raise cls(tier, str(error)) from None


@dataclass(frozen=True)
class PointsByTier:
    """A number of points, one for every tier or one for each tier named."""

    everywhere: int | None
    """Micropoints in every tier, or None."""
    by_tier: tuple[tuple[str, int], ...] = ()
    """Micropoints by tier, when they differ."""

    @classmethod
    def parse(cls, value: object) -> PointsByTier:
        """From a document: a number, or a mapping of tiers to numbers.

        Raises:
            ValueError: anything else, with what was expected.
        """
        if isinstance(value, PointsByTier):
            return value
        if isinstance(value, Mapping):
            if not value:
                raise ValueError("names no tier")
            return cls(
                None, tuple((str(tier), TierError.at(str(tier), _points, number)) for tier, number in value.items())
            )
        return cls(_points(value))

    def of(self, tier: str) -> int | None:
        """Micropoints in ``tier``; None where it has none."""
        return self.everywhere if self.everywhere is not None else dict(self.by_tier).get(tier)

    def tiers(self) -> tuple[str, ...]:
        """The tiers named; empty for every tier."""
        return tuple(tier for tier, _ in self.by_tier)


def _points(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"expected a number of points, such as 2 or 1.5, or one by tier, not {show(value)}")
    micro = to_micro(value)
    if not 0 <= micro <= MAX_MICROPOINTS:
        raise ValueError(f"{show(value)} points are not between 0 and {plain(MAX_MICROPOINTS)}")
    return micro
