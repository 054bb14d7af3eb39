"""What can be wrong with a criteria set whose every part is well formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from scorer.criteria.document import Document, Path
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Effect, Gate, Provenance
from scorer.model.fixed_point import MAX_MICROPOINTS, MAX_PENALTY_MICROPOINTS, MICRO, plain

MAX_CONDITIONS = 48
"""Gates of a tier and category: durable-rules fails from 64 pending matches and hangs from 511."""

MAX_CELLS = 20_000
"""Cells of a decision table: about a second and a half of the rule engine."""


def check(criteria_set: CriteriaSet, document: Document) -> None:
    """Notes every problem; a category that has problems already is left alone."""
    for n, tier in enumerate(criteria_set.tiers):
        _check_bounds(criteria_set, tier, ("tiers", n), document)
    for category in criteria_set.categories:
        path: Path = ("categories", category.code)
        if not document.broken(*path):
            _check_levels(category, criteria_set.tiers, (*path, "levels"), document)
    _check_provenance(criteria_set, document)


def _check_bounds(criteria_set: CriteriaSet, tier: str, path: Path, document: Document) -> None:
    criteria = [c for group in criteria_set.groups() for c in group.of(tier)]
    if not criteria:
        if not document.problems:
            document.problem(path, f"no criterion has points for tier {tier!r}")
        return
    most = sum(criterion.bounds(tier)[1] for criterion in criteria)
    fewest = sum(criterion.bounds(tier)[0] for criterion in criteria)
    if most > MAX_MICROPOINTS:
        limit = plain(MAX_MICROPOINTS)
        document.problem(path, f"the criteria of tier {tier!r} add up to {plain(most)} points, more than {limit}")
    if -fewest > MAX_PENALTY_MICROPOINTS:
        limit = plain(MAX_PENALTY_MICROPOINTS)
        document.problem(path, f"the penalties of tier {tier!r} add up to {plain(-fewest)} points, more than {limit}")


def _check_levels(category: Category, tiers: Sequence[str], path: Path, document: Document) -> None:
    for n, (better, worse) in enumerate(zip(category.levels, category.levels[1:], strict=False), start=1):
        if worse.level <= better.level:
            document.problem((*path, n, "level"), f"levels go best first: {worse.level} stands after {better.level}")
    for tier in category.tiers(tuple(tiers)):
        for n, level in enumerate(category.levels):
            for m, gate in enumerate(level.gates):
                for message in _gate_problems(category, gate, tier):
                    document.problem((*path, n, "gates", m), message)
                _warn_of_points(category, gate, tier, (*path, n, "gates", m), document)
        gates = [gate for level in category.levels for gate in level.gates]
        if len(gates) > MAX_CONDITIONS:
            document.problem(path, f"{len(gates)} gates are more than {MAX_CONDITIONS}: {_measures(gates)}")
            return
        edges: dict[tuple[str, str], set[tuple[int | None, bool]]] = {}
        for gate in gates:
            edges.setdefault((gate.measure, gate.unit), set()).add((gate.minimum.of(tier), gate.strict))
        cells = prod(len(values) + 1 for values in edges.values())
        if cells > MAX_CELLS:
            document.problem(path, f"{cells} combinations of gates are more than {MAX_CELLS}: {_measures(gates)}")
            return


def _measures(gates: Sequence[Gate]) -> str:
    return f"use fewer measures or levels (measures: {', '.join(dict.fromkeys(gate.measure for gate in gates))})"


def _gate_problems(category: Category, gate: Gate, tier: str) -> Iterator[str]:
    minimum = gate.minimum.of(tier)
    if minimum is None:
        yield f"has no minimum for tier {tier!r}"
        return
    criteria: list[Criterion] = []
    for term in gate.terms():
        found = measured(category, term, tier)
        if not found:
            yield f"{term!r} has no criteria in tier {tier!r}"
            return
        criteria += found
    nominal = sum(criterion.maximum(tier) for criterion in criteria)
    most = sum(criterion.bounds(tier)[1] for criterion in criteria)
    if gate.unit == "points":
        unreachable, wanted, shown = minimum - most, plain(minimum), f"{plain(most)} points"
    else:
        if gate.measure != TOTAL and any(criterion.effect is Effect.PENALTY for criterion in criteria):
            yield f"{gate.measure!r} can be negative, so a percentage of it means nothing; use points"
            return
        if nominal == 0:
            yield f"{gate.measure!r} has no maximum in tier {tier!r}, so a percentage of it means nothing; use points"
            return
        unreachable, wanted = minimum * nominal - most * MICRO, f"{plain(minimum * 100)} %"
        shown = f"{plain(most * MICRO // nominal * 100)} %"
    if unreachable > 0 or (gate.strict and unreachable == 0):
        edge = "above" if gate.strict else "at least"
        yield f"can never hold in tier {tier!r}: {edge} {wanted} of {gate.measure!r}, which gives at most {shown}"


def _warn_of_points(category: Category, gate: Gate, tier: str, path: Path, document: Document) -> None:
    """Warns of minimums that may be meant as percentages: 0.7, for 70 %, is 0.7 points."""
    minimum = gate.minimum.of(tier)
    nominal = sum(c.maximum(tier) for term in gate.terms() for c in measured(category, term, tier))
    if gate.unit != "points" or not minimum:
        return
    if 100 * minimum < nominal or (minimum < MICRO and 10 * minimum < nominal):
        message = (
            f"{plain(minimum)} of the {plain(nominal)} points of {gate.measure!r} in tier {tier!r} is little; "
            f"if a percentage is meant, write {plain(min(minimum, MICRO) * 100)}%"
        )
        document.warn((*path, "above" if gate.strict else "at_least"), message)


def measured(category: Category, term: str, tier: str) -> list[Criterion]:
    """The criteria of ``tier`` that one term of a measure adds up."""
    return [
        criterion
        for group in category.groups
        for criterion in group.of(tier)
        if term in (TOTAL, group.code, criterion.id)
    ]


def _check_provenance(criteria_set: CriteriaSet, document: Document) -> None:
    if criteria_set.provenance is Provenance.RECONSTRUCTED:
        return
    weak = [f"group {g.code}" for g in criteria_set.groups() if g.provenance is Provenance.RECONSTRUCTED]
    weak += [f"criterion {c.id}" for c in criteria_set.criteria.values() if c.provenance is Provenance.RECONSTRUCTED]
    weak += [
        f"level {level.level} of {category.code}"
        for category in criteria_set.categories
        for level in category.levels
        if level.provenance is Provenance.RECONSTRUCTED
    ]
    if weak:
        document.problem(("provenance",), f"must be reconstructed, as {weak[0]} is")
