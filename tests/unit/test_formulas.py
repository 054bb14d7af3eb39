"""Every formula kind gives the points of exact fractions, for any answers, units and order of units."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from formula_units import (
    BIG,
    MICRO,
    MOST,
    TIER,
    Answers,
    Given,
    agree,
    amounts,
    counts,
    decimal,
    evaluate,
    given,
    maxima,
    points,
    share,
    signed,
    units,
)
from hypothesis import assume, example
from hypothesis import strategies as st

from scorer.formulas import KINDS, Best, Formula, Part, Ratio, RatioToBest, Sum
from scorer.formulas.single import Awarded, Choice, Count, Fault, Flag, Linear, Steps
from scorer.model.fixed_point import MAX_MICROPOINTS
from scorer.model.indicators import IndicatorKind
from scorer.model.periods import FIRST_DAY, LAST_DAY

# One indicator


@given(maxima, units(firewall=st.sampled_from([None, 0, 1])))
def test_a_flag_gives_all_or_nothing(maximum: int, asked: list[Answers]) -> None:
    wanted = {None: Given(0, missing=True), 0: Given(0), 1: Given(maximum)}
    agree(Flag(indicator="firewall"), maximum, asked, lambda unit: wanted[unit["firewall"]])


@given(maxima, units(firewall=st.sampled_from([None, 0, 1]), computers=counts))
def test_one_fault_takes_all_points(maximum: int, asked: list[Answers]) -> None:
    for code in ("firewall", "computers"):

        def oracle(unit: Answers, code: str = code) -> Given:
            return Given(0, missing=True) if unit[code] is None else Given(0 if unit[code] else maximum)

        agree(Fault(indicator=code), maximum, asked, oracle)


@given(st.lists(st.integers(0, MAX_MICROPOINTS), min_size=3, max_size=3), units(chair=st.sampled_from([None, 0, 1, 2])))
def test_a_choice_gives_the_points_of_its_option_whatever_their_order(worth: list[int], asked: list[Answers]) -> None:
    names = ("chairman", "deputy", "none")

    def oracle(unit: Answers) -> Given:
        return Given(0, missing=True) if unit["chair"] is None else Given(worth[unit["chair"]])

    for order in itertools.permutations(range(3)):
        options = {names[n]: decimal(worth[n]) for n in order}
        agree(Choice(indicator="chair", options=options), max(worth), asked, oracle)


def test_a_choice_may_give_other_points_in_other_tiers() -> None:
    options = {"chairman": {TIER: 2, "commune": 1}, "deputy": 1, "none": {"commune": 1}}
    given = evaluate(Choice(indicator="chair", options=options), 2 * MICRO, [{"chair": n} for n in (0, 1, 2)])
    assert [points for points, _, _ in given] == [2 * MICRO, MICRO, 0]


EDGES: dict[str, Callable[[int, int], bool]] = {
    "at_least": lambda answer, edge: answer >= edge,
    "above": lambda answer, edge: answer > edge,
    "at_most": lambda answer, edge: answer <= edge,
    "below": lambda answer, edge: answer < edge,
}


@st.composite
def stairs(draw: st.DrawFn, values: st.SearchStrategy[int]) -> list[tuple[str, int, int]]:
    """Steps of one direction, best first, each an edge, its value and its points."""
    up = draw(st.booleans())
    edges = sorted(draw(st.sets(values, min_size=1, max_size=4)), reverse=up)
    kinds = ["at_least", "above"] if up else ["at_most", "below"]
    worth = sorted(draw(st.sets(st.integers(0, 10 * MICRO), min_size=len(edges), max_size=len(edges))), reverse=True)
    return [(draw(st.sampled_from(kinds)), edge, most) for edge, most in zip(edges, worth, strict=True)]


def first_that_holds(steps: list[tuple[str, int, int]], code: str) -> Callable[[Answers], Given]:
    def oracle(unit: Answers) -> Given:
        answer = unit[code]
        if answer is None:
            return Given(0, missing=True)
        return Given(next((worth for how, edge, worth in steps if EDGES[how](answer, edge)), 0))

    return oracle


@given(stairs(st.one_of(st.integers(-3, 3), st.integers(-BIG, BIG))), st.data())
def test_steps_give_the_points_of_the_first_step_that_holds(
    steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    near = sorted({edge + beside for _, edge, _ in steps for beside in (-1, 0, 1) if abs(edge + beside) <= BIG})
    asked = data.draw(units(bandwidth=st.one_of(st.none(), st.sampled_from(near), st.integers(-BIG, BIG))))
    asked += [{"bandwidth": answer} for answer in near]
    written = [{how: decimal(edge), "points": decimal(worth)} for how, edge, worth in steps]
    formula = Steps(indicator="bandwidth", steps=written)
    assert not list(formula.problems(points(steps[0][2]), [TIER]))
    agree(formula, steps[0][2], asked, first_that_holds(steps, "bandwidth"))


@given(stairs(st.integers(0, 20)), units(computers=st.one_of(st.none(), st.integers(0, 20))))
def test_steps_may_read_a_count(steps: list[tuple[str, int, int]], asked: list[Answers]) -> None:
    written = [{how: edge, "points": decimal(worth)} for how, edge, worth in steps]
    agree(Steps(indicator="computers", steps=written), steps[0][2], asked, first_that_holds(steps, "computers"))


EPOCH = datetime.date(1970, 1, 1)
days = st.one_of(
    st.dates(FIRST_DAY, LAST_DAY), st.dates(datetime.date(2020, 1, 1), datetime.date(2020, 12, 31)), st.just(EPOCH)
).map(lambda day: (day - EPOCH).days)


@given(stairs(days), st.data())
def test_steps_may_be_days(steps: list[tuple[str, int, int]], data: st.DataObject) -> None:
    near = sorted({edge for _, edge, _ in steps})
    asked = data.draw(units(founded=st.one_of(st.none(), st.sampled_from(near), days)))
    written = [{how: EPOCH + datetime.timedelta(edge), "points": decimal(worth)} for how, edge, worth in steps]
    formula = Steps(indicator="founded", steps=written)
    assert next(iter(formula.reads())).kinds == {IndicatorKind.DATE}
    agree(formula, steps[0][2], asked, first_that_holds(steps, "founded"))


def test_a_strict_step_may_stand_before_the_inclusive_one_at_the_same_value() -> None:
    formula = Steps(indicator="bandwidth", steps=[{"above": 75, "points": 2}, {"at_least": 75, "points": 1}])
    assert not list(formula.problems(points(2 * MICRO), [TIER]))
    asked = [{"bandwidth": 75 * MICRO + beside} for beside in (-1, 0, 1)]
    assert [given.points for given in evaluate(formula, 2 * MICRO, asked)] == [0, MICRO, 2 * MICRO]


@example(MAX_MICROPOINTS, 1, [{"computers": MOST}])
@given(maxima, st.one_of(st.integers(1, 5), st.integers(1, MAX_MICROPOINTS)), units(computers=counts))
def test_a_count_gives_points_for_each_up_to_the_maximum(maximum: int, each: int, asked: list[Answers]) -> None:
    def oracle(unit: Answers) -> Given:
        number = unit["computers"]
        return Given(0, missing=True) if number is None else Given(min(number * each, maximum))

    agree(Count(indicator="computers", each=decimal(each)), maximum, asked, oracle)


def along(start: int, end: int, maximum: int) -> Callable[[Answers], Given]:
    def oracle(unit: Answers) -> Given:
        if (answer := unit["bandwidth"]) is None:
            return Given(0, missing=True)
        way = Fraction(answer - start, end - start)
        return Given(min(max(way, Fraction(0)), Fraction(1)) * maximum)

    return oracle


def line(start: int, end: int) -> Linear:
    return Linear(**{"indicator": "bandwidth", "from": decimal(start), "to": decimal(end)})


ends = st.one_of(st.integers(-20, 20).map(lambda n: n * 500_000), st.integers(-BIG, BIG), st.sampled_from([-BIG, BIG]))


@given(maxima, ends, ends, units(bandwidth=signed))
def test_a_linear_scale_goes_from_no_points_to_all_and_is_flat_beyond(
    maximum: int, start: int, end: int, asked: list[Answers]
) -> None:
    assume(start != end)
    asked = [*asked, {"bandwidth": start}, {"bandwidth": end}, {"bandwidth": (start + end) // 2}]
    agree(line(start, end), maximum, asked, along(start, end, maximum))


@given(maxima, ends, ends, st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), units(bandwidth=signed))
def test_a_line_ends_at_its_floor_and_target_to_the_millionth(
    maximum: int, start: int, end: int, shares: tuple[int, int], asked: list[Answers]
) -> None:
    assume(abs(end - start) > 2)
    sign, length = (1 if end > start else -1), abs(end - start)
    near, far = sorted(max(1, min(length - 1, length * share // 10**9)) for share in shares)
    assume(near < far)
    floor, target = start + sign * near, start + sign * far
    formula = Linear(**{
        "indicator": "bandwidth", "from": decimal(start), "to": decimal(end),
        "floor": decimal(floor), "target": decimal(target),
    })  # fmt: skip
    assert not list(formula.problems(points(maximum), [TIER]))

    def oracle(unit: Answers) -> Given:
        if (answer := unit["bandwidth"]) is None:
            return Given(0, missing=True)
        if (answer - floor) * sign < 0:
            return Given(0)
        if (answer - target) * sign >= 0:
            return Given(maximum)
        return along(start, end, maximum)(unit)

    beside = [edge + one for edge in (floor, target) for one in (-1, 0, 1) if abs(edge + one) <= BIG]
    agree(formula, maximum, [*asked, *({"bandwidth": answer} for answer in beside)], oracle)


def halves(length: int, maximum: int, above: int) -> list[int]:
    """Ways along a line that are worth just more than half a micropoint beyond a whole one."""
    wholes = range(maximum * above // length, maximum * above // length + 2_000)
    return [way for n in wholes if (way := ((2 * n + 1) * length) // (2 * maximum) + 1) <= length]


def test_a_linear_scale_is_exact_for_all_numbers() -> None:
    """From the smallest number to the largest is a way longer than doubles count one by one."""
    maximum = MAX_MICROPOINTS
    ways = halves(2 * BIG, maximum, above=3 * BIG // 2)
    asked = [{"bandwidth": way - BIG} for way in ways]
    assert len(asked) > 1_000
    oracle = along(-BIG, BIG, maximum)
    assert evaluate(line(-BIG, BIG), maximum, asked) == [oracle(unit).rounded() for unit in asked]


@given(maxima, st.data())
def test_awarded_points_are_not_changed(maximum: int, data: st.DataObject) -> None:
    asked = data.draw(units(bandwidth=st.one_of(st.none(), st.integers(0, maximum))))

    def oracle(unit: Answers) -> Given:
        return Given(0, missing=True) if unit["bandwidth"] is None else Given(unit["bandwidth"])

    agree(Awarded(indicator="bandwidth"), maximum, asked, oracle)


@given(st.integers(0, MAX_MICROPOINTS // MICRO), st.data())
def test_awarded_points_may_be_a_count(maximum: int, data: st.DataObject) -> None:
    asked = data.draw(units(computers=st.one_of(st.none(), st.integers(0, maximum))))

    def oracle(unit: Answers) -> Given:
        return Given(0, missing=True) if unit["computers"] is None else Given(unit["computers"] * MICRO)

    agree(Awarded(indicator="computers"), maximum * MICRO, asked, oracle)


@given(maxima)
def test_awarded_points_are_between_0_and_the_maximum(maximum: int) -> None:
    low, high = Awarded(indicator="bandwidth").limits(TIER, maximum)["bandwidth"]
    assert low == 0
    assert round(high * MICRO) == maximum


# Ratios

WHEN_ZERO = ["full", "zero", "not_applicable"]


def shared(numerator: str, denominator: str, when_zero: str, maximum: int) -> Callable[[Answers], Given]:
    sizes = {code: MICRO if code in ("computers", "staff") else 1 for code in (numerator, denominator)}

    def oracle(unit: Answers) -> Given:
        part, of = unit[numerator], unit[denominator]
        if part is None or of is None:
            return Given(0, missing=True)
        if of == 0:
            return Given(maximum if when_zero == "full" else 0, left_out=when_zero == "not_applicable")
        return Given(share(part * sizes[numerator], of * sizes[denominator], maximum))

    return oracle


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
    assert given == Given(share(part, of, maximum)).rounded()


def test_three_thirds_of_a_point_are_one_micropoint_short() -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    (third,) = evaluate(formula, MICRO, [{"computers": 1, "staff": 3}])
    assert 3 * third.points == 999_999


@pytest.mark.parametrize(("part", "wanted"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_an_exact_half_of_a_micropoint_goes_to_the_even_one(part: int, wanted: int) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    assert evaluate(formula, 1, [{"computers": part, "staff": 2 * 1}])[0].points == min(1, wanted)
    assert evaluate(formula, 10, [{"computers": part, "staff": 20}])[0].points == wanted


shares = st.one_of(
    st.sampled_from([Fraction(4, 5), Fraction(1, 3), Fraction(1), Fraction(5), Fraction(1, MICRO), Fraction(MICRO)]),
    st.integers(1, 2 * MICRO).map(lambda micro: Fraction(micro, MICRO)),
)


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

    def oracle(unit: Answers) -> Given:
        given = plain_ratio(unit)
        if given.missing or not unit[denominator]:
            return given
        ratio = Fraction(unit[numerator], unit[denominator])
        return Given(share(ratio, target, maximum) if ratio >= floor else 0)

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
    assert given["full"] == Given(MICRO)
    assert given["zero"] == Given(0)
    assert given["not_applicable"] == Given(0, left_out=True)


@pytest.mark.parametrize("when_zero", WHEN_ZERO)
def test_a_missing_numerator_is_missing_even_if_the_denominator_is_zero(when_zero: str) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero=when_zero)
    asked = [{"staff": 0}, {"computers": 0}, {}, {"computers": 5}, {"staff": 5}]
    assert evaluate(formula, MICRO, asked) == 5 * [Given(0, missing=True)]


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

    def wanted(left_out: list[bool]) -> list[Given]:
        counted = [ratio(unit) for unit, out in zip(asked, left_out, strict=True) if not out]
        best = max((one for one in counted if one is not None), default=Fraction(0))

        def oracle(unit: Answers) -> Given:
            plainly = shared(numerator, denominator, when_zero, maximum)(unit)
            mine = ratio(unit)
            return plainly if mine is None else Given(share(mine, best, maximum) if best else 0)

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
        Given(MAX_MICROPOINTS),
        Given(round(Fraction(MOST - 2, MOST - 1) / best * MAX_MICROPOINTS)),
        Given(0),
    ]


def test_if_all_units_have_zero_nobody_gets_points() -> None:
    formula = RatioToBest(numerator="computers", denominator="staff", when_zero="zero")
    assert evaluate(formula, MICRO, [{"computers": 0, "staff": 4}, {"computers": 0, "staff": 9}]) == 2 * [Given(0)]


# Sums and alternatives

PARTS: list[tuple[Formula, Callable[[int], Callable[[Answers], Given]]]] = [
    (
        Ratio(numerator="computers", denominator="staff", when_zero="full"),
        lambda most: shared("computers", "staff", "full", most),
    ),
    (
        Flag(indicator="firewall"),
        lambda most: lambda unit: Given(most if unit["firewall"] else 0, unit["firewall"] is None),
    ),
    (
        Count(indicator="computers", each=1),
        lambda most: lambda unit: Given(min((unit["computers"] or 0) * MICRO, most), unit["computers"] is None),
    ),
    (line(-5 * MICRO, 5 * MICRO), lambda most: along(-5 * MICRO, 5 * MICRO, most)),
]

chosen = st.lists(
    st.tuples(st.integers(0, len(PARTS) - 1), st.integers(0, MAX_MICROPOINTS // 4)), min_size=1, max_size=4
)
answered = units(computers=counts, staff=counts, firewall=st.sampled_from([None, 0, 1]), bandwidth=signed)


def parts(picked: list[tuple[int, int]]) -> tuple[Part, ...]:
    return tuple(Part(PARTS[n][0], points(most)) for n, most in picked)


@given(chosen, answered)
def test_a_sum_adds_up_the_reported_parts(picked: list[tuple[int, int]], asked: list[Answers]) -> None:
    def oracle(unit: Answers) -> Given:
        each = [PARTS[n][1](most)(unit) for n, most in picked]
        return Given(sum(given.points for given in each), any(given.missing for given in each))

    formula = Sum(parts=parts(picked))
    whole = sum(most for _, most in picked)
    assert not list(formula.problems(points(whole), [TIER]))
    agree(formula, whole, asked, oracle)


@given(chosen, answered)
def test_best_gives_the_alternative_with_the_most_points(picked: list[tuple[int, int]], asked: list[Answers]) -> None:
    def oracle(unit: Answers) -> Given:
        each = [PARTS[n][1](most)(unit) for n, most in picked]
        return Given(max(given.points for given in each), any(given.missing for given in each))

    formula = Best(alternatives=parts(picked))
    agree(formula, max(most for _, most in picked), asked, oracle)


@given(chosen, chosen, answered)
def test_sums_and_alternatives_can_be_nested(
    one: list[tuple[int, int]], other: list[tuple[int, int]], asked: list[Answers]
) -> None:
    sums = [sum(most for _, most in picked) for picked in (one, other)]
    inner = tuple(Part(Sum(parts=parts(picked)), points(most)) for picked, most in zip((one, other), sums, strict=True))

    def oracle(unit: Answers) -> Given:
        each = [[PARTS[n][1](most)(unit) for n, most in picked] for picked in (one, other)]
        return Given(
            max(sum(given.points for given in given_by) for given_by in each),
            any(given.missing for given_by in each for given in given_by),
        )

    agree(Best(alternatives=inner), max(sums), asked, oracle)


def test_three_thirds_in_one_sum_are_a_whole() -> None:
    third = Part(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(MICRO))
    assert evaluate(Sum(parts=(third,) * 3), 3 * MICRO, [{"computers": 1, "staff": 3}]) == [Given(MICRO)]


@pytest.mark.parametrize(("parts", "wanted"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4)])
def test_halves_in_one_sum_are_added_before_they_are_rounded(parts: int, wanted: int) -> None:
    half = Part(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(1))
    assert evaluate(Sum(parts=(half,) * parts), parts, [{"computers": 1, "staff": 2}]) == [Given(wanted)]


def test_values_that_a_double_cannot_tell_from_a_half_are_rounded_exactly() -> None:
    """The first unit's ratio of the best one is 1/2 - 3e-20 of a micropoint: as a double, exactly a half."""
    part = Part(RatioToBest(numerator="computers", denominator="staff", when_zero="zero"), points(1))
    whole = Part(Flag(indicator="firewall"), points(1))
    asked = [
        {"computers": 2674216077, "staff": 6978228787, "firewall": 1},
        {"computers": 2176537315, "staff": 2839780876, "firewall": 1},
    ]
    assert evaluate(Sum(parts=(part, whole)), 2, asked) == [Given(1), Given(2)]


