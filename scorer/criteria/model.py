"""A criteria set in memory: the content of a document, checked and frozen.

Points are in micropoints, percentages in parts per million. Identifiers are never translated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from scorer.formulas import Formula
from scorer.model.fixed_point import PointsByTier
from scorer.model.indicators import Indicator

Texts = Mapping[str, str]
"""A text in several languages, by BCP 47 tag."""
TOTAL = "total"
"""The name of the measure that sums up a whole category; no group or criterion may have this name."""


USUAL_TIERS: Mapping[str, Texts] = {
    "province": {"en": "Provinces", "vi": "Cấp tỉnh"},
    "department": {"en": "Departments", "vi": "Cấp sở, ban, ngành"},
    "district": {"en": "Districts", "vi": "Cấp huyện"},
    "commune": {"en": "Communes", "vi": "Cấp xã"},
}
"""Titles of tiers for documents that give none."""


class Provenance(StrEnum):
    """Where a part of a set comes from. A set with a reconstructed part is itself reconstructed."""

    PUBLISHED = "published"
    RECONSTRUCTED = "reconstructed"
    """The part contains assumptions, which its notes name."""


class Effect(StrEnum):
    """How a criterion enters the sums."""

    SCORE = "score"
    BONUS = "bonus"
    """Adds points; its maximum counts as 0."""
    PENALTY = "penalty"
    """Takes points; its maximum counts as 0."""


@dataclass(frozen=True)
class Criterion:
    """One scored line of a group."""

    id: str
    title: Texts
    formula: Formula
    parameters: str
    """The formula's parameters as in the document: a JSON object."""
    points: PointsByTier
    """Maximum points that the criterion gives (a penalty: takes), by tier. Tiers without points lack the criterion."""
    effect: Effect = Effect.SCORE
    may_be_not_applicable: bool = False
    missing_leaves_out: bool = False
    """Whether a missing answer makes the criterion not applicable; otherwise it gives 0 points."""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)

    def maximum(self, tier: str) -> int:
        """Micropoints that the criterion adds to the maximum of its group in ``tier``."""
        return (self.points.of(tier) or 0) if self.effect is Effect.SCORE else 0

    def bounds(self, tier: str) -> tuple[int, int]:
        """Smallest and largest number of micropoints that the criterion can give in ``tier``."""
        points = self.points.of(tier) or 0
        return (-points, 0) if self.effect is Effect.PENALTY else (0, points)


@dataclass(frozen=True)
class Group:
    """The criteria of one criterion group; the plugin of the same name scores them."""

    code: str
    title: Texts
    criteria: tuple[Criterion, ...]
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)

    def of(self, tier: str) -> tuple[Criterion, ...]:
        """The group's criteria in ``tier``."""
        return tuple(criterion for criterion in self.criteria if criterion.points.of(tier) is not None)


@dataclass(frozen=True)
class Gate:
    """A minimum that a measure must reach."""

    measure: str
    """Canonical name: ``total``, a criterion, a group, or several groups in document order joined by '+'."""
    unit: Literal["percent", "points"]
    minimum: PointsByTier
    """Parts per million for percent, micropoints for points."""
    strict: bool
    """True if the measure must be above the minimum; otherwise it may equal the minimum."""

    def terms(self) -> tuple[str, ...]:
        """The codes whose points the measure sums up."""
        return tuple(self.measure.split("+"))


@dataclass(frozen=True)
class Level:
    """A level, reached when all of its gates hold; 1 is best."""

    level: int
    gates: tuple[Gate, ...]
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)
    code: str = ""
    """What people call the level, such as "A"; may be empty."""
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Category:
    """A category of criterion groups, with its own levels and ranking."""

    code: str
    title: Texts
    groups: tuple[Group, ...]
    levels: tuple[Level, ...] = ()
    """Best first. In a category without levels, every unit is ranked."""

    def tiers(self, tiers: tuple[str, ...]) -> tuple[str, ...]:
        """The tiers among ``tiers`` that have criteria in this category."""
        return tuple(tier for tier in tiers if any(group.of(tier) for group in self.groups))


@dataclass(frozen=True)
class RankingRule:
    """How units are ordered."""

    ties: Literal["competition", "dense", "ordinal"] = "competition"
    """Ranks when the second and third unit tie: 1, 2, 2, 4 (the national practice), 1, 2, 2, 3 or 1, 2, 3, 4."""
    exact: bool = False
    """Whether converted scores are compared exactly; otherwise at the published precision."""
    within_parent: tuple[str, ...] = ()
    """Tiers whose units are ranked only with the other units under the same parent."""
    commended: Mapping[str, int] = field(default_factory=dict)
    """N, by tier: the top N units of a ranking are commended. In other tiers, no unit is commended."""


@dataclass(frozen=True)
class CriteriaSet:
    """One issued version of the whole method."""

    code: str
    title: Texts
    legal_basis: tuple[tuple[str, datetime.date | None], ...]
    """Documents, each with the day on which it was issued."""
    provenance: Provenance
    notes: Texts
    effective_from: datetime.date | None
    effective_to: datetime.date | None
    tiers: tuple[str, ...]
    points_decimals: int
    """Decimals of published converted scores."""
    percent_decimals: int
    """Decimals of published percentages."""
    ranking: RankingRule
    categories: tuple[Category, ...]
    requires: tuple[str, ...]
    """Categories in which a unit must be ranked to be ranked overall."""
    indicators: Mapping[str, Indicator]
    """The indicators that criteria read, by code, in the order in which criteria first read them."""
    revision: str
    """SHA-256 of the canonical content."""
    series: str = ""
    """The name shared by successive versions of one method; may be empty."""
    tier_titles: Mapping[str, Texts] = field(default_factory=dict)
    """By code of the tier; tiers without titles are left out. Usual tiers have titles if the document gives none."""

    def groups(self) -> Iterator[Group]:
        """All groups, in document order."""
        for category in self.categories:
            yield from category.groups

    def in_force(self, day: datetime.date) -> bool:
        """Whether the set is in force on ``day``."""
        start, end = self.effective_from, self.effective_to
        return (start is None or start <= day) and (end is None or day <= end)

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """All criteria by id."""
        return {criterion.id: criterion for group in self.groups() for criterion in group.criteria}
