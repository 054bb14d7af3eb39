"""The door: validates units and answers, however they came, and makes cohorts of them.

All or nothing, and everything at once: whoever sends a form back wants to hear of all mistakes in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scorer.engine.plan import SetPlan, TierPlan
from scorer.model.fixed_point import MICRO, Bools, Floats, Ints, round_to_micro
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.text_rules import MAX_ID_BYTES, MAX_NAME_BYTES, all_valid, is_sorted, text_problem
from scorer.model.units import Cohort
from scorer.model.violations import Violations
from scorer.native import check_answers


class FieldPaths(Protocol):
    """How an input names its own fields, so that a violation points into what the caller sent."""

    def unit(self, unit: int, field: str) -> str:
        """A field of a unit: id, name, tier or parent."""

    def answer(self, unit: int, indicator: str) -> str:
        """An answer."""

    def exclusion(self, unit: int, at: int) -> str:
        """One of a unit's criteria that are not applicable."""


@dataclass(frozen=True)
class Submission:
    """Units and answers as they came, as columns of n units."""

    ids: Sequence[str]
    names: Sequence[str]
    """One a unit, or none: all are empty."""
    tiers: Sequence[str]
    """One a unit; a single one: that of all; or none, when it is not known who has which tier or parent."""
    parents: Sequence[str]
    """As names."""
    matrix: Floats
    """(indicators, n) in the rows of the set's plan; NaN for not reported."""
    exclusions: Sequence[tuple[int | Ints, int, str]]
    """A unit or some, place within what the caller sent, criterion id."""


@dataclass(frozen=True)
class ValidatedTier:
    """The units of one tier."""

    plan: TierPlan
    units: Ints
    """(n,) their places in the sheet."""
    cohort: Cohort
    parents: Sequence[str]
    """(n,) ids of the units above them; may be empty texts or none at all, unless the set ranks within them."""


def validate(
    plan: SetPlan, sheet: Submission, places: FieldPaths, violations: Violations, *, to_rank: bool
) -> list[ValidatedTier]:
    """Cohorts in the set's order of tiers; worthless once ``violations`` has any.

    Args:
        plan: of the criteria set.
        sheet: what came.
        places: how its fields are named.
        violations: takes what is wrong.
        to_rank: whether the units will be ranked, for which they may need a parent.
    """
    sorted_ids = _check_units(plan, sheet, places, violations)
    if to_rank:
        _check_parents(plan, sheet, places, violations)
    excluded = _exclusions(plan, sheet, places, violations)
    admitted = []
    present = set(sheet.tiers)
    for tier, tier_plan in plan.tiers.items():
        if tier not in present:
            continue
        whole = len(present) == 1
        units = np.arange(len(sheet.ids)) if whole else np.flatnonzero(np.array(sheet.tiers, dtype=object) == tier)
        matrix = sheet.matrix if whole else sheet.matrix.take(units, axis=1)  # a row's answers side by side
        ids = tuple(sheet.ids) if whole else tuple(sheet.ids[unit] for unit in units.tolist())
        here = excluded if whole else {code: mask[units] for code, mask in excluded.items()}
        cohort = Cohort(tier, ids, plan.criteria_set.indicators, plan.rows, matrix, here, in_order=sorted_ids)
        _check_answers(tier_plan, cohort, units, places, violations)
        parents = [sheet.parents[unit] for unit in units.tolist()] if sheet.parents and not whole else sheet.parents
        admitted.append(ValidatedTier(tier_plan, units, cohort, parents))
    return admitted


def _check_units(plan: SetPlan, sheet: Submission, places: FieldPaths, violations: Violations) -> bool:
    """Whether the ids stand in code-point order already."""
    ids = sheet.ids
    ordered = is_sorted(ids)
    if not (all_valid(ids, MAX_ID_BYTES, required=True) and (ordered or len(set(ids)) == len(ids))):
        first: dict[str, int] = {}
        for unit, code in enumerate(ids):
            if problem := text_problem(code, MAX_ID_BYTES, required=True):
                violations.add(unit, places.unit(unit, "id"), "BAD_UNIT_ID", problem)
            elif first.setdefault(code, unit) != unit:
                where = places.unit(first[code], "id")
                message = f"{code!r} is the id at {where} already"
                violations.add(unit, places.unit(unit, "id"), "DUPLICATE_UNIT_ID", message)
    if not plan.tiers.keys() >= set(sheet.tiers):
        for unit, tier in enumerate(sheet.tiers):
            if tier not in plan.tiers:
                known = ", ".join(plan.tiers)
                hint = violations.suggestions.did_you_mean("tier", tier, plan.tiers)
                what = f"unknown tier {tier[:80]!r}" if tier else "is empty"
                message = f"{what}; the set has {known}{hint}"
                violations.add(unit, places.unit(unit, "tier"), "UNKNOWN_TIER", message)
    for field, texts, limit in (("name", sheet.names, MAX_NAME_BYTES), ("parent", sheet.parents, MAX_ID_BYTES)):
        if not all_valid(texts, limit, required=False):
            for unit, text in enumerate(texts):
                if text and (problem := text_problem(text, limit, required=False)):
                    violations.add(unit, places.unit(unit, field), "BAD_TEXT", problem)
    for unit, (code, parent) in enumerate(zip(ids, sheet.parents, strict=False)):  # there may be no parents
        if code and code == parent:
            message = "is the unit itself; give the id of the unit above it, or leave it out"
            violations.add(unit, places.unit(unit, "parent"), "OWN_PARENT", message)
    return ordered


