"""Reads a document with cases, or reports everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scorer.criteria.conditions import AnswerGate, LevelGate, MeasureGate
from scorer.criteria.document import Document, Path, as_list, as_mapping
from scorer.criteria.lint import measured_criteria
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Provenance
from scorer.criteria.schema_errors import parse_model
from scorer.criteria.yaml_parser import parse
from scorer.model.suggestions import did_you_mean, short_repr
from scorer.testing.cases import schema
from scorer.testing.cases.model import OVERALL, Case, CaseUnit


def read_cases(text: str | bytes, source: str, criteria_set: CriteriaSet) -> tuple[tuple[Case, ...], Document]:
    """The cases whose answers can be read, and the document with its problems.

    Expectations of a returned case can have problems too.

    Args:
        text: YAML.
        source: the document's name in messages.
        criteria_set: the set that the cases test; they can only use its tiers, criteria, groups and categories.
    """
    document = parse(text, source)
    if document.data is None:
        return (), document
    return tuple(_Reader(document, criteria_set).cases()), document


@dataclass(frozen=True)
class _TierNames:
    """The names, such as those of criteria, that a case may use in the expected results of units of a tier."""

    tier: str
    categories: Mapping[str, Category]
    groups: Collection[str]
    criteria: Collection[str]
    measures: Collection[str]
    """Sums of groups that gates compare."""
    subtotals: Collection[str]


class _Reader:
    """Reads a document case by case. Unreadable parts are left out and reported as problems of the document."""

    def __init__(self, document: Document, criteria_set: CriteriaSet) -> None:
        self.document, self.criteria_set = document, criteria_set
        self.provenance = Provenance.RECONSTRUCTED
        self.names = {tier: _tier_names(criteria_set, tier) for tier in criteria_set.tiers}

    def cases(self) -> list[Case]:
        data = self.document.data
        head = parse_model(self.document, (), schema.Head, data)
        if head is not None:
            self.provenance = head.provenance
            if head.criteria_set != self.criteria_set.code:
                message = f"these cases test criteria set {self.criteria_set.code!r}"
                self.document.problem(("criteria_set",), message)
        bodies = as_list(as_mapping(data).get("cases"))
        names = [as_mapping(body).get("name") for body in bodies]
        for n, name in enumerate(names):
            if isinstance(name, str) and name in names[:n]:
                self.document.problem(("cases", n, "name"), f"case {name!r} is given twice")
        cases = [self._case(("cases", n), body) for n, body in enumerate(bodies)]
        return [case for case in cases if case is not None]

    def _case(self, path: Path, data: object) -> Case | None:
        raw = as_mapping(data)
        if "units" in raw:
            rank_case = parse_model(self.document, path, schema.RankCase, data)
            units = [self._unit((*path, "units", n), body) for n, body in enumerate(as_list(raw["units"]))]
            readable = [unit for unit in units if unit is not None]
            if None not in units:
                self._check_ids(readable)
                ranks = as_mapping(as_mapping(raw.get("expect")).get("rank"))
                self._check_ranks((*path, "expect", "rank"), ranks, readable)
            if rank_case is None or None in units:
                return None
            return self._build(path, rank_case, tuple(readable), rank_case.expect.rank)
        score_case = parse_model(self.document, path, schema.ScoreCase, data)
        names = self._names_of_tier(path, raw)
        expect = self._expect((*path, "expect"), raw["expect"], names) if "expect" in raw else None
        if score_case is None or names is None:
            return None
        unit = CaseUnit(path, "unit", score_case.tier, "", score_case.answers, tuple(score_case.not_applicable), expect)
        return self._build(path, score_case, (unit,), None)

    def _build(
        self,
        path: Path,
        shape: schema.ScoreCase | schema.RankCase,
        units: tuple[CaseUnit, ...],
        ranks: Mapping[str, Mapping[str, int]] | None,
    ) -> Case:
        provenance = shape.provenance or self.provenance
        if provenance is Provenance.RECONSTRUCTED and self.provenance is Provenance.PUBLISHED:
            self.document.problem(("provenance",), f"must be reconstructed, because case {shape.name!r} is")
        return Case(shape.name, path, self.document.values[path][0], provenance, units, ranks)

    def _unit(self, path: Path, data: object) -> CaseUnit | None:
        shape = parse_model(self.document, path, schema.Unit, data)
        raw = as_mapping(data)
        names = self._names_of_tier(path, raw)
        expect = self._expect((*path, "expect"), raw["expect"], names) if "expect" in raw else None
        if shape is None or names is None:
            return None
        return CaseUnit(path, shape.id, shape.tier, shape.parent, shape.answers, tuple(shape.not_applicable), expect)

    def _check_ids(self, units: Sequence[CaseUnit]) -> None:
        ids = [unit.id for unit in units]
        for n, unit in enumerate(units):
            if unit.id in ids[:n]:
                self.document.problem((*unit.path, "id"), f"unit {unit.id!r} is given twice")

    def _names_of_tier(self, path: Path, raw: Mapping[str, Any]) -> _TierNames | None:
        """The names of the unit's tier; None if the set has no such tier."""
        tier = raw.get("tier")
        if isinstance(tier, str) and tier and tier not in self.names:
            known = ", ".join(self.names)
            message = f"unknown tier {tier!r}; the set has {known}{did_you_mean(tier, self.names)}"
            self.document.problem((*path, "tier"), message)
        return self.names.get(tier) if isinstance(tier, str) else None

    def _check_ranks(self, path: Path, ranks: Mapping[str, Any], units: Sequence[CaseUnit]) -> None:
        tiers = {unit.id: unit.tier for unit in units}
        codes = {code: None for tier in tiers.values() for code in self.names[tier].categories}
        for category, unit_ranks in ranks.items():
            self._check_name((*path, category), category, [OVERALL, *codes], "category")
            for unit in as_mapping(unit_ranks):
                self._check_name((*path, category, unit), unit, tiers, "unit")
                if category in codes and unit in tiers and category not in self.names[tiers[unit]].categories:
                    message = f"tier {tiers[unit]!r} of {unit!r} has no category {category!r}"
                    self.document.problem((*path, category, unit), message, key=True)

    def _expect(self, path: Path, data: object, names: _TierNames | None) -> schema.Expect | None:
        """The expected result of a unit. Its names are checked even if the rest of the result cannot be read."""
        shape, raw = parse_model(self.document, path, schema.Expect, data), as_mapping(data)
        if names is None:
            return None
        sums = [OVERALL, *names.categories, *names.groups]
        allowed: dict[str, tuple[Collection[str], str]] = {
            "points": ([*sums, *names.criteria, *names.measures], "category, group, criterion or measure"),
            "percent": ([*sums, *names.measures], "category, group or measure"),
            "converted": (sums, "category or group"),
            "published": (sums, "category or group"),
            "self_reported": ([*sums, *names.criteria], "category, group or criterion"),
            "subtotals": (names.subtotals, "subtotal"),
            "level": (names.categories, "category"),
            "standing": (names.categories, "category"),
            "causes": (names.categories, "category"),
        }
        for field, (known, what) in allowed.items():
            for name in as_mapping(raw.get(field)):
                self._check_name((*path, field, name), measure_name(name), known, f"{what} of tier {names.tier!r}")
        if "self_reported" in raw and not self.criteria_set.has_sources:
            message = "write 'points' instead: all answers of this set are self-reported"
            self.document.problem((*path, "self_reported"), message, key=True)
        for field in ("missing", "not_applicable"):
            for n, name in enumerate(as_list(raw.get(field))):
                if isinstance(name, str) and name:
                    what = f"criterion of tier {names.tier!r}"
                    self._check_name((*path, field, n), name, names.criteria, what, key=False)
        causes = {
            code: [self._cause((*path, "causes", code, n), body, names, code) for n, body in enumerate(as_list(bodies))]
            for code, bodies in as_mapping(raw.get("causes")).items()
        }
        return shape.model_copy(update={"causes": causes}) if shape is not None else None

    def _cause(self, path: Path, data: object, names: _TierNames, category: str) -> schema.Cause | None:
        shape = parse_model(self.document, path, schema.Cause, data)
        if shape is None:
            return None
        if not shape.measure:
            own = names.categories[category].gates() if category in names.categories else ()
            indicators = [gate.indicator for gate in own if isinstance(gate, AnswerGate)]
            categories = [gate.category for gate in own if isinstance(gate, LevelGate)]
            for key, name, known in (
                ("indicator", shape.indicator, indicators),
                ("category", shape.category, categories),
            ):
                if name:
                    self._check_name((*path, key), name, known, f"{key} of the gates of {category!r}", key=False)
            return shape
        if shape.minimum.amount.everywhere is None:
            self.document.problem((*path, shape.bound), "expected the minimum of the unit's own tier")
        if category in names.categories:
            gates = [gate.measure for gate in names.categories[category].gates() if isinstance(gate, MeasureGate)]
            self._check_name(
                (*path, "measure"),
                measure_name(shape.measure),
                gates,
                f"measure of the gates of {category!r}",
                key=False,
            )
        return shape

    def _check_name(self, path: Path, name: str, known: Collection[str], what: str, *, key: bool = True) -> None:
        if name not in known:
            self.document.problem(path, f"{short_repr(name)} is not a {what}{did_you_mean(name, known)}", key=key)


def measure_name(measure: str) -> str:
    """The name of a measure without spaces around '+'."""
    return "+".join(term.strip() for term in measure.split("+"))


def _tier_names(criteria_set: CriteriaSet, tier: str) -> _TierNames:
    """The names of a tier of a set."""
    categories = {c.code: c for c in criteria_set.categories if c.tiers((tier,))}
    gates = [gate.measure for c in categories.values() for gate in c.gates() if isinstance(gate, MeasureGate)]
    criteria = [criterion for c in categories.values() for criterion in measured_criteria(c, TOTAL, tier)]
    return _TierNames(
        tier,
        categories,
        [group.code for c in categories.values() for group in c.groups if group.of(tier)],
        [criterion.id for criterion in criteria],
        [measure for measure in dict.fromkeys(gates) if "+" in measure],
        dict.fromkeys(criterion.subtotal for criterion in criteria if criterion.subtotal),
    )
