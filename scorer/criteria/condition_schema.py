"""The schema of conditions: gates, and ways to combine them. Conditions in a combination are validated separately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainValidator, StrictInt, StrictStr, model_validator

from scorer.criteria.schema import StrictModel
from scorer.formulas.base import PercentInput, PointsInput
from scorer.model.fixed_point import PointsByTier, TierError, parse_percent
from scorer.model.suggestions import short_repr, without_quotes

BOUNDS = ("at_least", "above", "at_most", "below")
"""The keys of a gate's bound."""
NO_MINIMUM = "none"
"""Stands for the minimum of a tier in which a gate does not exist."""


class Minimum(BaseModel):
    """A gate's minimum: parts per million for percent, micropoints for points."""

    unit: Literal["percent", "points"]
    amount: Annotated[PointsByTier, PlainValidator(lambda value: value)]
    not_in: tuple[str, ...] = ()
    """Tiers without this gate."""

    @classmethod
    def parse(cls, value: object) -> Minimum:
        """The minimum given by ``90%``, a number of points, or a mapping of tiers to one of the two.

        Raises:
            ValueError: the value is none of these; the message says what is expected.
        """
        if isinstance(value, Mapping):
            not_in = tuple(str(tier) for tier, item in value.items() if item == NO_MINIMUM)
            minimums = {
                str(tier): TierError.parsing(str(tier), cls.parse, item)
                for tier, item in value.items()
                if str(tier) not in not_in
            }
            if not_in and not minimums:
                raise ValueError("no tier has a minimum, so the gate would have no effect: leave it out")
            units = {item.unit for item in minimums.values()}
            amounts = [(tier, item.amount.everywhere) for tier, item in minimums.items()]
            if len(units) != 1 or any(amount is None for _, amount in amounts):
                raise ValueError("expected one minimum by tier, all in percent or all in points")
            by_tier = tuple((tier, amount) for tier, amount in amounts if amount is not None)
            return cls(unit=units.pop(), amount=PointsByTier(None, by_tier), not_in=not_in)
        if isinstance(value, str):
            try:
                return cls(unit="percent", amount=PointsByTier(parse_percent(value)))
            except ValueError:
                expected = "a percentage with at most four decimals or a number of points"
                raise ValueError(f"expected {expected}, not {without_quotes(value)}") from None
        return cls(unit="points", amount=PointsByTier.parse(value))


_MinimumInput = PercentInput | PointsInput
MinimumValue = Annotated[
    Minimum, PlainValidator(Minimum.parse, json_schema_input_type=_MinimumInput | dict[str, _MinimumInput])
]


def _options(value: object) -> tuple[str, ...]:
    """The options of a gate, from a single option or a list. The options of a flag are ``true`` and ``false``."""
    items = value if isinstance(value, list) and value else [value]
    for item in items:
        if not isinstance(item, str | bool):
            raise ValueError(f"expected true, false, an option or a list of options, not {short_repr(item)}")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


class Gate(StrictModel):
    """A gate on a measure: a measure and exactly one bound."""

    measure: StrictStr
    at_least: MinimumValue | None = None
    above: MinimumValue | None = None
    at_most: MinimumValue | None = None
    below: MinimumValue | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Gate:
        if sum(getattr(self, bound) is not None for bound in BOUNDS) != 1:
            raise ValueError("a gate needs exactly one of at_least, above, at_most and below")
        return self

    @property
    def bound(self) -> str:
        """The key of the bound that is given."""
        return next(bound for bound in BOUNDS if getattr(self, bound) is not None)

    @property
    def minimum(self) -> Minimum:
        """The bound that is given."""
        minimum: Minimum = getattr(self, self.bound)
        return minimum

    @property
    def strict(self) -> bool:
        """Whether a measure that equals the bound fails."""
        return self.bound in ("above", "below")

    @property
    def upper(self) -> bool:
        """Whether the measure must not be above the bound."""
        return self.bound in ("at_most", "below")


class AnswerGate(StrictModel):
    """A gate on the answer to a flag or a choice."""

    indicator: StrictStr
    options: Annotated[tuple[str, ...], PlainValidator(_options)] = Field(alias="is")


class LevelGate(StrictModel):
    """A gate on the level reached in another category."""

    category: StrictStr
    level: StrictInt = Field(ge=1, le=99)


class AllOf(StrictModel):
    """Conditions that must all hold. Each is validated separately."""

    all: list[Any] = Field(min_length=1)


class AnyOf(StrictModel):
    """Conditions of which one must hold. Each is validated separately."""

    any: list[Any] = Field(min_length=1)


class SomeOf(StrictModel):
    """Conditions of which ``at_least`` must hold. Each is validated separately."""

    at_least: StrictInt = Field(ge=1)
    of: list[Any] = Field(min_length=1)

    @model_validator(mode="after")
    def _possible(self) -> SomeOf:
        if self.at_least > len(self.of):
            known = "is only 1 condition" if len(self.of) == 1 else f"are only {len(self.of)} conditions"
            raise ValueError(f"at_least: {self.at_least} can never hold, because there {known}")
        return self


class Not(StrictModel):
    """The negation of a condition, which is validated separately."""

    negated: Any = Field(alias="not")
