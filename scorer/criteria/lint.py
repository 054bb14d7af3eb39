"""Checks relations inside a criteria set: maxima, gates and maxima, order of levels, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import prod

from scorer.criteria import formula_warnings, subtotal_reader, totals
from scorer.criteria.conditions import (
    AnswerGate,
    Combination,
    Condition,
    Gate,
    LevelGate,
    MeasureGate,
    Negation,
    gates_of,
    in_tier,
)
from scorer.criteria.document import Document, Path
from scorer.criteria.model import TOTAL, Category, CriteriaSet, Criterion, Effect, Provenance
from scorer.model.fixed_point import MAX_MICROPOINTS, MAX_PENALTY_MICROPOINTS, MICRO, plain
from scorer.model.suggestions import did_you_mean

MAX_GATES = 48
"""Maximum number of gates of one category in one tier. durable-rules fails from 64 pending matches and hangs from
511."""

MAX_CELLS = 20_000
"""Maximum number of cells of the gate tables of one category in one tier."""


def check(criteria_set: CriteriaSet, document: Document) -> None:
    """Records every problem in the document's list. Levels of a category that already has problems are not checked."""
    has_titles = isinstance(document.data["tiers"], Mapping)
    for n, tier in enumerate(criteria_set.tiers):
        _check_bounds(criteria_set, tier, ("tiers", tier if has_titles else n), document)
    for category in criteria_set.categories:
        path: Path = ("categories", category.code)
        for group in category.groups:
            for n, criterion in enumerate(group.criteria):
                criterion_path = (*path, "groups", group.code, "criteria", n)
                formula_warnings.warn(criterion.formula, criterion_path, criteria_set.indicators, document)
        if not document.broken(*path):
            _check_rules(criteria_set, category, path, document)
    _check_cycles(criteria_set, document)
    totals.check(criteria_set, document)
    subtotal_reader.warn_of_unused(criteria_set, document)
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


def _check_rules(criteria_set: CriteriaSet, category: Category, path: Path, document: Document) -> None:
    """Checks the levels and limits of a category."""
    levels = [level.level for level in category.levels]
    for n, (better, worse) in enumerate(pairwise(levels), start=1):
        if worse <= better:
            document.problem(
                (*path, "levels", n, "level"),
                f"list levels from best to worst: level {worse} comes after level {better}",
            )
    for n, level in enumerate(category.levels):
        if level.code and any(level.code == better.code for better in category.levels[:n]):
            document.problem((*path, "levels", n, "code"), f"level code {level.code!r} is given twice")
        for language, title in level.title.items():
            if any(title == better.title.get(language) for better in category.levels[:n]):
                document.problem((*path, "levels", n, "title", language), f"level title {title!r} is given twice")
    for n, limit in enumerate(category.limits):
        _check_limit(limit.no_better_than, levels, (*path, "limits", n, "no_better_than"), document)
    rules = [
        *((level.condition, (*path, "levels", n)) for n, level in enumerate(category.levels)),
        *((limit.condition, (*path, "limits", n)) for n, limit in enumerate(category.limits)),
    ]
    for tier in category.tiers(criteria_set.tiers):
        gates, cells = list[str](), 0
        for number, (condition, rule_path) in enumerate(rules):
            is_list = number < len(levels) and (*rule_path, "gates") in document.values
            where: Path = (*rule_path, "gates" if is_list else "when")
            for gate, gate_path in _with_paths(condition, where, document):
                _check_gate(criteria_set, category, gate, tier, gate_path, document)
            for needed, existing in _too_few(condition, tier):
                message = (
                    f"at_least: {needed} can never hold in tier {tier!r}, which has only {existing} of these conditions"
                )
                document.problem(where, message)
            normal = in_tier(condition, tier)
            if normal is None and number < len(levels):
                document.problem(where, f"has no gates in tier {tier!r}")
            compared, size = _size(normal, tier)
            gates, cells = gates + compared, cells + size
        advice = f"use fewer measures or levels (measures: {', '.join(dict.fromkeys(gates))})"
        if len(gates) > MAX_GATES:
            document.problem((*path, "levels"), f"has {len(gates)} gates, more than {MAX_GATES}: {advice}")
            return
        if cells > MAX_CELLS:
            document.problem((*path, "levels"), f"needs {cells} combinations of gates, more than {MAX_CELLS}: {advice}")
            return


