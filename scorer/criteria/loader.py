"""Reads a criteria set document into the model, or says everything that is wrong with it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from scorer.criteria import lint, model, schema
from scorer.criteria.document import Document, Path, parse
from scorer.criteria.schema_errors import parse_model
from scorer.formulas import Formula, Part
from scorer.formulas.single import Fault
from scorer.model.fixed_point import PointsByTier, plain
from scorer.model.indicators import Indicator
from scorer.model.suggestions import did_you_mean, short_repr
from scorer.model.untrusted import describe_error, is_plugin_fault

Value = TypeVar("Value")

_FAULT_AS_PENALTY = (
    "formula 'fault' gives its points where there was no fault, so this penalty would take them from exactly those; "
    "use 'flag', or 'count' to take points for each fault"
)


class GroupTerms(NamedTuple):
    """What a criterion group brings to the sets that use it."""

    title: model.Texts
    indicators: Sequence[Indicator]


class Unavailable(NamedTuple):
    """A quarantined plugin."""

    plugin: str
    """Its name and distribution, for people."""
    group: str
    """The group it declares, or, as that is not known of one that cannot be imported, its own name."""
    why: str

    def __str__(self) -> str:
        return f"{self.plugin} is quarantined: {self.why}"


@dataclass(frozen=True)
class Vocabulary:
    """What criteria sets can name: the groups that plugins score and the formula kinds there are."""

    groups: Mapping[str, GroupTerms]
    """By group."""
    formulas: Mapping[str, type[Formula]]
    unavailable: tuple[Unavailable, ...]
    """Plugins that may declare what a set names, but are quarantined."""


def load(text: str | bytes, source: str, vocabulary: Vocabulary) -> tuple[model.CriteriaSet | None, Document]:
    """The criteria set that a document describes; None when the returned document has problems."""
    document = parse(text, source)
    if document.data is None:
        return None, document
    criteria_set = _Loader(document, vocabulary).criteria_set()
    return (None if document.problems else criteria_set), document


class _Loader:
    """Goes through a document part by part; what cannot be read is noted and left out."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self.document = document
        self.vocabulary = vocabulary
        self.tiers: tuple[str, ...] = ()
        self.indicators: dict[str, Indicator] = {}
        self.declared: dict[str, str] = {}
        self.read_order: dict[str, Indicator] = {}
        self.ids: dict[str, Path] = {}
        self.unscored = False

    def criteria_set(self) -> model.CriteriaSet | None:
        data, problem = self.document.data, self.document.problem
        head = parse_model(self.document, (), schema.Head, data)
        raw = data.get("categories") if isinstance(data, Mapping) else None
        if not isinstance(raw, Mapping):
            return None
        self.tiers = _texts(data.get("tiers"))
        for n, tier in enumerate(self.tiers):
            if tier in self.tiers[:n]:
                problem(("tiers", n), f"tier {tier!r} is given twice")
        self._declare(raw)
        categories = [self._category(code, body) for code, body in raw.items()]
        codes = tuple(raw)
        requires = _texts(_map(data.get("overall")).get("requires"))
        for n, code in enumerate(requires):
            if code not in codes:
                problem(("overall", "requires", n), f"unknown category {code!r}{did_you_mean(code, codes)}")
            elif code in requires[:n]:
                problem(("overall", "requires", n), f"category {code!r} is given twice")
        within, best = _map(data.get("ranking")).get("cohort"), _map(data.get("commend")).get("best")
        for path, by_tier in ((("ranking", "cohort"), within), (("commend", "best"), best)):
            for tier in _map(by_tier):
                self._tier((*path, tier), tier)
        if head is None:
            return None
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
            ranking=self._ranking(head),
            categories=tuple(category for category in categories if category),
            requires=requires or codes,
            indicators=self.read_order,
            revision="" if self.document.problems else self.document.revision(),
            series=head.series,
        )
        lint.check(criteria_set, self.document)
        return criteria_set

    def _ranking(self, head: schema.Head) -> model.RankingRule:
        within = self._each_tier(head.ranking.cohort)
        return model.RankingRule(
            head.ranking.ties,
            head.ranking.precision == "exact",
            tuple(tier for tier in self.tiers if within.get(tier)),
            self._each_tier(head.commend.best) if head.commend else {},
        )

    def _each_tier(self, value: Value | dict[str, Value]) -> dict[str, Value]:
        """What may be given once for all tiers, in the set's order of them."""
        if isinstance(value, dict):
            return {tier: value[tier] for tier in self.tiers if tier in value}
        return dict.fromkeys(self.tiers, value)

    def _declare(self, categories: Mapping[str, Any]) -> None:
        """Collects the indicators that the set's groups declare."""
        seen: dict[str, Path] = {}
        for category, body in categories.items():
            for group in _map(_map(body).get("groups")):
                path: Path = ("categories", category, "groups", group)
                if group in seen:
                    self.document.problem(path, f"group {group!r} stands in another category already", key=True)
                elif group == model.TOTAL or group in categories:
                    self.document.problem(path, f"a group cannot be called {group!r}", key=True)
                elif group not in self.vocabulary.groups:
                    self.unscored = True
                    self.document.problem(path, self._no_plugin(group), key=True)
                seen[group] = path
                terms = self.vocabulary.groups.get(group)
                for indicator in terms.indicators if terms else ():
                    known = self.indicators.setdefault(indicator.code, indicator)
                    if known != indicator:
                        other = self.declared[indicator.code]
                        message = f"its plugin declares indicator {indicator.code!r} otherwise than group {other!r}"
                        self.document.problem(path, message, key=True)
                    self.declared.setdefault(indicator.code, group)

    def _no_plugin(self, group: str) -> str:
        for plugin in self.vocabulary.unavailable:
            if plugin.group == group:
                return f"its {plugin}"
        return f"no plugin scores group {group!r}{did_you_mean(group, self.vocabulary.groups)}{self._unavailable()}"

    def _unavailable(self) -> str:
        """The quarantined plugins, as one of them may declare what is not there."""
        return "".join(f"; {plugin}" for plugin in self.vocabulary.unavailable)

    def _category(self, code: str, data: object) -> model.Category | None:
        path: Path = ("categories", code)
        shape = parse_model(self.document, path, schema.Category, data)
        raw = _map(data)
        groups = _map(raw.get("groups"))
        built = [self._group((*path, "groups", g), g, body) for g, body in groups.items()]
        ids = [_map(c).get("id") for group in groups.values() for c in _list(_map(group).get("criteria"))]
        known = [*groups, *(code for code in ids if isinstance(code, str))]
        levels = [
            self._level((*path, "levels", n), body, known, list(groups))
            for n, body in enumerate(_list(raw.get("levels")))
        ]
        if shape is None:
            return None
        category = model.Category(
            code, shape.title, tuple(group for group in built if group), tuple(level for level in levels if level)
        )
        self._stated((*path, "points"), shape.points, [c for group in category.groups for c in group.criteria])
        return category

    def _group(self, path: Path, code: str, data: object) -> model.Group | None:
        shape = parse_model(self.document, path, schema.Group, data)
        raw = _map(data)
        weak = shape is not None and shape.provenance is model.Provenance.RECONSTRUCTED
        criteria = [
            self._criterion((*path, "criteria", n), body, weak) for n, body in enumerate(_list(raw.get("criteria")))
        ]
        if shape is None:
            return None
        terms = self.vocabulary.groups.get(code)
        title = shape.title or (terms.title if terms else {})
        built = tuple(criterion for criterion in criteria if criterion)
        group = model.Group(code, title, built, shape.provenance, shape.notes)
        self._stated((*path, "points"), shape.points, group.criteria)
        return group

    def _criterion(self, path: Path, data: object, weak: bool) -> model.Criterion | None:
        shape = parse_model(self.document, path, schema.Criterion, data)
        raw = _map(data)
        identity = raw.get("id")
        if isinstance(identity, str):
            if identity in self.ids:
                self.document.problem((*path, "id"), f"criterion {identity!r} is given twice")
            elif identity == model.TOTAL or identity in self.vocabulary.groups:
                self.document.problem((*path, "id"), f"a criterion cannot be called {identity!r}")
            self.ids.setdefault(identity, path)
        parameters = {key: value for key, value in raw.items() if key not in schema.Criterion.model_fields}
        formula = None
        if "formula" in raw:
            formula = self._formula(path, raw["formula"], parameters, list(schema.Criterion.model_fields))
        else:
            self._misspelt(path, parameters, list(schema.Criterion.model_fields))
        try:
            if formula is not None:
                self._reads(path, formula)
            if shape is None or formula is None:
                return None
            self._tiers((*path, "points"), shape.points)
            self._check_formula(path, formula, shape.points)
            if shape.effect is model.Effect.PENALTY and _rewards_none(formula):
                self.document.problem((*path, "effect"), _FAULT_AS_PENALTY)
        except BaseException as error:  # a stranger's formula kind
            if not is_plugin_fault(error):
                raise
            self.document.problem(
                (*path, "formula"), f"formula kind {raw.get('formula')!r} is broken: {describe_error(error)}"
            )
            return None
        provenance = model.Provenance.RECONSTRUCTED if weak else shape.provenance
        return model.Criterion(
            id=shape.id,
            title=shape.title,
            formula=formula,
            parameters=json.dumps(parameters, ensure_ascii=False, sort_keys=True, default=_plain),
            points=shape.points,
            effect=shape.effect,
            may_be_not_applicable=shape.may_be_not_applicable,
            missing_leaves_out=shape.when_missing == "not_applicable",
            provenance=provenance,
            notes=shape.notes,
        )

    def _check_formula(self, path: Path, formula: Formula, points: PointsByTier) -> None:
        """What the formula itself finds wrong, and whether all that will be asked of it can be answered."""
        for inner, amount in _amounts(formula, ()):
            self._tiers((*path, *inner), amount)
        tiers = [tier for tier in self.tiers if points.of(tier) is not None]
        for inner, message in formula.problems(points, tiers):
            self.document.problem((*path, *inner), message)
        read = {code for _, code, _, _ in formula.reads()}
        for tier in tiers if not self.document.broken(*path) else ():
            other = set(formula.limits(tier, points.of(tier) or 0)) - read
            if other:
                raise LookupError(f"it limits {min(other)!r}, which it does not read")
        bool(formula.needs_cohort or formula.may_leave_out)  # asked here, so that a broken kind breaks here

    def _formula(self, path: Path, name: object, parameters: dict[str, Any], others: list[str]) -> Formula | None:
        """The formula of a criterion or part; ``others`` are keys beside the formula's own."""
        if not isinstance(name, str):
            self.document.problem((*path, "formula"), f"expected a formula kind, not {short_repr(name)}")
            return None
        kind = self.vocabulary.formulas.get(name)
        if kind is None:
            message = f"unknown formula {name!r}{did_you_mean(name, self.vocabulary.formulas)}{self._unavailable()}"
            self.document.problem((*path, "formula"), message)
            self._misspelt(path, parameters, others)
            return None
        inner = dict(parameters)
        if kind.nested is not None and isinstance(inner.get(kind.nested), list):
            parts = [self._part((*path, kind.nested, n), body) for n, body in enumerate(inner[kind.nested])]
            if None in parts:
                return None
            inner[kind.nested] = tuple(parts)
        names = [*(info.alias or field for field, info in kind.model_fields.items()), *others]
        for key in [key for key in inner if key not in names]:
            self.document.problem((*path, key), f"unknown key {key!r}{did_you_mean(key, names)}", key=True)
            del inner[key]
        return parse_model(self.document, path, kind, inner)

    def _misspelt(self, path: Path, parameters: Mapping[str, Any], others: list[str]) -> None:
        """Notes keys like those that there are, where it cannot be said which formula is meant."""
        kinds = self.vocabulary.formulas.values()
        names = [*others, *(info.alias or field for kind in kinds for field, info in kind.model_fields.items())]
        for key in parameters:
            if key not in names and (hint := did_you_mean(key, names)):
                self.document.problem((*path, key), f"unknown key {key!r}{hint}", key=True)

    def _part(self, path: Path, data: object) -> Part | None:
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
            formula = self._formula(path, data["formula"], parameters, ["formula", "points"])
        else:
            self._misspelt(path, parameters, ["formula", "points"])
        return Part(formula, points) if formula is not None and points is not None else None

    def _reads(self, path: Path, formula: Formula) -> None:
        for inner, code, kinds, options in formula.reads():
            here, indicator = (*path, *inner), self.indicators.get(code)
            if indicator is None:
                hint = did_you_mean(code, self.indicators)
                # A group without its plugin may have declared it: that is one problem, not many.
                if path[3] in self.vocabulary.groups and (hint or not self.unscored):
                    self.document.problem(here, f"no group of the set declares indicator {code!r}{hint}")
                continue
            self.read_order.setdefault(code, indicator)
            if indicator.kind not in kinds:
                wanted = " or ".join(sorted(kinds))
                self.document.problem(here, f"{code!r} is a {indicator.kind}, this formula reads a {wanted}")
            elif options is not None and set(options) != set(indicator.options):
                for extra in [option for option in options if option not in indicator.options]:
                    hint = did_you_mean(extra, indicator.options)
                    message = f"{code!r} has no option {extra!r}{hint}"
                    self.document.problem((*path, "options", extra), message, key=True)
                lacking = ", ".join(option for option in indicator.options if option not in options)
                if lacking:
                    self.document.problem((*path, "options"), f"says nothing of {code!r}'s option {lacking}")

    def _level(self, path: Path, data: object, known: list[str], groups: list[str]) -> model.Level | None:
        shape = parse_model(self.document, path, schema.Level, data)
        raw = _map(data)
        gates = [self._gate((*path, "gates", n), body, known, groups) for n, body in enumerate(_list(raw.get("gates")))]
        if shape is None or None in gates:
            return None
        return model.Level(shape.level, tuple(gate for gate in gates if gate), shape.provenance, shape.notes)

    def _gate(self, path: Path, data: object, known: list[str], groups: list[str]) -> model.Gate | None:
        for edge in ("at_least", "above"):
            for tier in _map(_map(data).get(edge)):
                self._tier((*path, edge, tier), tier)
        shape = parse_model(self.document, path, schema.Gate, data)
        if shape is None:
            return None
        terms = [term.strip() for term in shape.measure.split("+")]
        for term in terms:
            if term != model.TOTAL and term not in known:
                message = (
                    f"{term!r} is no group or criterion of this category{did_you_mean(term, [*known, model.TOTAL])}"
                )
                self.document.problem((*path, "measure"), message)
                return None
            if len(terms) > 1 and term not in groups:
                self.document.problem((*path, "measure"), f"only groups can be added up, and {term!r} is none")
                return None
        if len(set(terms)) < len(terms):
            self.document.problem((*path, "measure"), "adds a group twice")
            return None
        minimum = shape.at_least or shape.above
        assert minimum is not None
        name = "+".join(sorted(terms, key=known.index)) if len(terms) > 1 else terms[0]
        return model.Gate(name, minimum.unit, minimum.amount, shape.above is not None)

    def _tiers(self, path: Path, points: PointsByTier) -> None:
        for tier in points.tiers():
            self._tier((*path, tier), tier)

    def _tier(self, path: Path, tier: str) -> None:
        if tier not in self.tiers:
            self.document.problem(path, f"unknown tier {tier!r}{did_you_mean(tier, self.tiers)}", key=True)

    def _stated(self, path: Path, stated: PointsByTier | None, criteria: Sequence[model.Criterion]) -> None:
        """Refuses a stated maximum to which the criteria do not add up."""
        if stated is None:
            return
        self._tiers(path, stated)
        if self.document.broken(*path[:-1]):
            return
        for tier in self.tiers:
            wanted, found = stated.of(tier), sum(criterion.maximum(tier) for criterion in criteria)
            if wanted is not None and wanted != found and (found or stated.tiers()):
                message = f"the criteria of tier {tier!r} add up to {plain(found)}, not to {plain(wanted)}"
                self.document.problem(path, message)


def _amounts(value: object, path: Path) -> Iterator[tuple[Path, PointsByTier]]:
    """Every number of points in a formula's parameters, and its path."""
    if isinstance(value, PointsByTier):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _amounts(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, Part):
        yield from _amounts(value.formula, path)
        yield from _amounts(value.points, (*path, "points"))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _amounts(item, (*path, str(key)))
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _amounts(item, (*path, n))


def _rewards_none(formula: Formula) -> bool:
    """Whether it, or a part of it, gives points where nothing is reported to have happened."""
    parts = getattr(formula, formula.nested) if formula.nested else ()
    return isinstance(formula, Fault) or any(_rewards_none(part.formula) for part in parts)


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in _list(value) if isinstance(item, str))


def _plain(value: object) -> object:
    """JSON of the values that a document can hold beside JSON's own."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"cannot write {value!r} as JSON")
