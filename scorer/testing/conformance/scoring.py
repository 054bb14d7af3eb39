"""Checks that a plugin loads, and that it returns arrays of the right shape and type with possible points."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from scorer.catalogue.catalogue import load_set
from scorer.criteria.model import Criterion
from scorer.criteria.yaml_parser import read_document
from scorer.engine.gates import GateCompiler
from scorer.formulas import Formula, Outcome
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import plain
from scorer.model.suggestions import did_you_mean
from scorer.plugins.group import Status
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, take_units
from scorer.testing.conformance.harness import GroupHarness, count_units
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

POINTS_TYPES = (np.dtype(np.int64), np.dtype(np.float64))
REMAINDER_TOLERANCE = 1e-6
"""Maximum error of the remainders that a formula returns, in micropoints."""
EXACT_UNITS = 200
"""Units whose exact points are computed, which is slow."""


def plugin_is_ready(subject: PluginUnderTest) -> None:
    """The plugin can be imported and is not quarantined. Its checks compare indicators that exist."""
    if subject.plugin.failure:
        raise Failure(f"plugin {subject.plugin.name!r} cannot be used: {subject.plugin.failure}")
    known = [indicator.code for group in subject.host.groups.values() for indicator in group.indicators]
    for check in subject.plugin.group.checks if subject.plugin.group else ():
        for code in check.reads():
            if code not in known:
                message = f"{check} never runs: no installed group declares indicator {code!r}"
                raise failure(f"{message}{did_you_mean(code, known)}", fix="correct the code, or declare the indicator")


def criteria_sets_are_accepted(subject: PluginUnderTest) -> None:
    """The plugin's criteria sets load, with their gates, and together use every formula kind that it adds."""
    for file in subject.plugin.criteria_sets:
        _, document = load_set(subject.host, file.name, read_document(file), GateCompiler())
        if document.problems:
            raise Failure("\n  ".join([f"criteria set {file.name} is refused:", *map(str, document.sorted_problems())]))
    used = {type(formula) for harness in subject.harnesses for _, formula, _ in harness.formulas()}
    for kind in subject.plugin.formulas:
        if kind not in used:
            message = f"no installed criteria set uses formula kind {kind.kind!r}, so it cannot be tested"
            raise failure(message, fix="issue a set that uses it, with the hook scorer_criteria_sets")
    if not (subject.plugin.criteria_sets or subject.plugin.formulas):
        raise NothingToCheck("the plugin issues no criteria set and adds no formula kind")


def shapes_and_dtypes(subject: PluginUnderTest) -> None:
    """For any units, points and statuses have the right shape and type, and no exception is raised."""
    for harness in require_harnesses(subject):
        for cohort in (
            harness.random_cohort,
            harness.complete_cohort,
            take_units(harness.random_cohort, np.arange(3)),
            *(take_units(harness.random_cohort, np.array([unit])) for unit in range(8)),
        ):
            if harness.overrides_score:
                _check_group_points(harness, cohort)
            for criterion, formula, maximum in harness.formulas():
                outcome = evaluate_formula(harness, criterion, formula, maximum, cohort)
                _check_outcome(harness, criterion, formula, outcome, cohort)
            harness.score(cohort)


def require_harnesses(subject: PluginUnderTest) -> tuple[GroupHarness, ...]:
    """The harnesses of a plugin that scores at least one criterion.

    Raises:
        NothingToCheck: the plugin scores nothing.
    """
    if not subject.harnesses:
        raise NothingToCheck(
            "the plugin scores no criterion: it provides " + (subject.provides or "criteria sets only")
        )
    return subject.harnesses


def _check_group_points(harness: GroupHarness, cohort: Cohort) -> None:
    """Checks shapes and types of the arrays that the group's own ``score`` returns."""
    output = harness.call_score(copy_cohort(cohort))
    shape = (len(harness.group.criteria), len(cohort))
    for name, array, types in (
        ("points", output.points, POINTS_TYPES),
        ("status", output.status, (np.dtype(np.uint8),)),
    ):
        if array.shape != shape or array.dtype not in types:
            raise _wrong_arrays(harness, f"score() gives {name} {array.dtype} {array.shape}", shape)
    known = np.isin(output.status, list(Status))
    if not known.all():
        message = f"score() gives status {int(output.status[~known][0])}, which is not a Status"
        raise _wrong_arrays(harness, message, shape)


def _wrong_arrays(harness: GroupHarness, message: str, shape: tuple[int, int]) -> Failure:
    return failure(
        message,
        where=harness.where(),
        expected=f"GroupPoints(points int64 or float64 {shape}, status uint8 {shape} of Status): criteria by units",
        fix="create points with np.empty((len(criteria), len(cohort))), and status with dtype=np.uint8 too",
    )


