"""The formula kind whose scale is logarithmic."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from scorer.formulas.base import NUMBERS, Edge, Formula, Outcome, Read
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, near_half

_CONTEXT = Context(prec=60)


class Logarithmic(Formula):
    """Points grow with the logarithm of the answer, from 0 at ``from`` to all points at ``to``.

    Logarithms are not exact. They are computed to 60 digits, and points are rounded once.
    """

    kind: ClassVar[str] = "logarithmic"
    indicator: str
    start: Edge = Field(alias="from")
    to: Edge

    @model_validator(mode="after")
    def _a_line(self) -> Logarithmic:
        ends = self.start, self.to
        if any(end.is_date or end.micro <= 0 for end in ends) or self.start.micro == self.to.micro:
            raise ValueError("from and to must be two different numbers above 0")
        return self

    @property
    def approximate(self) -> bool:
        """True."""
        return True

    def reads(self) -> Iterable[Read]:
        """A number."""
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Bools | None) -> Outcome:
        """See ``Formula``."""
        del excluded
        answers = cohort.micro(self.indicator)
        missing: Bools = np.isnan(answers)
        points, remainders = np.zeros(len(cohort)), np.zeros(len(cohort))
        exact = cache(lambda answer: self._exact(maximum, answer))
        for unit in np.flatnonzero(~missing).tolist():
            exact_points = exact(int(answers[unit]))
            points[unit] = round(exact_points)
            remainders[unit] = float(exact_points - round(exact_points))
        return Outcome(points, missing, None, remainders)

    def exact(self, maximum: int, cohort: Cohort, excluded: Bools | None, unit: int) -> Fraction:
        """See ``Formula``."""
        del excluded
        answer = cohort.micro(self.indicator)[unit]
        return Fraction(0) if np.isnan(answer) else self._exact(maximum, int(answer))

    def _exact(self, maximum: int, answer: int) -> Fraction:
        """The micropoints of an answer, not rounded. ``maximum`` is in micropoints, ``answer`` in millionths."""
        low, high = sorted((self.start.micro, self.to.micro))
        limited = min(max(answer, low), high)
        if limited in (self.start.micro, self.to.micro):
            return Fraction(maximum if limited == self.to.micro else 0)
        with localcontext(_CONTEXT):
            start, end = (Decimal(edge.micro).ln() for edge in (self.start, self.to))
            return near_half(Fraction((Decimal(limited).ln() - start) / (end - start) * maximum))