def _check_parents(plan: SetPlan, sheet: Submission, places: FieldPaths, violations: Violations) -> None:
    within = plan.criteria_set.ranking.within_parent
    if within and not (sheet.parents and all(sheet.parents)):
        tiers = sheet.tiers if len(sheet.tiers) != 1 else list(sheet.tiers) * len(sheet.ids)
        parents = sheet.parents or [""] * len(sheet.ids)
        for unit, (tier, parent) in enumerate(zip(tiers, parents, strict=False)):  # tiers may be unknown
            if tier in within and not parent:
                message = f"is empty; units of tier {tier!r} are ranked within their parent: give its id"
                violations.add(unit, places.unit(unit, "parent"), "PARENT_REQUIRED", message)


def _exclusions(plan: SetPlan, sheet: Submission, places: FieldPaths, violations: Violations) -> dict[str, Bools]:
    criteria, excluded = plan.criteria_set.criteria, dict[str, Bools]()
    for units, at, code in sheet.exclusions:
        criterion, refused = criteria.get(code), np.atleast_1d(units)
        if criterion is None:
            hint = violations.suggestions.did_you_mean("criterion", code, criteria)
            reason, message = "UNKNOWN_CRITERION", f"unknown criterion {code[:80]!r}{hint}"
        elif not criterion.may_be_not_applicable:
            reason, message = "NOT_EXCLUDABLE", f"the set does not let criterion {code!r} be not applicable"
        else:
            reason, message = "DUPLICATE_CRITERION", f"criterion {code!r} is there twice"
            mask = excluded.setdefault(code, np.zeros(len(sheet.ids), dtype=np.bool_))
            refused = _listed_again(mask, refused)
            mask[units] = True
        violations.add_all(
            refused,
            lambda unit, at=at: places.exclusion(unit, at),  # type: ignore[misc]
            reason,
            lambda _, message=message: message,  # type: ignore[misc]
        )
    return excluded


def _listed_again(mask: Bools, units: Ints) -> Ints:
    """Which of the units (m,), of which the same ones stand together, are in the mask already or come again."""
    again = mask[units]
    again[1:] |= units[1:] == units[:-1]
    return np.unique(units[again])


def _check_answers(plan: TierPlan, cohort: Cohort, units: Ints, places: FieldPaths, violations: Violations) -> None:
    suspicious = check_answers(cohort.matrix, plan.bounds, plan.whole, plan.parts)
    cohort.matrix.setflags(write=False)
    rows, larger = suspicious[: len(cohort.matrix)], suspicious[len(cohort.matrix) :]
    for code, indicator in cohort.indicators.items() if any(rows) else ():
        if not rows[cohort.rows[code]]:
            continue
        values, (low, high) = cohort.values(code), plan.ranges[code]
        beyond = (values < low) | (values > high)
        if indicator.kind is IndicatorKind.NUMBER:
            # Not rounded: 69.9999995 is less than 70, of a gate or of a range.
            inside = np.where(beyond, math.nan, values)
            more = ~np.isnan(inside) & (round_to_micro(inside) / MICRO != inside)
            _note(
                violations,
                more,
                units,
                places,
                indicator,
                "TOO_MANY_DECIMALS",
                values,
                "must have at most six decimals",
            )
        else:
            _note(
                violations, np.isfinite(values) & (values != np.floor(values)) & ~beyond, units, places, indicator,
                "WRONG_KIND", values, _WHOLE[IndicatorKind(indicator.kind)],
            )  # fmt: skip
        allowed = f"must be from {indicator.show(low)} to {indicator.show(high)} in tier {cohort.tier!r}"
        if indicator.kind is IndicatorKind.FLAG:
            allowed = "a flag is 0 or 1"
        _note(violations, beyond, units, places, indicator, "OUT_OF_RANGE", values, allowed)
    for at in sorted(
        (*plan.other_checks, *(place for place, some in zip(plan.plain_parts, larger, strict=True) if some))
    ):
        check = plan.checks[at]
        violations.add_all(
            units[np.flatnonzero(check.violated(cohort))],
            lambda unit, check=check: places.answer(unit, check.reads()[0]),  # type: ignore[misc]
            check.reason,
            lambda unit, check=check: check.describe(cohort, int(np.searchsorted(units, unit))),  # type: ignore[misc]
        )


_WHOLE = {
    IndicatorKind.COUNT: "a count is a whole number",
    IndicatorKind.FLAG: "a flag is 0 or 1",
    IndicatorKind.DATE: "a date is a whole number of days since 1970-01-01",
    IndicatorKind.CHOICE: "a choice is one of its options",
}


def _note(
    violations: Violations,
    bad: Bools,
    units: Ints,
    places: FieldPaths,
    indicator: Indicator,
    reason: str,
    values: Floats,
    rule: str,
) -> None:
    if not bad.any():
        return
    at = np.flatnonzero(bad)
    shown = dict(zip(units[at].tolist(), values[at].tolist(), strict=True))
    violations.add_all(
        units[at],
        lambda unit: places.answer(unit, indicator.code),
        reason,
        lambda unit: f"{rule}, not {indicator.show(shown[unit])}",
    )
