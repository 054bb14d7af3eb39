"""Criteria sets as forms: the indicators of a set, and the titles of its parts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from google.type import date_pb2

from egov.scorer.v1 import criteria_pb2 as pb
from scorer_client.enums import words
from scorer_client.rules import Rule, rules_of
from scorer_client.titles import in_language, indicator_key, option_key, subtotal_key, text, texts_by_key, texts_of

KINDS, STATES = words(pb.IndicatorKind.DESCRIPTOR), words(pb.CriteriaSetState.DESCRIPTOR)
EFFECTS = words(pb.CriterionEffect.DESCRIPTOR)


@dataclass(frozen=True)
class Indicator:
    """One value that units report."""

    code: str
    kind: str
    """"count", "number", "flag", "choice" or "date"."""
    unit: str
    titles: Mapping[str, str]
    options: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]
    """The smallest and the largest allowed answer, by tier."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """What exactly units have to report, by language."""
    unit_titles: Mapping[str, str] = field(default_factory=dict)
    """The unit of measurement by language; other languages use ``unit``."""
    option_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The titles of each option, by code of the option and by language."""

    def option_names(self, language: str) -> tuple[str, ...]:
        """The title of each option in a language, or in its first language; its code if it has no title."""
        return tuple(text(self.option_titles.get(option, {}), language, option) for option in self.options)

    def option_called(self, name: str) -> str | None:
        """The code of the option that has this code, or this title in any language; None if there is none.

        Capital and small letters are treated alike.
        """
        folded = name.casefold()
        for option in self.options:
            if folded in (option.casefold(), *map(str.casefold, self.option_titles.get(option, {}).values())):
                return option
        return None


class LegalBasis(NamedTuple):
    """A legal document on which a criteria set is based."""

    document: str
    issued: datetime.date | None
    """The day on which the document was issued; None if it is not known."""


class RankKey(NamedTuple):
    """A value by which units are ordered."""

    kind: str
    """"score": the converted score of a category, or the overall score; "level": the level in a category, the best
    first; "measure": the converted score of a measure."""
    category: str
    """Empty for the overall score."""
    measure: str
    """Empty unless the kind is "measure"."""


@dataclass(frozen=True)
class Form:
    """A criteria set in the form that is needed to fill in answers."""

    criteria_set: str
    titles: Mapping[str, str]
    tiers: tuple[str, ...]
    indicators: Mapping[str, Indicator]
    """The set's indicators by code, in the order in which criteria first read them."""
    excludable: tuple[str, ...]
    """Ids of criteria that may be marked as not applicable."""
    texts: Mapping[str, Mapping[str, str]]
    """Titles by language, by these keys: codes of categories, groups and criteria; ``indicator/INDICATOR``;
    ``option/INDICATOR/OPTION``; ``subtotal/SUBTOTAL``; and the keys of ``texts_by_key``."""
    points_decimals: int
    """Number of decimals of published points."""
    percent_decimals: int
    """Number of decimals of published percentages."""
    criteria: Mapping[str, tuple[str, ...]]
    """The tiers that have each criterion, by criterion id."""
    commends: tuple[str, ...]
    """Tiers in which units are commended."""
    within_parent: tuple[str, ...]
    """Tiers whose units are ranked within their parent; these units must name a parent."""
    legal_basis: tuple[LegalBasis, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    """Assumptions and other remarks, by language."""
    effective_from: datetime.date | None = None
    """The first day on which the set is in force; None if the set does not name one."""
    rounding: str = "half_up"
    """How published points and percentages are rounded: half_up, half_even, down or up."""
    rules: tuple[Rule, ...] = ()
    """What levels and limits require, by category and tier."""
    effects: Mapping[str, str] = field(default_factory=dict)
    """How each criterion contributes to sums, by criterion id: "score", "bonus" or "penalty"."""
    rank_by: Mapping[str, tuple[RankKey, ...]] = field(default_factory=dict)
    """The values that order the units of a ranking, by category, and "overall" for the overall ranking. Where the first
    one is equal, the second one decides, and so on."""

    def names(self, language: str) -> dict[str, str]:
        """All titles in a language, by the keys of ``texts``. A title that this language lacks is in its first one."""
        return in_language(self.texts, language)

    def tier_titles(self, language: str) -> dict[str, str]:
        """The title of each tier in one language, by tier code; the code itself if a tier has no title."""
        return {tier: text(self.texts.get(f"tier/{tier}", {}), language, tier) for tier in self.tiers}


def form_of(message: pb.CriteriaSet) -> Form:
    """The form of a criteria set."""
    texts = texts_by_key(message.summary.names)
    texts |= {indicator_key(indicator.code): texts_of(indicator.titles) for indicator in message.indicators}
    for indicator in message.indicators:
        texts |= {option_key(indicator.code, name.code): texts_of(name.titles) for name in indicator.option_titles}
    texts |= {subtotal_key(subtotal.code): texts_of(subtotal.titles) for subtotal in message.subtotals}
    criteria: dict[str, tuple[str, ...]] = {}
    effects: dict[str, str] = {}
    excludable = []
    for category in message.categories:
        texts[category.code] = texts_of(category.titles)
        for group in category.groups:
            texts[group.code] = texts_of(group.titles)
            for criterion in group.criteria:
                texts[criterion.id] = texts_of(criterion.titles)
                criteria[criterion.id] = tuple(points.tier for points in criterion.points)
                effects[criterion.id] = EFFECTS[criterion.effect]
                if criterion.may_be_not_applicable:
                    excludable.append(criterion.id)
    return Form(
        message.summary.code,
        texts_of(message.summary.titles),
        tuple(message.summary.tiers),
        {indicator.code: _indicator(indicator) for indicator in message.indicators},
        tuple(excludable),
        texts,
        message.precision.points,
        message.precision.percent,
        criteria,
        tuple(item.tier for item in message.commend),
        tuple(message.ranked_within_parent),
        tuple(LegalBasis(basis.document, _day(basis, "issued")) for basis in message.legal_basis),
        texts_of(message.notes),
        _day(message.summary, "effective_from"),
        message.precision.mode or "half_up",
        rules_of(message.categories),
        effects,
        {"overall": _rank_keys(message)} | {category.code: _rank_keys(category) for category in message.categories},
    )


def _rank_keys(message: pb.CriteriaSet | pb.Category) -> tuple[RankKey, ...]:
    return tuple(RankKey(key.kind, key.category, key.measure) for key in message.rank_by)


def _indicator(message: pb.Indicator) -> Indicator:
    highest = {bound.tier: bound.value for bound in message.maximum}
    return Indicator(
        message.code,
        KINDS[message.kind],
        message.unit,
        texts_of(message.titles),
        tuple(message.options),
        {bound.tier: (bound.value, highest[bound.tier]) for bound in message.minimum},
        texts_of(message.meanings),
        texts_of(message.unit_titles),
        {name.code: texts_of(name.titles) for name in message.option_titles},
    )


def _day(
    message: pb.LegalBasis | pb.CriteriaSetSummary, field: Literal["issued", "effective_from"]
) -> datetime.date | None:
    if not message.HasField(field):
        return None
    day: date_pb2.Date = getattr(message, field)
    return datetime.date(day.year, day.month, day.day)
