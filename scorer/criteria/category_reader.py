"""Reads the categories of a document: their groups, levels and limits."""

from __future__ import annotations

from fractions import Fraction

from scorer.criteria import model, schema
from scorer.criteria.combine import Combine, Total
from scorer.criteria.condition_reader import ConditionReader
from scorer.criteria.criterion_reader import CriterionReader
from scorer.criteria.document import Path, as_list, as_mapping
from scorer.criteria.schema_errors import parse_model, sound_part
from scorer.criteria.subtotal_reader import subtotal_of
from scorer.criteria.tiers import check_tiers
from scorer.model.fixed_point import PointsByTier, plain

RESERVED_CATEGORIES = ("overall", "subtotal")
"""Words that cannot be codes of categories, because replies use them in the same fields for something else."""


class CategoryReader:
    """Reads categories. Unreadable parts are left out and reported as problems of the document.

    Args:
        criteria: reads the criteria of the same document.
    """

    def __init__(self, criteria: CriterionReader) -> None:
        self.criteria, self.document, self.vocabulary = criteria, criteria.document, criteria.vocabulary
        self.tiers, self.indicators = criteria.tiers, criteria.indicators
        self.rankings: dict[str, schema.CategoryRanking] = {}
        """The key ``ranking`` of each category that has been read so far, by code of the category."""

    def category(self, code: str, data: object) -> model.Category | None:
        """The category; None if it cannot be read."""
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
        self.rankings[code] = shape.ranking
        category = model.Category(
            code,
            shape.title,
            tuple(group for group in built if group),
            tuple(level for level in levels if level),
            tuple(limit for limit in limits if limit),
            total_of(shape, may_be_negative=not shape.floor),
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
            self.criteria.criterion((*path, "criteria", n), body, reconstructed, subtotal)
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
                    f"has only bonuses in tier {tier!r}, and bonuses have no maximum; to limit their points, write "
                    f"'cap: {plain(maximum)}' instead"
                )
                self.document.problem((*path, "points"), message)
            elif total or stated.tiers():
                message = f"the criteria of tier {tier!r} add up to {plain(total)}, not to {plain(maximum)}"
                self.document.problem((*path, "points"), message)


def total_of(shape: schema.Category | schema.Overall, *, may_be_negative: bool = False) -> Total:
    """The rules of a document for the points of a category, or for the overall points."""
    return Total(Combine(shape.combine), shape.points, shape.cap, may_be_negative)
