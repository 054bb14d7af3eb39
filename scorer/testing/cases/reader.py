"""Reads a document of cases, or says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scorer.criteria.document import Document, Path, parse
from scorer.criteria.lint import measured_criteria
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Provenance
from scorer.criteria.schema_errors import parse_model
from scorer.model.suggestions import did_you_mean, short_repr
from scorer.testing.cases import schema
from scorer.testing.cases.model import OVERALL, Case, CaseUnit


def read_cases(text: str | bytes, source: str, criteria_set: CriteriaSet) -> tuple[tuple[Case, ...], Document]:
    """The cases whose answers can be read, and the document with its problems; some may be of what is expected.

    Args:
        text: YAML.
        source: the document's name in messages.
        criteria_set: the set that the cases test; tiers, criteria, groups and categories must be its own.
    """
    document = parse(text, source)
    if document.data is None:
        return (), document
    return tuple(_Reader(document, criteria_set).cases()), document


@dataclass(frozen=True)
class _Names:
    """What expectations of a tier can name."""

    tier: str
    categories: Mapping[str, Category]
    groups: Collection[str]
    criteria: Collection[str]
    measures: Collection[str]
    """Sums of groups that gates compare."""


class _Reader:
    """Goes through a document case by case; what cannot be read is noted and left out."""

    def __init__(self, document: Document, criteria_set: CriteriaSet) -> None:
        self.document, self.criteria_set = document, criteria_set
        self.provenance = Provenance.RECONSTRUCTED
        self.names = {tier: _names(criteria_set, tier) for tier in criteria_set.tiers}

    def cases(self) -> list[Case]:
        data = self.document.data
        head = parse_model(self.document, (), schema.Head, data)
        if head is not None:
            self.provenance = head.provenance
            if head.criteria_set != self.criteria_set.code:
                message = f"these cases are tested with criteria set {self.criteria_set.code!r}"
                self.document.problem(("criteria_set",), message)
        bodies = _list(_map(data).get("cases"))
        names = [_map(body).get("name") for body in bodies]
        for n, name in enumerate(names):
            if isinstance(name, str) and name in names[:n]:
                self.document.problem(("cases", n, "name"), f"case {name!r} is given twice")
        cases = [self._case(("cases", n), body) for n, body in enumerate(bodies)]
        return [case for case in cases if case is not None]

    def _case(self, path: Path, data: object) -> Case | None:
        raw = _map(data)
        if "units" in raw:
            together = parse_model(self.document, path, schema.Together, data)
            units = [self._unit((*path, "units", n), body) for n, body in enumerate(_list(raw["units"]))]
            known = [unit for unit in units if unit is not None]
            if None not in units:
                self._units(known)
                self._ranks((*path, "expect", "rank"), _map(_map(raw.get("expect")).get("rank")), known)
            if together is None or None in units:
                return None
            return self._built(path, together, tuple(known), together.expect.rank)
        alone = parse_model(self.document, path, schema.Alone, data)
        names = self._tier(path, raw)
        expect = self._expect((*path, "expect"), raw["expect"], names) if "expect" in raw else None
        if alone is None or names is None:
            return None
        unit = CaseUnit(path, "unit", alone.tier, "", alone.answers, tuple(alone.not_applicable), expect)
        return self._built(path, alone, (unit,), None)

    def _built(
        self,
        path: Path,
        shape: schema.Alone | schema.Together,
        units: tuple[CaseUnit, ...],
        ranks: Mapping[str, Mapping[str, int]] | None,
    ) -> Case:
        provenance = shape.provenance or self.provenance
        if provenance is Provenance.RECONSTRUCTED and self.provenance is Provenance.PUBLISHED:
            self.document.problem(("provenance",), f"must be reconstructed, as case {shape.name!r} is")
        return Case(shape.name, path, self.document.values[path][0], provenance, units, ranks)

    def _unit(self, path: Path, data: object) -> CaseUnit | None:
        shape = parse_model(self.document, path, schema.Unit, data)
        raw = _map(data)
        names = self._tier(path, raw)
        expect = self._expect((*path, "expect"), raw["expect"], names) if "expect" in raw else None
        if shape is None or names is None:
            return None
        return CaseUnit(path, shape.id, shape.tier, shape.parent, shape.answers, tuple(shape.not_applicable), expect)

    def _units(self, units: Sequence[CaseUnit]) -> None:
        ids = [unit.id for unit in units]
        for n, unit in enumerate(units):
            if unit.id in ids[:n]:
                self.document.problem((*unit.path, "id"), f"unit {unit.id!r} is given twice")

    def _tier(self, path: Path, raw: Mapping[str, Any]) -> _Names | None:
        """What the unit's tier has; None when the set has no such tier."""
        tier = raw.get("tier")
        if isinstance(tier, str) and tier and tier not in self.names:
            known = ", ".join(self.names)
            message = f"unknown tier {tier!r}; the set has {known}{did_you_mean(tier, self.names)}"
            self.document.problem((*path, "tier"), message)
        return self.names.get(tier) if isinstance(tier, str) else None

    def _ranks(self, path: Path, ranks: Mapping[str, Any], units: Sequence[CaseUnit]) -> None:
        tiers = {unit.id: unit.tier for unit in units}
        codes = {code: None for tier in tiers.values() for code in self.names[tier].categories}
        for where, places in ranks.items():
            self._known((*path, where), where, [OVERALL, *codes], "category")
            for unit in _map(places):
                self._known((*path, where, unit), unit, tiers, "unit")
                if where in codes and unit in tiers and where not in self.names[tiers[unit]].categories:
                    message = f"tier {tiers[unit]!r} of {unit!r} has no category {where!r}"
                    self.document.problem((*path, where, unit), message, key=True)

    def _expect(self, path: Path, data: object, names: _Names | None) -> schema.Expect | None:
        """What is expected of a unit; names are looked up as they are written, even where something else is wrong."""
        shape, raw = parse_model(self.document, path, schema.Expect, data), _map(data)
        if names is None:
            return None
        sums = [OVERALL, *names.categories, *names.groups]
        allowed: dict[str, tuple[Collection[str], str]] = {
            "points": ([*sums, *names.criteria, *names.measures], "category, group, criterion or measure"),
            "percent": ([*sums, *names.measures], "category, group or measure"),
            "converted": (sums, "category or group"),
            "published": (sums, "category or group"),
            "level": (names.categories, "category"),
            "standing": (names.categories, "category"),
            "causes": (names.categories, "category"),
        }
        for field, (known, what) in allowed.items():
            for name in _map(raw.get(field)):
                self._known((*path, field, name), canonical(name), known, f"{what} of tier {names.tier!r}")
        for field in ("missing", "not_applicable"):
            for n, name in enumerate(_list(raw.get(field))):
                if isinstance(name, str) and name:
                    what = f"criterion of tier {names.tier!r}"
                    self._known((*path, field, n), name, names.criteria, what, key=False)
        causes = {
            code: [self._cause((*path, "causes", code, n), body, names, code) for n, body in enumerate(_list(bodies))]
            for code, bodies in _map(raw.get("causes")).items()
        }
        return shape.model_copy(update={"causes": causes}) if shape is not None else None

    def _cause(self, path: Path, data: object, names: _Names, category: str) -> schema.Cause | None:
        shape = parse_model(self.document, path, schema.Cause, data)
        if shape is None:
            return None
        minimum = shape.at_least or shape.above
        if minimum is not None and minimum.amount.everywhere is None:
            edge = "at_least" if shape.at_least else "above"
            self.document.problem((*path, edge), "expected the minimum of the unit's own tier")
        if category in names.categories:
            gates = [gate.measure for level in names.categories[category].levels for gate in level.gates]
            self._known(
                (*path, "measure"), canonical(shape.measure), gates, f"measure of the gates of {category!r}", key=False
            )
        return shape

    def _known(self, path: Path, name: str, known: Collection[str], what: str, *, key: bool = True) -> None:
        if name not in known:
            self.document.problem(path, f"{short_repr(name)} is no {what}{did_you_mean(name, known)}", key=key)


def canonical(measure: str) -> str:
    """A measure as gates name it, without spaces around the sign; what it adds keeps its order."""
    return "+".join(term.strip() for term in measure.split("+"))


def _names(criteria_set: CriteriaSet, tier: str) -> _Names:
    categories = {c.code: c for c in criteria_set.categories if c.tiers((tier,))}
    gates = [gate.measure for c in categories.values() for level in c.levels for gate in level.gates]
    return _Names(
        tier,
        categories,
        [group.code for c in categories.values() for group in c.groups if group.of(tier)],
        [criterion.id for c in categories.values() for criterion in measured_criteria(c, TOTAL, tier)],
        [measure for measure in dict.fromkeys(gates) if "+" in measure],
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
