"""A criteria set in memory: the content of a document, checked and frozen.

Points are in micropoints, percentages in parts per million. Identifiers are never translated.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Literal

from scorer.criteria.combine import PLAIN_SUM, Total, capped
from scorer.criteria.conditions import Combination, Condition, Gate, gates_of
from scorer.criteria.ranking_method import RankingMethod
from scorer.formulas import Formula
from scorer.model.fixed_point import PointsByTier
from scorer.model.indicators import PREVIOUS, Indicator, Source

Texts = Mapping[str, str]
"""A text in several languages, by BCP 47 tag."""
Rounding = Literal["half_up", "half_even", "down", "up"]
TOTAL = "total"
"""The name of the measure that sums up a whole category; no group or criterion may have this name."""


class Provenance(StrEnum):
    """Where a part of a set comes from. A set with a reconstructed part is itself reconstructed."""

    PUBLISHED = "published"
    RECONSTRUCTED = "reconstructed"
    """The part contains assumptions, which its notes name."""


class Effect(StrEnum):
    """How a criterion enters the sums."""

    SCORE = "score"
    BONUS = "bonus"
    """Adds points, but nothing to the maximum."""
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
    """Maximum points that the criterion gives, or that a penalty takes, by tier. A tier without points does not have
    the criterion."""
    effect: Effect = Effect.SCORE
    may_be_not_applicable: bool = False
    missing_leaves_out: bool = False
    """Whether a missing answer makes the criterion not applicable; otherwise it gives 0 points."""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)
    sources: tuple[Source, ...] = (Source.SELF_REPORTED,)
    """Sources of the criterion's answers. The last source that has an answer counts."""
    subtotal: str = ""
    """The subtotal to which the criterion's points belong; may be empty."""

    @property
    def is_self_reported(self) -> bool:
        """Whether units report the answers themselves, so that the criterion belongs to the self-reported points."""
        return Source.SELF_REPORTED in self.sources

    def maximum(self, tier: str) -> int:
        """Micropoints that the criterion adds to the maximum of its group in ``tier``."""
        return (self.points.of(tier) or 0) if self.effect is Effect.SCORE else 0

    def highest(self, tier: str) -> int:
        """The most micropoints that the criterion can give in ``tier``."""
        return self.bounds(tier)[1]

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
    cap: PointsByTier | None = None
    """Upper limit of the points and of the maximum."""
    weight: Fraction = Fraction(1)
    """The weight in a mean of groups, relative to the weights of the other groups."""

    def maximum(self, tier: str) -> int:
        """Micropoints if every criterion applies and gives all its points, without bonuses."""
        return capped(self.cap, tier, sum(criterion.maximum(tier) for criterion in self.of(tier)))

    def highest(self, tier: str) -> int:
        """The most micropoints that the group can give, with bonuses."""
        return capped(self.cap, tier, sum(criterion.highest(tier) for criterion in self.of(tier)))

    def of(self, tier: str) -> tuple[Criterion, ...]:
        """The group's criteria in ``tier``."""
        return tuple(criterion for criterion in self.criteria if criterion.points.of(tier) is not None)


