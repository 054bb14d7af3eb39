"""The base of formula kinds: their parameters in a criteria set, and the points that they give a cohort."""

from __future__ import annotations

import datetime
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from scorer.formulas.native_table import CriterionLine, Line, LineTable
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO, Bools, Floats, PointsByTier, plain, to_micro, to_share
from scorer.model.indicators import MAX_ANSWER, IndicatorKind, days
from scorer.model.periods import check_day
from scorer.model.suggestions import short_repr, without_quotes
from scorer.native import MISSING, NOT_APPLICABLE

Path = tuple[str | int, ...]
"""Path of a value among a formula's parameters, such as ("steps", 0, "points")."""

NUMBERS = frozenset({IndicatorKind.COUNT, IndicatorKind.NUMBER})
"""The kinds of indicator whose answers are numbers."""


class Read(NamedTuple):
    """One indicator that a formula reads."""

    path: Path
    """Path of the parameter that names the indicator."""
    indicator: str
    kinds: frozenset[IndicatorKind]
    """The kinds of indicator that the formula accepts."""
    options: tuple[str, ...] | None = None
    """For a choice: the codes of the options that have points in the formula."""


class Outcome(NamedTuple):
    """The result of a formula for the n units of a cohort."""

    points: Floats
    """(n,) whole micropoints from 0 to the maximum, rounded to nearest; an exact half is rounded to even."""
    missing: Bools
    """(n,) whether the unit did not report an indicator that the formula needs."""
    not_applicable: Bools | None = None
    """(n,) whether the formula does not apply to the unit, for example because of a zero denominator; None: it always
    applies."""
    remainders: Floats | None = None
    """(n,) what rounding removed: exact points minus ``points``, in micropoints. The error is below 10^-6 micropoints;
    a half is exactly 0.5 or -0.5. None: nothing was rounded, for example because points are looked up or counted."""


def checked(outcome: Outcome, units: int) -> Outcome:
    """Returns the outcome of a formula, which may be a plugin's, after checking its type and its arrays.

    Raises:
        TypeError: it is not an ``Outcome``, or an array is masked or has another shape or type. Without this check,
            NumPy would stretch a single value to all units, or read numbers as the indices of units.
    """
    if not isinstance(outcome, Outcome):
        raise TypeError(f"evaluate() returned {type(outcome).__name__}, not Outcome")
    for name, array in zip(Outcome._fields, outcome, strict=True):
        if array is None and name in Outcome._field_defaults:
            continue
        if np.ma.isMaskedArray(array):
            raise TypeError(f"{name} of the outcome is a masked array; its mask would be ignored")
        actual = np.asarray(array)
        if actual.shape != (units,) or actual.dtype.kind not in _OUTCOME_KINDS[name]:
            raise TypeError(f"{name} of the outcome is an array of shape {actual.shape} and kind {actual.dtype.kind!r}")
    return outcome


_OUTCOME_KINDS = {"points": "iuf", "missing": "b", "not_applicable": "b", "remainders": "f"}
"""The kinds of NumPy types that each field of an outcome may have: b bool, i and u integer, f float."""


class Formula(BaseModel):
    """A formula kind; each instance is the formula of one criterion.

    Fields are the keys that stand beside ``formula: <kind>`` in a criteria set. Instances keep no state: the same
    cohort always gives the same points, in any order of units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """The name used in criteria sets."""
    nested: ClassVar[str | None] = None
    """Name of the field whose items are formulas, see ``NestedFormula``; None: the kind has none."""

    @property
    def needs_cohort(self) -> bool:
        """Whether a unit's points depend on the other units, so that a single unit cannot be scored."""
        return False

    @property
    def may_leave_out(self) -> bool:
        """Whether the formula may not apply to a unit, for example because a denominator is zero."""
        return False

    @property
    def approximate(self) -> bool:
        """Whether ``exact`` has an error, which is far below 10^-30 micropoints; for example, that of a root."""
        return False

    def reads(self) -> Iterable[Read]:
        """The indicators that the formula reads."""
        raise TypeError(f"formula kind {self.kind!r} does not define reads()")

    def problems(self, points: PointsByTier, tiers: Iterable[str]) -> Iterator[tuple[Path, str]]:
        """What is wrong with the parameters, as paths and messages; nothing by default.

        Args:
            points: the criterion's points.
            tiers: the tiers that have the criterion.
        """
        del points, tiers
        yield from ()

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        """The smallest and largest answer that the formula accepts for each indicator, by code.

        Args:
            tier: the tier.
            maximum: the criterion's points in the tier, in micropoints.
        """
        del tier, maximum
        return {}

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """Points of the cohort's n units.

        Args:
            maximum: the criterion's points in the cohort's tier, in micropoints.
            cohort: the units.
            excluded: (n,) units to which the criterion does not apply, or None. They must not influence the others.
        """
        del maximum, cohort, excluded
        raise TypeError(f"formula kind {self.kind!r} does not define evaluate()")

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """The formula as a line for native code; None if ``evaluate`` must be called, as for formula kinds of plugins.

        Args:
            maximum: the criterion's points in the cohort's tier, in micropoints.
            cohort: has the tier, the indicators and their matrix rows; its units are not read.
        """
        del maximum, cohort
        return None

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """The exact micropoints of one unit. Kinds that return ``remainders`` must override it.

        It is called only where floating-point numbers cannot decide how to round: for a unit for which the terms of a
        sum together are close to half a micropoint.
        """
        return Fraction(int(self.evaluate(maximum, cohort, excluded).points[unit]))


