"""Formula kinds made of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, SkipValidation

from scorer.cohort import Cohort
from scorer.formulas.base import Formula, Outcome, Path, Read, above_maximum
from scorer.points import Bools, PointsByTier


@dataclass(frozen=True)
class Part:
    """A formula inside another, with its own points."""

    formula: Formula
    points: PointsByTier


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
        return [p.formula.evaluate(p.points.of(cohort.tier) or 0, cohort, excluded) for p in self._parts()]


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
            if most is not None and (len(known) < len(amounts) or sum(known) != most):
                total = f"{Decimal(sum(known)) / 10**6:f}"
                yield ("parts",), f"the parts add up to {total}, not to the criterion's {Decimal(most) / 10**6:f}"

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Adds up what is there."""
        del maximum
        outcomes = self._outcomes(cohort, excluded)
        return Outcome(
            np.add.reduce([outcome.points for outcome in outcomes]),
            np.logical_or.reduce([outcome.missing for outcome in outcomes]),
        )


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
        return Outcome(
            np.maximum.reduce([outcome.points for outcome in outcomes]),
            np.logical_or.reduce([outcome.missing for outcome in outcomes]),
        )
