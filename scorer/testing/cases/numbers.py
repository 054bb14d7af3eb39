"""The numbers that a case expects: exact, or rounded to as many decimals as the case states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from scorer.model.fixed_point import half_up
from scorer.model.suggestions import without_quotes

_ROUNDED = re.compile(r"~ ?(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)")
_PERCENT = re.compile(r"(~? ?-?[0-9]{1,12}(?:\.[0-9]{1,6})?) ?%")


@dataclass(frozen=True)
class Expected:
    """An expected number.

    Args:
        amount: the number, in points or percent.
        decimals: decimals to which the result is rounded, half up, before the comparison; None: compare exactly.
    """

    amount: Decimal
    decimals: int | None = None

    @classmethod
    def parse(cls, value: object) -> Expected:
        """The number given by ``40.6`` (exactly 40.6) or ``~74.56`` (74.56 after rounding to two decimals).

        Raises:
            ValueError: the value is neither; the message says what is expected.
        """
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return cls(Decimal(value))
        if isinstance(value, str) and (match := _ROUNDED.fullmatch(value)):
            return cls(Decimal(match[1]), len(match[1].partition(".")[2]))
        raise ValueError(f"expected a number such as 40.6, or ~40.6 for a rounded one, not {without_quotes(value)}")

    @classmethod
    def percent(cls, value: object) -> Expected:
        """As ``parse``, but a percent sign may follow the number.

        Raises:
            ValueError: as in ``parse``.
        """
        if not isinstance(value, str) or not (match := _PERCENT.fullmatch(value)):
            return cls.parse(value)
        return cls.parse(match[1] if match[1].startswith("~") else Decimal(match[1]))

    def holds(self, actual: Decimal) -> bool:
        """Whether a result equals this number, after rounding if ``decimals`` is set."""
        if self.decimals is None:
            return actual == self.amount
        return half_up(actual, self.decimals) == self.amount

    def __str__(self) -> str:
        return shortest(self.amount) if self.decimals is None else f"~{self.amount:f}"


def exact(number: float) -> Decimal:
    """The decimal number that a double in a reply stands for: the shortest one that rounds to this double."""
    return Decimal(repr(float(number)))


def shortest(number: Decimal) -> str:
    """The number as text, without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
