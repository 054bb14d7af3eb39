"""Reads the formulas of criteria from a document."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from scorer.criteria.document import Document, Path
from scorer.criteria.schema_errors import parse_model
from scorer.criteria.tiers import check_tiers
from scorer.criteria.vocabulary import Vocabulary
from scorer.formulas import Formula, NestedFormula
from scorer.formulas.single_indicator import Fault
from scorer.formulas.sum_and_best import nested_formulas
from scorer.model.fixed_point import PointsByTier
from scorer.model.suggestions import did_you_mean, short_repr, unknown_key

MAX_FORMULA_PROBLEMS = 1000
"""Maximum number of problems that are reported for one formula. A formula of a plugin might yield problems without
end."""


@dataclass(frozen=True)
class FormulaReader:
    """Reads formulas; adds a problem for each formula that cannot be read.

    Args:
        document: the document.
        vocabulary: the formula kinds that the document can use.
        tiers: the set's tiers.
    """

    document: Document
    vocabulary: Vocabulary
    tiers: Sequence[str]

    def formula(self, path: Path, name: object, parameters: dict[str, Any], other_keys: list[str]) -> Formula | None:
        """The formula of a criterion, or a nested one; ``other_keys`` are the valid keys that are not parameters."""
        if not isinstance(name, str):
            self.document.problem((*path, "formula"), f"expected a formula kind, not {short_repr(name)}")
            return None
        kind = self.vocabulary.formulas.get(name)
        if kind is None:
            message = (
                f"unknown formula {name!r}{did_you_mean(name, self.vocabulary.formulas)}{self.vocabulary.quarantined()}"
            )
            self.document.problem((*path, "formula"), message)
            self.suggest_keys(path, parameters, other_keys)
            return None
        inner, nested = dict(parameters), list[NestedFormula | None]()
        if kind.nested is not None and isinstance(inner.get(kind.nested), list):
            nested = [self._nested((*path, kind.nested, n), body) for n, body in enumerate(inner[kind.nested])]
            inner[kind.nested] = tuple(nested)
        names = [*(info.alias or field for field, info in kind.model_fields.items()), *other_keys]
        for key in [key for key in inner if key not in names]:
            self.document.problem((*path, key), unknown_key(key, names), key=True)
            del inner[key]
        formula = parse_model(self.document, path, kind, inner)
        return None if None in nested else formula

    def suggest_keys(self, path: Path, parameters: Mapping[str, Any], other_keys: list[str]) -> None:
        """Reports probably misspelled keys where the formula kind is unknown: keys similar to any known key."""
        kinds = self.vocabulary.formulas.values()
        names = [*other_keys, *(info.alias or field for kind in kinds for field, info in kind.model_fields.items())]
        for key in parameters:
            if key not in names and (hint := did_you_mean(key, names)):
                self.document.problem((*path, key), f"unknown key {key!r}{hint}", key=True)

    def check(self, path: Path, formula: Formula, points: PointsByTier) -> None:
        """Adds the problems that the formula reports.

        It also calls the methods of the formula that are needed to compile a plan, so that an error in them is reported
        for this formula.
        """
        for inner, amount in _amounts(formula, ()):
            check_tiers(amount.tiers(), self.tiers, (*path, *inner), self.document)
        tiers = [tier for tier in self.tiers if points.of(tier) is not None]
        for inner, message in itertools.islice(formula.problems(points, tiers), MAX_FORMULA_PROBLEMS):
            self.document.problem((*path, *inner), message)
        read = {code for _, code, _, _ in formula.reads()}
        for tier in tiers if not self.document.broken(*path) else ():
            unread = set(formula.limits(tier, points.of(tier) or 0)) - read
            if unread:
                raise LookupError(f"its limits name indicator {min(unread)!r}, which it does not read")
        bool(formula.needs_cohort or formula.may_leave_out)  # an error in these properties is reported here

    def _nested(self, path: Path, data: object) -> NestedFormula | None:
        if not isinstance(data, Mapping):
            self.document.problem(path, f"expected a formula with its points, not {short_repr(data)}")
            return None
        for key in ("formula", "points"):
            if key not in data:
                self.document.problem((*path, key), f"the required key {key!r} is missing")
        points = None
        try:
            points = PointsByTier.parse(data["points"]) if "points" in data else None
        except ValueError as error:
            self.document.problem((*path, "points"), str(error))
        parameters = {key: value for key, value in data.items() if key not in ("formula", "points")}
        formula = None
        if "formula" in data:
            formula = self.formula(path, data["formula"], parameters, ["formula", "points"])
        else:
            self.suggest_keys(path, parameters, ["formula", "points"])
        return NestedFormula(formula, points) if formula is not None and points is not None else None


def _amounts(value: object, path: Path) -> Iterator[tuple[Path, PointsByTier]]:
    """Every amount of points in the parameters of a formula, with its path."""
    if isinstance(value, PointsByTier):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _amounts(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, NestedFormula):
        yield from _amounts(value.formula, path)
        yield from _amounts(value.points, (*path, "points"))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _amounts(item, (*path, str(key)))
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _amounts(item, (*path, n))


def rewards_absence(formula: Formula) -> bool:
    """Whether the formula or one nested in it gives its points to units that report no fault."""
    return isinstance(formula, Fault) or any(rewards_absence(inner.formula) for inner in nested_formulas(formula))
