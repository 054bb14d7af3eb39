"""Indicators: what units report, with kinds and ranges."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from scorer.model.periods import FIRST_DAY, LAST_DAY
from scorer.model.suggestions import did_you_mean

EPOCH = datetime.date(1970, 1, 1)

MAX_ANSWER = 8_000_000_000
"""The largest answer. Below 2^33, different numbers of six decimals are different doubles. Larger numbers have to be
reported in thousands."""

INDICATOR_CODE = r"[A-Za-z][A-Za-z0-9_]{0,79}"
"""The pattern of an indicator's code."""

COLUMNS_OF_UNITS = ("id", "name", "tier", "parent", "not_applicable")
"""Columns of tables and files that describe a unit. Every other column belongs to an indicator."""


PREVIOUS = "previous."
"""Prefix of the code of last period's answer: ``previous.computers``. Formulas name it, and callers send it."""

_PREVIOUS_TITLES = {"vi": "kỳ trước", "en": "previous period"}


class Source(StrEnum):
    """Where an answer comes from."""

    SELF_REPORTED = "self_reported"
    """What the unit itself reported."""
    VERIFIED = "verified"
    """What a verifier accepted."""
    SURVEYED = "surveyed"
    """The result of a survey, for example among citizens."""

    @property
    def titles(self) -> Mapping[str, str]:
        """Titles by language."""
        return _SOURCE_TITLES[self]


_SOURCE_TITLES: Mapping[Source, Mapping[str, str]] = {
    Source.SELF_REPORTED: {"vi": "tự đánh giá", "en": "self-reported"},
    Source.VERIFIED: {"vi": "thẩm định", "en": "verified"},
    Source.SURVEYED: {"vi": "điều tra xã hội học", "en": "surveyed"},
}


class IndicatorKind(StrEnum):
    """The kind of an indicator's answers, and the number that stands for an answer in a cohort."""

    COUNT = "count"
    """A whole number of at least 0."""
    NUMBER = "number"
    """A number with at most six decimals."""
    FLAG = "flag"
    """Yes or no, as 1 or 0."""
    CHOICE = "choice"
    """One of the options, as its index from 0."""
    DATE = "date"
    """A day, as the number of days since 1970-01-01."""


