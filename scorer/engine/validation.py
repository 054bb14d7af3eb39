"""Validates submitted units and answers, and builds one cohort per tier from them.

Validation reports all violations of a submission at once. If there is any violation, nothing is scored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from scorer.engine.answer_sources import counted, self_reported
from scorer.engine.computed_answers import MAX_GENERATIONS, computed_answers
from scorer.engine.plan import SetPlan, TierPlan
from scorer.engine.plugin_checks import PluginCheck
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import MICRO, Bools, Floats, Ints, round_to_micro
from scorer.model.indicators import IndicatorKind
from scorer.model.text_rules import MAX_ID_BYTES, MAX_NAME_BYTES, all_valid, is_sorted, text_problem
from scorer.model.violations import FieldPaths, Violations
from scorer.native import check_answers


@dataclass(frozen=True)
class Submission:
    """Units and answers of one request, not yet validated. Each column has n entries, one per unit."""

    ids: Sequence[str]
    names: Sequence[str]
    """(n,); or no entries if all names are empty."""
    tiers: Sequence[str]
    """(n,); or one entry if all units have the same tier; or no entries if they could not be read."""
    parents: Sequence[str]
    """(n,) ids of the parents; or no entries, if no unit has a parent."""
    matrix: Floats
    """(indicators, n) answers, in the order of the set plan's rows; NaN where not reported."""
    exclusions: Sequence[tuple[int | Ints, int, str]]
    """Criteria that do not apply: a unit or several units, index in the caller's list, criterion id."""

    @property
    def unit_tiers(self) -> Sequence[str]:
        """(n,) the tier of each unit; empty if it is not known."""
        units = len(self.ids)
        return self.tiers if len(self.tiers) == units else [*self.tiers, ""][:1] * units


@dataclass(frozen=True)
class ValidatedTier:
    """The n units of one tier, after validation."""

    plan: TierPlan
    units: Ints
    """(n,) indices of the units in the submission."""
    cohort: Cohort
    """The units with the answers that count."""
    parents: Sequence[str]
    """(n,) ids of the units' parents, possibly empty; or no entries if all parents are empty. If the set ranks units of
    this tier within their parent, all n are given."""
    self_reported: Cohort | None = None
    """The units with the answers that they reported themselves; None if no other answers count."""


def validate(
    plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations, *, to_rank: bool
) -> list[ValidatedTier]:
    """Validates a submission and returns its units by tier, in the set's order of tiers.

    The result must not be used if ``violations`` is not empty afterwards.

    Args:
        plan: the plan of the criteria set.
        submission: the units and answers.
        paths: the paths of the submission's fields.
        violations: collects the violations.
        to_rank: whether the units will be ranked. Then some tiers require parents.

    Raises:
        PluginFault: a check of a plugin failed. ``Violations.listed`` raises it too, because it calls the check's
            ``describe``.
    """
    sorted_ids = _check_units(plan, submission, paths, violations)
    if to_rank:
        _check_parents(plan, submission, paths, violations)
    excluded = _exclusions(plan, submission, paths, violations)
    _compute_answers(plan, submission, paths, violations)
    validated, present = list[ValidatedTier](), set(submission.tiers)
    for tier, tier_plan in plan.tiers.items():
        if tier not in present:
            continue
        if len(present) == 1:
            units, ids, parents = np.arange(len(submission.ids)), tuple(submission.ids), submission.parents
            matrix, tier_excluded = submission.matrix, excluded
        else:
            units = np.flatnonzero(np.array(submission.tiers, dtype=object) == tier)
            ids = tuple(submission.ids[unit] for unit in units.tolist())
            parents = [submission.parents[unit] for unit in units.tolist()] if submission.parents else []
            matrix = submission.matrix.take(units, axis=1)  # unlike [:, units], gives an array in row order
            tier_excluded = {code: mask[units] for code, mask in excluded.items()}
        cohort = Cohort(tier, ids, plan.criteria_set.indicators, plan.rows, matrix, tier_excluded, in_order=sorted_ids)
        _check_answers(tier_plan, cohort, units, paths, violations)
        as_reported = None
        if tier_plan.has_sources:
            submitted, cohort, as_reported = cohort, counted(tier_plan, cohort), self_reported(tier_plan, cohort)
            _check_rules(tier_plan.checks, cohort, units, paths, violations, checked=submitted)
        validated.append(ValidatedTier(tier_plan, units, cohort, parents, as_reported))
    if not plan.tiers.keys() >= present or not present:
        _check_units_without_tier(plan, submission, paths, violations)
    return validated