class LineFormula(Formula):
    """A kind whose points depend on the unit's own answers only, so that native code can evaluate it."""

    @abstractmethod
    def own_line(self, maximum: int, cohort: Cohort) -> Line:
        """The formula as a line; arguments as in ``Formula.line``."""

    def line(self, maximum: int, cohort: Cohort) -> Line | None:
        """See ``Formula``; None for a subclass that overrides ``evaluate`` or ``exact``."""
        own = type(self).evaluate is LineFormula.evaluate and type(self).exact is LineFormula.exact
        return self.own_line(maximum, cohort) if own else None

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``: evaluates a table of one line."""
        del excluded
        return outcome_of(self.own_line(maximum, cohort), cohort.matrix)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        del excluded
        return self.own_line(maximum, cohort).exact(cohort.matrix, unit)


def outcome_of(line: Line, answers: Floats) -> Outcome:
    """The outcome of one line for a matrix of answers (r, n): a row for each answer, a column for each unit."""
    points, status, remainders = (rows[0] for rows in LineTable([CriterionLine(line)]).evaluate(answers))
    left_out = status == NOT_APPLICABLE if line.zero_excludes else None
    return Outcome(points, status == MISSING, left_out, remainders if line.rounds else None)


def wrong_maximum(
    path: Path, subject: str, amount: PointsByTier | list[PointsByTier], points: PointsByTier, tiers: Iterable[str]
) -> Iterator[tuple[Path, str]]:
    """Yields a problem for every tier in which the largest amount differs from the criterion's points.

    Args:
        path: the path of the problems.
        subject: what the problems are about, such as "the best option".
        amount: the amounts.
        points: the criterion's points.
        tiers: the tiers that have the criterion.
    """
    amounts = amount if isinstance(amount, list) else [amount]
    for tier in tiers:
        maximum, amounts_in_tier = points.of(tier), [one.of(tier) for one in amounts]
        if maximum is None:
            continue
        known = [micro for micro in amounts_in_tier if micro is not None]
        if len(known) < len(amounts):
            yield path, f"{subject} has no points for tier {tier!r}, but the criterion has"
        elif max(known) != maximum:
            yield path, f"{subject} gives {plain(max(known))}, but the criterion has {plain(maximum)} points"


@dataclass(frozen=True)
class Threshold:
    """A number or a day with which answers are compared."""

    micro: int
    """The number in millionths; for a day, the number of days since 1970-01-01 in millionths."""
    is_date: bool

    @property
    def value(self) -> float:
        """The nearest double, to be compared with answers."""
        return self.micro / MICRO

    @classmethod
    def parse(cls, value: object) -> Threshold:
        """Parses a value of a document.

        Raises:
            ValueError: it is neither a number of at most six decimals nor a day in a plausible year.
        """
        if isinstance(value, Threshold):
            return value
        if isinstance(value, datetime.date):
            check_day(value)
            return cls(days(value) * MICRO, True)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"expected a number or a day such as 2020-06-30, not {without_quotes(value)}")
        micro = to_micro(value)
        if abs(micro) > MAX_ANSWER * MICRO:
            raise ValueError(f"{short_repr(value)} is not between -{MAX_ANSWER} and {MAX_ANSWER}")
        return cls(micro, False)


PointsInput = Annotated[float, Field(ge=0)]
PercentInput = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})? ?%$")]
"""Forms of these values in the JSON schema of documents. The validators below check more."""

Amount = Annotated[
    PointsByTier,
    PlainValidator(PointsByTier.parse, json_schema_input_type=PointsInput | dict[str, PointsInput]),
]
"""Type of a field for points: a number, or one per tier. Its value is a ``PointsByTier``."""

Edge = Annotated[Threshold, PlainValidator(Threshold.parse, json_schema_input_type=float | datetime.date)]
"""Type of a field for a threshold: a number or a day. Its value is a ``Threshold``."""

Share = Annotated[Fraction, PlainValidator(to_share, json_schema_input_type=float | str)]
"""Type of a field for an exact share: 80%, 1/3 or 0.8. Its value is a ``Fraction``."""

Percent = Annotated[
    PointsByTier,
    PlainValidator(PointsByTier.parse_percent, json_schema_input_type=PercentInput | dict[str, PercentInput]),
]
"""Type of a field for a percentage such as ``80%``, or one per tier. Its value is a ``PointsByTier`` of parts per
million: 80% is 800,000."""