@dataclass(frozen=True)
class Indicator:
    """One number, flag, choice or date that a unit reports.

    Raises:
        ValueError: the code or kind is not valid, a choice has no options, another kind has options, two options have
            the same name, a title belongs to no option, ``minimum`` and ``maximum`` allow no answer or are not numbers,
            or ``better`` is not valid.
    """

    code: str
    kind: IndicatorKind | str
    unit: str = ""
    """Unit of measurement, for people, such as "machines". ``unit_titles`` has it in other languages."""
    title: Mapping[str, str] = field(default_factory=dict)
    """Titles by language (BCP 47 tag)."""
    options: tuple[str, ...] = ()
    """Codes of a choice's options. ``option_titles`` says what people call them."""
    minimum: float | None = None
    """The smallest allowed answer (inclusive); None: as the kind allows."""
    maximum: float | None = None
    """The largest allowed answer (inclusive); None: as the kind allows."""
    better: Literal["", "more", "less"] = ""
    """Which answers are better, all else equal. "more": a larger answer (yes, or a later day) never gives fewer points
    in any criterion that reads the indicator. "less": a smaller answer never does. ``scorer.testing`` checks this."""
    meaning: Mapping[str, str] = field(default_factory=dict)
    """What exactly is reported, by language, for people who fill in the form."""
    unit_titles: Mapping[str, str] = field(default_factory=dict)
    """The unit of measurement, by language."""
    option_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The titles of each option, by language. Options without a title are called by their code."""

    def __post_init__(self) -> None:
        kinds = [kind.value for kind in IndicatorKind]
        if self.kind not in kinds:
            hint = did_you_mean(str(self.kind), kinds) or f"; there are {', '.join(kinds)}"
            raise ValueError(f"indicator {self.code}: unknown kind {self.kind!r}{hint}")
        object.__setattr__(self, "kind", IndicatorKind(self.kind))
        if not re.fullmatch(INDICATOR_CODE, self.code):
            raise ValueError(f"indicator code {self.code!r} is not letters, digits and '_', at most 80")
        if self.code in COLUMNS_OF_UNITS:
            raise ValueError(f"indicator code {self.code!r} is the name of a column of units: choose another one")
        if (self.kind is IndicatorKind.CHOICE) != bool(self.options) or len(set(self.options)) != len(self.options):
            raise ValueError(f"indicator {self.code}: a choice needs options, each listed once; other kinds have none")
        if "" in self.options:
            raise ValueError(f"indicator {self.code}: an option needs a code")
        if unknown := [option for option in self.option_titles if option not in self.options]:
            hint = did_you_mean(unknown[0], self.options)
            raise ValueError(f"indicator {self.code}: a title for {unknown[0]!r}, which is not an option{hint}")
        self._check_option_names()
        self._check_range()
        if self.better not in ("", "more", "less") or (self.better and self.kind is IndicatorKind.CHOICE):
            raise ValueError(f"indicator {self.code}: better must be 'more' or 'less'; a choice must not have it")

    def _check_range(self) -> None:
        """Refuses bounds that are not numbers, or that allow no answer."""
        for name, bound in (("minimum", self.minimum), ("maximum", self.maximum)):
            if bound is not None and not (isinstance(bound, int | float) and math.isfinite(bound)):
                day = "; a day is the number of days since 1970-01-01" if isinstance(bound, datetime.date) else ""
                raise ValueError(f"indicator {self.code}: {name} must be a number, not {bound!r}{day}")
        low, high = self.range()
        if low > high:
            raise ValueError(
                f"indicator {self.code}: no answer is possible: from {self.show(low)} to {self.show(high)}"
            )

    def _check_option_names(self) -> None:
        """Refuses names of options that forms could not tell apart.

        In a form, people may write the code of an option or any of its titles, in small letters or capitals.
        """
        owners: dict[str, str] = {}
        for option in self.options:
            for name in (option, *self.option_titles.get(option, {}).values()):
                if name != option and name != " ".join(unicodedata.normalize("NFC", name).split()):
                    raise ValueError(
                        f"indicator {self.code}: option {option!r} is called {name!r}, which no cell of a form can "
                        "have: write single spaces, none at the ends, and composed letters (NFC)"
                    )
                owner = owners.setdefault(name.casefold(), option)
                if owner != option and self.option_titles:
                    raise ValueError(
                        f"indicator {self.code}: options {owner!r} and {option!r} are both called {name!r}"
                    )

    def unit_in(self, language: str) -> str:
        """The unit of measurement in a language."""
        return self.unit_titles.get(language) or self.unit

    def option_in(self, option: str, language: str) -> str:
        """The title of an option in a language, or in its first language; its code if it has none."""
        titles = self.option_titles.get(option, {})
        return titles.get(language) or next(iter(titles.values()), option)

    def range(self) -> tuple[float, float]:
        """The smallest and largest allowed answers (both inclusive), as the numbers that stand for them in a cohort."""
        low, high = {
            IndicatorKind.COUNT: (0.0, float(MAX_ANSWER)),
            IndicatorKind.NUMBER: (-float(MAX_ANSWER), float(MAX_ANSWER)),
            IndicatorKind.FLAG: (0.0, 1.0),
            IndicatorKind.CHOICE: (0.0, len(self.options) - 1.0),
            IndicatorKind.DATE: (float(days(FIRST_DAY)), float(days(LAST_DAY))),
        }[IndicatorKind(self.kind)]
        return (
            low if self.minimum is None else max(low, float(self.minimum)),
            high if self.maximum is None else min(high, float(self.maximum)),
        )

    def show(self, value: float) -> str:
        """An answer for people: a day as YYYY-MM-DD, anything else as the shortest decimal number."""
        if self.kind is IndicatorKind.DATE and value.is_integer() and abs(value) < 5_000_000:
            try:
                return (EPOCH + datetime.timedelta(days=int(value))).isoformat()
            except OverflowError:
                return f"day {value:.0f}"
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text if abs(value) < 1e16 and float(text) == value else repr(value)


def days(day: datetime.date) -> int:
    """Days since 1970-01-01; negative for earlier days."""
    return (day - EPOCH).days


def previous(indicator: Indicator) -> Indicator:
    """The indicator that stands for another indicator's answer in the period before."""
    return _derived(indicator, f"{PREVIOUS}{indicator.code}", _PREVIOUS_TITLES)


def source_column(code: str, source: Source) -> str:
    """The code of an indicator's answers from its second or a later source, such as ``computers@verified``.

    Answers from the first source have the indicator's own code.
    """
    return f"{code}@{source}"


def from_source(indicator: Indicator, source: Source) -> Indicator:
    """The indicator that stands for another indicator's answers from its second or a later source."""
    return _derived(indicator, source_column(indicator.code, source), source.titles)


def _derived(indicator: Indicator, code: str, additions: Mapping[str, str]) -> Indicator:
    """A copy with the given code and without ``better``. Each title gets the addition in its language, or in English.

    No declared indicator can have the code.
    """
    derived = copy(indicator)
    titles = {
        language: f"{title} ({additions.get(language, additions['en'])})" for language, title in indicator.title.items()
    }
    for field_name, value in (("code", code), ("title", titles), ("better", "")):
        object.__setattr__(derived, field_name, value)
    return derived