@given(st.lists(st.integers(1, 999), min_size=2, max_size=5))
def test_a_sum_is_rounded_exactly_at_a_half_and_next_to_it(weights: list[int]) -> None:
    """Half of an odd sum is an exact half; the shares nearest to one half leave a billionth above and below it."""
    parts = tuple(
        Part(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(weight)) for weight in weights
    )
    shares = [(1, 2), (MOST // 2, MOST - 1), (MOST // 2 - 1, MOST - 1)]
    given = evaluate(Sum(parts=parts), sum(weights), [{"computers": part, "staff": of} for part, of in shares])
    assert [one.points for one in given] == [round(Fraction(part, of) * sum(weights)) for part, of in shares]


def test_a_published_composite_index_is_reproduced() -> None:
    """Ratio x 45 + min(applications, 5), of 50."""
    formula = Sum(
        parts=(
            Part(Ratio(numerator="computers", denominator="staff", when_zero="zero"), points(45 * MICRO)),
            Part(Count(indicator="computers", each=1), points(5 * MICRO)),
        )
    )
    asked = [{"computers": 4, "staff": 9}, {"computers": 9, "staff": 9}, {"computers": 4}]
    assert evaluate(formula, 50 * MICRO, asked) == [
        Given(24 * MICRO),
        Given(50 * MICRO),
        Given(4 * MICRO, missing=True),
    ]


@pytest.mark.parametrize("kind", [Sum, Best])
def test_a_combination_compares_units_if_a_part_does(kind: type[Formula]) -> None:
    alone, compared = (
        Part(one(numerator="computers", denominator="staff", when_zero="zero"), points(MICRO))
        for one in (Ratio, RatioToBest)
    )
    assert not kind(**{str(kind.nested): (alone,)}).needs_cohort
    assert kind(**{str(kind.nested): (alone, compared)}).needs_cohort


def test_a_combination_has_the_ranges_of_all_its_parts() -> None:
    formula = Sum(
        parts=(
            Part(Ratio(numerator="bandwidth", denominator="staff", when_zero="zero"), points(MICRO)),
            Part(Awarded(indicator="bandwidth"), points(2 * MICRO)),
        )
    )
    assert formula.limits(TIER, 3 * MICRO) == {"bandwidth": (0.0, 2.0), "staff": (0.0, np.inf)}


# What more of something does


@given(maxima, st.integers(1, MOST), st.tuples(st.integers(0, MOST), st.integers(0, MOST)))
def test_a_larger_share_never_gives_fewer_points(maximum: int, whole: int, shares: tuple[int, int]) -> None:
    formula = Ratio(numerator="computers", denominator="staff", when_zero="zero")
    less, more = evaluate(formula, maximum, [{"computers": n, "staff": whole} for n in sorted(shares)])
    assert less.points <= more.points
    more, less = evaluate(formula, maximum, [{"computers": whole, "staff": n + 1} for n in sorted(shares)])
    assert less.points <= more.points


@given(maxima, ends, ends, st.tuples(st.integers(-BIG, BIG), st.integers(-BIG, BIG)))
def test_a_better_answer_on_a_line_never_gives_fewer_points(
    maximum: int, start: int, end: int, answers: tuple[int, int]
) -> None:
    assume(start != end)
    less, more = evaluate(
        line(start, end), maximum, [{"bandwidth": answer} for answer in sorted(answers, reverse=end < start)]
    )
    assert less.points <= more.points


@given(maxima, st.integers(1, MAX_MICROPOINTS), st.tuples(st.integers(0, MOST), st.integers(0, MOST)))
def test_a_larger_count_never_gives_fewer_points(maximum: int, each: int, numbers: tuple[int, int]) -> None:
    formula = Count(indicator="computers", each=decimal(each))
    less, more = evaluate(formula, maximum, [{"computers": n} for n in sorted(numbers)])
    assert less.points <= more.points


@given(stairs(st.integers(-BIG, BIG)), st.tuples(st.integers(-BIG, BIG), st.integers(-BIG, BIG)))
def test_a_better_step_never_gives_fewer_points(steps: list[tuple[str, int, int]], answers: tuple[int, int]) -> None:
    down = steps[0][0] in ("at_most", "below")
    written = [{how: decimal(edge), "points": decimal(worth)} for how, edge, worth in steps]
    formula = Steps(indicator="bandwidth", steps=written)
    less, more = evaluate(formula, steps[0][2], [{"bandwidth": answer} for answer in sorted(answers, reverse=down)])
    assert less.points <= more.points


def test_every_bundled_kind_is_tested_here() -> None:
    assert {kind.kind for kind in KINDS} == {
        *("flag", "fault", "choice", "steps", "count", "ratio", "ratio_to_best", "linear", "awarded", "sum", "best"),
        *("min_max", "percentile", "z_scores", "logarithmic"),  # in test_cohort_statistics.py
    }