def _compute_answers(plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations) -> None:
    """Computes the answers of units whose children are in the call. If such answers were sent, they are violations."""
    ids, parents = submission.ids, submission.parents
    computed = computed_answers(plan, ids, submission.unit_tiers, parents, submission.matrix)
    for code, units in computed.own:
        message = "is computed from the answers of the unit's children in the call; leave it out"
        violations.add_all(units, partial(paths.answer, indicator=code), "COMPUTED", message)
    for unit in computed.misplaced:
        if parents[unit] != ids[unit]:  # reported as OWN_PARENT
            message = (
                f"{ids[unit]!r} is below itself, or more than {MAX_GENERATIONS} units of its tier are below each "
                "other; its answers cannot be computed"
            )
            violations.add(unit, paths.unit(unit, "parent"), "PARENT_CIRCLE", message)


def _check_units(plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations) -> bool:
    """Checks ids, names, tiers and parents. Returns whether the ids are in code-point order."""
    ids = submission.ids
    ordered = is_sorted(ids)
    if not (all_valid(ids, MAX_ID_BYTES, required=True) and (ordered or len(set(ids)) == len(ids))):
        first: dict[str, int] = {}
        for unit, code in enumerate(ids):
            if problem := text_problem(code, MAX_ID_BYTES, required=True):
                violations.add(unit, paths.unit(unit, "id"), "BAD_UNIT_ID", problem)
            elif first.setdefault(code, unit) != unit:
                message = f"{code!r} is already the id at {paths.unit(first[code], 'id')}"
                violations.add(unit, paths.unit(unit, "id"), "DUPLICATE_UNIT_ID", message)
    if not plan.tiers.keys() >= set(submission.tiers):
        for unit, tier in enumerate(submission.tiers):
            if tier not in plan.tiers:
                known = ", ".join(plan.tiers)
                hint = violations.suggestions.did_you_mean("tier", tier, plan.tiers)
                problem = f"unknown tier {tier[:80]!r}" if tier else "is empty"
                message = f"{problem}; the set has {known}{hint}"
                violations.add(unit, paths.unit(unit, "tier"), "UNKNOWN_TIER", message)
    for field, texts, limit, is_id in (
        ("name", submission.names, MAX_NAME_BYTES, False),
        ("parent", submission.parents, MAX_ID_BYTES, True),
    ):
        if not all_valid(list(filter(None, texts)), limit, required=is_id):
            for unit, text in enumerate(texts):
                if text and (problem := text_problem(text, limit, required=is_id)):
                    violations.add(unit, paths.unit(unit, field), "BAD_TEXT", problem)
    for unit, (code, parent) in enumerate(zip(ids, submission.parents, strict=False)):  # there may be no parents
        if code and code == parent:
            message = "is the unit itself; give the id of the unit above it, or leave it out"
            violations.add(unit, paths.unit(unit, "parent"), "OWN_PARENT", message)
    return ordered


def _check_parents(plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations) -> None:
    within = plan.criteria_set.ranking.within_parent
    if within and not (submission.parents and all(submission.parents)):
        parents = submission.parents or [""] * len(submission.ids)
        for unit, (tier, parent) in enumerate(zip(submission.unit_tiers, parents, strict=True)):
            if tier in within and not parent:
                message = f"is empty; units of tier {tier!r} are ranked within their parent: give the parent's id"
                violations.add(unit, paths.unit(unit, "parent"), "PARENT_REQUIRED", message)


def _exclusions(plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations) -> dict[str, Bools]:
    """For each criterion, by id: (n,) whether the criterion does not apply to the unit."""
    criteria, excluded = plan.criteria_set.criteria, dict[str, Bools]()
    for units, index, code in submission.exclusions:
        criterion, bad_units = criteria.get(code), np.atleast_1d(units)
        if criterion is None:
            hint = violations.suggestions.did_you_mean("criterion", code, criteria)
            reason, message = "UNKNOWN_CRITERION", f"unknown criterion {code[:80]!r}{hint}"
        elif not criterion.may_be_not_applicable:
            reason, message = "NOT_EXCLUDABLE", f"criterion {code!r} applies to every unit of the set"
        else:
            reason, message = "DUPLICATE_CRITERION", f"criterion {code!r} is listed twice"
            mask = excluded.setdefault(code, np.zeros(len(submission.ids), dtype=np.bool_))
            bad_units = _repeated(mask, bad_units)
            mask[units] = True
        violations.add_all(bad_units, partial(paths.exclusion, index=index), reason, message)
    return excluded


def _repeated(mask: Bools, units: Ints) -> Ints:
    """The units that are already in the mask, or listed twice in ``units`` (m,), where equal units are adjacent."""
    repeated = mask[units]
    repeated[1:] |= units[1:] == units[:-1]
    return np.unique(units[repeated])


