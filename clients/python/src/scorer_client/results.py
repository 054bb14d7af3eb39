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
    """The names of the fields of a result type, in the order of its constructor's arguments."""
    return tuple(signature(kind).parameters)


class Score(NamedTuple):
    """The score of one unit for a category, subtotal or total; the fields are those of the message Score."""

    points: float
    max_points: float
    nominal_max_points: float
    percent: float
    converted: float
    published: float
    missing: int
    not_applicable: int
    self_reported: Score | None = None
    """The same sum, computed from the answers that the unit reported itself; None if the set has no other answers."""


class Measure(NamedTuple):
    """A measure that gates compare."""

    measure: str
    points: float
    max_points: float
    percent: float
    level: int
    """The best level for which the unit passes all gates on this measure; 0 if there is none."""


class CriterionResult(NamedTuple):
    """One criterion of a unit."""

    criterion: str
    points: float
    max_points: float
    status: str
    """"scored", "missing" or "not_applicable"."""
    self_reported: CriterionResult | None = None
    """The same criterion, computed from the unit's own reports; None if the set has no other answers."""


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
    """The unit's level; 1 is the best, 0 means that the unit has no level."""
    level_code: str
    """The level's code for people, such as "A"; "" if the unit has no level, or the level has no code."""
    rank: int
    """The unit's rank, from 1; 0 if the unit is not ranked, or was scored with ``score_unit``."""
    causes: tuple[Cause, ...]
    """What the unit lacks for its next better level; if it has no level, for the lowest one."""
    measures: tuple[Measure, ...] = ()
    """Empty if the request was a table. The table of the reply has columns for the measures."""
    groups: tuple[GroupResult, ...] = ()
    """Empty unless the result was requested with ``full``."""

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
    """The unit's overall rank, from 1; 0 if it has none, or the unit was scored with ``score_unit``."""
    lacking: tuple[str, ...]
    """Required categories in which the unit is not ranked."""
    commended: bool = False
    """Whether the unit is commended; False if it was scored with ``score_unit``."""
    subtotals: tuple[SubtotalResult, ...] = ()
    """Empty unless the result was requested with ``full``."""
    request_id: str = field(default="", compare=False)
    """The id of the call in the service's log, if it was ``score_unit``; otherwise "", and ``Province`` has the id."""
    texts: Mapping[str, Texts] = field(default_factory=dict, compare=False)
    """Titles of tiers, levels and statuses, if the call was ``score_unit``; otherwise ``Province`` has them."""

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
