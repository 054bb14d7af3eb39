"""Builds a criteria set from a document, or reports everything that is wrong with the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from scorer.criteria import lint, model, schema
from scorer.criteria.category_reader import CategoryReader, total_of
from scorer.criteria.criterion_reader import CriterionReader
from scorer.criteria.document import Document, Path, as_list, as_mapping
from scorer.criteria.from_children_reader import FROM_CHILDREN, computed_indicators
from scorer.criteria.rank_keys import category_keys, overall_keys
from scorer.criteria.ranking_method import CategoryRanking, RankingMethod, RankKey
from scorer.criteria.schema_errors import parse_model, sound_part
from scorer.criteria.set_indicators import SetIndicators
from scorer.criteria.tiers import USUAL_TIERS, check_tier, check_tiers, check_titles
from scorer.criteria.vocabulary import Vocabulary
from scorer.criteria.yaml_parser import parse
from scorer.model.indicators import Source
from scorer.model.suggestions import did_you_mean

Value = TypeVar("Value")

_HEAD = {
    "criteria_set": "set",
    "title": {"en": "Set"},
    "provenance": model.Provenance.RECONSTRUCTED,
    "categories": {"category": None},
}
"""Values that replace required keys that are missing or invalid, so that the other keys of the document are checked."""


def load(text: str | bytes, source: str, vocabulary: Vocabulary) -> tuple[model.CriteriaSet | None, Document]:
    """Reads a criteria set from the text of a document.

    Returns:
        The criteria set and the document. The criteria set is None if the document has problems.
    """
    document = parse(text, source)
    return load_document(document, vocabulary), document


def load_document(document: Document, vocabulary: Vocabulary) -> model.CriteriaSet | None:
    """Reads a criteria set from a parsed document. None if the document has problems."""
    criteria_set = load_sound_parts(document, vocabulary)
    return None if document.problems else criteria_set


def load_sound_parts(document: Document, vocabulary: Vocabulary) -> model.CriteriaSet | None:
    """Reads a criteria set from a parsed document.

    If the document has problems, the set has only the categories without problems, so that these can be checked
    further. None if there are none.
    """
    if document.data is None:
        return None
    criteria_set = _Loader(document, vocabulary).criteria_set()
    if criteria_set is None or not document.problems:
        return criteria_set
    sound = tuple(part for part in criteria_set.categories if not document.broken("categories", part.code))
    if not sound or document.broken("tiers"):
        return None
    return replace(
        criteria_set,
        tiers=tuple(tier for tier in criteria_set.tiers if any(part.tiers((tier,)) for part in sound)),
        categories=sound,
        requires=tuple(part.code for part in sound),
        ranking=replace(criteria_set.ranking, by=(RankKey("score"),)),
        overall=total_of(schema.Overall()),
    )


class _Loader:
    """Reads a document part by part. Unreadable parts are left out and reported as problems of the document."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.document = document
        self.vocabulary = vocabulary
        tiers = as_mapping(document.data).get("tiers")
        self.tiers = _strings([*as_mapping(tiers)] or tiers)
        self.indicators = SetIndicators(document, vocabulary)

    def criteria_set(self) -> model.CriteriaSet | None:
        data, problem = self.document.data, self.document.problem
        head = parse_model(self.document, (), schema.Head, data)
        raw = data.get("categories") if isinstance(data, Mapping) else None
        if not isinstance(raw, Mapping):
            return None
        tiers = as_mapping(data.get("tiers"))
        tier_titles = self._tier_titles(tiers)
        check_titles(tier_titles, self.tiers, self.document)
        for n, tier in enumerate(self.tiers):
            if tier in self.tiers[:n]:
                problem(("tiers", n), f"tier {tier!r} is given twice")
        self.indicators.collect(raw)
        sources = head.sources if head else (Source.SELF_REPORTED,)
        reader = CategoryReader(CriterionReader(self.document, self.vocabulary, self.tiers, self.indicators, sources))
        read = [reader.category(code, body) for code, body in raw.items()]
        categories = tuple(category for category in read if category)
        codes = tuple(raw)
        requires = _strings(as_mapping(data.get("overall")).get("requires"))
        for n, code in enumerate(requires):
            if code not in codes:
                problem(("overall", "requires", n), f"unknown category {code!r}{did_you_mean(code, codes)}")
            elif code in requires[:n]:
                problem(("overall", "requires", n), f"category {code!r} is given twice")
        cohorts, best = as_mapping(data.get("ranking")).get("cohort"), as_mapping(data.get("commend")).get("best")
        for path, by_tier in ((("ranking", "cohort"), cohorts), (("commend", "best"), best)):
            check_tiers(as_mapping(by_tier), self.tiers, path, self.document)
        head = head or sound_part(schema.Head, data, {**_HEAD, "tiers": list(self.tiers)})
        if head is None:
            return None
        for name in ("cap", "points"):
            if amount := getattr(head.overall, name, None):
                check_tiers(amount.tiers(), self.tiers, ("overall", name), self.document)
        for code, computed in head.from_children.items():
            check_tier(computed.tier, self.tiers, (FROM_CHILDREN, code, "tier"), self.document)
        indicators = self.indicators
        from_children = computed_indicators(
            head.from_children, self.document, indicators.declared, indicators.read, indicators.sources()
        )
        criteria_set = model.CriteriaSet(
            code=head.criteria_set,
            title=head.title,
            legal_basis=tuple((basis.document, basis.issued) for basis in head.legal_basis),
            provenance=head.provenance,
            notes=head.notes,
            effective_from=head.effective.start,
            effective_to=head.effective.end,
            tiers=self.tiers,
            points_decimals=head.rounding.points,
            percent_decimals=head.rounding.percent,
            rounding=head.rounding.mode,
            ranking=self._ranking(head, categories, reader.rankings),
            categories=categories,
            requires=requires or codes,
            overall=total_of(head.overall or schema.Overall()),
            from_children=from_children,
            indicators=indicators.read,
            revision="" if self.document.problems else self.document.revision(),
            series=head.series,
            tier_titles=tier_titles,
            subtotals={code: subtotal.title for code, subtotal in head.subtotals.items()},
        )
        lint.check(criteria_set, self.document)
        return criteria_set

    def _ranking(
        self,
        head: schema.Head,
        categories: Sequence[model.Category],
        rankings: Mapping[str, schema.CategoryRanking],
    ) -> RankingMethod:
        ranking, within_parent = head.ranking, self._by_tier(head.ranking.cohort)
        by: tuple[RankKey, ...] = ()
        if ranking.by and not self.document.broken("categories"):
            by = overall_keys(ranking.by, categories, self.tiers, ("ranking", "by"), self.document)
        return RankingMethod(
            ranking.ties,
            ranking.precision == "exact",
            tuple(tier for tier in self.tiers if within_parent.get(tier)),
            self._by_tier(head.commend.best) if head.commend else {},
            by or (RankKey("score"),),
            {part.code: self._category_ranking(ranking, part, rankings[part.code]) for part in categories},
        )

    def _category_ranking(
        self, ranking: schema.Ranking, category: model.Category, own: schema.CategoryRanking
    ) -> CategoryRanking:
        path: Path = ("categories", category.code)
        by: tuple[RankKey, ...] = ()
        if own.by and not self.document.broken(*path):
            by = category_keys(own.by, category, self.tiers, (*path, "ranking", "by"), self.document)
        return CategoryRanking(
            own.ties or ranking.ties,
            (own.precision or ranking.precision) == "exact",
            by or (RankKey("score", category.code),),
        )

    def _tier_titles(self, tiers: Mapping[str, Any]) -> dict[str, model.Texts]:
        shapes = {tier: parse_model(self.document, ("tiers", tier), schema.Tier, body) for tier, body in tiers.items()}
        stated = {tier: shape.title for tier, shape in shapes.items() if shape and shape.title}
        usual = {tier: USUAL_TIERS[tier] for tier in self.tiers if tier in USUAL_TIERS}
        return usual | stated

    def _by_tier(self, value: Value | dict[str, Value]) -> dict[str, Value]:
        """The value of each tier, in the set's order of tiers; a single value applies to all tiers."""
        if isinstance(value, dict):
            return {tier: value[tier] for tier in self.tiers if tier in value}
        return dict.fromkeys(self.tiers, value)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in as_list(value) if isinstance(item, str))