@dataclass(frozen=True)
class Level:
    """A level, reached when its condition holds and no limit forbids it; 1 is best."""

    level: int
    condition: Combination
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)
    code: str = ""
    """What people call the level, such as "A"; may be empty."""
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Limit:
    """Units that meet a condition get no better level than the one named, whatever their points."""

    condition: Condition
    no_better_than: int
    """The best level that remains; 0: the unit is not ranked."""
    title: Texts = field(default_factory=dict)
    legal_basis: str = ""
    """The part of a legal document that sets the limit."""
    provenance: Provenance = Provenance.PUBLISHED
    notes: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Category:
    """A category of criterion groups, with its own levels and ranking."""

    code: str
    title: Texts
    groups: tuple[Group, ...]
    levels: tuple[Level, ...] = ()
    """Best first. In a category without levels, every unit is ranked unless a limit forbids it."""
    limits: tuple[Limit, ...] = ()
    total: Total = PLAIN_SUM
    weight: Fraction = Fraction(1)
    """The weight in a mean of categories, relative to the weights of the other categories."""

    def gates(self) -> tuple[Gate, ...]:
        """The gates of the category: first those of its levels, then those of its limits."""
        conditions = (*(level.condition for level in self.levels), *(limit.condition for limit in self.limits))
        return tuple(gate for condition in conditions for gate in gates_of(condition))

    def maximum(self, tier: str) -> int:
        """Micropoints if every criterion applies and gives all its points, without bonuses."""
        return self.total.of(tier, [group.maximum(tier) for group in self.groups if group.of(tier)])

    def highest(self, tier: str) -> int:
        """The most micropoints that the category can give, with bonuses."""
        return self.total.of(tier, [group.highest(tier) for group in self.groups if group.of(tier)])

    def measure(self, terms: tuple[str, ...], tier: str) -> tuple[int, int]:
        """The maximum of a measure, and the most that it can give with bonuses; both in micropoints.

        ``terms`` are as in ``MeasureGate.terms``.
        """
        wholes: list[tuple[str, Category | Group | Criterion]] = [(TOTAL, self)]
        for group in self.groups:
            wholes += [(group.code, group), *((criterion.id, criterion) for criterion in group.of(tier))]
        measured = [whole for name, whole in wholes if name in terms]
        return sum(whole.maximum(tier) for whole in measured), sum(whole.highest(tier) for whole in measured)

    def tiers(self, tiers: tuple[str, ...]) -> tuple[str, ...]:
        """The tiers among ``tiers`` that have criteria in this category."""
        return tuple(tier for tier in tiers if any(group.of(tier) for group in self.groups))


@dataclass(frozen=True)
class FromChildren:
    """How an answer of the units of a tier is computed from the answers of their children in the call."""

    indicator: str
    """The indicator whose answer is computed."""
    tier: str
    method: Literal["sum", "mean", "share", "count"]
    """``share`` and ``count`` read a flag: the share or number of children that say yes."""
    reads: str
    """The indicator of the children."""

    @property
    def is_mean(self) -> bool:
        """Whether the sum is divided by the number of children."""
        return self.method in ("mean", "share")


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
    rounding: Rounding
    """How converted scores are rounded to published ones."""
    ranking: RankingMethod
    categories: tuple[Category, ...]
    requires: tuple[str, ...]
    """Categories in which a unit must be ranked to be ranked overall."""
    indicators: Mapping[str, Indicator]
    """The indicators that criteria read, by code, in the order in which criteria first read them. Each is followed by
    the indicators for the answers from its other sources."""
    revision: str
    """SHA-256 of the canonical content."""
    series: str = ""
    """The name shared by successive versions of one method; may be empty."""
    tier_titles: Mapping[str, Texts] = field(default_factory=dict)
    """Titles by code of the tier. Tiers without titles are left out; usual tiers have titles even if the document gives
    none."""
    overall: Total = PLAIN_SUM
    from_children: tuple[FromChildren, ...] = ()
    subtotals: Mapping[str, Texts] = field(default_factory=dict)
    """Titles by code of the subtotal. Criteria name the subtotal that they belong to."""

    def maximum(self, tier: str) -> int:
        """The overall micropoints if every criterion applies and gives all its points, without bonuses."""
        return self.overall.of(tier, [category.maximum(tier) for category in self.categories])

    def groups(self) -> Iterator[Group]:
        """All groups, in document order."""
        for category in self.categories:
            yield from category.groups

    def in_force(self, day: datetime.date) -> bool:
        """Whether the set is in force on ``day``."""
        start, end = self.effective_from, self.effective_to
        return (start is None or start <= day) and (end is None or day <= end)

    @cached_property
    def other_sources(self) -> Mapping[str, tuple[Source, ...]]:
        """The second and later sources of each indicator that has several, by indicator code."""
        return {
            reading.indicator: criterion.sources[1:]
            for criterion in self.criteria.values()
            for reading in criterion.formula.reads()
            if criterion.sources[1:] and not reading.indicator.startswith(PREVIOUS)
        }

    @property
    def has_sources(self) -> bool:
        """Whether self-reported points can differ from the points that count."""
        return any(criterion.sources != (Source.SELF_REPORTED,) for criterion in self.criteria.values())

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """All criteria by id."""
        return {criterion.id: criterion for group in self.groups() for criterion in group.criteria}
