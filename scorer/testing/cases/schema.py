"""The shape of a document of cases: which keys there are and what each may hold.

Like criteria sets, it is read part by part, so that one mistake hides no other.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictBool, StrictInt, StrictStr, model_validator

from scorer.criteria import schema
from scorer.criteria.model import Provenance
from scorer.criteria.schema import StrictModel, Texts
from scorer.model.fixed_point import to_micro
from scorer.model.suggestions import short_repr
from scorer.testing.cases.numbers import Expected

NONE = "none"
"""Instead of a level or a rank: the unit has none."""


def _answer(value: object) -> bool | int | float | str | datetime.date:
    if isinstance(value, Decimal):
        to_micro(value)  # a double may hide that there are more decimals
        return float(value)
    if isinstance(value, bool | int | str | datetime.date) and value != "":
        return value
    if value is None or value == "":
        raise ValueError("has no value; leave out what is not reported")
    raise ValueError(f"expected a number, true or false, an option or a day, not {short_repr(value)}")


def _place(value: object) -> int:
    if value == NONE:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"expected a whole number from 1, or {NONE}, not {short_repr(value)}")
    return value


Text = Annotated[StrictStr, Field(min_length=1)]
Answer = Annotated[Any, PlainValidator(_answer)]
Number = Annotated[Expected, PlainValidator(Expected.parse)]
Percent = Annotated[Expected, PlainValidator(Expected.percent)]
Place = Annotated[int, PlainValidator(_place)]


class Head(StrictModel):
    """The document itself, its cases still unread."""

    criteria_set: schema.SetCode
    provenance: Provenance
    notes: Texts = Field(default={})
    cases: list[Any] = Field(min_length=1)


class Cause(schema.Gate):
    """A gate that a unit fails, in the words of the set, and the value that the unit has instead."""

    level: StrictInt | None = None
    value: Percent | None = None


class Expect(StrictModel):
    """What has to come out for one unit; by category, group, criterion, measure of a gate, or ``overall``."""

    points: dict[Text, Number] = Field(default={}, min_length=1)
    percent: dict[Text, Percent] = Field(default={}, min_length=1)
    converted: dict[Text, Number] = Field(default={}, min_length=1)
    """Converted scores, exact."""
    published: dict[Text, Number] = Field(default={}, min_length=1)
    """Converted scores in the set's published precision."""
    level: dict[Text, Place] = Field(default={}, min_length=1)
    standing: dict[Text, Literal["ranked", "below_minimum", "nothing_applicable"]] = Field(default={}, min_length=1)
    causes: dict[Text, list[Any]] = Field(default={}, min_length=1)
    """All that keep the unit from its next level, by category, still unread."""
    missing: list[Text] | None = None
    """All criteria whose answers are missing."""
    not_applicable: list[Text] | None = None
    """All criteria that are left out."""
    commended: StrictBool | None = None
    """Whether the unit is commended; one that is scored alone never is."""

    @model_validator(mode="after")
    def _something(self) -> Expect:
        if not self.model_fields_set:
            raise ValueError("nothing is expected")
        return self


class Unit(StrictModel):
    """One of the units of a case that ranks, its expectations still unread."""

    id: Text
    tier: Text
    parent: Text = ""
    answers: dict[Text, Answer] = Field(default={})
    not_applicable: list[Text] = Field(default=[])
    expect: Any = None


class Alone(StrictModel):
    """A case that scores one unit, its expectations still unread."""

    name: Text
    provenance: Provenance | None = None
    notes: Texts = Field(default={})
    tier: Text
    answers: dict[Text, Answer] = Field(default={})
    not_applicable: list[Text] = Field(default=[])
    expect: Any


class Ranks(StrictModel):
    """What has to come out for several units: ranks by category (or ``overall``) and unit."""

    rank: dict[Text, dict[Text, Place]] = Field(min_length=1)


class Together(StrictModel):
    """A case that ranks units, which are still unread."""

    name: Text
    provenance: Provenance | None = None
    notes: Texts = Field(default={})
    units: list[Any] = Field(min_length=2)
    expect: Ranks
