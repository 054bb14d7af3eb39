"""Checks that a document names only its own tiers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from scorer.criteria.document import Document, Path
from scorer.model.suggestions import did_you_mean


def check_tiers(named: Iterable[str], tiers: Collection[str], path: Path, document: Document) -> None:
    """Adds a problem for each unknown tier.

    Args:
        named: the keys of a mapping.
        tiers: the set's tiers.
        path: of the mapping.
        document: the document.
    """
    for tier in named:
        check_tier(tier, tiers, (*path, tier), document)


def check_tier(tier: str, tiers: Collection[str], path: Path, document: Document) -> None:
    """Adds a problem at ``path`` if a tier is not one of the set's ``tiers``."""
    if tier not in tiers:
        document.problem(path, f"unknown tier {tier!r}{did_you_mean(tier, tiers)}", key=True)
