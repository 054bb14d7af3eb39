"""Names for people in place of codes and numbers: titles of tiers, levels and limits, and words for statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from egov.scorer.v1 import scorer_pb2 as pb

Texts = Mapping[str, str]
"""A text by language."""


def text(titles: Texts, language: str, otherwise: str) -> str:
    """The text in a language; if there is none, the first text; if there is no text at all, ``otherwise``."""
    return titles.get(language) or next(iter(titles.values()), otherwise)


def texts_of(texts: Iterable[pb.Text]) -> dict[str, str]:
    """The texts of messages, by language."""
    return {item.language: item.text for item in texts}


def level_key(category: str, level: int) -> str:
    """The key of a level among names, such as ``readiness/1``."""
    return f"{category}/{level}"


def limit_key(category: str, limit: int) -> str:
    """The key of a limit among names, such as ``readiness/limit/1``."""
    return f"{category}/limit/{limit}"


def indicator_key(code: str) -> str:
    """The key of an indicator among names, such as ``indicator/computers``."""
    return f"indicator/{code}"


def option_key(indicator: str, option: str) -> str:
    """The key of an option among names, such as ``option/portal/complete``."""
    return f"option/{indicator}/{option}"


def subtotal_key(code: str) -> str:
    """The key of a subtotal among names, such as ``subtotal/people``."""
    return f"subtotal/{code}"


def texts_by_key(names: pb.Names) -> dict[str, Texts]:
    """The names of a reply, by key: ``tier/district``, ``readiness/1`` for a level,
    ``readiness/limit/1`` for a limit, ``standing/ranked``, ``status/missing``, ``provenance/published``. Tiers and
    limits without titles are left out, and levels with neither title nor code. A level that only has a code, such as
    "A", is called "level A".
    """
    kinds = {
        "tier": names.tiers,
        "standing": names.standings,
        "status": names.criterion_statuses,
        "provenance": names.provenances,
    }
    texts: dict[str, Texts] = {
        f"{kind}/{name.code}": texts_of(name.titles) for kind, of_kind in kinds.items() for name in of_kind
    }
    for level in names.levels:
        by_code = {"en": f"level {level.code}", "vi": f"mức {level.code}"} if level.code else {}
        texts[level_key(level.category, level.level)] = texts_of(level.titles) or by_code
    texts |= {limit_key(limit.category, limit.limit): texts_of(limit.titles) for limit in names.limits}
    return {key: titles for key, titles in texts.items() if titles}


def in_language(texts: Mapping[str, Texts], language: str) -> dict[str, str]:
    """For each key, the text in a language; if there is none, the first text; if there is no text at all, the key."""
    return {key: text(titles, language, key) for key, titles in texts.items()}