def _too_few(condition: Condition, tier: str) -> Iterator[tuple[int, int]]:
    """Finds combinations that require more conditions than they have in a tier.

    Yields the number of conditions that the combination requires, and the number that it has.
    """
    if isinstance(condition, Negation):
        yield from _too_few(condition.of, tier)
    elif isinstance(condition, Combination):
        remaining = sum(in_tier(inner, tier) is not None for inner in condition.of)
        if 0 < remaining < condition.at_least < len(condition.of):
            yield condition.at_least, remaining
        for inner in condition.of:
            yield from _too_few(inner, tier)


def _check_limit(no_better_than: int, levels: Sequence[int], path: Path, document: Document) -> None:
    if no_better_than and no_better_than not in levels:
        known = ", ".join(map(str, levels)) or "none"
        document.problem(path, f"the category has no level {no_better_than} (levels: {known})")
    elif levels and no_better_than == levels[0]:
        document.problem(path, f"forbids nothing, because level {no_better_than} is the best one")


def _with_paths(condition: Condition, path: Path, document: Document) -> Iterator[tuple[Gate, Path]]:
    """The gates of a condition, each with its path in the document."""
    if isinstance(condition, Negation):
        yield from _with_paths(condition.of, (*path, "not"), document)
    elif isinstance(condition, Combination):
        keys = [(*path, key) for key in ("all", "any", "of") if (*path, key) in document.values]
        if not keys and (*path, 0) not in document.values:  # a single gate as the condition of a level
            yield from _with_paths(condition.of[0], path, document)
            return
        for n, inner in enumerate(condition.of):
            yield from _with_paths(inner, (*(keys[0] if keys else path), n), document)
    else:
        yield condition, path


def _size(condition: Condition | None, tier: str) -> tuple[list[str], int]:
    """The measure, indicator or category that each gate of a condition reads, and the number of cells of its table."""
    thresholds: dict[tuple[str, str], set[tuple[int | str, bool]]] = {}
    names = []
    for gate in gates_of(condition) if condition else ():
        if isinstance(gate, MeasureGate):
            names.append(gate.measure)
            own = thresholds.setdefault((gate.measure, gate.unit), set())
            own.add((gate.minimum.of(tier) or 0, gate.strict != gate.upper))
        elif isinstance(gate, AnswerGate):
            names.append(gate.indicator)
            thresholds.setdefault((gate.indicator, "answer"), set()).update((option, False) for option in gate.options)
        else:
            names.append(gate.category)
            thresholds.setdefault((gate.category, "level"), set()).add((gate.level, False))
    # Each option needs two thresholds: its index, and the next one.
    sizes = (len(own) * (2 if unit == "answer" else 1) + 1 for (_, unit), own in thresholds.items())
    return names, prod(sizes) if thresholds else 0


def _check_gate(
    criteria_set: CriteriaSet, category: Category, gate: Gate, tier: str, path: Path, document: Document
) -> None:
    if isinstance(gate, MeasureGate):
        for message in _gate_problems(category, gate, tier):
            document.problem(path, message)
        _warn_of_low_points(category, gate, tier, path, document)
    elif isinstance(gate, LevelGate):
        others = {other.code: other for other in criteria_set.categories if other is not category}
        other = others.get(gate.category)
        if other is None:
            hint = did_you_mean(gate.category, others)
            document.problem((*path, "category"), f"{gate.category!r} is not another category of the set{hint}")
        elif not other.tiers((tier,)):
            document.problem((*path, "category"), f"{gate.category!r} has no criteria in tier {tier!r}")
        elif gate.level not in [level.level for level in other.levels]:
            known = ", ".join(str(level.level) for level in other.levels) or "none"
            document.problem((*path, "level"), f"{gate.category!r} has no level {gate.level} (levels: {known})")


