"""The formula kind ``progress``: how far a unit has come towards the target that a plan sets for its tier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainValidator

from scorer.plugin_api import Cohort, Formula, IndicatorKind, Outcome, PointsByTier, Read, round_ratio

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?) ?%", re.ASCII)


def _share(percentage: object) -> Decimal:
    """0.8 from ``80%``: four decimals of a percentage are six of a share."""
    found = _PERCENT.fullmatch(percentage) if isinstance(percentage, str) else None
    share = Decimal(found[1]) / 100 if found else Decimal(0)
    if not 0 < share <= 1:
        raise ValueError(f"expected a percentage above 0% and at most 100%, such as 80%, not {percentage!r}")
    return share


def _by_tier(value: object) -> PointsByTier:
    """Shares from a percentage, or from one by tier."""
    if isinstance(value, Mapping):
        return PointsByTier.parse({tier: _share(percentage) for tier, percentage in value.items()})
    return PointsByTier.parse(_share(value))


class Progress(Formula):
    """Numerator / denominator / target x maximum, at most the maximum: computers per official, of the 80 % planned.

    Points in full at the target and beyond it, in proportion below. Written as

        {formula: progress, numerator: computers, denominator: staff, target: {district: 100%, commune: 80%},
         when_zero: zero, points: 2}
    """

    kind: ClassVar[str] = "progress"
    numerator: str
    denominator: str
    target: Annotated[PointsByTier, PlainValidator(_by_tier)]
    """Share of the denominator that the numerator has to reach: a percentage, or one by tier."""
    when_zero: Literal["full", "zero", "not_applicable"]
    """What nothing to divide by means: all points, none, or not applicable."""

    @property
    def may_leave_out(self) -> bool:
        """When zero means not applicable."""
        return self.when_zero == "not_applicable"

    def reads(self) -> Iterable[Read]:
        """Two counts: whole numbers, so that nothing below is rounded before it has to be."""
        counts = frozenset({IndicatorKind.COUNT})
        return [Read((field,), getattr(self, field), counts) for field in ("numerator", "denominator")]

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every tier of the criterion needs a target."""
        del points
        for tier in tiers:
            if self.target.of(tier) is None:
                yield ("target",), f"has no target for tier {tier!r}, which the criterion's points name"

    def evaluate(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None) -> Outcome:
        """Exactly rounded to micropoints, an exact half to the even one."""
        del excluded
        part, whole = self._of_target(cohort)
        missing = np.isnan(part) | np.isnan(whole)
        nothing = (whole == 0) & ~missing
        points = np.minimum(part, whole)[np.newaxis]
        rest = np.empty_like(points)
        with np.errstate(all="ignore"):
            round_ratio(points, whole[np.newaxis], np.array([[float(maximum)]]), rest)
        points[:, missing | nothing] = rest[:, missing | nothing] = 0
        if self.when_zero == "full":
            points[:, nothing] = maximum
        return Outcome(points[0], missing, nothing if self.may_leave_out else None, rest[0])

    def exact(self, maximum: int, cohort: Cohort, excluded: NDArray[np.bool_] | None, unit: int) -> Fraction:
        """The same for one unit, not rounded."""
        del excluded
        part, whole = (column[unit] for column in self._of_target(cohort))
        if np.isnan(part) or np.isnan(whole):
            return Fraction(0)
        if whole == 0:
            return Fraction(maximum if self.when_zero == "full" else 0)
        return min(Fraction(int(part), int(whole)), Fraction(1)) * maximum

    def _of_target(self, cohort: Cohort) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What was reached and what the target asks, as whole numbers of one size: below 2^53, as counts are."""
        share = Fraction(self.target.of(cohort.tier) or 0, 1_000_000)
        return cohort.values(self.numerator) * share.denominator, cohort.values(self.denominator) * share.numerator
