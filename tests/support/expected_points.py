"""The points that formulas should give, in exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from formula_units import MICRO, Answers, ExpectedOutcome, decimal, share
from hypothesis import strategies as st

from scorer.formulas.single_indicator import Linear


def along(start: int, end: int, maximum: int) -> Callable[[Answers], ExpectedOutcome]:
    def oracle(unit: Answers) -> ExpectedOutcome:
        if (answer := unit["bandwidth"]) is None:
            return ExpectedOutcome(0, missing=True)
        way = Fraction(answer - start, end - start)
        return ExpectedOutcome(min(max(way, Fraction(0)), Fraction(1)) * maximum)

    return oracle


def line(start: int, end: int) -> Linear:
    return Linear(**{"indicator": "bandwidth", "from": decimal(start), "to": decimal(end)})


def shared(numerator: str, denominator: str, when_zero: str, maximum: int) -> Callable[[Answers], ExpectedOutcome]:
    sizes = {code: MICRO if code in ("computers", "staff") else 1 for code in (numerator, denominator)}

    def oracle(unit: Answers) -> ExpectedOutcome:
        part, of = unit[numerator], unit[denominator]
        if part is None or of is None:
            return ExpectedOutcome(0, missing=True)
        if of == 0:
            return ExpectedOutcome(maximum if when_zero == "full" else 0, left_out=when_zero == "not_applicable")
        return ExpectedOutcome(share(part * sizes[numerator], of * sizes[denominator], maximum))

    return oracle


shares = st.one_of(
    st.sampled_from([Fraction(4, 5), Fraction(1, 3), Fraction(1), Fraction(5), Fraction(1, MICRO), Fraction(MICRO)]),
    st.integers(1, 2 * MICRO).map(lambda micro: Fraction(micro, MICRO)),
)
