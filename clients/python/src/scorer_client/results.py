"""The results of a unit as plain Python values, and causes as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

from scorer_client.causes import Cause
from scorer_client.sentences import category_sentence
from scorer_client.titles import Texts, in_language


@cache
def field_names(kind: Callable[..., Any]) -> tuple[str, ...]:
    """The fields of a type of results, in the order in which its constructor takes them."""
    return tuple(signature(kind).parameters)


class Score(NamedTuple):
    """The scores of one sum of criteria; the fields are those of the message Score."""

    points: float
    max_points: float
    nominal_max_points: float
    percent: float
    converted: float
    published: float
    missing: int
    not_applicable: int
    self_reported: Score | None = None
    """The same sum with the answers that the unit reported itself; None if all answers of the set are."""


class Measure(NamedTuple):
    """A measure that gates compare."""

    measure: str
    points: float
    max_points: float
    percent: float
    level: int
    """The best level whose gates on this measure all hold; 0: none."""


class CriterionResult(NamedTuple):
    """One criterion of a unit."""

    criterion: str
    points: float
    max_points: float
    status: str
    """"scored", "missing" or "not_applicable"."""
    self_reported: CriterionResult | None = None
    """The same criterion with the answers that the unit reported itself; None if all answers of the set are."""


@dataclass(frozen=True)
class GroupResult:
    """One criterion group of a unit."""

    group: str
    score: Score
    criteria: tuple[CriterionResult, ...]


class SubtotalResult(NamedTuple):
    """One subtotal of a unit: a sum of criteria across groups. Levels and ranks do not depend on it."""

    subtotal: str
    score: Score


@dataclass(frozen=True)
class CategoryResult:
    """One category of a unit."""

    category: str
    score: Score
    standing: str
    """"ranked", "below_minimum", "nothing_applicable" or "excluded"."""
    level: int
    """1 is best; 0: none."""
    level_code: str
    """What people call the level, such as "A"; empty without a level, or if the level has no code."""
    rank: int
    """From 1; 0: not ranked, or scored alone."""
    causes: tuple[Cause, ...]
    """What the unit lacks for the next better level, or for the lowest level if it has none."""
    measures: tuple[Measure, ...] = ()
    """Empty if the request was a table, which has a column for each measure."""
    groups: tuple[GroupResult, ...] = ()
    """FULL only."""

    def sentence(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """The level, and the causes that keep the unit from a better level, as a sentence."""
        causes = [cause.sentence(language, titles, self.category) for cause in self.causes]
        return category_sentence(
            self.category, self.standing, self.level, causes, language=language, titles=titles or {}
        )


@dataclass(frozen=True)
class UnitResult:
    """The results of one unit."""

    id: str
    name: str
    tier: str
    parent: str
    categories: tuple[CategoryResult, ...]
    overall: Score
    overall_rank: int
    """From 1; 0: not ranked, or scored alone."""
    lacking: tuple[str, ...]
    """Required categories in which the unit is not ranked."""
    commended: bool = False
    """Whether the unit is commended; False if it was scored alone."""
    subtotals: tuple[SubtotalResult, ...] = ()
    """FULL only."""
    request_id: str = field(default="", compare=False)
    """The id of the call in the service's log, if the unit was scored alone; otherwise ``Province`` has it."""
    texts: Mapping[str, Texts] = field(default_factory=dict, compare=False)
    """Titles of tiers, levels and statuses, if the unit was scored alone; otherwise ``Province`` has them."""

    def names(self, language: str) -> dict[str, str]:
        """Titles of tiers, levels and statuses in one language; see ``Province.names``."""
        return in_language(self.texts, language)

    def category(self, code: str) -> CategoryResult:
        """The result in one category.

        Raises:
            KeyError: the unit's tier does not have the category.
        """
        for category in self.categories:
            if category.category == code:
                return category
        raise KeyError(code)

    def why(self, language: str = "en", titles: Mapping[str, str] | None = None) -> list[str]:
        """For each category, a sentence with the level and the causes that keep the unit from a better level."""
        return [category.sentence(language, titles) for category in self.categories]
