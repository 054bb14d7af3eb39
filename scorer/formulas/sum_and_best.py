"""Formula kinds that combine other formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, SkipValidation

from scorer.formulas.base import Formula, Outcome, Path, Read, checked, outcome_of, wrong_maximum
from scorer.formulas.native_lines import BestLine, CombinedLine, ComputedLine, SumLine
from scorer.formulas.native_table import Line
from scorer.model.fixed_point import Bools, PointsByTier, plain
from scorer.model.units import Cohort


@dataclass(frozen=True)
class Part:
    """A formula inside another, with its own points."""

    formula: Formula
    points: PointsByTier

    def evaluate(self, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Evaluates the formula with the part's points."""
        return checked(self.formula.evaluate(self.points.of(cohort.tier) or 0, cohort, excluded), len(cohort))

    def exact(self, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The exact micropoints of one unit."""
        return self.formula.exact(self.points.of(cohort.tier) or 0, cohort, excluded, unit)

    def line(self, cohort: Cohort) -> Line | None:
        """The line of the formula; None if it has none."""
        return self.formula.line(self.points.of(cohort.tier) or 0, cohort)


Parts = Annotated[tuple[Annotated[Part, SkipValidation], ...], Field(min_length=1)]
"""Type of a field for several formulas, each with its own points; ``nested`` names the field."""


def parts_of(formula: Formula) -> tuple[Part, ...]:
    """The parts or alternatives of a formula; empty if it combines no others."""
    parts: tuple[Part, ...] = getattr(formula, formula.nested) if formula.nested else ()
    return parts


class CombinedFormula(Formula):
    """The base of sums and alternatives."""

    line_type: ClassVar[type[CombinedLine]]
    """How native code combines the parts."""

    @property
    def needs_cohort(self) -> bool:
        """True if a part needs the cohort."""
        return any(part.formula.needs_cohort for part in parts_of(self))

    @property
    def approximate(self) -> bool:
        """True if a part is approximate."""
        return any(part.formula.approximate for part in parts_of(self))

    def reads(self) -> Iterable[Read]:
        """The indicators that the parts read."""
        for n, part in enumerate(parts_of(self)):
            for read in part.formula.reads():
                yield read._replace(path=(str(self.nested), n, *read.path))

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports the problems of the parts, and parts that may not apply, because a part cannot shrink the maximum."""
        tiers = list(tiers)
        for n, part in enumerate(parts_of(self)):
            part_path: Path = (str(self.nested), n)
            if part.formula.may_leave_out:
                yield part_path, "a part must apply to every unit; say full or zero"
            for path, message in part.formula.problems(part.points, [t for t in tiers if points.of(t) is not None]):
                yield (*part_path, *path), message

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """The ranges of all parts, intersected."""
        del maximum
        merged: dict[str, tuple[float, float]] = {}
        for part in parts_of(self):
            for indicator, (low, high) in part.formula.limits(tier, part.points.of(tier) or 0).items():
                known = merged.get(indicator, (-np.inf, np.inf))
                merged[indicator] = (max(low, known[0]), min(high, known[1]))
        return merged

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        del maximum
        return self.line_type.total(part.exact(cohort, excluded, unit) for part in parts_of(self))

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """See ``Formula``; None if a part has no line."""
        del maximum
        parts = [part.line(cohort) for part in parts_of(self)]
        lines = tuple(line for line in parts if line is not None)
        own = type(self).evaluate is CombinedFormula.evaluate
        return self.line_type(lines) if own and len(lines) == len(parts) else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``: evaluates the parts in Python, and combines them in native code."""
        del maximum
        parts, lines = parts_of(self), list[Line]()
        rows = np.empty((len(parts), 3, len(cohort)))
        for n, (part, row) in enumerate(zip(parts, rows, strict=True)):
            outcome = part.evaluate(cohort, excluded)
            remainders = outcome.remainders
            exact_of = partial(part.exact, cohort, excluded)
            lines.append(ComputedLine(3 * n, remainders is not None, part.formula.approximate, exact_of))
            row[0], row[1], row[2] = outcome.points, 0.0 if remainders is None else remainders, outcome.missing
        return outcome_of(self.line_type(tuple(lines)), rows.reshape(3 * len(parts), len(cohort)))


class Sum(CombinedFormula):
    """The sum of parts, such as ratio x 45 + min(applications, 5)."""

    kind: ClassVar[str] = "sum"
    line_type: ClassVar[type[CombinedLine]] = SumLine
    nested: ClassVar[str | None] = "parts"
    parts: Parts

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports parts whose points do not add up to the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        for tier in tiers:
            maximum, amounts = points.of(tier), [part.points.of(tier) for part in self.parts]
            known = [amount for amount in amounts if amount is not None]
            for n, amount in enumerate(amounts):
                if maximum is not None and amount is None:
                    message = f"has no points for tier {tier!r}, but the criterion has"
                    yield ("parts", n, "points"), message
            if maximum is not None and len(known) == len(amounts) and sum(known) != maximum:
                total = plain(sum(known))
                yield ("parts",), f"the parts add up to {total}, not to the criterion's {plain(maximum)}"


class Best(CombinedFormula):
    """The alternative with the most points."""

    kind: ClassVar[str] = "best"
    line_type: ClassVar[type[CombinedLine]] = BestLine
    nested: ClassVar[str | None] = "alternatives"
    alternatives: Parts

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a best alternative that does not give the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        amounts = [part.points for part in self.alternatives]
        yield from wrong_maximum(("alternatives",), "the best alternative", amounts, points, tiers)
