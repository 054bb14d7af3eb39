"""Checks of what a plugin gives at all: that it loads, and arrays of the right shape with points that can be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from scorer.catalogue.catalogue import load_set
from scorer.criteria.document import read_document
from scorer.criteria.model import Criterion
from scorer.engine.gates import GateCompiler
from scorer.formulas import Formula, Outcome
from scorer.model.fixed_point import plain
from scorer.model.suggestions import did_you_mean
from scorer.model.units import Cohort
from scorer.plugins.group import Status
from scorer.testing.conformance.faults import Failure, NothingToCheck, Unscorable, failure
from scorer.testing.conformance.generated_answers import copy_cohort, take_units
from scorer.testing.conformance.harness import GroupHarness
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

POINTS = (np.dtype(np.int64), np.dtype(np.float64))
ROUNDING = 1e-6
"""How exactly a formula has to know what rounding left."""
LOOKED_AT = 200
"""Units whose exact points are asked for, which is slow."""


def plugin_is_ready(subject: PluginUnderTest) -> None:
    """The plugin can be imported, is not quarantined, and its checks compare indicators that there are."""
    if subject.plugin.failure:
        raise Failure(f"plugin {subject.plugin.name!r} cannot be used: {subject.plugin.failure}")
    known = [indicator.code for group in subject.host.groups.values() for indicator in group.indicators]
    for check in subject.plugin.group.checks if subject.plugin.group else ():
        for code in check.reads():
            if code not in known:
                what = (
                    f"{check} is never made: no installed group declares indicator {code!r}{did_you_mean(code, known)}"
                )
                raise failure(what, mend="mend its name, or declare the indicator")


def criteria_sets_are_accepted(subject: PluginUnderTest) -> None:
    """The criteria sets it issues load, gates and all, and use each formula kind it adds."""
    for file in subject.plugin.criteria_sets:
        _, document = load_set(subject.host, file.name, read_document(file), GateCompiler())
        if document.problems:
            raise Failure("\n  ".join([f"criteria set {file.name} is refused:", *map(str, document.sorted_problems())]))
    used = {type(formula) for trial in subject.trials for _, formula, _ in trial.formulas()}
    for kind in subject.plugin.formulas:
        if kind not in used:
            what = f"no installed criteria set uses formula kind {kind.kind!r}, so nothing is known of it"
            raise failure(what, mend="issue one that does, by the hook scorer_criteria_sets")
    if not (subject.plugin.criteria_sets or subject.plugin.formulas):
        raise NothingToCheck("the plugin issues no criteria set and adds no formula kind")


def shapes_and_dtypes(subject: PluginUnderTest) -> None:
    """For any units there are points and statuses of the right shape and type, and nothing is raised."""
    for trial in harnesses(subject):
        drawn, complete = trial.drawn, trial.complete
        for cohort in (
            drawn,
            complete,
            take_units(drawn, np.arange(3)),
            *(take_units(drawn, np.array([n])) for n in range(8)),
        ):
            if trial.overrides:
                _look_at_group(trial, cohort)
            for criterion, formula, most in trial.formulas():
                _look_at_outcome(
                    trial, criterion, formula, evaluate_formula(trial, criterion, formula, most, cohort), cohort
                )
            trial.score(cohort)


def harnesses(subject: PluginUnderTest) -> tuple[GroupHarness, ...]:
    """What is scored.

    Raises:
        NothingToCheck: the plugin scores nothing.
    """
    if not subject.trials:
        raise NothingToCheck("the plugin scores no criterion: it brings " + (subject.brings or "criteria sets only"))
    return subject.trials


def _look_at_group(trial: GroupHarness, cohort: Cohort) -> None:
    given = trial.raw(copy_cohort(cohort))
    shape = (len(trial.group.criteria), len(cohort))
    for name, array, types in (("points", given.points, POINTS), ("status", given.status, (np.dtype(np.uint8),))):
        if array.shape != shape or array.dtype not in types:
            raise _wrong(trial, f"score() gives {name} {array.dtype} {array.shape}", shape)
    known = np.isin(given.status, list(Status))
    if not known.all():
        raise _wrong(trial, f"score() gives status {int(given.status[~known][0])}, which is no Status", shape)


def _wrong(trial: GroupHarness, what: str, shape: tuple[int, int]) -> Failure:
    return failure(
        what,
        where=trial.where(),
        expected=f"GroupPoints(points int64 or float64 {shape}, status uint8 {shape} of Status): criteria by units",
        mend="np.empty((len(criteria), len(cohort))), and the same with dtype=np.uint8 for the status",
    )


def evaluate_formula(trial: GroupHarness, criterion: Criterion, formula: Formula, most: int, cohort: Cohort) -> Outcome:
    """What a formula of the plugin gives.

    Raises:
        Unscorable: it raised.
    """
    own = copy_cohort(cohort)
    try:
        with np.errstate(all="ignore"):  # as in the service
            return formula.evaluate(most, own, own.excluded.get(criterion.id))
    except (Exception, SystemExit) as error:
        where = f"{trial.where()}, criterion {criterion.id}, {len(cohort)} units"
        raise Unscorable(f"{where}: formula {formula.kind} raised {error!r}") from error


def _look_at_outcome(trial: GroupHarness, criterion: Criterion, formula: Formula, outcome: Any, cohort: Cohort) -> None:
    """Shapes of what a formula gives, which would be stretched to all units without a word."""
    shape = (len(cohort),)
    for name, types, needed in (
        ("points", POINTS, True),
        ("missing", (np.dtype(np.bool_),), True),
        ("not_applicable", (np.dtype(np.bool_),), False),
        ("rest", (np.dtype(np.float64),), False),
    ):
        array = getattr(outcome, name, None)
        if array is None and not needed and isinstance(outcome, Outcome):
            continue
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype not in types:
            found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else f"{array!r:.60}"
            raise failure(
                f"formula kind {formula.kind!r} gives {name} {found}",
                where=f"{trial.where()}, criterion {criterion.id}",
                expected=f"Outcome with {name} {types[-1]} {shape}: one a unit",
            )


def points_within_bounds(subject: PluginUnderTest) -> None:
    """Points are whole micropoints from 0 to the criterion's points, from their negative to 0 for a penalty."""
    for trial in harnesses(subject):
        for cohort in (trial.drawn, trial.complete):
            own = copy_cohort(cohort)
            given = trial.raw(own) if trial.asked else trial.score(cohort)
            points, counts = given.points.astype(np.float64), given.status != Status.NOT_APPLICABLE
            if points.shape != (len(trial.group.criteria), len(cohort)) or counts.shape != points.shape:
                raise Unscorable(f"{trial.where()}: points have another shape")
            for place, _ in trial.criteria:
                low, high = int(trial.group.lowest[place, 0]), int(trial.group.highest[place, 0])
                with np.errstate(invalid="ignore"):
                    fine = (points[place] == np.rint(points[place])) & (points[place] >= low) & (points[place] <= high)
                trial.refuse(
                    ~fine & counts[place],
                    "a criterion gives points that cannot be",
                    "points are whole micropoints, 1,000,000 a point: np.rint(np.clip(share, 0, 1) * maximum)",
                    place=place,
                    cohort=cohort,
                    expected=f"whole micropoints from {low} to {high} ({plain(low)} to {plain(high)} points)",
                    actual=lambda unit, row=points[place]: repr(float(row[unit])),  # type: ignore[misc]
                )
        for criterion, formula, most in trial.formulas():
            _look_at_rests(trial, criterion, formula, most)


