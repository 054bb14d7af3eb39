"""Exact numbers: how documents write them, and how the method rounds them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any


def exact(value: object) -> Fraction:
    """The exact value of a number (0.1 is one tenth), or the number of a day."""
    return Fraction(value.toordinal()) if isinstance(value, datetime.date) else Fraction(str(value))


def nearest(points: Fraction) -> Fraction:
    """Rounds to the nearest micropoint, an exact half to the even one."""
    return Fraction(round(points * 10**6), 10**6)


def rational(value: Decimal) -> Fraction:
    """Converts a number of at least 60 digits; fractions such as 1/6 become exact again."""
    simple = Fraction(value).limit_denominator(10**20)
    return simple if abs(simple - Fraction(value)) < Fraction(1, 10**45) else Fraction(value)


def floor(value: Fraction, decimals: int) -> Fraction:
    """Rounds down to the given number of decimals."""
    return Fraction(math.floor(value * 10**decimals), 10**decimals)


def share_of(value: Any) -> Fraction:
    """A share as a document writes it: 80%, 1/3 or 0.8."""
    return exact(value.removesuffix("%").strip()) / 100 if str(value).endswith("%") else Fraction(str(value))


def published(value: Fraction, decimals: int, mode: str) -> Fraction:
    """Rounds to the published decimals; down is towards zero, up away from it."""
    scaled = abs(value) * 10**decimals
    remainder = scaled - math.floor(scaled)
    away = {
        "down": False,
        "up": remainder > 0,
        "half_up": remainder >= Fraction(1, 2),
        "half_even": remainder > Fraction(1, 2) or (remainder == Fraction(1, 2) and math.floor(scaled) % 2 == 1),
    }[mode]
    size = Fraction(math.floor(scaled) + away, 10**decimals)
    return size if value >= 0 else -size


def weighted_mean(kind: str, shares: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The mean of pairs of weight and share; a geometric mean is computed to sixty digits."""
    weights = sum((weight for weight, _ in shares), Fraction(0))
    if not weights:
        return Fraction(0)
    if kind == "arithmetic_mean":
        return sum((weight * share for weight, share in shares), Fraction(0)) / weights
    with localcontext(Context(prec=60)):
        logs = [(weight, Decimal(share.numerator) / share.denominator) for weight, share in shares if share]
        if len(logs) < len(shares):
            return Fraction(0)
        total = sum((Decimal(w.numerator) / w.denominator * share.ln() for w, share in logs), Decimal(0))
        return rational((total * weights.denominator / weights.numerator).exp())


def of_tier(amount: Any, tier: str) -> Any:
    """The amount of a tier, if amounts differ by tier; None if the tier has none."""
    return amount.get(tier) if isinstance(amount, Mapping) else amount


def points_of(body: Mapping[str, Any], tier: str) -> Fraction:
    """The points of a criterion, part, step or option in a tier."""
    return exact(of_tier(body["points"], tier))
