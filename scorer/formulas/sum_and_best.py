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
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, PointsByTier, plain


@dataclass(frozen=True)
class NestedFormula:
    """A formula inside ``sum``, ``best`` or a formula kind of a plugin, with its own points."""

    formula: Formula
    points: PointsByTier

    def evaluate(self, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Evaluates the formula with its own points."""
        return checked(self.formula.evaluate(self.points.of(cohort.tier) or 0, cohort, excluded), len(cohort))

    def exact(self, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The exact micropoints of one unit."""
        return self.formula.exact(self.points.of(cohort.tier) or 0, cohort, excluded, unit)

    def line(self, cohort: Cohort) -> Line | None:
        """The line of the formula; None if it has none."""
        return self.formula.line(self.points.of(cohort.tier) or 0, cohort)


NestedFormulas = Annotated[tuple[Annotated[NestedFormula, SkipValidation], ...], Field(min_length=1)]
"""Type of a field for several formulas, each with its own points; ``nested`` names the field."""


def nested_formulas(formula: Formula) -> tuple[NestedFormula, ...]:
    """The formulas inside a formula; empty if it combines no others."""
    nested: tuple[NestedFormula, ...] = getattr(formula, formula.nested) if formula.nested else ()
    return nested


class CombinedFormula(Formula):
    """The base of sums and alternatives."""

    line_type: ClassVar[type[CombinedLine]]
    """How native code combines the nested formulas."""

    @property
    def needs_cohort(self) -> bool:
        """True if a nested formula needs the cohort."""
        return any(inner.formula.needs_cohort for inner in nested_formulas(self))

    @property
    def approximate(self) -> bool:
        """True if a nested formula is approximate."""
        return any(inner.formula.approximate for inner in nested_formulas(self))

    def reads(self) -> Iterable[Read]:
        """The indicators that the nested formulas read."""
        for n, inner in enumerate(nested_formulas(self)):
            for read in inner.formula.reads():
                yield read._replace(path=(str(self.nested), n, *read.path))

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports problems of nested formulas, and those that may not apply, because they cannot shrink the maximum."""
        tiers = list(tiers)
        for n, inner in enumerate(nested_formulas(self)):
            inner_path: Path = (str(self.nested), n)
            if inner.formula.may_leave_out:
                yield inner_path, "a nested formula must apply to every unit; say full or zero"
            for path, message in inner.formula.problems(inner.points, [t for t in tiers if points.of(t) is not None]):
                yield (*inner_path, *path), message

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """The ranges of all nested formulas, intersected."""
        del maximum
        merged: dict[str, tuple[float, float]] = {}
        for inner in nested_formulas(self):
            for indicator, (low, high) in inner.formula.limits(tier, inner.points.of(tier) or 0).items():
                known = merged.get(indicator, (-np.inf, np.inf))
                merged[indicator] = (max(low, known[0]), min(high, known[1]))
        return merged

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        del maximum
        return self.line_type.total(inner.exact(cohort, excluded, unit) for inner in nested_formulas(self))

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """See ``Formula``; None if a nested formula has no line."""
        del maximum
        nested = [inner.line(cohort) for inner in nested_formulas(self)]
        lines = tuple(line for line in nested if line is not None)
        own = type(self).evaluate is CombinedFormula.evaluate
        return self.line_type(lines) if own and len(lines) == len(nested) else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``: evaluates the nested formulas in Python, and combines them in native code."""
        del maximum
        nested, lines = nested_formulas(self), list[Line]()
        rows = np.empty((len(nested), 3, len(cohort)))
        for n, (inner, row) in enumerate(zip(nested, rows, strict=True)):
            outcome = inner.evaluate(cohort, excluded)
            remainders = outcome.remainders
            exact_of = partial(inner.exact, cohort, excluded)
            lines.append(ComputedLine(3 * n, remainders is not None, inner.formula.approximate, exact_of))
            row[0], row[1], row[2] = outcome.points, 0.0 if remainders is None else remainders, outcome.missing
        return outcome_of(self.line_type(tuple(lines)), rows.reshape(3 * len(nested), len(cohort)))


class Sum(CombinedFormula):
    """The sum of terms, such as ratio x 45 + min(applications, 5)."""

    kind: ClassVar[str] = "sum"
    line_type: ClassVar[type[CombinedLine]] = SumLine
    nested: ClassVar[str | None] = "terms"
    terms: NestedFormulas

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports terms whose points do not add up to the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        for tier in tiers:
            maximum, amounts = points.of(tier), [inner.points.of(tier) for inner in self.terms]
            known = [amount for amount in amounts if amount is not None]
            for n, amount in enumerate(amounts):
                if maximum is not None and amount is None:
                    message = f"has no points for tier {tier!r}, but the criterion has"
                    yield ("terms", n, "points"), message
            if maximum is not None and len(known) == len(amounts) and sum(known) != maximum:
                total = plain(sum(known))
                yield ("terms",), f"the terms add up to {total}, not to the criterion's {plain(maximum)}"


class Best(CombinedFormula):
    """The alternative with the most points."""

    kind: ClassVar[str] = "best"
    line_type: ClassVar[type[CombinedLine]] = BestLine
    nested: ClassVar[str | None] = "alternatives"
    alternatives: NestedFormulas

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """Reports a best alternative that does not give the criterion's points."""
        tiers = list(tiers)
        yield from super().problems(points, tiers)
        amounts = [inner.points for inner in self.alternatives]
        yield from wrong_maximum(("alternatives",), "the best alternative", amounts, points, tiers)
