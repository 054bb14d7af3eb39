"""Units with all their results, and rankings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from oracle.categories import category_result
from oracle.numbers import of_tier
from oracle.results import Card, CategoryResult, CriterionResult, Document, Ranking, Score, SubtotalResult, Unit
from oracle.sources import counted, sources_of, with_children
from oracle.sums import combined, score_of, total_of


def rank_province(document: Document, units: Sequence[Unit]) -> list[Ranking]:
    """The rankings of all cohorts that have units: in the set's order of tiers, then by name."""
    rankings, units = [], with_children(document, units)
    for tier in document["tiers"]:
        peers = [
            unit for unit in units if unit.tier == tier
        ]  # formulas compare all units of the tier, even if units are ranked within parents
        cards = cards_of(document, peers)
        within_parent = of_tier(document.get("ranking", {}).get("cohort", "tier"), tier) == "parent"
        cohorts: dict[str, list[Card]] = {}
        for card in cards:
            cohorts.setdefault(card.unit.parent if within_parent else tier, []).append(card)
        rankings += [_ranking(document, tier, cohort, cohorts[cohort]) for cohort in sorted(cohorts)]
    return rankings


def score_unit(document: Document, unit: Unit) -> Card:
    """One unit alone; its ranks are 0."""
    return cards_of(document, [unit])[0]


def cards_of(document: Document, units: Sequence[Unit]) -> list[Card]:
    """The cards of the units of a tier, without ranks."""
    scored = [counted(document, unit) for unit in units]
    cards = [replace(_card(document, unit, scored), unit=own) for unit, own in zip(scored, units, strict=True)]
    others = tuple(code for code, sources in sources_of(document).items() if "self_reported" not in sources)
    if all(sources == ["self_reported"] for sources in sources_of(document).values()):
        return cards
    reported = [replace(unit, not_applicable=unit.not_applicable + others) for unit in units]
    return [_beside(card, _card(document, unit, reported)) for card, unit in zip(cards, reported, strict=True)]


def _beside(card: Card, reported: Card) -> Card:
    """The card with the scores of ``reported`` as its self-reported scores."""

    def both(counting: Any, self_reported: Any) -> Any:
        if isinstance(counting, Score | CriterionResult):
            return replace(counting, self_reported=self_reported)
        return tuple(both(one, other) for one, other in zip(counting, self_reported, strict=True))

    categories = tuple(
        replace(
            category,
            score=both(category.score, same.score),
            groups=tuple(
                replace(group, score=both(group.score, other.score), criteria=both(group.criteria, other.criteria))
                for group, other in zip(category.groups, same.groups, strict=True)
            ),
        )
        for category, same in zip(card.categories, reported.categories, strict=True)
    )
    subtotals = tuple(
        replace(subtotal, score=both(subtotal.score, same.score))
        for subtotal, same in zip(card.subtotals, reported.subtotals, strict=True)
    )
    return replace(card, categories=categories, overall=both(card.overall, reported.overall), subtotals=subtotals)


def _card(document: Document, unit: Unit, cohort: Sequence[Unit]) -> Card:
    rounding = document.get("rounding", {})
    categories = tuple(
        category_result(code, body, rounding, unit, cohort)
        for code, body in document["categories"].items()
        if any(
            of_tier(criterion["points"], unit.tier) is not None
            for group in body["groups"].values()
            for criterion in group["criteria"]
        )
    )
    criteria = [criterion for category in categories for group in category.groups for criterion in group.criteria]
    overall = document.get("overall", {})
    parts = {c.code: (c.score.points, c.score.max_points, c.score.nominal) for c in categories}
    if overall.get("combine") == "sum_of_converted":
        scores = {c.code: c.score for c in categories}
        parts = {
            code: (s.converted, s.nominal if s.max_points else Fraction(0), s.nominal) for code, s in scores.items()
        }
    amounts = combined(overall, parts, document["categories"], unit.tier)
    standings = {category.code: category.standing for category in categories}
    lacking = tuple(code for code in _requires(document, categories) if standings[code] != "ranked")
    subtotals = tuple(_subtotals(document, criteria))
    return Card(unit, categories, score_of(criteria, amounts, rounding), 0, lacking, subtotals=subtotals)


