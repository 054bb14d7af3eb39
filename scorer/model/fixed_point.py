"""Fixed-point numbers: points in whole micropoints, percent in parts per million.

Arrays hold whole numbers, as int64 or as float64 below 2^53, so that sums are exact and equal sums compare as equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor, gcd, lcm
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scorer.model.suggestions import short_repr, without_quotes

Floats = NDArray[np.float64]
"""An array of doubles: answers, or points as whole micropoints."""
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
"""An array of truth values, such as which units lack an answer."""
Parsed = TypeVar("Parsed")

_CONTEXT = Context(prec=50)
"""Replaces the thread's decimal context, which a plugin or a library may have changed."""

MICRO = 1_000_000
"""Micropoints per point, and parts per million in a whole. Answers also have at most six decimals."""

HALF_TOLERANCE = Fraction(1, 10**30)
"""In micropoints: approximate points that are closer than this to an exact half count as that half."""

PERCENT = 10_000
"""Parts per million in one percent."""

MAX_SHARE = 1_000_000
"""Largest share. Numerators are then below 2^40 and denominators at most 10^6, so that the C code can
multiply answers by both exactly, in 128 bits."""

MAX_MICROPOINTS = 2**32 - 1
"""Largest sum of all points of a tier (4,294.967295 points). The product of two sums of points then fits 64 bits."""

MAX_PENALTY_MICROPOINTS = 2**31 - 1
"""Largest sum of the penalties of a tier, so that products of two sums fit 64 bits."""


_PERCENTAGE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")
_FRACTION = re.compile(r"([0-9]{1,6}) ?/ ?([1-9][0-9]{0,5})")


def parse_percent(value: object) -> int:
    """Parts per million of a percentage as a document writes it, such as ``80%``.

    Raises:
        ValueError: it is not a percentage with at most four decimals.
    """
    match = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a percentage with at most four decimals, such as 80%, not {short_repr(value)}")
    return to_micro(Decimal(match[1]) / 100)


def to_micro(value: int | Decimal) -> int:
    """The whole number of millionths in ``value``.

    Raises:
        ValueError: the number has more than six decimals, or is not finite.
    """
    try:
        scaled = Fraction(value) * MICRO
    except (OverflowError, ValueError):
        raise ValueError(f"{value} is not a finite number") from None
    if scaled.denominator != 1:
        raise ValueError(f"{short_repr(value)} has more than six decimals")
    return scaled.numerator


def to_share(value: object) -> Fraction:
    """The exact number that a document writes as a percentage (80%), a fraction (1/3) or a number (0.8).

    Raises:
        ValueError: it is none of these, or it is not above 0 and at most ``MAX_SHARE``.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str) and _PERCENTAGE.fullmatch(value):
        share = Fraction(parse_percent(value), MICRO)
    elif isinstance(value, str) and (match := _FRACTION.fullmatch(value)):
        share = Fraction(int(match[1]), int(match[2]))
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        share = Fraction(to_micro(value), MICRO)
    else:
        raise ValueError(
            f"expected a percentage, a fraction or a number, such as 80%, 1/3 or 0.8, not {without_quotes(value)}"
        )
    if not 0 < share <= MAX_SHARE:
        raise ValueError(f"must be above 0 and at most {MAX_SHARE}, not {short_repr(value)}")
    return share


def whole_weights(weights: Sequence[Fraction]) -> list[int]:
    """Weights as the smallest whole numbers with the same proportions."""
    scale = lcm(*(weight.denominator for weight in weights))
    whole = [int(weight * scale) for weight in weights]
    divisor = gcd(*whole)
    return [weight // divisor for weight in whole]


def plain_share(share: Fraction) -> str:
    """A share as text: a number with up to six decimals if that is exact, otherwise a fraction."""
    micro = share * MICRO
    return plain(micro.numerator) if micro.denominator == 1 else str(share)


def near_half(micropoints: Fraction) -> Fraction:
    """The nearest half micropoint if it is closer than ``HALF_TOLERANCE``, else the number itself.

    Roots and logarithms are not exact. Without this, the error would decide which way an exact half is rounded.
    """
    half = floor(micropoints) + Fraction(1, 2)
    return half if abs(micropoints - half) < HALF_TOLERANCE else micropoints


def round_to_micro(values: Floats) -> Floats:
    """Each number in millionths, rounded to the nearest whole number; NaN stays NaN.

    Exact up to 8,000,000,000: the double nearest to k millionths gives k.
    """
    micro: Floats = np.rint(values * 1e6)
    large = np.flatnonzero(np.abs(micro) >= 2e15)
    if large.size:  # the product of a large number may be rounded to k - 1 or k + 1
        flat, numbers = micro.reshape(-1), values.reshape(-1)[large]
        neighbors = flat[large] + np.sign(numbers - flat[large] / 1e6)
        flat[large] = np.where(neighbors / 1e6 == numbers, neighbors, flat[large])
    return micro


def half_up(number: Decimal, decimals: int) -> Decimal:
    """The number rounded half up to ``decimals``, whatever the thread's decimal context is."""
    return number.quantize(Decimal(1).scaleb(-decimals, _CONTEXT), ROUND_HALF_UP, _CONTEXT)


