"""What a unit reached, as plain Python values, with the causes as readable sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scorer_client.sentences import category_sentence, cause_sentence


class Score(NamedTuple):
    """Points of one sum of criteria; the fields are those of the message Score."""

    points: float
    max_points: float
    nominal_max_points: float
    percent: float
    converted: float
    published: float
    missing: int
    not_applicable: int


class Cause(NamedTuple):
    """A gate that a unit does not pass, and the value it has instead."""

    level: int
    measure: str
    unit: str
    """"percent" or "points"."""
    minimum: float
    strict: bool
    value: float

    def sentence(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """For people; ``titles`` may give groups their names."""
        return cause_sentence(*self, language=language, titles=titles or {})


class Measure(NamedTuple):
    """A measure that gates compare."""

    measure: str
    points: float
    max_points: float
    percent: float
    level: int
    """Best level all of whose gates on this measure hold; 0: none."""


class CriterionResult(NamedTuple):
    """One criterion of a unit."""

    criterion: str
    points: float
    max_points: float
    status: str
    """"scored", "missing" or "not_applicable"."""


@dataclass(frozen=True)
class GroupResult:
    """One criterion group of a unit."""

    group: str
    score: Score
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class CategoryResult:
    """One category of a unit."""

    category: str
    score: Score
    standing: str
    """"ranked", "below_minimum" or "nothing_applicable"."""
    level: int
    """1 is best; 0: none."""
    rank: int
    """0: not ranked, or scored alone."""
    causes: tuple[Cause, ...]
    """What keeps the unit from its next better level; from the lowest, when it has none."""
    measures: tuple[Measure, ...] = ()
    """Rows only; of a table, the column of a measure has its value."""
    groups: tuple[GroupResult, ...] = ()
    """FULL only."""

    def sentence(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """The level, and what keeps the unit from a better one."""
        causes = [cause.sentence(language, titles) for cause in self.causes]
        return category_sentence(
            self.category, self.standing, self.level, causes, language=language, titles=titles or {}
        )


@dataclass(frozen=True)
class UnitResult:
    """Everything about one unit."""

    id: str
    name: str
    tier: str
    parent: str
    categories: tuple[CategoryResult, ...]
    overall: Score
    overall_rank: int
    """0: not ranked, or scored alone."""
    lacking: tuple[str, ...]
    """Required categories in which the unit is not ranked."""
    commended: bool = False
    """Whether the set commends it; never when scored alone."""
    request_id: str = field(default="", compare=False)
    """Of the call that scored it alone; of a province, the province has it."""

    def category(self, code: str) -> CategoryResult:
        """One category.

        Raises:
            KeyError: the unit's tier has no such category.
        """
        for category in self.categories:
            if category.category == code:
                return category
        raise KeyError(code)

    def why(self, language: str = "en", titles: Mapping[str, str] | None = None) -> list[str]:
        """A sentence for each category: the level, and what keeps the unit from a better one."""
        return [category.sentence(language, titles) for category in self.categories]
