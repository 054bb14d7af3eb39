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
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Numbers = Floats | Ints
Parsed = TypeVar("Parsed")

MICRO = 1_000_000
"""Micropoints in a point; parts per million in one; the decimals that any number is taken to."""

MAX_MICROPOINTS = 2**32 - 1
"""Largest nominal maximum of a tier (4,294.967295 points): products of two such sums still fit 64 bits."""

MAX_PENALTY_MICROPOINTS = 2**31 - 1
"""Largest sum of penalties of a tier, for the same reason."""

FLOAT_EXACT = 2.0**52
"""Below this, ``np.rint(a * b / c)`` of whole numbers is the exactly rounded quotient.

A true quotient q = p / c that is no exact half lies at least 1 / (2c) = q / (2p) from one, and with p < 2^52 that is
more than half a unit in the last place of q, so the division cannot round it onto the half.
"""


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

    The double nearest to k millionths gives k, up to 8,000,000,000 units: there, doubles are so far apart that the
    product alone can round to a neighbour.
    """
    micro = np.rint(values * MICRO)
    off = micro / MICRO != values
    if off.any():
        near = micro + np.sign(values - micro / MICRO)
        micro = np.where(off & (near / MICRO == values), near, micro)
    return micro


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


def rounded_ratio(numerator: Numbers, denominator: Numbers, scale: int) -> tuple[Floats, Floats]:
    """``numerator * scale / denominator`` rounded to whole numbers, an exact half to the even one, and what that left.

    Multiplied first: dividing first is wrong in about 5 of 300,000 quotients of small counts.

    Args:
        numerator: (n,) whole numbers, 0 <= numerator <= denominator; NaN counts as nothing.
        denominator: (n,) whole numbers; where one is 0 or NaN the result is 0.
        scale: whole, such as the maximum in micropoints.

    Returns:
        The rounded quotients (n,), exact, and quotient minus rounded (n,), an exact half exact, otherwise within
        10^-6.
    """
    defined = (denominator > 0) & ~np.isnan(numerator)
    top, bottom = np.where(defined, numerator, 0), np.where(defined, denominator, 1)
    if top.size == 0 or (float(top.max()) * scale < FLOAT_EXACT and float(bottom.max()) < FLOAT_EXACT):
        quotient = top * scale / bottom
        rounded = np.rint(quotient)
        return rounded, quotient - rounded
    # Beyond what doubles hold exactly: Python's integers, some 100 times slower and never wrong.
    exact = [Fraction(int(a) * scale, int(b)) for a, b in zip(top.tolist(), bottom.tolist(), strict=True)]
    whole = [round(ratio) for ratio in exact]
    rest = [float(ratio - near) for ratio, near in zip(exact, whole, strict=True)]
    return np.array(whole, dtype=np.float64), np.array(rest)


def parts_per_million(points: Ints, maximum: Ints) -> tuple[Ints, Bools]:
    """``points / maximum`` in parts per million, rounded down, and whether that left a remainder.

    Shapes (n,); 0 without remainder where the maximum is 0.
    """
    some = maximum > 0
    ppm, rest = np.divmod(points * MICRO, np.where(some, maximum, 1))
    return np.where(some, ppm, 0), some & (rest != 0)


def converted(points: Ints, maximum: Ints, nominal: int) -> Ints:
    """``points x nominal / maximum`` in micropoints, rounded down; 0 where the maximum is 0. Shapes (n,)."""
    if bool(np.all(maximum == nominal)):
        return points.copy() if nominal else np.zeros_like(points)
    some = maximum > 0
    bottom = np.where(some, maximum, 1)
    whole, rest = np.divmod(points, bottom)
    # rest < 2^32 and nominal < 2^32: their product fits an unsigned word, not a signed one.
    part = rest.astype(np.uint64) * np.uint64(nominal) // bottom.astype(np.uint64)
    return np.where(some, whole * nominal + part.astype(np.int64), 0)


def half_up(micro: Ints, decimals: int) -> Ints:
    """Millionths rounded to ``decimals`` (0-6), an exact half away from zero: the published precision."""
    step = 10 ** (6 - decimals)
    return np.asarray(np.sign(micro) * ((np.abs(micro) + step // 2) // step * step), dtype=np.int64)


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