def _check_answers(plan: TierPlan, cohort: Cohort, units: Ints, paths: FieldPaths, violations: Violations) -> None:
    """Checks the answers of a tier's units. Native code first finds the rows and checks that have any violation."""
    suspicious = check_answers(cohort.matrix, plan.bounds, plan.whole, plan.parts)
    cohort.freeze()
    row_suspicious, part_violated = suspicious[: len(cohort.matrix)], suspicious[len(cohort.matrix) :]
    codes = [code for code in cohort.indicators if row_suspicious[cohort.rows[code]]] if any(row_suspicious) else ()
    _check_values(codes, plan.ranges, cohort, units, paths, violations)
    violated_parts = [index for index, violated in zip(plan.plain_parts, part_violated, strict=True) if violated]
    checks = [plan.checks[index] for index in sorted((*plan.other_checks, *violated_parts))]
    _check_rules(checks, cohort, units, paths, violations)


def _check_units_without_tier(plan: SetPlan, submission: Submission, paths: FieldPaths, violations: Violations) -> None:
    """Reports those violations of units of unknown tier that they would have in every tier."""
    without = [unit for unit, tier in enumerate(submission.unit_tiers) if tier not in plan.tiers]
    units = np.array(without, dtype=np.int64)
    plans = list(plan.tiers.values())
    ranges = {
        code: (min(tier.ranges[code][0] for tier in plans), max(tier.ranges[code][1] for tier in plans))
        for code in plan.rows
    }
    used = [{id(check.check) for check in tier.checks} for tier in plans]
    checks = [check for check in plans[0].checks if all(id(check.check) in checks for checks in used)]
    ids = tuple(submission.ids[unit] for unit in without)
    cohort = Cohort("", ids, plan.criteria_set.indicators, plan.rows, submission.matrix.take(units, axis=1), {})
    cohort.freeze()
    _check_values(plan.rows, ranges, cohort, units, paths, violations)
    _check_rules(checks, cohort, units, paths, violations)


def _check_values(
    codes: Iterable[str],
    ranges: Mapping[str, tuple[float, float]],
    cohort: Cohort,
    units: Ints,
    paths: FieldPaths,
    violations: Violations,
) -> None:
    """Checks the answers to the given indicators. The tier of the cohort is empty if the units' tiers are unknown."""
    where = f" in tier {cohort.tier!r}" if cohort.tier else ""
    for code in codes:
        indicator, values, (low, high) = cohort.indicators[code], cohort.values(code), ranges[code]
        out_of_range = (values < low) | (values > high)
        if indicator.kind is IndicatorKind.NUMBER:
            # Refused and not rounded: rounding 69.9999995 to 70 could make it reach a threshold.
            in_range = np.where(out_of_range, math.nan, values)
            too_precise = ~np.isnan(in_range) & (round_to_micro(in_range) / MICRO != in_range)
            problems = [("TOO_MANY_DECIMALS", too_precise, "must have at most six decimals")]
        else:
            fractional = np.isfinite(values) & (values != np.floor(values)) & ~out_of_range
            problems = [("WRONG_KIND", fractional, _WHOLE_NUMBER_RULES[IndicatorKind(indicator.kind)])]
        allowed = f"must be from {indicator.show(low)} to {indicator.show(high)}{where}"
        if indicator.kind is IndicatorKind.FLAG:
            allowed = _WHOLE_NUMBER_RULES[IndicatorKind.FLAG]
        problems.append(("OUT_OF_RANGE", out_of_range, allowed))
        for reason, mask, rule in problems:
            bad = np.flatnonzero(mask)
            bad_values = dict(zip(units[bad].tolist(), values[bad].tolist(), strict=True))
            violations.add_all(
                units[bad],
                partial(paths.answer, indicator=code),
                reason,
                lambda unit, rule=rule, indicator=indicator, bad_values=bad_values: (  # type: ignore[misc]
                    f"{rule}, not {indicator.show(bad_values[unit])}"
                ),
            )


def _check_rules(
    checks: Iterable[PluginCheck],
    cohort: Cohort,
    units: Ints,
    paths: FieldPaths,
    violations: Violations,
    *,
    checked: Cohort | None = None,
) -> None:
    """Checks rules between several answers of a unit.

    ``checked`` has the same units with answers that were checked before. Their violations are not reported again.
    """
    for check in checks:
        violating = check.violating(cohort)
        if checked is not None:
            violating = np.setdiff1d(violating, check.violating(checked))
        violations.add_all(
            units[violating],
            partial(paths.answer, indicator=check.indicator),
            check.reason,
            lambda unit, check=check: check.describe(cohort, int(np.searchsorted(units, unit))),  # type: ignore[misc]
        )


_WHOLE_NUMBER_RULES = {
    IndicatorKind.COUNT: "a count is a whole number",
    IndicatorKind.FLAG: "a flag is 0 or 1",
    IndicatorKind.DATE: "a date is a whole number of days since 1970-01-01",
    IndicatorKind.CHOICE: "a choice is one of its options",
}