def evaluate_formula(
    harness: GroupHarness, criterion: Criterion, formula: Formula, maximum: int, cohort: Cohort
) -> Outcome:
    """The outcome of a formula of the plugin.

    Raises:
        Unscorable: the formula raised.
    """
    own = copy_cohort(cohort)
    try:
        with np.errstate(all="ignore"):  # as in the service
            return formula.evaluate(maximum, own, own.excluded.get(criterion.id))
    except (Exception, SystemExit) as error:
        where = f"{harness.where()}, criterion {criterion.id}, {count_units(len(cohort))}"
        raise Unscorable(f"{where}: formula {formula.kind} raised {error!r}") from error


def _check_outcome(harness: GroupHarness, criterion: Criterion, formula: Formula, outcome: Any, cohort: Cohort) -> None:
    """Checks shapes and types of a formula's outcome: NumPy would silently broadcast an array of a wrong shape."""
    shape = (len(cohort),)
    for name, types, needed in (
        ("points", POINTS_TYPES, True),
        ("missing", (np.dtype(np.bool_),), True),
        ("not_applicable", (np.dtype(np.bool_),), False),
        ("rest", (np.dtype(np.float64),), False),
    ):
        array = getattr(outcome, name, None)
        if array is None and not needed and isinstance(outcome, Outcome):
            continue
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype not in types:
            actual = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else f"{array!r:.60}"
            raise failure(
                f"formula kind {formula.kind!r} gives {name} {actual}",
                where=f"{harness.where()}, criterion {criterion.id}",
                expected=f"Outcome with {name} {types[-1]} {shape}: one value per unit",
            )


def points_within_bounds(subject: PluginUnderTest) -> None:
    """Points are whole micropoints from 0 to the criterion's maximum; for a penalty, from minus the maximum to 0."""
    for harness in require_harnesses(subject):
        for cohort in (harness.random_cohort, harness.complete_cohort):
            output = harness.call_score(copy_cohort(cohort)) if harness.calls_score else harness.score(cohort)
            points, applies = output.points.astype(np.float64), output.status != Status.NOT_APPLICABLE
            if points.shape != (len(harness.group.criteria), len(cohort)) or applies.shape != points.shape:
                raise Unscorable(f"{harness.where()}: points or statuses have a wrong shape")
            for row, _ in harness.criteria:
                low, high = int(harness.group.lowest[row, 0]), int(harness.group.highest[row, 0])
                with np.errstate(invalid="ignore"):
                    valid = (points[row] == np.rint(points[row])) & (points[row] >= low) & (points[row] <= high)
                harness.fail_if_any(
                    ~valid & applies[row],
                    "a criterion gives impossible points",
                    "points are whole micropoints, 1,000,000 per point: np.rint(np.clip(share, 0, 1) * maximum)",
                    row=row,
                    cohort=cohort,
                    expected=f"whole micropoints from {low} to {high} ({plain(low)} to {plain(high)} points)",
                    actual=lambda unit, values=points[row]: repr(float(values[unit])),  # type: ignore[misc]
                )
        for criterion, formula, maximum in harness.formulas():
            _check_remainders(harness, criterion, formula, maximum)


def _check_remainders(harness: GroupHarness, criterion: Criterion, formula: Formula, maximum: int) -> None:
    """Checks the remainders of a formula, which a ``sum`` adds up before it rounds once."""
    cohort = take_units(harness.random_cohort, np.arange(EXACT_UNITS))
    outcome = evaluate_formula(harness, criterion, formula, maximum, cohort)
    if outcome.remainders is None:
        return
    for unit in np.flatnonzero(~np.asarray(outcome.missing)).tolist():
        points, remainder = float(outcome.points[unit]), float(outcome.remainders[unit])
        exact = _exact_points(harness, criterion, formula, maximum, cohort, unit)
        wrong = not (abs(remainder) <= 0.5 and abs(float(exact - Fraction(points)) - remainder) <= REMAINDER_TOLERANCE)
        harness.fail_if_any(
            wrong & (np.arange(len(cohort)) == unit),
            f"formula kind {formula.kind!r} gives a wrong remainder of rounding",
            "a remainder is exact points minus rounded points, from -0.5 to 0.5; exact() returns the exact points",
            row=harness.group.criteria.index(criterion),
            cohort=cohort,
            expected=f"exact points {float(exact):.6f}, so remainder {float(exact - Fraction(points)):.6f}",
            actual=f"points {points}, remainder {remainder}",
        )


def _exact_points(
    harness: GroupHarness, criterion: Criterion, formula: Formula, maximum: int, cohort: Cohort, unit: int
) -> Fraction:
    own = copy_cohort(cohort)
    try:
        return Fraction(formula.exact(maximum, own, own.excluded.get(criterion.id), unit))
    except (Exception, SystemExit) as error:
        where = f"{harness.where()}, criterion {criterion.id}"
        raise Unscorable(f"{where}: exact() of formula {formula.kind} raised {error!r}") from error
