"""The content of a report in one language, independent of the file format. Texts are ready to be shown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from scorer_client.causes import Cause
from scorer_client.formatting import Count
from scorer_client.results import CategoryResult, UnitResult
from scorer_client.sentences import level_name, limit_name, rounded
from scorer_client.titles import level_key


@dataclass(frozen=True)
class Movement:
    """The changes in a unit's category since the previous results."""

    rank: int
    """Previous rank; 0 if the unit was not ranked."""
    level: int
    """Previous level; 0 if the unit had none."""
    points: float
    """Current points minus previous points."""
    criteria: tuple[tuple[str, float, float], ...]
    """Criteria whose points changed: id, previous points and current points; the largest change first."""


@dataclass(frozen=True)
class Need:
    """A gate or combination that keeps a unit from its next better level."""

    measure: str
    """What the gate or combination reads: measures, indicators or categories, separated by commas."""
    sentence: str
    """The value and the minimum in a sentence."""
    brief: str
    """The value and the minimum in few words."""
    shortage: float | None
    """Points that the unit lacks, rounded up to the published decimals; None unless it is a gate on one measure."""


@dataclass(frozen=True)
class UnitCategory:
    """One category of a unit."""

    result: CategoryResult
    needs: tuple[Need, ...]
    movement: Movement | None
    """The changes; None if there are no previous results, or the unit is not in them."""


@dataclass(frozen=True)
class Unit:
    """The card of a unit."""

    anchor: str
    """The ``id`` attribute to which links to the unit point."""
    name: str
    """The unit's name; its id if it has no name."""
    parent: str
    """Name of the parent; empty if there is none."""
    result: UnitResult
    categories: tuple[UnitCategory, ...]
    rank_before: int | None
    """Previous overall rank; 0 if the unit had none; None if it is not in the previous results."""


@dataclass(frozen=True)
class Gate:
    """A gate, and the number of units that pass it."""

    level: int
    minimum: float
    text: str
    """What the gate requires, such as "at least 70 %"; also the combination, if the gate is in one."""
    passing: int
    """Number of units that pass the gate."""
    best: int
    """Number of units that pass this gate, but no gate of a better level on the same measure."""


@dataclass(frozen=True)
class Measure:
    """A measure over all units of a ranking."""

    title: str
    unit: str
    """"percent" or "points"."""
    gates: tuple[Gate, ...]
    """The gates on the measure, those of the best level first."""
    values: tuple[float, ...]
    """Values in ``unit``, one per unit to which the measure applies."""


@dataclass(frozen=True)
class Requirement:
    """What a level or a limit requires."""

    name: str
    """The name of the level or limit."""
    text: str
    """The requirement, such as "total at least 80 %; at least 2 of: presence at least 80 %; transaction above 70 %"."""


@dataclass(frozen=True)
class Criterion:
    """The results of a ranking's units in one criterion."""

    id: str
    title: str
    group: str
    maximum: float
    """Maximum points."""
    applicable: int
    """Number of units to which the criterion applies."""
    full: int
    """Number of units with all points."""
    none: int
    """Number of units with no points; for a penalty, with the whole penalty."""
    missing: int
    """Number of units whose answer is missing."""


@dataclass(frozen=True)
class Category:
    """A category of a ranking."""

    code: str
    anchor: str
    title: str
    ranked: int
    """Number of ranked units."""
    levels: tuple[tuple[int, int], ...]
    """Each level and its number of units, the best level first; empty if the category has no levels."""
    groups: tuple[str, ...]
    """Titles of the groups, in the order of the units' groups."""
    requirements: tuple[Requirement, ...]
    """What its levels require, the best first, then what its limits require."""
    measures: tuple[Measure, ...]
    criteria: tuple[Criterion, ...]
    order: tuple[tuple[Unit, UnitCategory], ...]
    """The units with their results in this category: ranked ones by rank, then unranked ones."""

    @property
    def missed(self) -> tuple[Criterion, ...]:
        """Criteria in which more than half of the units have no points, the least fulfilled criterion first.

        Bonuses and penalties, whose maximum is 0, are left out.
        """
        missed = [c for c in self.criteria if c.maximum and c.applicable and 2 * c.none > c.applicable]
        return tuple(sorted(missed, key=lambda c: c.full / c.applicable))


@dataclass(frozen=True)
class Section:
    """The part of a report about one ranking: the units of a tier, or of one parent."""

    anchor: str
    title: str
    tier: str
    tier_title: str
    unit_count: Count
    overall_ranked: int
    best_total: str
    """The unit with the best overall score, and its points, in a sentence."""
    commended: tuple[str, ...]
    """Names of commended units."""
    categories: tuple[Category, ...]
    subtotals: tuple[str, ...]
    """Titles of the subtotals, in the order of the units' subtotals."""
    units: tuple[Unit, ...]
    """In ranking order."""


@dataclass(frozen=True)
class Report:
    """A report: everything that a file can show."""

    language: str
    words: Mapping[str, str]
    """The labels in the report's language."""
    titles: Mapping[str, str]
    """Titles by code of a category, group or criterion, and by the other keys that ``Form.names`` has."""
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
    """Whether there are previous results to compare with."""
    gone: tuple[str, ...]
    """Names of units that only the previous results have."""
    created: datetime.datetime
    """Date for files that must have one: the day on which the criteria set came into force, not the current time."""
    points_decimals: int
    percent_decimals: int
    rounding: str
    """How points and percentages are rounded, as the set prescribes for published results."""

    @property
    def has_sources(self) -> bool:
        """Whether the results also have the points from the units' own reports."""
        units = (unit for section in self.sections for unit in section.units)
        return any(unit.result.overall.self_reported for unit in units)

    def points(self, value: float) -> str:
        """Points with as many decimals as the set publishes, and at least two."""
        return rounded(value, max(2, self.points_decimals), self.rounding)

    def published(self, value: float) -> str:
        """A score with as many decimals as the set publishes."""
        return rounded(value, self.points_decimals, self.rounding)

    def percent(self, value: float) -> str:
        """A percentage as text, rounded to the decimals with which the criteria set publishes percentages."""
        return rounded(value, self.percent_decimals, self.rounding)

    def level(self, category: str, level: int) -> str:
        """The name of a level of a category; for level 0, words for a unit without a level."""
        return level_name(category, level, self.language, self.titles) if level else self.words["no_level"]

    def outcome(self, result: CategoryResult) -> str:
        """The name of a unit's level in a category; or words for a unit that a limit excludes."""
        if result.standing == "excluded":
            return self.titles["standing/excluded"]
        return self.level(result.category, result.level)

    def source(self, category: str, cause: Cause) -> str | int | None:
        """The level or the limit that a cause belongs to, for a cell."""
        if cause.limit:
            return limit_name(category, cause.limit, self.language, self.titles)
        return self.level_cell(category, cause.level)

    def level_cell(self, category: str, level: int) -> str | int | None:
        """A level for a cell: the level's name; its number if it has no name; None if there is no level."""
        return self.titles.get(level_key(category, level)) or level or None
