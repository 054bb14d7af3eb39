"""Documents, units and the results of the oracle."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]
Answers = Mapping[str, bool | int | float | Decimal | str | datetime.date]


@dataclass(frozen=True)
class Unit:
    """A unit with its answers and the criteria that do not apply to it."""

    id: str
    tier: str
    answers: Answers = field(default_factory=dict)
    not_applicable: tuple[str, ...] = ()
    name: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Score:
    """Points of one sum of criteria."""

    points: Fraction
    max_points: Fraction
    nominal: Fraction
    percent: Fraction
    converted: Fraction
    published: Fraction
    missing: int
    not_applicable: int
    self_reported: Score | None = None
    """The same from self-reported answers only; None if the set has no other sources."""


@dataclass(frozen=True)
class CriterionResult:
    """One criterion; ``status`` is scored, missing or not_applicable."""

    id: str
    points: Fraction
    max_points: Fraction
    nominal: Fraction
    full_points: Fraction
    """The most points that the criterion can give; for a penalty, the most that it can take, negative."""
    status: str
    self_reported: CriterionResult | None = None
    """The same from self-reported answers only; None if the set has no other sources."""


@dataclass(frozen=True)
class GroupResult:
    """One group with its criteria."""

    code: str
    score: Score
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class SubtotalResult:
    """The sum of the criteria that name a subtotal."""

    code: str
    score: Score


@dataclass(frozen=True)
class GateResult:
    """One gate for one unit."""

    level: int
    measure: str
    unit: str
    minimum: Fraction
    strict: bool
    value: Fraction
    passed: bool
    not_applicable: bool


@dataclass(frozen=True)
class MeasureResult:
    """One measure; ``level`` is the best level whose gates on this measure all hold, or 0."""

    measure: str
    points: Fraction
    max_points: Fraction
    percent: Fraction
    level: int


@dataclass(frozen=True)
class CategoryResult:
    """One category; ``standing`` is ranked, below_minimum, nothing_applicable or excluded."""

    code: str
    score: Score
    standing: str
    level: int
    rank: int
    measures: tuple[MeasureResult, ...]
    failing: tuple[GateResult, ...]
    groups: tuple[GroupResult, ...]
    gates: tuple[GateResult, ...]
    levels: tuple[int, ...]
    level_code: str


@dataclass(frozen=True)
class Card:
    """Everything about one unit."""

    unit: Unit
    categories: tuple[CategoryResult, ...]
    overall: Score
    rank: int
    lacking: tuple[str, ...]
    commended: bool = False
    subtotals: tuple[SubtotalResult, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """The units of one cohort in ranking order."""

    tier: str
    cohort: str
    """The tier, or the parent of its units."""
    requires: tuple[str, ...]
    """The categories in which a unit must be ranked to be ranked overall."""
    cards: tuple[Card, ...]
