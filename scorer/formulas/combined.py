"""Formula kinds made of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, SkipValidation

from scorer.formulas.base import Formula, Outcome, Path, Read, above_maximum, outcome_of
from scorer.formulas.line_table import Line
from scorer.formulas.lines import BestLine, CombinedLine, GivenLine, SumLine
from scorer.model.fixed_point import Bools, PointsByTier, plain
from scorer.model.units import Cohort


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
        """As a line, if the formula is one."""
        return self.formula.line(self.points.of(cohort.tier) or 0, cohort)


Parts = Annotated[tuple[Annotated[Part, SkipValidation], ...], Field(min_length=1)]
"""A field of formulas, each with its own points; the kind names the field in ``nested``."""


class CombinedFormula(Formula):
    """What sums and alternatives share."""

    made_into: ClassVar[type[CombinedLine]]
    """The line that it is."""

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

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The same for one unit."""
        del maximum
        return self.made_into.total(part.exact(cohort, excluded, unit) for part in self.parts_of())

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """A line when every part has one."""
        del maximum
        parts = [part.line(cohort) for part in self.parts_of()]
        lines = tuple(line for line in parts if line is not None)
        own = type(self).evaluate is CombinedFormula.evaluate
        return self.made_into(lines) if own and len(lines) == len(parts) else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """What the parts give, together."""
        del maximum
        parts, lines = self.parts_of(), list[Line]()
        rows = np.empty((len(parts), 3, len(cohort)))
        for at, (part, row) in enumerate(zip(parts, rows, strict=True)):
            given = part.evaluate(cohort, excluded)
            lines.append(GivenLine(3 * at, given.rest is not None, partial(part.exact, cohort, excluded)))
            row[0], row[1], row[2] = given.points, 0.0 if given.rest is None else given.rest, given.missing
        return outcome_of(self.made_into(tuple(lines)), rows.reshape(3 * len(parts), len(cohort)))


class Sum(CombinedFormula):
    """Sum of parts; what is there counts: ratio x 45 + min(applications, 5)."""

    kind: ClassVar[str] = "sum"
    made_into: ClassVar[type[CombinedLine]] = SumLine
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


class Best(CombinedFormula):
    """Best of alternatives: several cases, the one with the most points counts."""

    kind: ClassVar[str] = "best"
    made_into: ClassVar[type[CombinedLine]] = BestLine
    nested: ClassVar[str | None] = "alternatives"
    alternatives: Parts

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """The best alternative must give the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        amounts = [part.points for part in self.alternatives]
        yield from above_maximum(("alternatives",), "the best alternative", amounts, points, tiers)