def _look_at_rests(trial: GroupHarness, criterion: Criterion, formula: Formula, most: int) -> None:
    """What rounding left, which sums of formulas add up before they round once."""
    cohort = take_units(trial.drawn, np.arange(LOOKED_AT))
    outcome = evaluate_formula(trial, criterion, formula, most, cohort)
    if outcome.rest is None:
        return
    for unit in np.flatnonzero(~np.asarray(outcome.missing)).tolist():
        points, rest = float(outcome.points[unit]), float(outcome.rest[unit])
        exact = _exact(trial, criterion, formula, most, cohort, unit)
        wrong = not (abs(rest) <= 0.5 and abs(float(exact - Fraction(points)) - rest) <= ROUNDING)
        trial.refuse(
            wrong & (np.arange(len(cohort)) == unit),
            f"formula kind {formula.kind!r} does not know what rounding left",
            "rest is the exact points minus the rounded ones, from -0.5 to 0.5; exact() gives the exact ones",
            place=trial.group.criteria.index(criterion),
            cohort=cohort,
            expected=f"points {float(exact):.6f}, that is rest {float(exact - Fraction(points)):.6f}",
            actual=f"points {points}, rest {rest}",
        )


def _exact(
    trial: GroupHarness, criterion: Criterion, formula: Formula, most: int, cohort: Cohort, unit: int
) -> Fraction:
    own = copy_cohort(cohort)
    try:
        return Fraction(formula.exact(most, own, own.excluded.get(criterion.id), unit))
    except (Exception, SystemExit) as error:
        where = f"{trial.where()}, criterion {criterion.id}"
        raise Unscorable(f"{where}: exact() of formula {formula.kind} raised {error!r}") from error
