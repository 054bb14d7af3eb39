"""Ratios give the points of exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from expected_points import shared, shares
from formula_units import (
    BIG,
    MICRO,
    MOST,
    TIER,
    Answers,
    ExpectedOutcome,
    agree,
    amounts,
    counts,
    evaluate,
    given,
    maxima,
    points,
    share,
    units,
)
from hypothesis import assume
from hypothesis import strategies as st

from scorer.formulas import Ratio, RatioToBest
from scorer.model.fixed_point import MAX_MICROPOINTS

WHEN_ZERO = ["full", "zero", "not_applicable"]


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [("computers", "staff"), ("bandwidth", "budget"), ("bandwidth", "staff"), ("computers", "budget")],
)
@given(
    maximum=maxima,
    when_zero=st.sampled_from(WHEN_ZERO),
    asked=units(computers=counts, staff=counts, bandwidth=amounts, budget=amounts),
)
def test_a_ratio_is_rounded_once_and_exactly(
    numerator: str, denominator: str, maximum: int, when_zero: str, asked: list[Answers]
) -> None:
    formula = Ratio(numerator=numerator, denominator=denominator, when_zero=when_zero)
    agree(formula, maximum, asked, shared(numerator, denominator, when_zero, maximum))


@given(st.integers(0, 3_000), st.integers(1, 3_000), st.integers(1, 40).map(lambda n: n * 500_000))
def test_a_ratio_of_small_counts_is_exact(part: int, of: int, maximum: int) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    (given,) = evaluate(formula, maximum, [{"computers": part, "staff": of}])
    assert given == ExpectedOutcome(share(part, of, maximum)).rounded()


def test_three_thirds_of_a_point_are_one_micropoint_short() -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    (third,) = evaluate(formula, MICRO, [{"computers": 1, "staff": 3}])
    assert 3 * third.points == 999_999


@pytest.mark.parametrize(("part", "wanted"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_an_exact_half_of_a_micropoint_goes_to_the_even_one(part: int, wanted: int) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    assert evaluate(formula, 1, [{"computers": part, "staff": 2 * 1}])[0].points == min(1, wanted)
    assert evaluate(formula, 10, [{"computers": part, "staff": 20}])[0].points == wanted


@pytest.mark.parametrize(("numerator", "denominator"), [("computers", "staff"), ("bandwidth", "budget")])
@given(
    maximum=maxima,
    target=shares,
    floor=shares,
    when_zero=st.sampled_from(WHEN_ZERO),
    whole=st.one_of(st.integers(1, 2_000), st.integers(1, MOST)),
    asked=units(computers=counts, staff=counts, bandwidth=amounts, budget=amounts),
)
def test_a_ratio_has_a_floor_and_a_target_to_the_last_item(
    numerator: str, denominator: str, maximum: int, target: Fraction, floor: Fraction, when_zero: str, whole: int,
    asked: list[Answers],
) -> None:  # fmt: skip
    assume(floor < target)
    formula = Ratio(numerator=numerator, denominator=denominator, when_zero=when_zero, target=target, floor=floor)
    assert not list(formula.problems(points(maximum), [TIER]))
    plain_ratio = shared(numerator, denominator, when_zero, maximum)

    def oracle(unit: Answers) -> ExpectedOutcome:
        given = plain_ratio(unit)
        if given.missing or not unit[denominator]:
            return given
        ratio = Fraction(unit[numerator], unit[denominator])
        return ExpectedOutcome(share(ratio, target, maximum) if ratio >= floor else 0)

    limit = MOST if numerator == "computers" else BIG
    edges = [int(edge * whole) + one for edge in (floor, target) for one in (-1, 0, 1)]
    beside = [{numerator: edge, denominator: whole} for edge in edges if 0 <= edge <= limit]
    agree(formula, maximum, [*asked, *beside], oracle)


def test_a_ratio_is_relative_to_its_target_as_the_administrative_reform_index_has_it() -> None:
    """From 80 % on 2 points; from 70 % on ratio x 2 / 80 %; below, none."""
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero", target="80%", floor="70%")
    asked = [{"computers": n, "staff": 1000} for n in (699, 700, 799, 800, 1000)]
    assert [given.points for given in evaluate(formula, 2 * MICRO, asked)] == [
        0, 1_750_000, 1_997_500, 2 * MICRO, 2 * MICRO
    ]  # fmt: skip


@pytest.mark.parametrize("share", ["0%", 0, "1/0", "0/3", "80 percent", True, -1, 1_000_001, "1/1000000", None, "0.8"])
def test_invalid_shares_are_refused(share: object) -> None:
    with pytest.raises(ValueError, match=r"share|above 0|percentage"):
        Ratio(numerator="computers", denominator="staff", when_zero="zero", target=share)


def test_a_ratio_is_capped_at_one() -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    asked = [{"computers": n, "staff": 3} for n in (2, 3, 4, MOST)]
    assert [given.points for given in evaluate(formula, 6 * MICRO, asked)] == [4 * MICRO] + 3 * [6 * MICRO]


@pytest.mark.parametrize("part", [0, 5])
def test_a_denominator_of_zero_follows_when_zero(part: int) -> None:
    given = {
        word: evaluate(
            Ratio(numerator="computers", denominator="staff", when_zero=word), MICRO, [{"computers": part, "staff": 0}]
        )[0]
        for word in WHEN_ZERO
    }
    assert given["full"] == ExpectedOutcome(MICRO)
    assert given["zero"] == ExpectedOutcome(0)
    assert given["not_applicable"] == ExpectedOutcome(0, left_out=True)


@pytest.mark.parametrize("when_zero", WHEN_ZERO)
def test_a_missing_numerator_is_missing_even_if_the_denominator_is_zero(when_zero: str) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero=when_zero)
    asked = [{"staff": 0}, {"computers": 0}, {}, {"computers": 5}, {"staff": 5}]
    assert evaluate(formula, MICRO, asked) == 5 * [ExpectedOutcome(0, missing=True)]


@pytest.mark.parametrize(
    ("numerator", "denominator"), [("computers", "staff"), ("bandwidth", "budget"), ("bandwidth", "staff")]
)
@given(
    maximum=maxima,
    when_zero=st.sampled_from(WHEN_ZERO),
    asked=units(computers=counts, staff=counts, bandwidth=amounts, budget=amounts),
    data=st.data(),
)
def test_a_ratio_to_the_best_ignores_units_without_the_criterion(
    numerator: str, denominator: str, maximum: int, when_zero: str, asked: list[Answers], data: st.DataObject
) -> None:
    excluded = data.draw(st.lists(st.booleans(), min_size=len(asked), max_size=len(asked)))
    sizes = {code: MICRO if code in ("computers", "staff") else 1 for code in (numerator, denominator)}

    def ratio(unit: Answers) -> Fraction | None:
        part, of = unit[numerator], unit[denominator]
        return None if part is None or not of else Fraction(part * sizes[numerator], of * sizes[denominator])

    def wanted(left_out: list[bool]) -> list[ExpectedOutcome]:
        counted = [ratio(unit) for unit, out in zip(asked, left_out, strict=True) if not out]
        best = max((one for one in counted if one is not None), default=Fraction(0))

        def oracle(unit: Answers) -> ExpectedOutcome:
            plainly = shared(numerator, denominator, when_zero, maximum)(unit)
            mine = ratio(unit)
            return plainly if mine is None else ExpectedOutcome(share(mine, best, maximum) if best else 0)

        return [oracle(unit).rounded() for unit in asked]

    formula = RatioToBest(numerator=numerator, denominator=denominator, when_zero=when_zero)
    assert formula.needs_cohort
    assert evaluate(formula, maximum, asked) == wanted([False] * len(asked))
    assert evaluate(formula, maximum, asked, excluded) == wanted(excluded)
    assert evaluate(formula, maximum, asked[::-1], excluded[::-1]) == wanted(excluded)[::-1]


def test_the_best_ratio_gets_all_points_and_two_that_doubles_cannot_tell_apart_differ() -> None:
    formula = RatioToBest(numerator="computers", denominator="staff", when_zero="zero")
    asked = [
        {"computers": MOST - 1, "staff": MOST},
        {"computers": MOST - 2, "staff": MOST - 1},
        {"computers": 0, "staff": 4},
    ]
    given = evaluate(formula, MAX_MICROPOINTS, asked)
    best = Fraction(MOST - 1, MOST)
    assert given == [
        ExpectedOutcome(MAX_MICROPOINTS),
        ExpectedOutcome(round(Fraction(MOST - 2, MOST - 1) / best * MAX_MICROPOINTS)),
        ExpectedOutcome(0),
    ]


def test_if_all_units_have_zero_nobody_gets_points() -> None:
    formula = RatioToBest(numerator="computers", denominator="staff", when_zero="zero")
    assert evaluate(formula, MICRO, [{"computers": 0, "staff": 4}, {"computers": 0, "staff": 9}]) == 2 * [
        ExpectedOutcome(0)
    ]