def _check_cycles(criteria_set: CriteriaSet, document: Document) -> None:
    """Refuses categories whose levels depend on each other in a circle."""
    needs = {
        category.code: {gate.category for gate in category.gates() if isinstance(gate, LevelGate)}
        for category in criteria_set.categories
    }
    decided = set[str]()
    while ready := [code for code, needed in needs.items() if code not in decided and needed & set(needs) <= decided]:
        decided.update(ready)
    circle = [code for code in needs if code not in decided]
    if circle:
        message = f"the levels of {' and '.join(circle)} depend on each other; remove one of the gates on a category"
        document.problem(("categories", circle[0]), message)


def _gate_problems(category: Category, gate: MeasureGate, tier: str) -> Iterator[str]:
    """Messages about a gate that cannot be compared, or that no unit of the tier can pass."""
    minimum = gate.minimum.of(tier)
    criteria: list[Criterion] = []
    for term in gate.terms():
        term_criteria = measured_criteria(category, term, tier)
        if not term_criteria and minimum is None:
            return  # allowed: the document gives minimums by tier, and neither minimum nor measure exists here
        if not term_criteria:
            hint = "" if gate.minimum.tiers() else f"; give the minimum by tier, without {tier!r}"
            yield f"{term!r} has no criteria in tier {tier!r}{hint}"
            return
        criteria += term_criteria
    if minimum is None:
        if tier not in gate.not_in:
            yield (
                f"has no minimum for tier {tier!r}, which has {gate.measure!r}; "
                f"write '{tier}: none' if there is no such gate"
            )
        return
    nominal, highest = category.measure(gate.terms(), tier)
    lowest = sum(criterion.bounds(tier)[0] for criterion in criteria)
    if gate.measure == TOTAL and not category.total.may_be_negative:
        lowest = 0
    if gate.unit == "points":
        excess, required, reachable = minimum - highest, plain(minimum), f"{plain(highest)} points"
        scarcity, least = lowest - minimum, f"{plain(lowest)} points"
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
        scarcity, least = -minimum, "0 %"
    bound, extreme = gate.bound.replace("_", " "), f"at most {reachable}"
    if gate.upper:
        excess, extreme = scarcity, f"at least {least}"
    if excess > 0 or (gate.strict and excess == 0):
        yield f"can never hold in tier {tier!r}: {bound} {required} of {gate.measure!r}, which gives {extreme}"


def _warn_of_low_points(category: Category, gate: MeasureGate, tier: str, path: Path, document: Document) -> None:
    """Warns of minimums that may be meant as percentages: an author who writes 0.7 for 70 % gets 0.7 points."""
    minimum = gate.minimum.of(tier)
    if gate.unit != "points" or not minimum:
        return
    nominal, _ = category.measure(gate.terms(), tier)
    if 100 * minimum < nominal or (minimum < MICRO and 10 * minimum < nominal):
        message = (
            f"a minimum of {plain(minimum)} points is low: {gate.measure!r} has {plain(nominal)} points in tier "
            f"{tier!r}; if you mean a percentage, write {plain(min(minimum, MICRO) * 100)}%"
        )
        document.warn((*path, gate.bound), message)


def measured_criteria(category: Category, term: str, tier: str) -> list[Criterion]:
    """The criteria of ``tier`` that belong to one term of a measure."""
    return [
        criterion
        for group in category.groups
        for criterion in group.of(tier)
        if term in (TOTAL, group.code, criterion.id)
    ]


def _check_provenance(criteria_set: CriteriaSet, document: Document) -> None:
    """Refuses a published set with a reconstructed part."""
    if criteria_set.provenance is Provenance.RECONSTRUCTED:
        return
    categories = criteria_set.categories
    parts = [(f"group {group.code}", group.provenance) for group in criteria_set.groups()]
    parts += [(f"criterion {criterion.id}", criterion.provenance) for criterion in criteria_set.criteria.values()]
    parts += [(f"level {part.level} of {c.code}", part.provenance) for c in categories for part in c.levels]
    parts += [(f"limit {n} of {c.code}", part.provenance) for c in categories for n, part in enumerate(c.limits, 1)]
    reconstructed = [name for name, provenance in parts if provenance is Provenance.RECONSTRUCTED]
    if reconstructed:
        document.problem(("provenance",), f"must be reconstructed, because {reconstructed[0]} is")
