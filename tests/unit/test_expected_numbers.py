"""Expected numbers of cases: exact, or rounded as they are written."""

from __future__ import annotations

from decimal import ROUND_UP, Context, localcontext

import pytest

from scorer.criteria.yaml_parser import parse
from scorer.model.fixed_point import plain
from scorer.testing.cases.numbers import Expected, exact
from scorer_client.sentences import rounded, shown


@pytest.mark.parametrize(
    ("text", "actual", "holds"),
    [
        ("12.5", 12.5, True),
        ("12.50", 12.5, True),
        ("12.5", 12.500001, False),
        ("~12.5", 12.549, True),
        ("~12.5", 12.55, False),
        ("~12.50", 12.505, False),
        ("~0", 0.4, True),
        ("-1.5", -1.5, True),
    ],
)
def test_expected_numbers_are_exact_or_rounded_as_written(text: str, actual: float, holds: bool) -> None:
    number = parse(text, "").data
    assert Expected.parse(number).holds(exact(actual)) is holds
    assert Expected.percent(f"{text} %").holds(exact(actual)) is holds


def test_a_decimal_context_that_was_changed_does_not_change_numbers() -> None:
    with localcontext(Context(prec=3, rounding=ROUND_UP, traps=[])):
        assert Expected.parse("~1234.56").holds(exact(1234.555))
        assert (plain(1_234_567_891), plain(1_234_567_891, 2), plain(-1, 2)) == ("1234.567891", "1234.57", "0.00")
        assert (rounded(1234.561, 2), shown(1234.561, 9)) == ("1234.56", "1234.56")
