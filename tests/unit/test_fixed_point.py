"""Fixed-point numbers: answers to six decimals, rounded ratios, percentages, and published scores."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from formula_units import BIG, MICRO, cohort, decimal, given, maxima
from hypothesis import assume, example
from hypothesis import strategies as st
from kernel_totals import cells, scores_of

from scorer.engine.gates import GateTable
from scorer.formulas.native_lines import round_ratio
from scorer.model.cohort import six_decimals
from scorer.model.fixed_point import MAX_MICROPOINTS, MAX_PENALTY_MICROPOINTS, PointsByTier, plain, to_micro


def rounded_ratio(numerator: np.ndarray, denominator: np.ndarray, scale: int) -> np.ndarray:
    """The rounded quotients. Asserts that the returned remainders are exact."""
    rounded, rest = np.minimum(numerator, denominator)[np.newaxis], np.empty((1, len(numerator)))
    with np.errstate(all="ignore"):
        round_ratio(rounded, denominator[np.newaxis], np.array([[float(scale)]]), rest)
    rounded, rest = np.nan_to_num(rounded[0]), np.nan_to_num(rest[0])  # nothing, where there is nothing to divide
    for top, bottom, whole, left in zip(numerator, denominator, rounded, rest, strict=True):
        exact = Fraction(int(top) * scale, int(bottom)) if bottom > 0 and top == top else Fraction(0)
        assert abs(exact - int(whole) - Fraction(float(left))) <= Fraction(1, 10**6)
    return rounded


# Answers to six decimals


@example(BIG - 1)
@example(1 - BIG)
@given(st.integers(-BIG, BIG))
def test_answers_are_exact_to_six_decimals(micro: int) -> None:
    (value,) = cohort([{"bandwidth": micro}]).micro("bandwidth")
    assert value == micro


@given(st.integers(2 - BIG, BIG))
def test_answers_that_differ_in_the_sixth_decimal_differ(micro: int) -> None:
    one, other = cohort([{"bandwidth": micro}, {"bandwidth": micro - 1}]).values("bandwidth")
    assert one > other


@given(st.integers(-BIG, BIG), st.floats(-0.49e-6, 0.49e-6))
def test_doubles_nearest_to_the_same_six_decimals_are_equal_answers(micro: int, noise: float) -> None:
    assume(abs(micro) < 10**12)  # beyond, doubles are too coarse for the noise
    taken = six_decimals(np.array([micro / MICRO + noise, micro / MICRO]))
    assert taken[0] == taken[1] == micro / MICRO


# Points


whole = st.one_of(st.integers(0, 10**4), st.integers(0, 10**9), st.integers(0, BIG))


@example([(BIG, BIG), (BIG - 1, BIG), (0, 0), (0, BIG)], MAX_MICROPOINTS)
@example([(1, 2), (3, 6), (2**31, 2**32)], 1)
@given(st.lists(st.tuples(whole, whole), max_size=8), st.one_of(maxima, st.just(MAX_MICROPOINTS)))
def test_a_rounded_ratio_is_the_exactly_rounded_quotient(pairs: list[tuple[int, int]], scale: int) -> None:
    ordered = [(min(pair), max(pair)) for pair in pairs]
    top, bottom = np.array(ordered, dtype=np.float64).reshape(-1, 2).T
    rounded = rounded_ratio(top, bottom, scale)
    assert rounded.dtype == np.float64
    assert list(rounded) == [round(Fraction(a * scale, b)) if b else 0 for a, b in ordered]


@given(st.integers(1, MAX_MICROPOINTS), st.integers(-2, 2), st.integers(1, 10**6))
def test_a_rounded_ratio_is_exact_where_doubles_begin_to_fail(scale: int, beside: int, more: int) -> None:
    top = 2**52 // scale + beside  # from where on doubles leave quotients in doubt
    assume(0 <= top <= BIG)
    bottoms = [b for b in (top, top + 1, 2 * top, 2 * top + 1, top + more) if 0 < b <= BIG]
    rounded = rounded_ratio(np.full(len(bottoms), float(top)), np.array(bottoms, dtype=np.float64), scale)
    assert list(rounded) == [round(Fraction(top * scale, bottom)) for bottom in bottoms]


@given(st.integers(1, MAX_MICROPOINTS), st.integers(1, BIG))
def test_a_rounded_ratio_sends_every_exact_half_to_the_even_one(scale: int, part: int) -> None:
    """scale x part / (2 x part) is a half whenever the scale is odd."""
    assume(2 * part <= BIG)
    (rounded,) = rounded_ratio(np.array([float(part)]), np.array([2.0 * part]), scale)
    assert rounded == round(Fraction(scale, 2))


def test_one_large_number_does_not_change_the_others() -> None:
    small = rounded_ratio(np.array([1.0, 2.0]), np.array([3.0, 3.0]), MICRO)
    beside = rounded_ratio(np.array([1.0, 2.0, float(BIG)]), np.array([3.0, 3.0, float(BIG)]), MICRO)
    assert list(beside[:2]) == list(small)


def test_a_rounded_ratio_of_a_missing_answer_is_zero() -> None:
    nan = float("nan")
    top, bottom = np.array([nan, 1.0, nan, 0.0, 5.0, nan]), np.array([3.0, nan, nan, 0.0, 0.0, 0.0])
    assert list(rounded_ratio(top, bottom, MICRO)) == [0.0] * 6
    large = np.array([float(BIG), nan]), np.array([float(BIG), float(BIG)])
    assert list(rounded_ratio(*large, MAX_MICROPOINTS)) == [float(MAX_MICROPOINTS), 0.0]
    assert rounded_ratio(np.array([]), np.array([]), MICRO).shape == (0,)


sums = st.one_of(st.integers(0, 200), st.integers(0, 200 * MICRO), st.integers(0, MAX_MICROPOINTS))


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@example(MAX_MICROPOINTS, MAX_MICROPOINTS, 1)
@example(-MAX_PENALTY_MICROPOINTS, MAX_MICROPOINTS, 1)
@given(st.one_of(sums, st.integers(-MAX_PENALTY_MICROPOINTS, 0)), sums, sums)
def test_a_percentage_is_rounded_down_and_compares_exactly(points: int, maximum: int, other: int) -> None:
    all_points, maxima = ints(points, other, points), ints(maximum, MAX_MICROPOINTS, 0)
    ppm = scores_of(all_points, maxima).percent
    for n, (part, of) in enumerate([(points, maximum), (other, MAX_MICROPOINTS), (points, 0)]):
        down, left = divmod(part * MICRO, of) if of else (0, 0)
        assert int(ppm[n]) == down
        edges = (2 * down, 2 * down + 1)  # reached by the percentage rounded down, and by anything above it
        table = GateTable((edges,), np.zeros(3, dtype=np.bool_))
        reached = cells(table, ["percent"], all_points[np.newaxis], maxima[np.newaxis])[n]
        assert reached == (2 if left or not of else 1), "everything is reached where nothing applies"


@example(nominal=2**31, missing=2**31 - 1, bonus=2**31 - 1, share=1.0, penalty=0)
@example(nominal=MAX_MICROPOINTS, missing=1, bonus=0, share=1.0, penalty=0)
@example(nominal=MAX_MICROPOINTS, missing=MAX_MICROPOINTS - 1, bonus=0, share=0.0, penalty=MAX_PENALTY_MICROPOINTS)
@given(
    nominal=sums,
    missing=sums,
    bonus=sums,
    share=st.floats(0, 1),
    penalty=st.one_of(st.just(0), st.integers(0, MAX_PENALTY_MICROPOINTS)),
)
def test_a_converted_score_is_rounded_down_over_the_whole_range(
    nominal: int, missing: int, bonus: int, share: float, penalty: int
) -> None:
    """Whatever part of the criteria applies, with any bonuses and penalties that a set may have."""
    maximum = max(nominal - missing, 0)
    bonus = min(bonus, MAX_MICROPOINTS - nominal)
    points = round((maximum + bonus) * share) - penalty
    found = scores_of(ints(points, 0, maximum), ints(maximum, 0, maximum), nominal).converted
    wanted = [points * nominal // maximum if maximum else 0, 0, nominal if maximum else 0]
    assert found.tolist() == list(map(float, wanted)), "exact below 2^53, and the nearest double beyond"


@given(st.lists(sums, min_size=1, max_size=5), sums)
def test_a_score_with_everything_applicable_converts_to_itself(points: list[int], nominal: int) -> None:
    asked = ints(*points)
    found = scores_of(asked, np.full_like(asked, nominal), nominal).converted
    assert list(found) == (points if nominal else [0] * len(points))


def test_hue_converts_as_published() -> None:
    found = scores_of(ints(42_630_000), ints(48_000_000), 50_000_000)
    assert found.converted == 44_406_250
    assert found.published == 44_410_000
    assert plain(44_406_250, 2) == "44.41"
    assert found.percent == 888_125


@given(st.one_of(sums, st.integers(-MAX_PENALTY_MICROPOINTS, 0)), st.integers(0, 6))
def test_publishing_rounds_half_away_from_zero(micro: int, decimals: int) -> None:
    step = 10 ** (6 - decimals)
    away = (2 * abs(micro) + step) // (2 * step) * step
    wanted = away if micro >= 0 else -away
    published = scores_of(ints(micro), ints(MAX_MICROPOINTS), MAX_MICROPOINTS, decimals).published
    assert published == wanted
    assert np.signbit(published[0]) == (wanted < 0), "never -0.0, which has other bytes"
    assert Decimal(plain(micro, decimals)) * MICRO == wanted
    assert -Decimal(plain(micro, decimals)).as_tuple().exponent == decimals


@pytest.mark.parametrize(
    ("micro", "decimals", "wanted"),
    [
        (5_000, 2, "0.01"),
        (4_999, 2, "0.00"),
        (-5_000, 2, "-0.01"),
        (1_500_000, 0, "2"),
        (2_500_000, 0, "3"),
        (1, 6, "0.000001"),
    ],
)
def test_published_numbers_are_formatted_with_their_decimals(micro: int, decimals: int, wanted: str) -> None:
    assert plain(micro, decimals) == wanted


@given(st.integers(-BIG, BIG))
def test_a_number_written_in_full_reads_back(micro: int) -> None:
    text = plain(micro)
    assert to_micro(Decimal(text)) == micro
    assert "E" not in text
    assert not (text.endswith("0") and "." in text)
    assert micro / MICRO == float(text)


@pytest.mark.parametrize(
    "value",
    ["0.0000001", "1.0000000000000000000000000001", "1.00000000000000000000000000001", "9e-7", "NaN", "Infinity"],
)
def test_amounts_with_more_than_six_decimals_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"six decimals|finite"):
        to_micro(Decimal(value))


@given(sums, st.integers(0, MAX_MICROPOINTS))
def test_points_are_one_number_or_one_per_tier(one: int, other: int) -> None:
    everywhere = PointsByTier.parse(decimal(one))
    assert (everywhere.of("district"), everywhere.of("commune"), everywhere.tiers()) == (one, one, ())
    by_tier = PointsByTier.parse({"district": decimal(one), "commune": decimal(other)})
    assert [by_tier.of(tier) for tier in ("district", "commune", "department")] == [one, other, None]
    assert by_tier.tiers() == ("district", "commune")


@pytest.mark.parametrize("value", [-1, Decimal("4294.967296"), True, "2", None, [], {}, {"district": -1}, 1.5])
def test_invalid_numbers_of_points_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"points|tier"):
        PointsByTier.parse(value)
