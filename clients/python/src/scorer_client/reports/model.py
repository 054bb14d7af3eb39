"""What a report says, in one language, before it becomes a file. Numbers stay numbers; texts are ready to be shown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from scorer_client.results import CategoryResult, UnitResult
from scorer_client.sentences import rounded


@dataclass(frozen=True)
class Movement:
    """What changed in a unit's category since the previous results."""

    rank: int
    """The previous rank; 0: not ranked."""
    level: int
    """The previous level; 0: none."""
    points: float
    """Points now less points before."""
    criteria: tuple[tuple[str, float, float], ...]
    """Criteria whose points changed, with the points before and now; the largest change first."""


@dataclass(frozen=True)
class Need:
    """A gate that keeps a unit from its next better level."""

    measure: str
    sentence: str
    """The value and the minimum, in words."""
    brief: str
    """The same, as short as it can be."""
    shortage: float
    """Points that are missing, rounded up to the published precision."""


@dataclass(frozen=True)
class UnitCategory:
    """One category of a unit."""

    result: CategoryResult
    needs: tuple[Need, ...]
    movement: Movement | None
    """None: without previous results, or the unit is not in them."""


@dataclass(frozen=True)
class Unit:
    """A unit's card."""

    anchor: str
    """Its id as the target of a link."""
    name: str
    """Its name; its id, when it has none."""
    parent: str
    """Name of the unit above; empty when there is none."""
    result: UnitResult
    categories: tuple[UnitCategory, ...]
    rank_before: int | None
    """Previous overall rank; 0: not ranked; None: not in the previous results."""


@dataclass(frozen=True)
class Gate:
    """A minimum of a level, and how many units reach it."""

    level: int
    minimum: float
    text: str
    """Such as "at least 70 %"."""
    passing: int
    best: int
    """Units that reach this level's minimum, and no better level's minimum of the measure."""


@dataclass(frozen=True)
class Measure:
    """What gates compare, over all units of a ranking."""

    title: str
    unit: str
    """"percent" or "points"."""
    gates: tuple[Gate, ...]
    """Best level first."""
    values: tuple[float, ...]
    """One per unit that has the measure, in the unit above."""


@dataclass(frozen=True)
class Criterion:
    """What the units of a ranking reached in one criterion; counts are of units."""

    id: str
    title: str
    group: str
    maximum: float
    """Points, when it applies."""
    applicable: int
    full: int
    none: int
    missing: int


@dataclass(frozen=True)
class Category:
    """A category of a ranking."""

    code: str
    anchor: str
    title: str
    ranked: int
    levels: tuple[tuple[int, int], ...]
    """Level and number of units, best level first; empty when the set has no levels."""
    groups: tuple[str, ...]
    """Titles, in the order of the units' groups."""
    measures: tuple[Measure, ...]
    criteria: tuple[Criterion, ...]
    order: tuple[tuple[Unit, UnitCategory], ...]
    """The units with this category, by their rank in it; then those that are not ranked."""

    @property
    def missed(self) -> tuple[Criterion, ...]:
        """Criteria for which more than half of the units have no points, the least fulfilled first."""
        missed = [c for c in self.criteria if c.applicable and 2 * c.none > c.applicable]
        return tuple(sorted(missed, key=lambda c: c.full / c.applicable))


@dataclass(frozen=True)
class Section:
    """A ranking: a tier, or the units of one parent."""

    anchor: str
    title: str
    tier: str
    unit_count: int
    overall_ranked: int
    best_total: str
    """Who has the most points in all."""
    commended: tuple[str, ...]
    categories: tuple[Category, ...]
    units: tuple[Unit, ...]
    """In ranking order."""


@dataclass(frozen=True)
class Report:
    """Everything that the writers of files show."""

    language: str
    words: Mapping[str, str]
    titles: Mapping[str, str]
    """Titles of categories, groups and criteria, by code."""
    title: str
    province: str
    period: str
    criteria_set: str
    revision: str
    provenance: str
    engine_version: str
    legal_basis: tuple[str, ...]
    notes: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    compared: bool
    """Whether there are previous results."""
    gone: tuple[str, ...]
    """Units of the previous results that are not in these."""
    created: datetime.datetime
    """Written into files that must have a date: when the criteria set came into force, never the clock."""
    points_decimals: int
    percent_decimals: int

    def points(self, value: float) -> str:
        """Points, as fine as the set publishes scores, and never coarser than hundredths."""
        return rounded(value, max(2, self.points_decimals))

    def published(self, value: float) -> str:
        """A score as the set publishes it."""
        return rounded(value, self.points_decimals)

    def percent(self, value: float) -> str:
        """A percentage as text, rounded to the decimals with which the criteria set publishes percentages."""
        return rounded(value, self.percent_decimals)

    def level(self, level: int) -> str:
        """A level in words."""
        return self.words["level_n"].format(n=level) if level else self.words["no_level"]
