"""Formula kinds made of others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SkipValidation

from scorer.cohort import Cohort
from scorer.formulas.base import Formula, Outcome, Path, Read, above_maximum
from scorer.formulas.blocks import CombinedLine, Line
from scorer.points import Bools, Floats, PointsByTier, plain


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

    def line(self, cohort: Cohort) -> Line | None:
        """Ready to stand in a block, if the formula is."""
        return self.formula.line(self.points.of(cohort.tier) or 0, cohort)


HALF_DOUBT = 1e-3
"""How near to half a micropoint the rests of parts, each within 10^-6, are added up exactly."""

Parts = Annotated[tuple[Annotated[Part, SkipValidation], ...], Field(min_length=1)]
"""A field of formulas, each with its own points; the kind names the field in ``nested``."""


class CombinedFormula(Formula):
    """What sums and alternatives share."""

    def parts_of(self) -> tuple[Part, ...]:
        """The parts or alternatives."""
        assert self.nested is not None
        parts: tuple[Part, ...] = getattr(self, self.nested)
        return parts

    @property
    def needs_cohort(self) -> bool:
        """When a part does."""
        return any(part.formula.needs_cohort for part in self.parts_of())

    def reads(self) -> Iterable[Read]:
        """What the parts read."""
        for n, part in enumerate(self.parts_of()):
            for read in part.formula.reads():
                yield read._replace(path=(str(self.nested), n, *read.path))

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """The parts' own problems; a part cannot leave itself out, as its maximum would stay."""
        tiers = list(tiers)
        for n, part in enumerate(self.parts_of()):
            here: Path = (str(self.nested), n)
            if part.formula.may_leave_out:
                yield here, "a part cannot be not applicable; say full or zero"
            for path, message in part.formula.problems(part.points, [t for t in tiers if points.of(t) is not None]):
                yield (*here, *path), message

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """Of all parts together."""
        del maximum
        merged: dict[str, tuple[float, float]] = {}
        for part in self.parts_of():
            for indicator, (low, high) in part.formula.limits(tier, part.points.of(tier) or 0).items():
                before = merged.get(indicator, (-np.inf, np.inf))
                merged[indicator] = (max(low, before[0]), min(high, before[1]))
        return merged

    @abstractmethod
    def combine(
        self, points: Sequence[Floats], rests: Sequence[Floats | None], exact: Callable[[int], Fraction], out: Floats
    ) -> Floats | None:
        """See ``CombinedLine``."""

    @abstractmethod
    def combine_exact(self, parts: Iterable[Fraction]) -> Fraction:
        """One unit's micropoints, not rounded, from those of the parts."""

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The same for one unit."""
        del maximum
        return self.combine_exact(part.exact(cohort, excluded, unit) for part in self.parts_of())

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """A line when every part has one."""
        del maximum
        parts = [part.line(cohort) for part in self.parts_of()]
        lines = tuple(line for line in parts if line is not None)
        own = type(self).evaluate is CombinedFormula.evaluate
        return PartsLine(self, lines) if own and len(lines) == len(parts) else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """What the parts give, together; one that misses an answer gives nothing."""
        outcomes = [part.evaluate(cohort, excluded) for part in self.parts_of()]
        missing = np.logical_or.reduce([outcome.missing for outcome in outcomes])
        points = np.empty(len(cohort))
        rest = self.combine(
            [outcome.points for outcome in outcomes],
            [outcome.rest for outcome in outcomes],
            lambda unit: self.exact(maximum, cohort, excluded, unit),
            points,
        )
        return Outcome(points, missing, rest=rest)


class Sum(CombinedFormula):
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

    def combine(
        self, points: Sequence[Floats], rests: Sequence[Floats | None], exact: Callable[[int], Fraction], out: Floats
    ) -> Floats | None:
        """Adds up what is there, and rounds once: three thirds make a whole."""
        _accumulate(np.add, points, out)
        left = [rest for rest in rests if rest is not None]
        if not left:
            return None
        if len(left) == 1:  # only an exact half, which went to the even number before, may have to go to the other one
            rest = left[0].copy()
            (halves,) = (np.abs(rest) == 0.5).nonzero()
            if len(halves):
                _settle(halves[out[halves] % 2 == 1], out, rest, exact)  # or only so near that a double is
            return rest
        rest = np.empty_like(out)
        _accumulate(np.add, left, rest)
        carry = np.rint(rest)
        out += carry
        rest -= carry
        _settle(np.flatnonzero(np.abs(rest) > 0.5 - HALF_DOUBT), out, rest, exact)
        return rest

    def combine_exact(self, parts: Iterable[Fraction]) -> Fraction:
        """The same for one unit."""
        return sum(parts, Fraction(0))


class Best(CombinedFormula):
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

    def combine(
        self, points: Sequence[Floats], rests: Sequence[Floats | None], exact: Callable[[int], Fraction], out: Floats
    ) -> Floats | None:
        """The most points of what is there."""
        del exact
        _accumulate(np.maximum, points, out)
        if all(rest is None for rest in rests):
            return None
        # The rest of the best alternative, which of several with the same rounded points has the largest.
        ties = [
            np.where(given == out, 0.0 if rest is None else rest, -np.inf)
            for given, rest in zip(points, rests, strict=True)
        ]
        return reduce(np.maximum, ties)

    def combine_exact(self, parts: Iterable[Fraction]) -> Fraction:
        """The same for one unit."""
        return max(parts)


def _settle(units: NDArray[np.intp], out: Floats, rest: Floats, exact: Callable[[int], Fraction]) -> None:
    """Rounds exactly what doubles leave in doubt."""
    for unit in units.tolist():
        whole = exact(unit)
        out[unit] = round(whole)
        rest[unit] = float(whole - round(whole))


def _accumulate(function: np.ufunc, arrays: Sequence[Floats], out: Floats) -> None:
    """Fills ``out`` with the function of all arrays, one after the other."""
    if len(arrays) == 1:
        out[...] = arrays[0]
        return
    function(arrays[0], arrays[1], out=out)
    for array in arrays[2:]:
        function(out, array, out=out)


@dataclass(frozen=True)
class PartsLine(CombinedLine):
    """A formula made of others whose parts are all lines."""

    formula: CombinedFormula
    parts: tuple[Line, ...]

    def combine(
        self, points: Sequence[Floats], rests: Sequence[Floats | None], exact: Callable[[int], Fraction], out: Floats
    ) -> Floats | None:
        """The formula knows."""
        return self.formula.combine(points, rests, exact, out)

    def exact(self, answers: Floats, unit: int) -> Fraction:
        """See ``Line``."""
        return self.formula.combine_exact(part.exact(answers, unit) for part in self.parts)
