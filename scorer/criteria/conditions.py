"""Conditions of levels and limits: trees whose leaves are gates.

A document nests ``all``, ``any``, ``at_least`` with ``of``, and ``not``. ``in_tier`` gives the condition of one tier in
normal form: gates and combinations only, without negations. The engine, causes and messages use this form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from scorer.model.fixed_point import PointsByTier


@dataclass(frozen=True)
class MeasureGate:
    """A bound that a measure must keep, usually a minimum."""

    measure: str
    """Canonical name: ``total``, a criterion, a group, or several groups in document order joined by '+'."""
    unit: Literal["percent", "points"]
    minimum: PointsByTier
    """The bound: parts per million for percent, micropoints for points."""
    strict: bool
    """Whether a measure that equals the bound fails."""
    upper: bool = False
    """Whether the bound is an upper one: the measure must be at most the bound (below it, if ``strict``). Otherwise the
    measure must be at least the bound (above it, if ``strict``)."""
    not_in: tuple[str, ...] = ()
    """Tiers for which the document says ``none``: they do not have the gate."""

    @property
    def bound(self) -> str:
        """The key of the bound in a document."""
        return {(False, False): "at_least", (True, False): "above", (False, True): "at_most", (True, True): "below"}[
            self.strict, self.upper
        ]

    def terms(self) -> tuple[str, ...]:
        """Codes of the items whose points the measure adds up."""
        return tuple(self.measure.split("+"))

    def negated(self) -> MeasureGate:
        """The gate that holds exactly where this one does not."""
        return replace(self, strict=not self.strict, upper=not self.upper)


@dataclass(frozen=True)
class AnswerGate:
    """The answer to a flag or a choice must be one of ``options``. An answer that was not reported is none of them."""

    indicator: str
    options: tuple[str, ...]
    """Codes of options; ``true`` or ``false`` for a flag."""
    excluded: bool = False
    """Whether the answer must not be one of the options."""

    def negated(self) -> AnswerGate:
        """The gate that holds exactly where this one does not."""
        return replace(self, excluded=not self.excluded)


@dataclass(frozen=True)
class LevelGate:
    """Another category must have reached a level, or a better one."""

    category: str
    level: int
    excluded: bool = False
    """Whether the level must not be reached."""

    def negated(self) -> LevelGate:
        """The gate that holds exactly where this one does not."""
        return replace(self, excluded=not self.excluded)


Gate = MeasureGate | AnswerGate | LevelGate


@dataclass(frozen=True)
class Combination:
    """At least ``at_least`` of several conditions must hold: 1 for ``any``, their number for ``all``."""

    at_least: int
    of: tuple[Condition, ...]

    def negated(self) -> Combination:
        """The combination that holds exactly where this one does not."""
        return Combination(len(self.of) - self.at_least + 1, tuple(condition.negated() for condition in self.of))


@dataclass(frozen=True)
class Negation:
    """A condition must not hold."""

    of: Condition

    def negated(self) -> Condition:
        """The condition without ``not``."""
        return self.of


Condition = Gate | Combination | Negation
Normal = Gate | Combination
"""A condition without negations."""


def gates_of(condition: Condition) -> Iterator[Gate]:
    """The gates of a condition, in the order of the document."""
    if isinstance(condition, Combination):
        for inner in condition.of:
            yield from gates_of(inner)
    elif isinstance(condition, Negation):
        yield from gates_of(condition.of)
    else:
        yield condition


def in_tier(condition: Condition, tier: str) -> Normal | None:
    """The condition of a tier in normal form, without the gates that the tier does not have; None if no gate remains.

    ``all`` then requires all remaining conditions, and ``any`` one of them.
    """
    if isinstance(condition, Negation):
        inner = in_tier(condition.of, tier)
        return None if inner is None else inner.negated()
    if isinstance(condition, Combination):
        remaining = tuple(inner for inner in (in_tier(inner, tier) for inner in condition.of) if inner is not None)
        whole = condition.at_least == len(condition.of)
        return Combination(len(remaining) if whole else condition.at_least, remaining) if remaining else None
    if isinstance(condition, MeasureGate) and condition.minimum.of(tier) is None:
        return None
    return condition
