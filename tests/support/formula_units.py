"""Units with answers of every kind, their points by a formula, and the comparison with an oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import hypothesis
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from scorer.formulas import Formula
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MAX_MICROPOINTS, PointsByTier
from scorer.model.indicators import Indicator, IndicatorKind

MICRO = 10**6
TIER = "district"
INDICATORS = (
    Indicator("computers", kind="count"),
    Indicator("staff", kind="count"),
    Indicator("bandwidth", kind="number"),
    Indicator("budget", kind="number"),
    Indicator("firewall", kind="flag"),
    Indicator("chair", kind="choice", options=("chairman", "deputy", "none")),
    Indicator("founded", kind="date"),
)
CODES = [indicator.code for indicator in INDICATORS]

MOST = int(INDICATORS[0].range()[1])
"""The largest count."""

BIG = int(INDICATORS[2].range()[1]) * MICRO
"""The largest number, in millionths."""


def given(*arguments: Any, **named: Any) -> Callable[[Any], Any]:
    """``given`` of Hypothesis, without a deadline for examples."""
    return lambda test: settings(deadline=None)(hypothesis.given(*arguments, **named)(test))


Answers = Mapping[str, int | None]
"""Answers by indicator, None for not reported: counts, flags and places of options as they are, days since 1970-01-01,
numbers in millionths."""


class ExpectedOutcome(NamedTuple):
    """The outcome of a formula for one unit."""

    points: int | Fraction
    """Whole micropoints; exact and not rounded in what an oracle gives."""
    missing: bool = False
    left_out: bool = False

    def rounded(self) -> ExpectedOutcome:
        """The outcome rounded to whole micropoints, an exact half to the even one."""
        return self._replace(points=round(self.points))


def cohort(units: Sequence[Answers], excluded: Mapping[str, np.ndarray] | None = None) -> Cohort:
    """The units as a cohort; its answers are read-only."""
    matrix = np.full((len(INDICATORS), len(units)), np.nan)
    for row, indicator in enumerate(INDICATORS):
        size = MICRO if indicator.kind is IndicatorKind.NUMBER else 1
        for column, unit in enumerate(units):
            if (answer := unit.get(indicator.code)) is not None:
                matrix[row, column] = answer / size  # the double nearest to the decimal
    matrix.flags.writeable = False
    return Cohort(
        TIER,
        tuple(f"u{n}" for n in range(len(units))),
        {indicator.code: indicator for indicator in INDICATORS},
        {code: row for row, code in enumerate(CODES)},
        matrix,
        excluded or {},
    )


def evaluate(
    formula: Formula, maximum: int, units: Sequence[Answers], excluded: list[bool] | None = None
) -> list[ExpectedOutcome]:
    """The formula's outcome for each unit, which is well formed and leaves the answers as they were."""
    asked = cohort(units)
    before = asked.matrix.copy()
    left = None if excluded is None else np.array(excluded, dtype=np.bool_)
    outcome = formula.evaluate(maximum, asked, left)
    np.testing.assert_array_equal(asked.matrix, before)
    assert outcome.points.shape == outcome.missing.shape == (len(units),)
    assert outcome.missing.dtype == np.bool_
    assert np.array_equal(outcome.points, np.rint(outcome.points)), "points are whole micropoints"
    assert np.all((outcome.points >= 0) & (outcome.points <= maximum)), "points lie between 0 and the maximum"
    rests = np.zeros(len(units)) if outcome.remainders is None else outcome.remainders
    for unit, (whole, rest) in enumerate(zip(outcome.points.tolist(), rests.tolist(), strict=True)):
        remainder = formula.exact(maximum, asked, left, unit) - int(whole)
        assert round(remainder) == 0 or abs(remainder) == Fraction(1, 2), "nearest"
        assert abs(remainder - Fraction(rest)) <= Fraction(1, MICRO), "what rounding left"
        assert abs(remainder) != Fraction(1, 2) or abs(rest) == 0.5, "an exact half is exact"
    left_out = np.zeros(len(units), dtype=np.bool_) if outcome.not_applicable is None else outcome.not_applicable
    assert outcome.not_applicable is None or formula.may_leave_out
    return [
        ExpectedOutcome(int(p), bool(m), bool(n))
        for p, m, n in zip(outcome.points, outcome.missing, left_out, strict=True)
    ]


def agree(
    formula: Formula, maximum: int, units: Sequence[Answers], oracle: Callable[[Answers], ExpectedOutcome]
) -> None:
    """Asserts that formula and oracle agree for all units at once, for each alone, and in reverse order."""
    exact = [oracle(unit) for unit in units]
    asked = cohort(units)
    assert [formula.exact(maximum, asked, None, n) for n in range(len(units))] == [given.points for given in exact]
    wanted = [given.rounded() for given in exact]
    assert evaluate(formula, maximum, units) == wanted
    assert evaluate(formula, maximum, units[::-1]) == wanted[::-1]
    assert [given for unit in units for given in evaluate(formula, maximum, [unit])] == wanted
    assert evaluate(formula, maximum, []) == []


def share(part: int | Fraction, of: int | Fraction, maximum: int) -> Fraction:
    """part / of x maximum, capped."""
    return min(Fraction(part) / Fraction(of), Fraction(1)) * maximum


maxima = st.one_of(
    st.sampled_from([0, 1, 2, 3, 500_000, MICRO, 2 * MICRO, 45 * MICRO, MAX_MICROPOINTS - 1, MAX_MICROPOINTS]),
    st.integers(0, 100).map(lambda points: points * 500_000),
    st.integers(0, MAX_MICROPOINTS),
)
counts = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 2_000), st.integers(0, MOST), st.just(MOST))
amounts = st.one_of(
    st.none(),
    st.integers(0, 12).map(lambda n: n * MICRO),
    st.integers(0, 20 * MICRO),
    st.integers(0, BIG),
    st.sampled_from([0, 1, BIG - 1, BIG]),
)
signed = st.one_of(amounts, amounts.map(lambda micro: None if micro is None else -micro))


def units(**answers: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[Answers]]:
    return st.lists(st.fixed_dictionaries(answers), max_size=6)


def points(micro: int) -> PointsByTier:
    return PointsByTier(micro)


def decimal(micro: int) -> Decimal:
    """The number as a document writes it."""
    return Decimal(micro) / MICRO
