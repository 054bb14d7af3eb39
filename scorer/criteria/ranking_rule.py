"""How the units of a criteria set are ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class RankKey:
    """A value by which units are ordered."""

    kind: Literal["score", "level", "measure"]
    """The converted score of a category or of all, the level of a category, or the converted score of a measure."""
    category: str = ""
    """The category; empty for the overall score."""
    measure: str = ""
    """Canonical name, as in ``Gate``."""


@dataclass(frozen=True)
class CategoryRanking:
    """How units are ordered in one category."""

    ties: Literal["competition", "dense", "ordinal"]
    exact: bool
    by: tuple[RankKey, ...]


@dataclass(frozen=True)
class RankingRule:
    """How units are ordered; ``categories`` is about the rankings of categories."""

    ties: Literal["competition", "dense", "ordinal"] = "competition"
    """Ranks when the second and third unit tie: 1, 2, 2, 4 (the national practice), 1, 2, 2, 3 or 1, 2, 3, 4."""
    exact: bool = False
    """Whether converted scores are compared exactly; otherwise at the published precision."""
    within_parent: tuple[str, ...] = ()
    """Tiers whose units are ranked only with the other units under the same parent."""
    commended: Mapping[str, int] = field(default_factory=dict)
    """N, by tier: the top N units of a ranking are commended. In other tiers, no unit is commended."""
    by: tuple[RankKey, ...] = (RankKey("score"),)
    """Where the first key is equal, the second one decides, and so on."""
    categories: Mapping[str, CategoryRanking] = field(default_factory=dict)
    """How units are ordered in each category, by category code."""
