"""Formula kinds made of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, SkipValidation

from scorer.cohort import Cohort
from scorer.formulas.base import Formula, Outcome, Path, Read, above_maximum
from scorer.points import Bools, PointsByTier, plain


@dataclass(frozen=True)
class Part:
    """A formula inside another, with its own points."""

    formula: Formula
    points: PointsByTier

    def evaluate(self, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Points of the cohort's n units."""
        return self.formula.evaluate(self.points.of(cohort.tier) or 0, cohort, excluded)

    def exact(self, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """One unit's micropoints, not rounded."""
        return self.formula.exact(self.points.of(cohort.tier) or 0, cohort, excluded, unit)


HALF_DOUBT = 1e-3
"""How near to half a micropoint the rests of parts, each within 10^-6, are added up exactly."""

Parts = Annotated[tuple[Annotated[Part, SkipValidation], ...], Field(min_length=1)]


class _Combined(Formula):
    """What sums and alternatives share."""

    def _parts(self) -> tuple[Part, ...]:
        assert self.nested is not None
        parts: tuple[Part, ...] = getattr(self, self.nested)
        return parts

    @property
    def needs_cohort(self) -> bool:
        """When a part does."""
        return any(part.formula.needs_cohort for part in self._parts())

    def reads(self) -> Iterable[Read]:
        """What the parts read."""
        for n, part in enumerate(self._parts()):
            for read in part.formula.reads():
                yield read._replace(path=(str(self.nested), n, *read.path))

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """The parts' own problems; a part cannot leave itself out, as its maximum would stay."""
        tiers = list(tiers)
        for n, part in enumerate(self._parts()):
            here: Path = (str(self.nested), n)
            if part.formula.may_leave_out:
                yield here, "a part cannot be not applicable; say full or zero"
            for path, message in part.formula.problems(part.points, [t for t in tiers if points.of(t) is not None]):
                yield (*here, *path), message

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """Of all parts together."""
        del maximum
        merged: dict[str, tuple[float, float]] = {}
        for part in self._parts():
            for indicator, (low, high) in part.formula.limits(tier, part.points.of(tier) or 0).items():
                before = merged.get(indicator, (-np.inf, np.inf))
                merged[indicator] = (max(low, before[0]), min(high, before[1]))
        return merged

    def _outcomes(self, cohort: Cohort, excluded: Bools | None) -> list[Outcome]:
        return [part.evaluate(cohort, excluded) for part in self._parts()]


class Sum(_Combined):
    """Sum of parts; what is there counts: ratio x 45 + min(applications, 5)."""

    kind: ClassVar[str] = "sum"
    nested: ClassVar[str | None] = "parts"
    parts: Parts

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """The parts' points must add up to the criterion's."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        for tier in tiers:
            most, amounts = points.of(tier), [part.points.of(tier) for part in self.parts]
            known = [amount for amount in amounts if amount is not None]
            for n, amount in enumerate(amounts):
                if most is not None and amount is None:
                    message = f"has no points for tier {tier!r}, which the criterion's points name"
                    yield ("parts", n, "points"), message
            if most is not None and len(known) == len(amounts) and sum(known) != most:
                total = plain(sum(known))
                yield ("parts",), f"the parts add up to {total}, not to the criterion's {plain(most)}"

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Adds up what is there, and rounds once: three thirds make a whole."""
        outcomes = self._outcomes(cohort, excluded)
        points = np.add.reduce([outcome.points for outcome in outcomes])
        missing = np.logical_or.reduce([outcome.missing for outcome in outcomes])
        rests = [outcome.rest for outcome in outcomes if outcome.rest is not None]
        if not rests:
            return Outcome(points, missing)
        rest = np.add.reduce(rests)
        carry = np.rint(rest)
        points, rest = points + carry, rest - carry
        for unit in np.flatnonzero(np.abs(rest) > 0.5 - HALF_DOUBT).tolist():
            exact = self.exact(maximum, cohort, excluded, unit)
            points[unit] = round(exact)
            rest[unit] = float(exact - round(exact))
        return Outcome(points, missing, rest=rest)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The same for one unit."""
        del maximum
        return sum((part.exact(cohort, excluded, unit) for part in self.parts), Fraction(0))


class Best(_Combined):
    """Best of alternatives: several cases, the one with the most points counts."""

    kind: ClassVar[str] = "best"
    nested: ClassVar[str | None] = "alternatives"
    alternatives: Parts

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """The best alternative must give the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        amounts = [part.points for part in self.alternatives]
        yield from above_maximum(("alternatives",), "the best alternative", amounts, points, tiers)

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """The most points of what is there."""
        del maximum
        outcomes = self._outcomes(cohort, excluded)
        points = np.maximum.reduce([outcome.points for outcome in outcomes])
        missing = np.logical_or.reduce([outcome.missing for outcome in outcomes])
        if all(outcome.rest is None for outcome in outcomes):
            return Outcome(points, missing)
        rests = [np.zeros(len(cohort)) if outcome.rest is None else outcome.rest for outcome in outcomes]
        # The rest of the best alternative, which of several with the same rounded points has the largest.
        ties = [outcome.points == points for outcome in outcomes]
        rest = np.maximum.reduce([np.where(tie, left, -np.inf) for tie, left in zip(ties, rests, strict=True)])
        return Outcome(points, missing, rest=rest)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The same for one unit."""
        del maximum
        return max(part.exact(cohort, excluded, unit) for part in self.alternatives)
