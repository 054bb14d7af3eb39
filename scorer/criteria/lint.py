"""Checks what no single part of a criteria set shows: maxima, gates against maxima, order of levels, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from scorer.criteria import totals
from scorer.criteria.document import Document, Path
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Effect, Gate, Provenance
from scorer.formulas import Formula
from scorer.formulas.combined import parts_of
from scorer.formulas.ratios import Ratio
from scorer.model.fixed_point import MAX_MICROPOINTS, MAX_PENALTY_MICROPOINTS, MICRO, plain, plain_share

MAX_GATES = 48
"""Maximum number of gates of one category in one tier. durable-rules fails from 64 pending matches and hangs from
511."""

MAX_CELLS = 20_000
"""Maximum number of cells of a gate table. The rule engine takes about 1.5 seconds for this many."""


def check(criteria_set: CriteriaSet, document: Document) -> None:
    """Adds every problem to the document; skips the levels of a category that already has problems."""
    has_titles = isinstance(document.data["tiers"], Mapping)
    for n, tier in enumerate(criteria_set.tiers):
        _check_bounds(criteria_set, tier, ("tiers", tier if has_titles else n), document)
    for category in criteria_set.categories:
        path: Path = ("categories", category.code)
        for group in category.groups:
            for n, criterion in enumerate(group.criteria):
                _warn_of_shares(criterion.formula, (*path, "groups", group.code, "criteria", n), document)
        if not document.broken(*path):
            _check_levels(category, criteria_set.tiers, (*path, "levels"), document)
    totals.check(criteria_set, document)
    _check_provenance(criteria_set, document)


def _check_bounds(criteria_set: CriteriaSet, tier: str, path: Path, document: Document) -> None:
    criteria = [c for group in criteria_set.groups() for c in group.of(tier)]
    if not criteria:
        if not document.problems:
            document.problem(path, f"no criterion has points for tier {tier!r}")
        return
    highest = sum(criterion.bounds(tier)[1] for criterion in criteria)
    lowest = sum(criterion.bounds(tier)[0] for criterion in criteria)
    if highest > MAX_MICROPOINTS:
        limit = plain(MAX_MICROPOINTS)
        document.problem(path, f"the criteria of tier {tier!r} add up to {plain(highest)} points, more than {limit}")
    if -lowest > MAX_PENALTY_MICROPOINTS:
        limit = plain(MAX_PENALTY_MICROPOINTS)
        document.problem(path, f"the penalties of tier {tier!r} add up to {plain(-lowest)} points, more than {limit}")


def _check_levels(category: Category, tiers: Sequence[str], path: Path, document: Document) -> None:
    for n, (better, worse) in enumerate(zip(category.levels, category.levels[1:], strict=False), start=1):
        if worse.level <= better.level:
            document.problem((*path, n, "level"), f"list the best level first: {worse.level} is after {better.level}")
    for n, level in enumerate(category.levels):
        if level.code and any(level.code == better.code for better in category.levels[:n]):
            document.problem((*path, n, "code"), f"level code {level.code!r} is given twice")
    for tier in category.tiers(tuple(tiers)):
        for n, level in enumerate(category.levels):
            for m, gate in enumerate(level.gates):
                for message in _gate_problems(category, gate, tier):
                    document.problem((*path, n, "gates", m), message)
                _warn_of_low_points(category, gate, tier, (*path, n, "gates", m), document)
        gates = [gate for level in category.levels for gate in level.gates]
        if len(gates) > MAX_GATES:
            document.problem(path, f"{len(gates)} gates are more than {MAX_GATES}: {_measures(gates)}")
            return
        thresholds: dict[tuple[str, str], set[tuple[int | None, bool]]] = {}
        for gate in gates:
            thresholds.setdefault((gate.measure, gate.unit), set()).add((gate.minimum.of(tier), gate.strict))
        cells = prod(len(values) + 1 for values in thresholds.values())
        if cells > MAX_CELLS:
            document.problem(path, f"{cells} combinations of gates are more than {MAX_CELLS}: {_measures(gates)}")
            return


def _measures(gates: Sequence[Gate]) -> str:
    return f"use fewer measures or levels (measures: {', '.join(dict.fromkeys(gate.measure for gate in gates))})"


def _gate_problems(category: Category, gate: Gate, tier: str) -> Iterator[str]:
    """Messages about a gate that cannot be compared, or that no unit of the tier can pass."""
    minimum = gate.minimum.of(tier)
    if minimum is None:
        yield f"has no minimum for tier {tier!r}"
        return
    criteria: list[Criterion] = []
    for term in gate.terms():
        term_criteria = measured_criteria(category, term, tier)
        if not term_criteria:
            yield f"{term!r} has no criteria in tier {tier!r}"
            return
        criteria += term_criteria
    nominal, highest = category.measure(gate.terms(), tier)
    if gate.unit == "points":
        excess, required, reachable = minimum - highest, plain(minimum), f"{plain(highest)} points"
    else:
        can_be_negative = gate.measure != TOTAL or category.total.may_be_negative
        if can_be_negative and any(criterion.effect is Effect.PENALTY for criterion in criteria):
            yield f"{gate.measure!r} can be negative, so a percentage of it means nothing; use points"
            return
        if nominal == 0:
            yield f"{gate.measure!r} has no maximum in tier {tier!r}, so a percentage of it means nothing; use points"
            return
        excess, required = minimum * nominal - highest * MICRO, f"{plain(minimum * 100)} %"
        reachable = f"{plain(highest * MICRO // nominal * 100)} %"
    if excess > 0 or (gate.strict and excess == 0):
        bound = "above" if gate.strict else "at least"
        yield (
            f"can never hold in tier {tier!r}: {bound} {required} of {gate.measure!r}, which gives at most {reachable}"
        )


def _warn_of_low_points(category: Category, gate: Gate, tier: str, path: Path, document: Document) -> None:
    """Warns of minimums that may be meant as percentages: an author who writes 0.7 for 70 % gets 0.7 points."""
    minimum = gate.minimum.of(tier)
    nominal, _ = category.measure(gate.terms(), tier)
    if gate.unit != "points" or not minimum:
        return
    if 100 * minimum < nominal or (minimum < MICRO and 10 * minimum < nominal):
        message = (
            f"a minimum of {plain(minimum)} points is low: {gate.measure!r} has {plain(nominal)} points in tier "
            f"{tier!r}; if you mean a percentage, write {plain(min(minimum, MICRO) * 100)}%"
        )
        document.warn((*path, "above" if gate.strict else "at_least"), message)


def _warn_of_shares(formula: Formula, path: Path, document: Document) -> None:
    """Warns of ratios that may be meant as percentages: an author who writes 80 for 80 % gets 80 for every one."""
    for n, part in enumerate(parts_of(formula)):
        _warn_of_shares(part.formula, (*path, str(formula.nested), n), document)
    if isinstance(formula, Ratio):
        for name, share in (("target", formula.target), ("floor", formula.floor)):
            if share is not None and 10 < share <= 100:
                text = plain_share(share)
                message = f"a {name} of {text} is {text} for every one; if you mean a percentage, write {text}%"
                document.warn((*path, name), message)


def measured_criteria(category: Category, term: str, tier: str) -> list[Criterion]:
    """The criteria of ``tier`` whose points one term of a measure sums up."""
    return [
        criterion
        for group in category.groups
        for criterion in group.of(tier)
        if term in (TOTAL, group.code, criterion.id)
    ]


def _check_provenance(criteria_set: CriteriaSet, document: Document) -> None:
    """A set with a reconstructed part must itself be reconstructed."""
    if criteria_set.provenance is Provenance.RECONSTRUCTED:
        return
    reconstructed = [f"group {g.code}" for g in criteria_set.groups() if g.provenance is Provenance.RECONSTRUCTED]
    reconstructed += [
        f"criterion {c.id}" for c in criteria_set.criteria.values() if c.provenance is Provenance.RECONSTRUCTED
    ]
    reconstructed += [
        f"level {level.level} of {category.code}"
        for category in criteria_set.categories
        for level in category.levels
        if level.provenance is Provenance.RECONSTRUCTED
    ]
    if reconstructed:
        document.problem(("provenance",), f"must be reconstructed, as {reconstructed[0]} is")
