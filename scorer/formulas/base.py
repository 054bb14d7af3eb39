"""What a formula kind is: parameters as a criteria set writes them, and points for a whole cohort at once."""

from __future__ import annotations

import datetime
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, PlainValidator

from scorer.formulas.line_table import CriterionLine, Line, LineTable
from scorer.model.fixed_point import MICRO, Bools, Floats, PointsByTier, plain, to_micro
from scorer.model.indicators import LARGEST, IndicatorKind, days
from scorer.model.periods import check_day
from scorer.model.suggestions import short_repr
from scorer.model.units import Cohort
from scorer.native import MISSING, NOT_APPLICABLE

Path = tuple[str | int, ...]
"""A place inside a formula's parameters, such as ("steps", 0, "points")."""

NUMBERS = frozenset({IndicatorKind.COUNT, IndicatorKind.NUMBER})
"""The kinds of indicator that are numbers: what a ``Read`` of either allows."""


class Read(NamedTuple):
    """One indicator that a formula reads."""

    path: Path
    """Where the parameters name it."""
    indicator: str
    kinds: frozenset[IndicatorKind]
    """The kinds it may have."""
    options: tuple[str, ...] | None = None
    """For a choice: the options that the formula knows."""


class Outcome(NamedTuple):
    """What a formula gives for a cohort of n units."""

    points: Floats
    """(n,) whole micropoints, 0 ... maximum: each the nearest to the exact points, an exact half the even one."""
    missing: Bools
    """(n,) whether an indicator that was read was not reported."""
    not_applicable: Bools | None = None
    """(n,) whether the formula leaves the unit out (a zero denominator, say); None: nobody."""
    rest: Floats | None = None
    """(n,) what rounding to whole micropoints left: the exact points minus ``points``, an exact half exact, otherwise
    within 10^-6; None: nothing, as always when points are looked up or counted."""


class Formula(BaseModel):
    """A formula kind; an instance is the formula of one criterion.

    Fields are the keys that a criteria set writes beside ``formula: <kind>``. An instance holds no state: the same
    cohort gives the same points, in any order of units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """Name in a criteria set."""
    nested: ClassVar[str | None] = None
    """The field whose items are formulas themselves, if any."""

    @property
    def needs_cohort(self) -> bool:
        """Whether a unit's points depend on the other units, so that it cannot be scored alone."""
        return False

    @property
    def may_leave_out(self) -> bool:
        """Whether it can find itself not applicable."""
        return False

    def reads(self) -> Iterable[Read]:
        """The indicators it reads."""
        raise TypeError(f"formula kind {self.kind!r} does not say what it reads")

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """What is wrong with the parameters, given the criterion's points in its tiers; nothing by default."""
        del points, tiers
        yield from ()

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """Ranges (inclusive) that answers must keep because of this formula, by indicator; ``maximum`` micropoints."""
        del tier, maximum
        return {}

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Points of the cohort's n units.

        Args:
            maximum: the criterion's most points in the cohort's tier, in micropoints.
            cohort: the units.
            excluded: (n,) units that the criterion leaves out anyway, or None; they must not sway the others.
        """
        del maximum, cohort, excluded
        raise TypeError(f"formula kind {self.kind!r} does not evaluate")

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """The formula as a line of a table; None, as always for kinds that plugins add, if it has to be evaluated.

        Args:
            maximum: the criterion's most points in the cohort's tier, in micropoints.
            cohort: its tier, indicators and matrix rows count, its units do not.
        """
        del maximum, cohort
        return None

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The micropoints of one unit, not rounded; kinds that fill ``rest`` must say.

        Asked for a few units only: those in which parts of a sum leave about half a micropoint together.
        """
        return Fraction(int(self.evaluate(maximum, cohort, excluded).points[unit]))


class LineFormula(Formula):
    """A kind whose points follow from the unit's own answers alone, so that many criteria are worked out together."""

    @abstractmethod
    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """See ``line``."""

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """A line, unless a kind made of this one evaluates in a way of its own."""
        own = type(self).evaluate is LineFormula.evaluate and type(self).exact is LineFormula.exact
        return self.own_line(maximum, cohort) if own else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """A table of one line."""
        del excluded
        return outcome_of(self.own_line(maximum, cohort), cohort.matrix)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The line knows."""
        del excluded
        return self.own_line(maximum, cohort).exact(cohort.matrix, unit)


def outcome_of(line: Line, answers: Floats) -> Outcome:
    """What one line gives the n units of a matrix (rows, n)."""
    points, status, remainders = (rows[0] for rows in LineTable([CriterionLine(line)]).evaluate(answers))
    left_out = status == NOT_APPLICABLE if line.zero_excludes else None
    return Outcome(points, status == MISSING, left_out, remainders if line.rounds else None)


def above_maximum(
    path: Path, what: str, amount: PointsByTier | list[PointsByTier], points: PointsByTier, tiers: Iterable[str]
) -> Iterator[tuple[Path, str]]:
    """A problem for every tier in which the best of ``amount`` is not exactly the criterion's points."""
    amounts = amount if isinstance(amount, list) else [amount]
    for tier in tiers:
        most, known = points.of(tier), [a.of(tier) for a in amounts]
        if most is None:
            continue
        if None in known:
            yield path, f"{what} has no points for tier {tier!r}, which the criterion's points name"
        elif max(k for k in known if k is not None) != most:
            best = max(k for k in known if k is not None)
            yield path, f"{what} gives {plain(best)}, the criterion's points are {plain(most)}"


@dataclass(frozen=True)
class Threshold:
    """A number or a day that an answer is compared with."""

    micro: int
    """In millionths, also days since 1970-01-01."""
    is_date: bool

    @property
    def value(self) -> float:
        """The double nearest to it, as answers are."""
        return self.micro / MICRO

    @classmethod
    def parse(cls, value: object) -> Threshold:
        """From a document.

        Raises:
            ValueError: neither a number of at most six decimals nor a day, or one in a year that is a mistake.
        """
        if isinstance(value, Threshold):
            return value
        if isinstance(value, datetime.date):
            check_day(value)
            return cls(days(value) * MICRO, True)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"expected a number or a day such as 2020-06-30, not {short_repr(value)}")
        micro = to_micro(value)
        if abs(micro) > LARGEST * MICRO:
            raise ValueError(f"{short_repr(value)} is not between -{LARGEST} and {LARGEST}")
        return cls(micro, False)


Amount = Annotated[PointsByTier, PlainValidator(PointsByTier.parse)]
"""A field of points in a formula kind: a number, or one by tier; its value is a ``PointsByTier``."""

Edge = Annotated[Threshold, PlainValidator(Threshold.parse)]
"""A field of a threshold in a formula kind: a number or a day; ``value`` is what answers are compared with."""
