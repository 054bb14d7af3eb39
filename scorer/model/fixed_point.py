"""Fixed-point numbers: whole micropoints, percent in parts per million, and the few roundings the method has.

Every array here holds whole numbers, in int64 or in float64 below 2^53, so that sums are exact and equal is equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scorer.model.suggestions import short_repr

Floats = NDArray[np.float64]
"""An array of doubles: answers, or points as whole micropoints."""
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
"""An array of truth values, such as which units miss an answer."""
Numbers = Floats | Ints
Parsed = TypeVar("Parsed")

MICRO = 1_000_000
"""Micropoints in a point; parts per million in one; the decimals that any number is taken to."""

PERCENT = 10_000
"""Parts per million in a percent."""

MAX_MICROPOINTS = 2**32 - 1
"""Largest nominal maximum of a tier (4,294.967295 points): products of two such sums still fit 64 bits."""

MAX_PENALTY_MICROPOINTS = 2**31 - 1
"""Largest sum of penalties of a tier, for the same reason."""


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
        raise ValueError(f"{short_repr(value)} has more than six decimals")
    return scaled.numerator


def round_to_micro(values: Floats) -> Floats:
    """The nearest whole number of millionths to each double, NaN where it is NaN.

    The double nearest to k millionths gives k, up to 8,000,000,000 units.
    """
    micro: Floats = np.rint(values * 1e6)
    large = np.flatnonzero(np.abs(micro) >= 2e15)
    if large.size:  # doubles are so far apart that the product alone can round to a neighbour
        flat, given = micro.reshape(-1), values.reshape(-1)[large]
        near = flat[large] + np.sign(given - flat[large] / 1e6)
        flat[large] = np.where(near / 1e6 == given, near, flat[large])
    return micro


def from_micro(values: Ints | Floats | int) -> Floats:
    """Points (or units) as float64, each the double nearest to its decimal."""
    return np.asarray(values, dtype=np.float64) / MICRO


def plain(micro: int, decimals: int | None = None) -> str:
    """Decimal text of millionths: the shortest exact one, or rounded half up to ``decimals``."""
    if decimals is not None:
        rounded = (Decimal(micro) / MICRO).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        return f"{rounded + 0:f}"  # never -0
    text = f"{Decimal(micro) / MICRO:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
        raise ValueError(f"expected a number of points, such as 2 or 1.5, or one by tier, not {short_repr(value)}")
    micro = to_micro(value)
    if not 0 <= micro <= MAX_MICROPOINTS:
        raise ValueError(f"{short_repr(value)} points are not between 0 and {plain(MAX_MICROPOINTS)}")
    return micro
