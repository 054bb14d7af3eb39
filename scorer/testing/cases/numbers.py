"""Numbers as a case expects them: exact, or rounded to the decimals that are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from scorer.model.suggestions import short_repr

_ROUNDED = re.compile(r"~ ?(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)")
_PERCENT = re.compile(r"(~? ?-?[0-9]{1,12}(?:\.[0-9]{1,6})?) ?%")


@dataclass(frozen=True)
class Expected:
    """A number that a result must have.

    Args:
        amount: points, or percent.
        decimals: decimals to which the result is rounded, half up, before it is compared; None compares exactly.
    """

    amount: Decimal
    decimals: int | None = None

    @classmethod
    def parse(cls, value: object) -> Expected:
        """From ``40.6``, which is 40.6 and nothing else, or ``~74.56``, which is 74.56 when rounded to two decimals.

        Raises:
            ValueError: anything else, with what was expected.
        """
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return cls(Decimal(value))
        if isinstance(value, str) and (match := _ROUNDED.fullmatch(value)):
            return cls(Decimal(match[1]), len(match[1].partition(".")[2]))
        raise ValueError(f"expected a number such as 40.6, or ~40.6 for a rounded one, not {short_repr(value)}")

    @classmethod
    def percent(cls, value: object) -> Expected:
        """The same, with a percent sign or without.

        Raises:
            ValueError: as ``parse``.
        """
        if not isinstance(value, str) or not (match := _PERCENT.fullmatch(value)):
            return cls.parse(value)
        return cls.parse(match[1] if match[1].startswith("~") else Decimal(match[1]))

    def holds(self, actual: Decimal) -> bool:
        """Whether a result is this number."""
        if self.decimals is None:
            return actual == self.amount
        return actual.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP) == self.amount

    def __str__(self) -> str:
        return shortest(self.amount) if self.decimals is None else f"~{self.amount:f}"


def exact(number: float) -> Decimal:
    """A number of the service, which is the double nearest to its decimal."""
    return Decimal(repr(float(number)))


def shortest(number: Decimal) -> str:
    """The shortest text."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
