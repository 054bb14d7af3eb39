"""Titles of usual tiers, and checks that a document names only its own tiers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from scorer.criteria.document import Document, Path
from scorer.criteria.model import Texts
from scorer.model.suggestions import did_you_mean

USUAL_TIERS: Mapping[str, Texts] = {
    "province": {"en": "Provinces", "vi": "Cấp tỉnh"},
    "department": {"en": "Departments", "vi": "Cấp sở, ban, ngành"},
    "district": {"en": "Districts", "vi": "Cấp huyện"},
    "commune": {"en": "Communes", "vi": "Cấp xã"},
}
"""Titles of tiers for documents that give none."""


def check_titles(titles: Mapping[str, Texts], tiers: Collection[str], document: Document) -> None:
    """Adds a problem for each title that two tiers have, or that is the code of another: in a file of answers, it could
    name either.
    """
    owners = {tier.casefold(): tier for tier in tiers}
    for tier, texts in titles.items():
        for language, title in texts.items():
            owner = owners.setdefault(" ".join(title.casefold().split()), tier)
            if owner != tier:
                message = f"tiers {owner!r} and {tier!r} are both called {title!r}"
                document.problem(("tiers", tier, "title", language), message)


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
