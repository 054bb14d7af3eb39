"""How the units of a criteria set are ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Ties = Literal["competition", "dense", "ordinal"]
"""How ties are ranked. If the second and third unit tie: ``competition`` gives 1, 2, 2, 4 (the national practice),
``dense`` 1, 2, 2, 3, and ``ordinal`` 1, 2, 3, 4."""


@dataclass(frozen=True)
class RankKey:
    """A value by which units are ordered."""

    kind: Literal["score", "level", "measure"]
    """``score``: the converted score of a category, or the overall one; ``level``: the level of a category;
    ``measure``: the converted score of a measure."""
    category: str = ""
    """The category; empty for the overall score."""
    measure: str = ""
    """The measure; its name is as in ``MeasureGate.measure``. Empty for other keys."""


@dataclass(frozen=True)
class CategoryRanking:
    """How units are ordered in one category."""

    ties: Ties
    exact: bool
    by: tuple[RankKey, ...]


@dataclass(frozen=True)
class RankingMethod:
    """How units are ordered overall, and in ``categories`` how they are ordered in each category."""

    ties: Ties = "competition"
    exact: bool = False
    """Whether converted scores are compared exactly; otherwise at the published precision."""
    within_parent: tuple[str, ...] = ()
    """Tiers whose units are ranked only with the other units under the same parent."""
    commended: Mapping[str, int] = field(default_factory=dict)
    """N, by tier: the top N units of a ranking are commended. In other tiers, no unit is commended."""
    by: tuple[RankKey, ...] = (RankKey("score"),)
    """The keys that are compared: the first one, then the second one for units with an equal first one, and so on."""
    categories: Mapping[str, CategoryRanking] = field(default_factory=dict)
    """How units are ordered in each category, by category code."""
