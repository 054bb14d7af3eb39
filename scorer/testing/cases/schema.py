"""The schema of a document with cases: the keys of each part, and the values that each key allows.

As in criteria sets, each part is validated separately, so that one mistake does not hide another.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictBool, StrictInt, StrictStr, model_validator

from scorer.criteria import condition_schema
from scorer.criteria.model import Provenance
from scorer.criteria.schema import StrictModel
from scorer.criteria.schema_values import SetCode, Texts
from scorer.model.fixed_point import to_micro
from scorer.model.suggestions import short_repr, without_quotes
from scorer.testing.cases.numbers import Expected

NONE = "none"
"""The value that stands for no level or no rank."""


def _answer(value: object) -> bool | int | float | str | datetime.date:
    if isinstance(value, Decimal):
        to_micro(value)  # a double with six decimals could stand for a longer number
        return float(value)
    if isinstance(value, bool | int | str | datetime.date) and value != "":
        return value
    if value is None or value == "":
        raise ValueError("has no value; leave out what is not reported")
    raise ValueError(f"expected a number, true or false, an option or a day, not {short_repr(value)}")


def _level_or_rank(value: object) -> int:
    if value == NONE:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"expected a whole number from 1, or {NONE}, not {without_quotes(value)}")
    return value


Text = Annotated[StrictStr, Field(min_length=1)]
Answer = Annotated[Any, PlainValidator(_answer)]
Number = Annotated[Expected, PlainValidator(Expected.parse)]
Percent = Annotated[Expected, PlainValidator(Expected.percent)]
LevelOrRank = Annotated[int, PlainValidator(_level_or_rank)]


class Head(StrictModel):
    """The document itself; its cases are validated separately."""

    criteria_set: SetCode
    provenance: Provenance
    notes: Texts = Field(default={})
    cases: list[Any] = Field(min_length=1)


class Cause(condition_schema.Gate):
    """A gate that a unit fails: on a measure with its bound, an indicator, or a category; and the unit's value."""

    measure: StrictStr = ""
    indicator: StrictStr = ""
    category: StrictStr = ""
    level: StrictInt | None = None
    limit: StrictInt | None = None
    value: Percent | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Cause:
        bounds = sum(getattr(self, bound) is not None for bound in condition_schema.BOUNDS)
        if bool(self.measure) + bool(self.indicator) + bool(self.category) != 1:
            raise ValueError("a cause needs exactly one of measure, indicator and category")
        if bounds != (1 if self.measure else 0):
            raise ValueError(
                "a cause needs exactly one of at_least, above, at_most and below if it has a measure, else none"
            )
        return self


Standing = Literal["ranked", "below_minimum", "nothing_applicable", "excluded"]


class Expect(StrictModel):
    """The expected result of one unit, by category, group, criterion, measure of a gate, or ``overall``."""

    points: dict[Text, Number] = Field(default={}, min_length=1)
    percent: dict[Text, Percent] = Field(default={}, min_length=1)
    converted: dict[Text, Number] = Field(default={}, min_length=1)
    """Converted scores, exact."""
    published: dict[Text, Number] = Field(default={}, min_length=1)
    """Published scores: converted scores at the set's published precision."""
    level: dict[Text, LevelOrRank] = Field(default={}, min_length=1)
    standing: dict[Text, Standing] = Field(default={}, min_length=1)
    causes: dict[Text, list[Any]] = Field(default={}, min_length=1)
    """All gates that keep the unit from its next level, by category; validated separately."""
    missing: list[Text] | None = None
    """All criteria that are missing."""
    not_applicable: list[Text] | None = None
    """All criteria that do not apply."""
    self_reported: dict[Text, Number] = Field(default={}, min_length=1)
    """Points from the answers that the unit reported itself."""
    subtotals: dict[Text, Number] = Field(default={}, min_length=1)
    """Points by subtotal."""
    commended: StrictBool | None = None
    """Whether the unit is commended. A unit that is scored alone is never commended."""

    @model_validator(mode="after")
    def _is_not_empty(self) -> Expect:
        if not self.model_fields_set:
            raise ValueError("nothing is expected")
        return self


class Unit(StrictModel):
    """A unit of a case that ranks; its expectations are validated separately."""

    id: Text
    tier: Text
    parent: Text = ""
    answers: dict[Text, Answer] = Field(default={})
    not_applicable: list[Text] = Field(default=[])
    expect: Any = None


class ScoreCase(StrictModel):
    """A case that scores one unit; its expectations are validated separately."""

    name: Text
    provenance: Provenance | None = None
    notes: Texts = Field(default={})
    tier: Text
    answers: dict[Text, Answer] = Field(default={})
    not_applicable: list[Text] = Field(default=[])
    expect: Any


class Ranks(StrictModel):
    """The expected ranks, by category (or ``overall``) and unit."""

    rank: dict[Text, Annotated[dict[Text, LevelOrRank], Field(min_length=1)]] = Field(min_length=1)


class RankCase(StrictModel):
    """A case that ranks units; the units are validated separately."""

    name: Text
    provenance: Provenance | None = None
    notes: Texts = Field(default={})
    units: list[Any] = Field(min_length=2)
    expect: Ranks
