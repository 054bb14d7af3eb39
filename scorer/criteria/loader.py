"""Builds a criteria set from a document, or reports everything that is wrong with the document."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from scorer.criteria import lint, model, schema
from scorer.criteria.condition_reader import ConditionReader
from scorer.criteria.document import Document, Path, as_list, as_mapping, parse
from scorer.criteria.formula_reader import FormulaReader, rewards_absence
from scorer.criteria.from_children import FROM_CHILDREN, computed_indicators
from scorer.criteria.rank_keys import category_keys, overall_keys
from scorer.criteria.schema_errors import parse_model, sound_part
from scorer.criteria.set_indicators import SetIndicators
from scorer.criteria.subtotals import subtotal_of
from scorer.criteria.tiers import check_tier, check_tiers
from scorer.criteria.vocabulary import Vocabulary
from scorer.model.fixed_point import PointsByTier, plain
from scorer.model.indicators import Source
from scorer.model.suggestions import did_you_mean
from scorer.model.untrusted import describe_error, is_plugin_fault

Value = TypeVar("Value")

_HEAD = {
    "criteria_set": "set",
    "title": {"en": "Set"},
    "provenance": model.Provenance.RECONSTRUCTED,
    "categories": {"category": None},
}
"""Stands in for required keys of a document that are missing or invalid, so that the other keys are checked."""

RESERVED_CATEGORIES = ("overall", "subtotal")
"""Words that cannot be codes of categories, because replies use them beside these codes."""

_FAULT_AS_PENALTY = (
    "formula 'fault' gives points to units without the fault, so this penalty would take points from exactly those "
    "units; use 'flag', or 'count' to take points for each fault"
)


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
        ranking=replace(criteria_set.ranking, by=(model.RankKey("score"),)),
        overall=_total(schema.Overall()),
    )


class _Loader:
    """Reads a document part by part; adds a problem for each part that cannot be read, and leaves the part out."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.document = document
        self.vocabulary = vocabulary
        tiers = as_mapping(document.data).get("tiers")
        self.tiers = _strings([*as_mapping(tiers)] or tiers)
        self.formulas = FormulaReader(document, vocabulary, self.tiers)
        self.indicators = SetIndicators(document, vocabulary)
        self.sources: tuple[Source, ...] = (Source.SELF_REPORTED,)
        """The sources of answers to criteria that do not name their own."""
        self.ids: set[str] = set()
        """Ids of the criteria read so far."""
        self.category_rankings: dict[str, schema.CategoryRanking] = {}

    def criteria_set(self) -> model.CriteriaSet | None:
        data, problem = self.document.data, self.document.problem
        head = parse_model(self.document, (), schema.Head, data)
        raw = data.get("categories") if isinstance(data, Mapping) else None
        if not isinstance(raw, Mapping):
            return None
        self.sources = head.sources if head else self.sources
        tiers = as_mapping(data.get("tiers"))
        tier_titles = self._tier_titles(tiers)
        for n, tier in enumerate(self.tiers):
            if tier in self.tiers[:n]:
                problem(("tiers", n), f"tier {tier!r} is given twice")
        self.indicators.collect(raw)
        categories = [self._category(code, body) for code, body in raw.items()]
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
            ranking=self._ranking(head, [category for category in categories if category]),
            categories=tuple(category for category in categories if category),
            requires=requires or codes,
            overall=_total(head.overall or schema.Overall()),
            from_children=from_children,
            indicators=indicators.read,
            revision="" if self.document.problems else self.document.revision(),
            series=head.series,
            tier_titles=tier_titles,
            subtotals={code: subtotal.title for code, subtotal in head.subtotals.items()},
        )
        lint.check(criteria_set, self.document)
        return criteria_set

    def _ranking(self, head: schema.Head, categories: Sequence[model.Category]) -> model.RankingRule:
        rule, within_parent = head.ranking, self._by_tier(head.ranking.cohort)
        by: tuple[model.RankKey, ...] = ()
        if rule.by and not self.document.broken("categories"):
            by = overall_keys(rule.by, categories, self.tiers, ("ranking", "by"), self.document)
        return model.RankingRule(
            rule.ties,
            rule.precision == "exact",
            tuple(tier for tier in self.tiers if within_parent.get(tier)),
            self._by_tier(head.commend.best) if head.commend else {},
            by or (model.RankKey("score"),),
            {category.code: self._category_ranking(rule, category) for category in categories},
        )

    def _category_ranking(self, rule: schema.Ranking, category: model.Category) -> model.CategoryRanking:
        path: Path = ("categories", category.code)
        own, by = self.category_rankings[category.code], tuple[model.RankKey, ...]()
        if own.by and not self.document.broken(*path):
            by = category_keys(own.by, category, self.tiers, (*path, "ranking", "by"), self.document)
        return model.CategoryRanking(
            own.ties or rule.ties,
            (own.precision or rule.precision) == "exact",
            by or (model.RankKey("score", category.code),),
        )

    def _tier_titles(self, tiers: Mapping[str, Any]) -> dict[str, model.Texts]:
        shapes = {tier: parse_model(self.document, ("tiers", tier), schema.Tier, body) for tier, body in tiers.items()}
        given = {tier: shape.title for tier, shape in shapes.items() if shape and shape.title}
        usual = {tier: model.USUAL_TIERS[tier] for tier in self.tiers if tier in model.USUAL_TIERS}
        return usual | given

    def _by_tier(self, value: Value | dict[str, Value]) -> dict[str, Value]:
        """The value of each tier, in the set's order of tiers; a single value applies to all tiers."""
        if isinstance(value, dict):
            return {tier: value[tier] for tier in self.tiers if tier in value}
        return dict.fromkeys(self.tiers, value)

    def _category(self, code: str, data: object) -> model.Category | None:
        path: Path = ("categories", code)
        if code in RESERVED_CATEGORIES:
            self.document.problem(path, f"a category cannot be called {code!r}", key=True)
        shape = parse_model(self.document, path, schema.Category, data)
        raw = as_mapping(data)
        groups = as_mapping(raw.get("groups"))
        built = [self._group((*path, "groups", g), g, body) for g, body in groups.items()]
        ids = [as_mapping(c).get("id") for group in groups.values() for c in as_list(as_mapping(group).get("criteria"))]
        known = [*groups, *(code for code in ids if isinstance(code, str))]
        conditions = ConditionReader(
            self.document, known, list(groups), self.indicators.declared, self.indicators.read, self.tiers
        )
        levels = [
            self._level((*path, "levels", n), body, conditions) for n, body in enumerate(as_list(raw.get("levels")))
        ]
        limits = [
            self._limit((*path, "limits", n), body, conditions) for n, body in enumerate(as_list(raw.get("limits")))
        ]
        shape = shape or sound_part(schema.Category, data, {"groups": {"group": None}})
        if shape is None:
            return None
        self.category_rankings[code] = shape.ranking
        category = model.Category(
            code,
            shape.title,
            tuple(group for group in built if group),
            tuple(level for level in levels if level),
            tuple(limit for limit in limits if limit),
            _total(shape, may_be_negative=not shape.floor),
            shape.weight or Fraction(1),
        )
        self._check_stated_maximum(path, shape.points, shape.cap, category)
        return category

    def _group(self, path: Path, code: str, data: object) -> model.Group | None:
        shape = parse_model(self.document, path, schema.Group, data)
        raw = as_mapping(data)
        reconstructed = shape is not None and shape.provenance is model.Provenance.RECONSTRUCTED
        subtotal = subtotal_of(raw, path, self.document)
        criteria = [
            self._criterion((*path, "criteria", n), body, reconstructed, subtotal)
            for n, body in enumerate(as_list(raw.get("criteria")))
        ]
        shape = shape or sound_part(schema.Group, data, {"criteria": [None]})
        if shape is None:
            return None
        terms = self.vocabulary.groups.get(code)
        title = shape.title or (terms.title if terms else {})
        built = tuple(criterion for criterion in criteria if criterion)
        group = model.Group(code, title, built, shape.provenance, shape.notes, shape.cap, shape.weight or Fraction(1))
        self._check_stated_maximum(path, shape.points, shape.cap, group)
        return group

    def _criterion(self, path: Path, data: object, reconstructed: bool, subtotal: str) -> model.Criterion | None:
        """A criterion; ``reconstructed`` says whether its group is; ``subtotal`` is that of its group."""
        shape = parse_model(self.document, path, schema.Criterion, data)
        raw = as_mapping(data)
        subtotal = subtotal_of(raw, path, self.document) or subtotal
        criterion_id = raw.get("id")
        if isinstance(criterion_id, str):
            if criterion_id in self.ids:
                self.document.problem((*path, "id"), f"criterion {criterion_id!r} is given twice")
            elif criterion_id == model.TOTAL or criterion_id in self.vocabulary.groups:
                self.document.problem((*path, "id"), f"a criterion cannot be called {criterion_id!r}")
            self.ids.add(criterion_id)
        parameters = {key: value for key, value in raw.items() if key not in schema.Criterion.model_fields}
        formula = None
        if "formula" in raw:
            formula = self.formulas.formula(path, raw["formula"], parameters, list(schema.Criterion.model_fields))
        else:
            self.formulas.suggest_keys(path, parameters, list(schema.Criterion.model_fields))
        try:
            sources = (shape.sources if shape else None) or self.sources
            if formula is not None:
                self.indicators.check_reads(path, formula, sources)
            shape = shape or sound_part(schema.Criterion, data, {"id": "criterion"})
            if shape is None or formula is None:
                return None
            check_tiers(shape.points.tiers(), self.tiers, (*path, "points"), self.document)
            self.formulas.check(path, formula, shape.points)
            if shape.effect is model.Effect.PENALTY and rewards_absence(formula):
                self.document.problem((*path, "effect"), _FAULT_AS_PENALTY)
        except BaseException as error:  # a plugin's formula kind can raise any exception
            if not is_plugin_fault(error):
                raise
            self.document.problem(
                (*path, "formula"), f"formula kind {raw.get('formula')!r} is broken: {describe_error(error)}"
            )
            return None
        provenance = model.Provenance.RECONSTRUCTED if reconstructed else shape.provenance
        return model.Criterion(
            id=shape.id,
            title=shape.title,
            formula=formula,
            parameters=json.dumps(parameters, ensure_ascii=False, sort_keys=True, default=_as_json),
            points=shape.points,
            effect=shape.effect,
            may_be_not_applicable=shape.may_be_not_applicable,
            missing_leaves_out=shape.when_missing == "not_applicable",
            provenance=provenance,
            notes=shape.notes,
            sources=sources,
            subtotal=subtotal,
        )

    def _level(self, path: Path, data: object, conditions: ConditionReader) -> model.Level | None:
        shape, raw = parse_model(self.document, path, schema.Level, data), as_mapping(data)
        condition = None
        if "gates" in raw:
            condition = conditions.all_of((*path, "gates"), raw["gates"])
        elif "when" in raw:
            condition = conditions.root((*path, "when"), raw["when"])
        if shape is None or condition is None:
            return None
        return model.Level(shape.level, condition, shape.provenance, shape.notes, shape.code or "", shape.title)

    def _limit(self, path: Path, data: object, conditions: ConditionReader) -> model.Limit | None:
        shape, raw = parse_model(self.document, path, schema.Limit, data), as_mapping(data)
        condition = conditions.condition((*path, "when"), raw["when"]) if "when" in raw else None
        if shape is None or condition is None:
            return None
        best = shape.no_better_than or 0
        return model.Limit(condition, best, shape.title, shape.legal_basis, shape.provenance, shape.notes)

    def _check_stated_maximum(
        self, path: Path, stated: PointsByTier | None, cap: PointsByTier | None, whole: model.Group | model.Category
    ) -> None:
        """Checks that the points of a group or category add up to its stated maximum, and the tiers of its cap."""
        for name, amount in (("cap", cap), ("points", stated)):
            if amount is not None:
                check_tiers(amount.tiers(), self.tiers, (*path, name), self.document)
        is_mean = isinstance(whole, model.Category) and whole.total.combine.is_mean
        summed = "groups" if isinstance(whole, model.Category) else "criteria"
        broken = any(self.document.broken(*path, key) for key in (summed, "points", "combine"))
        if stated is None or is_mean or broken:
            return
        for tier in self.tiers:
            maximum, total, highest = stated.of(tier), whole.maximum(tier), whole.highest(tier)
            if maximum is None or maximum == total:
                continue
            if total == 0 and highest:
                message = (
                    f"has only bonuses in tier {tier!r}, whose maximum counts as 0; to limit them, write "
                    f"'cap: {plain(maximum)}' instead"
                )
                self.document.problem((*path, "points"), message)
            elif total or stated.tiers():
                message = f"the criteria of tier {tier!r} add up to {plain(total)}, not to {plain(maximum)}"
                self.document.problem((*path, "points"), message)


def _total(shape: schema.Category | schema.Overall, *, may_be_negative: bool = False) -> model.Total:
    return model.Total(model.Combine(shape.combine), shape.points, shape.cap, may_be_negative)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in as_list(value) if isinstance(item, str))


def _as_json(value: object) -> object:
    """The ``default`` function of ``json.dumps`` for numbers and days of a document."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"cannot write {value!r} as JSON")
