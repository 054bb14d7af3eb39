"""Formulas of one indicator give the points of exact fractions; what all formulas have in common."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable

import generated_formulas
from expected_points import along, line
from formula_units import (
    BIG,
    MICRO,
    MOST,
    TIER,
    Answers,
    ExpectedOutcome,
    agree,
    counts,
    decimal,
    evaluate,
    given,
    maxima,
    points,
    signed,
    units,
)
from hypothesis import assume, example
from hypothesis import strategies as st

from scorer.formulas import KINDS, Ratio
from scorer.formulas.single_indicator import Awarded, Choice, Count, Fault, Flag, Linear, Steps
from scorer.model.fixed_point import MAX_MICROPOINTS
from scorer.model.indicators import IndicatorKind
from scorer.model.periods import FIRST_DAY, LAST_DAY


@given(maxima, units(firewall=st.sampled_from([None, 0, 1])))
def test_a_flag_gives_all_or_nothing(maximum: int, asked: list[Answers]) -> None:
    wanted = {None: ExpectedOutcome(0, missing=True), 0: ExpectedOutcome(0), 1: ExpectedOutcome(maximum)}
    agree(Flag(indicator="firewall"), maximum, asked, lambda unit: wanted[unit["firewall"]])


@given(maxima, units(firewall=st.sampled_from([None, 0, 1]), computers=counts))
def test_one_fault_leaves_no_points(maximum: int, asked: list[Answers]) -> None:
    for code in ("firewall", "computers"):

        def oracle(unit: Answers, code: str = code) -> ExpectedOutcome:
            return (
                ExpectedOutcome(0, missing=True)
                if unit[code] is None
                else ExpectedOutcome(0 if unit[code] else maximum)
            )

        agree(Fault(indicator=code), maximum, asked, oracle)


@given(st.lists(st.integers(0, MAX_MICROPOINTS), min_size=3, max_size=3), units(chair=st.sampled_from([None, 0, 1, 2])))
def test_a_choice_gives_the_points_of_its_option_whatever_their_order(worth: list[int], asked: list[Answers]) -> None:
    names = ("chairman", "deputy", "none")

    def oracle(unit: Answers) -> ExpectedOutcome:
        return ExpectedOutcome(0, missing=True) if unit["chair"] is None else ExpectedOutcome(worth[unit["chair"]])

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


def first_that_holds(steps: list[tuple[str, int, int]], code: str) -> Callable[[Answers], ExpectedOutcome]:
    def oracle(unit: Answers) -> ExpectedOutcome:
        answer = unit[code]
        if answer is None:
            return ExpectedOutcome(0, missing=True)
        return ExpectedOutcome(next((worth for how, edge, worth in steps if EDGES[how](answer, edge)), 0))

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
def test_steps_can_compare_days(steps: list[tuple[str, int, int]], data: st.DataObject) -> None:
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
    def oracle(unit: Answers) -> ExpectedOutcome:
        number = unit["computers"]
        return ExpectedOutcome(0, missing=True) if number is None else ExpectedOutcome(min(number * each, maximum))

    agree(Count(indicator="computers", each=decimal(each)), maximum, asked, oracle)


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

    def oracle(unit: Answers) -> ExpectedOutcome:
        if (answer := unit["bandwidth"]) is None:
            return ExpectedOutcome(0, missing=True)
        if (answer - floor) * sign < 0:
            return ExpectedOutcome(0)
        if (answer - target) * sign >= 0:
            return ExpectedOutcome(maximum)
        return along(start, end, maximum)(unit)

    beside = [edge + one for edge in (floor, target) for one in (-1, 0, 1) if abs(edge + one) <= BIG]
    agree(formula, maximum, [*asked, *({"bandwidth": answer} for answer in beside)], oracle)


def halves(length: int, maximum: int, above: int) -> list[int]:
    """Distances on a line that are worth just more than half a micropoint beyond a whole one."""
    wholes = range(maximum * above // length, maximum * above // length + 2_000)
    return [way for n in wholes if (way := ((2 * n + 1) * length) // (2 * maximum) + 1) <= length]


def test_a_linear_scale_is_exact_for_all_numbers() -> None:
    """The distance from the smallest to the largest number is too large for a double to be exact."""
    maximum = MAX_MICROPOINTS
    ways = halves(2 * BIG, maximum, above=3 * BIG // 2)
    asked = [{"bandwidth": way - BIG} for way in ways]
    assert len(asked) > 1_000
    oracle = along(-BIG, BIG, maximum)
    assert evaluate(line(-BIG, BIG), maximum, asked) == [oracle(unit).rounded() for unit in asked]


@given(maxima, st.data())
def test_awarded_points_are_not_changed(maximum: int, data: st.DataObject) -> None:
    asked = data.draw(units(bandwidth=st.one_of(st.none(), st.integers(0, maximum))))

    def oracle(unit: Answers) -> ExpectedOutcome:
        return ExpectedOutcome(0, missing=True) if unit["bandwidth"] is None else ExpectedOutcome(unit["bandwidth"])

    agree(Awarded(indicator="bandwidth"), maximum, asked, oracle)


@given(st.integers(0, MAX_MICROPOINTS // MICRO), st.data())
def test_awarded_points_may_be_a_count(maximum: int, data: st.DataObject) -> None:
    asked = data.draw(units(computers=st.one_of(st.none(), st.integers(0, maximum))))

    def oracle(unit: Answers) -> ExpectedOutcome:
        return (
            ExpectedOutcome(0, missing=True)
            if unit["computers"] is None
            else ExpectedOutcome(unit["computers"] * MICRO)
        )

    agree(Awarded(indicator="computers"), maximum * MICRO, asked, oracle)


@given(maxima)
def test_awarded_points_are_between_0_and_the_maximum(maximum: int) -> None:
    low, high = Awarded(indicator="bandwidth").limits(TIER, maximum)["bandwidth"]
    assert low == 0
    assert round(high * MICRO) == maximum


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


def test_generated_sets_use_every_kind() -> None:
    assert set(generated_formulas.KINDS) == {kind.kind for kind in KINDS}