def plain(micro: int, decimals: int | None = None) -> str:
    """Millionths as decimal text: exact and as short as possible, or rounded half up to ``decimals``."""
    points = Decimal(micro).scaleb(-6, _CONTEXT)
    if decimals is not None:
        rounded = half_up(points, decimals)
        return f"{rounded.copy_abs() if rounded.is_zero() else rounded:f}"  # never -0
    text = f"{points:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class TierError(ValueError):
    """A mapping of tiers to values has a wrong value for one tier."""

    def __init__(self, tier: str, message: str) -> None:
        super().__init__(message)
        self.tier = tier

    @classmethod
    def parsing(cls, tier: str, parse: Callable[[object], Parsed], value: object) -> Parsed:
        """Returns ``parse(value)``, and raises its ValueError as a TierError of this tier."""
        try:
            return parse(value)
        except ValueError as error:
            raise cls(tier, str(error)) from None


@dataclass(frozen=True)
class PointsByTier:
    """A number of points: the same for every tier, or one per named tier."""

    everywhere: int | None
    """Micropoints in every tier; None if they differ."""
    by_tier: tuple[tuple[str, int], ...] = ()
    """Micropoints by tier, when they differ."""

    @classmethod
    def parse(cls, value: object) -> PointsByTier:
        """Parses a value of a document: a number, or a mapping of tiers to numbers.

        Raises:
            ValueError: it is neither; the text says what was expected.
        """
        if isinstance(value, PointsByTier):
            return value
        if isinstance(value, Mapping):
            if not value:
                raise ValueError("names no tier")
            return cls(
                None,
                tuple((str(tier), TierError.parsing(str(tier), _points, number)) for tier, number in value.items()),
            )
        return cls(_points(value))

    @classmethod
    def parse_percent(cls, value: object) -> PointsByTier:
        """Parses a percentage such as ``80%``, or a mapping of tiers to percentages, as parts per million.

        Raises:
            ValueError: it is neither; the text says what was expected.
        """
        if isinstance(value, PointsByTier):
            return value
        if isinstance(value, Mapping) and value:
            by_tier = ((str(tier), TierError.parsing(str(tier), parse_percent, item)) for tier, item in value.items())
            return cls(None, tuple(by_tier))
        return cls(parse_percent(value))

    def of(self, tier: str) -> int | None:
        """Micropoints in ``tier``; None if the tier is not named."""
        for named, micro in self.by_tier:  # few entries: faster than building a dictionary
            if named == tier:
                return micro
        return self.everywhere

    def tiers(self) -> tuple[str, ...]:
        """The named tiers; empty if the same points hold everywhere."""
        return tuple(tier for tier, _ in self.by_tier)


def _points(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"expected a number of points, such as 2 or 1.5, or one per tier, not {without_quotes(value)}")
    micro = to_micro(value)
    if not 0 <= micro <= MAX_MICROPOINTS:
        raise ValueError(f"{short_repr(value)} points are not between 0 and {plain(MAX_MICROPOINTS)}")
    return micro
