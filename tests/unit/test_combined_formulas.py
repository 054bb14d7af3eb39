"""Sums and alternatives of formulas give the points of exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from expected_points import along, line, shared
from formula_units import (
    MICRO,
    MOST,
    TIER,
    Answers,
    ExpectedOutcome,
    agree,
    counts,
    evaluate,
    given,
    points,
    signed,
    units,
)
from hypothesis import strategies as st

from scorer.formulas import Best, Formula, NestedFormula, Ratio, RatioToBest, Sum
from scorer.formulas.single_indicator import Awarded, Count, Flag
from scorer.model.fixed_point import MAX_MICROPOINTS

CHOICES: list[tuple[Formula, Callable[[int], Callable[[Answers], ExpectedOutcome]]]] = [
    (
        Ratio(numerator="computers", denominator="staff", when_zero="full"),
        lambda most: shared("computers", "staff", "full", most),
    ),
    (
        Flag(indicator="firewall"),
        lambda most: lambda unit: ExpectedOutcome(most if unit["firewall"] else 0, unit["firewall"] is None),
    ),
    (
        Count(indicator="computers", each=1),
        lambda most: (
            lambda unit: ExpectedOutcome(min((unit["computers"] or 0) * MICRO, most), unit["computers"] is None)
        ),
    ),
    (line(-5 * MICRO, 5 * MICRO), lambda most: along(-5 * MICRO, 5 * MICRO, most)),
]

chosen = st.lists(
    st.tuples(st.integers(0, len(CHOICES) - 1), st.integers(0, MAX_MICROPOINTS // 4)), min_size=1, max_size=4
)
answered = units(computers=counts, staff=counts, firewall=st.sampled_from([None, 0, 1]), bandwidth=signed)


def nested(picked: list[tuple[int, int]]) -> tuple[NestedFormula, ...]:
    return tuple(NestedFormula(CHOICES[n][0], points(most)) for n, most in picked)


@given(chosen, answered)
def test_a_sum_adds_up_the_reported_terms(picked: list[tuple[int, int]], asked: list[Answers]) -> None:
    def oracle(unit: Answers) -> ExpectedOutcome:
        each = [CHOICES[n][1](most)(unit) for n, most in picked]
        return ExpectedOutcome(sum(given.points for given in each), any(given.missing for given in each))

    formula = Sum(terms=nested(picked))
    whole = sum(most for _, most in picked)
    assert not list(formula.problems(points(whole), [TIER]))
    agree(formula, whole, asked, oracle)


@given(chosen, answered)
def test_best_gives_the_alternative_with_the_most_points(picked: list[tuple[int, int]], asked: list[Answers]) -> None:
    def oracle(unit: Answers) -> ExpectedOutcome:
        each = [CHOICES[n][1](most)(unit) for n, most in picked]
        return ExpectedOutcome(max(given.points for given in each), any(given.missing for given in each))

    formula = Best(alternatives=nested(picked))
    agree(formula, max(most for _, most in picked), asked, oracle)


@given(chosen, chosen, answered)
def test_sums_and_alternatives_can_be_nested(
    one: list[tuple[int, int]], other: list[tuple[int, int]], asked: list[Answers]
) -> None:
    sums = [sum(most for _, most in picked) for picked in (one, other)]
    inner = tuple(
        NestedFormula(Sum(terms=nested(picked)), points(most)) for picked, most in zip((one, other), sums, strict=True)
    )

    def oracle(unit: Answers) -> ExpectedOutcome:
        each = [[CHOICES[n][1](most)(unit) for n, most in picked] for picked in (one, other)]
        return ExpectedOutcome(
            max(sum(given.points for given in given_by) for given_by in each),
            any(given.missing for given_by in each for given in given_by),
        )

    agree(Best(alternatives=inner), max(sums), asked, oracle)


def test_three_thirds_in_one_sum_are_a_whole() -> None:
    third = NestedFormula(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(MICRO))
    assert evaluate(Sum(terms=(third,) * 3), 3 * MICRO, [{"computers": 1, "staff": 3}]) == [ExpectedOutcome(MICRO)]


@pytest.mark.parametrize(("terms", "wanted"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4)])
def test_halves_in_one_sum_are_added_before_they_are_rounded(terms: int, wanted: int) -> None:
    half = NestedFormula(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(1))
    assert evaluate(Sum(terms=(half,) * terms), terms, [{"computers": 1, "staff": 2}]) == [ExpectedOutcome(wanted)]


def test_values_that_a_double_cannot_tell_from_a_half_are_rounded_exactly() -> None:
    """The first unit's ratio of the best one is 1/2 - 3e-20 of a micropoint: as a double, exactly a half."""
    part = NestedFormula(RatioToBest(numerator="computers", denominator="staff", when_zero="zero"), points(1))
    whole = NestedFormula(Flag(indicator="firewall"), points(1))
    asked = [
        {"computers": 2674216077, "staff": 6978228787, "firewall": 1},
        {"computers": 2176537315, "staff": 2839780876, "firewall": 1},
    ]
    assert evaluate(Sum(terms=(part, whole)), 2, asked) == [ExpectedOutcome(1), ExpectedOutcome(2)]


@given(st.lists(st.integers(1, 999), min_size=2, max_size=5))
def test_a_sum_is_rounded_exactly_at_a_half_and_next_to_it(weights: list[int]) -> None:
    """Half of an odd sum is an exact half; the shares nearest to one half leave a billionth above and below it."""
    terms = tuple(
        NestedFormula(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(weight))
        for weight in weights
    )
    shares = [(1, 2), (MOST // 2, MOST - 1), (MOST // 2 - 1, MOST - 1)]
    given = evaluate(Sum(terms=terms), sum(weights), [{"computers": part, "staff": of} for part, of in shares])
    assert [one.points for one in given] == [round(Fraction(part, of) * sum(weights)) for part, of in shares]


def test_a_published_composite_index_is_reproduced() -> None:
    """Ratio x 45 + min(applications, 5), of 50."""
    formula = Sum(
        terms=(
            NestedFormula(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(45 * MICRO)),
            NestedFormula(Count(indicator="computers", each=1), points(5 * MICRO)),
        )
    )
    asked = [{"computers": 4, "staff": 9}, {"computers": 9, "staff": 9}, {"computers": 4}]
    assert evaluate(formula, 50 * MICRO, asked) == [
        ExpectedOutcome(24 * MICRO),
        ExpectedOutcome(50 * MICRO),
        ExpectedOutcome(4 * MICRO, missing=True),
    ]


@pytest.mark.parametrize("kind", [Sum, Best])
def test_a_combination_compares_units_if_a_nested_formula_does(kind: type[Formula]) -> None:
    alone, compared = (
        NestedFormula(one(numerator="computers", denominator="staff", when_zero="zero"), points(MICRO))
        for one in (Ratio, RatioToBest)
    )
    assert not kind(**{str(kind.nested): (alone,)}).needs_cohort
    assert kind(**{str(kind.nested): (alone, compared)}).needs_cohort


def test_a_combination_has_the_ranges_of_all_its_nested_formulas() -> None:
    formula = Sum(
        terms=(
            NestedFormula(Ratio(numerator="bandwidth", denominator="staff", when_zero="zero"), points(MICRO)),
            NestedFormula(Awarded(indicator="bandwidth"), points(2 * MICRO)),
        )
    )
    assert formula.limits(TIER, 3 * MICRO) == {"bandwidth": (0.0, 2.0), "staff": (0.0, np.inf)}
