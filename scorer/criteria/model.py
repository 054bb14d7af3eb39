"""A criteria set in memory: what a document says, checked and frozen.

Points are micropoints, percentages parts per million. Texts are by BCP 47 tag; identifiers are never translated.
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
TOTAL = "total"
"""The measure of a whole category; no group may be called so."""


class Provenance(StrEnum):
    """Where a part of a set comes from; a set is as weak as its weakest part."""

    PUBLISHED = "published"
    RECONSTRUCTED = "reconstructed"
    """Something in it is assumed; its notes say what."""


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
    """Most points it gives (takes, for a penalty); a tier it does not name does not have the criterion."""
    effect: Effect = Effect.SCORE
    may_be_not_applicable: bool = False
    missing_leaves_out: bool = False
    """Whether a missing answer makes it not applicable instead of giving no points."""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)

    def maximum(self, tier: str) -> int:
        """What it adds to the maximum of its group in ``tier``, in micropoints."""
        return (self.points.of(tier) or 0) if self.effect is Effect.SCORE else 0

    def bounds(self, tier: str) -> tuple[int, int]:
        """Fewest and most micropoints it can give in ``tier``."""
        most = self.points.of(tier) or 0
        return (-most, 0) if self.effect is Effect.PENALTY else (0, most)


@dataclass(frozen=True)
class Group:
    """The criteria of one criterion group; the plugin of the same name scores them."""

    code: str
    title: Texts
    criteria: tuple[Criterion, ...]
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)

    def of(self, tier: str) -> tuple[Criterion, ...]:
        """The criteria that ``tier`` has."""
        return tuple(criterion for criterion in self.criteria if criterion.points.of(tier) is not None)


@dataclass(frozen=True)
class Gate:
    """A minimum that a measure must reach."""

    measure: str
    """Canonical name: ``total``, a criterion, or groups in document order joined by '+'."""
    unit: Literal["percent", "points"]
    minimum: PointsByTier
    """Parts per million for percent, micropoints for points."""
    strict: bool
    """Whether the minimum itself does not suffice."""

    def terms(self) -> tuple[str, ...]:
        """The codes that the measure adds up."""
        return tuple(self.measure.split("+"))


@dataclass(frozen=True)
class Level:
    """A level, reached when all of its gates hold; 1 is best."""

    level: int
    gates: tuple[Gate, ...]
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Category:
    """A category of criterion groups, levelled and ranked on its own."""

    code: str
    title: Texts
    groups: tuple[Group, ...]
    levels: tuple[Level, ...] = ()
    """Best first; without levels every unit is ranked."""

    def tiers(self, tiers: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``tiers`` that have criteria in this category."""
        return tuple(tier for tier in tiers if any(group.of(tier) for group in self.groups))


@dataclass(frozen=True)
class RankingRule:
    """How units are ordered."""

    ties: Literal["competition", "dense", "ordinal"] = "competition"
    """1, 2, 2, 4 (the national practice), 1, 2, 2, 3 or 1, 2, 3, 4."""
    exact: bool = False
    """Whether converted scores are compared exactly instead of at the published precision."""
    within_parent: tuple[str, ...] = ()
    """Tiers whose units are ranked with those of the same parent only."""
    commended: Mapping[str, int] = field(default_factory=dict)
    """How many of the best of a ranking are commended, by tier; a tier it does not name commends nobody."""


@dataclass(frozen=True)
class CriteriaSet:
    """One issued version of the whole method."""

    code: str
    title: Texts
    legal_basis: tuple[tuple[str, datetime.date | None], ...]
    """Documents and when they were issued."""
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
    """Those that some criterion reads, in the order they are first read."""
    revision: str
    """SHA-256 of the canonical content."""
    series: str = ""
    """What successive versions of one method share; may be empty."""

    def groups(self) -> Iterator[Group]:
        """All groups, in document order."""
        for category in self.categories:
            yield from category.groups

    def in_force(self, day: datetime.date) -> bool:
        """Whether ``day`` is one of those it is in force."""
        start, end = self.effective_from, self.effective_to
        return (start is None or start <= day) and (end is None or day <= end)

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """All criteria by id."""
        return {criterion.id: criterion for group in self.groups() for criterion in group.criteria}