def _subtotals(document: Document, criteria: Sequence[CriterionResult]) -> Iterator[SubtotalResult]:
    """The sums of the criteria of each subtotal, before caps, floors and means."""
    named = {
        criterion["id"]: criterion.get("subtotal", group.get("subtotal"))
        for category in document["categories"].values()
        for group in category["groups"].values()
        for criterion in group["criteria"]
    }
    for code in document.get("subtotals", ()):
        members = [criterion for criterion in criteria if named[criterion.id] == code]
        amounts = total_of([(criterion.points, criterion.max_points, criterion.nominal) for criterion in members])
        if members:
            yield SubtotalResult(code, score_of(members, amounts, document.get("rounding", {})))


def _requires(document: Document, categories: Sequence[CategoryResult]) -> tuple[str, ...]:
    """The required categories that the tier has; if it has none of them, all its categories."""
    required = document.get("overall", {}).get("requires") or list(document["categories"])
    here = [category.code for category in categories]
    return tuple(code for code in required if code in here) or tuple(here)


def _key(document: Document, card: Card, key: Any, rule: Document, code: str) -> Fraction | None:
    """The value that one key of a ranking compares; None if the tier does not have it."""
    categories = {category.code: category for category in card.categories}

    def of(score: Score) -> Fraction:
        return score.converted if rule["precision"] == "exact" else score.published

    kind, name = next(iter(key.items())) if isinstance(key, Mapping) else (key, "")
    if kind in ("overall", "total"):
        return of(categories[code].score if code else card.overall)
    if kind == "level":
        level = categories[name or code].level if (name or code) in categories else None
        return None if level is None else Fraction(-level if level else -1000)
    if not code and name in document["categories"]:
        return of(categories[name].score) if name in categories else None
    terms = [term.strip() for term in name.split("+")]
    groups = [g for c in card.categories if code in ("", c.code) for g in c.groups]
    parts = [(g.score.points, g.score.max_points, g.score.nominal) for g in groups if g.code in terms]
    parts += [(c.points, c.max_points, c.nominal) for g in groups for c in g.criteria if c.id == name]
    return of(score_of([], total_of(parts), document.get("rounding", {}))) if parts else None


def _ranking(document: Document, tier: str, cohort: str, cards: Sequence[Card]) -> Ranking:
    rule = {"ties": "competition", "precision": "published", "by": ["overall"], **document.get("ranking", {})}
    best = of_tier(document.get("commend", {}).get("best"), tier) or 0

    def compared(card: Card, own: Document, code: str = "") -> tuple[Fraction, ...]:
        """The values that ranks compare, by the rule of a category or by the overall rule."""
        return tuple(value for key in own["by"] if (value := _key(document, card, key, own, code)) is not None) or (
            _key(document, card, "total", own, code),
        )

    def ranks(scores: Mapping[str, tuple[Fraction, ...]], ties: str) -> dict[str, int]:
        """Ranks by unit id, from scores by unit id."""
        if ties == "ordinal":
            order = sorted(scores, key=lambda unit: (*(-score for score in scores[unit]), unit))
            return {unit: place for place, unit in enumerate(order, start=1)}
        others = set(scores.values()) if ties == "dense" else list(scores.values())
        return {unit: 1 + sum(other > score for other in others) for unit, score in scores.items()}

    scores = {card.unit.id: compared(card, rule) for card in cards if not card.lacking}
    overall = ranks(scores, rule["ties"])
    commended = {unit for unit, score in scores.items() if sum(other > score for other in scores.values()) < best}
    by_category = []
    for n, category in enumerate(cards[0].categories):
        own = {**rule, "by": ["total"], **document["categories"][category.code].get("ranking", {})}
        standing = [card for card in cards if card.categories[n].standing == "ranked"]
        by_category.append(ranks({card.unit.id: compared(card, own, category.code) for card in standing}, own["ties"]))
    ranked = [
        replace(
            card,
            rank=overall.get(card.unit.id, 0),
            commended=card.unit.id in commended,
            categories=tuple(
                replace(category, rank=places.get(card.unit.id, 0))
                for category, places in zip(card.categories, by_category, strict=True)
            ),
        )
        for card in cards
    ]
    ranked.sort(key=lambda card: (bool(card.lacking), *(-score for score in compared(card, rule)), card.unit.id))
    return Ranking(tier, cohort, _requires(document, cards[0].categories), tuple(ranked))
