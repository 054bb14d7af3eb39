"""The values that keys of a criteria set document allow: codes, titles, days, amounts by tier, keys of rankings."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StrictStr

from scorer.model.fixed_point import TierError
from scorer.model.indicators import INDICATOR_CODE, Source
from scorer.model.periods import check_day
from scorer.model.suggestions import did_you_mean, in_quotes, short_repr, without_quotes

CODE = r"[a-z][a-z0-9_]{0,63}"
"""Codes of tiers, categories and groups."""

Value = TypeVar("Value")


def _matching(pattern: str, example: str) -> PlainValidator:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            if hint := in_quotes(value, compiled):
                raise ValueError(hint)
            raise ValueError(f"{short_repr(value)} is not a code such as {example!r} ({pattern})")
        return value

    return PlainValidator(check, json_schema_input_type=Annotated[str, Field(pattern=f"^{pattern}$")])


SetCode = Annotated[str, _matching(r"[a-z][a-z0-9_-]{0,63}", "hue-2020")]
Series = Annotated[str, _matching(r"[a-z][a-z0-9_-]{0,63}", "hue")]
Code = Annotated[str, _matching(CODE, "human_resources")]
CriterionId = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "INF.01")]
IndicatorCode = Annotated[str, _matching(INDICATOR_CODE, "computers")]


def _is_a_language(tag: str) -> str:
    """Refuses the code of the country: texts under it would never be shown."""
    if tag.split("-")[0] == "vn":
        raise ValueError(f"{tag!r} is not a language; the code of Vietnamese is 'vi'")
    return tag


Language = Annotated[str, _matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "vi"), AfterValidator(_is_a_language)]
NO_LANGUAGE = "und"
"""The language of a text for all languages (BCP 47: undetermined)."""

Texts = dict[Language, Annotated[StrictStr, Field(min_length=1)]]
Titles = dict[Language, Annotated[StrictStr, Field(min_length=1, max_length=500)]]
"""The length of titles is limited, because lists and tables show them."""


def _in_no_language(value: object) -> object:
    """A text becomes a mapping of ``NO_LANGUAGE`` to the text; other values stay as they are."""
    if isinstance(value, str):
        return {NO_LANGUAGE: value} if value else {}
    if not isinstance(value, Mapping):
        raise ValueError(f"expected text, or texts by language, not {short_repr(value)}")
    return value


UnitTitles = Annotated[
    dict[Language, Annotated[StrictStr, Field(min_length=1, max_length=100)]],
    BeforeValidator(_in_no_language, json_schema_input_type=str | Titles),
]
"""A unit of measurement: a text, or texts by language."""


def _day(value: object) -> datetime.date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"write the day without quotes: {value}")
    if not isinstance(value, datetime.date):
        raise ValueError(f"expected a day such as 2020-06-30, not {short_repr(value)}")
    check_day(value)
    return value


Day = Annotated[datetime.date, PlainValidator(_day, json_schema_input_type=datetime.date)]


def _by_tier(check: Callable[[object], Value], written: Any) -> PlainValidator:
    """Accepts one value for all tiers, or a mapping of tiers to values; ``check`` validates each value.

    ``written`` is the type that documents write, for the JSON schema.
    """

    def read(value: object) -> Value | dict[str, Value]:
        if isinstance(value, Mapping) and value:
            return {str(tier): TierError.parsing(str(tier), check, item) for tier, item in value.items()}
        return check(value)

    return PlainValidator(read, json_schema_input_type=written | dict[str, written])


MAX_COMMENDED = 1_000_000
"""Largest number of units that ``commended`` can name. No call has more units."""


def _best(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COMMENDED:
        raise ValueError(
            f"expected a whole number from 1 to {MAX_COMMENDED}, or one per tier, not {without_quotes(value)}"
        )
    return value


Best = Annotated[int | dict[str, int], _by_tier(_best, Annotated[int, Field(ge=1, le=MAX_COMMENDED)])]


def _within_parent(value: object) -> bool:
    if value not in ("tier", "parent"):
        raise ValueError(
            f"expected 'tier' or 'parent', not {short_repr(value)}{did_you_mean(str(value), ('tier', 'parent'))}"
        )
    return value == "parent"


WithinParent = Annotated[bool | dict[str, bool], _by_tier(_within_parent, Literal["tier", "parent"])]


def _floor(value: object) -> bool:
    if value != "none" and (value != 0 or isinstance(value, bool)):
        raise ValueError(f"expected 0 or 'none', not {short_repr(value)}")
    return value != "none"


Floor = Annotated[bool, PlainValidator(_floor, json_schema_input_type=Literal[0, "none"])]


def _sources(value: object) -> tuple[Source, ...]:
    names = [source.value for source in Source]
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected a list of sources such as [self_reported, verified], not {short_repr(value)}")
    for name in value:
        if name not in names:
            hint = did_you_mean(str(name), names) or f"; there are {', '.join(names)}"
            raise ValueError(f"unknown source {short_repr(name)}{hint}")
    if len(set(value)) < len(value):
        raise ValueError("names a source twice")
    if Source.SELF_REPORTED in value[1:]:
        raise ValueError("self_reported comes first: the last source that has an answer counts")
    return tuple(map(Source, value))


Sources = Annotated[tuple[Source, ...], PlainValidator(_sources)]
"""Sources of answers; the last one that has an answer counts."""


class RankKey(NamedTuple):
    """One key of a ranking."""

    kind: Literal["overall", "total", "level", "measure"]
    name: str = ""
    """The measure; of a level, its category. Empty for the score of the category itself, or the overall one."""

    @classmethod
    def parse(cls, value: object) -> RankKey:
        """A key such as ``overall``, ``level``, ``{measure: transaction}`` or ``{level: readiness}``."""
        if isinstance(value, RankKey):
            return value
        if value in ("overall", "total", "level"):
            return cls(value)
        if isinstance(value, Mapping) and len(value) == 1:
            [(kind, name)] = value.items()
            if kind in ("measure", "level") and isinstance(name, str) and name:
                return cls(kind, name)
        examples = "'overall', 'total', 'level', {measure: a_group} or {level: a_category}"
        raise ValueError(f"expected {examples}, not {short_repr(value)}")


_RankKeyInput = Literal["overall", "total", "level"] | dict[Literal["measure", "level"], str]
_RankKey = Annotated[RankKey, PlainValidator(RankKey.parse, json_schema_input_type=_RankKeyInput)]
RankKeys = Annotated[list[_RankKey], Field(min_length=1)]
