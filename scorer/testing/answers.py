"""Checks of what a plugin gives at all: that it loads, and arrays of the right shape with points that can be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from scorer.catalogue import load_set
from scorer.cohort import Cohort
from scorer.criteria.document import read_document
from scorer.criteria.model import Criterion
from scorer.formulas import Formula, Outcome
from scorer.gates import GateCompiler
from scorer.groups import Status
from scorer.hints import nearly
from scorer.points import plain
from scorer.testing.cohorts import copied, take
from scorer.testing.faults import Failure, NothingToCheck, Unscorable, told_at
from scorer.testing.subject import Subject
from scorer.testing.trials import Trial

POINTS = (np.dtype(np.int64), np.dtype(np.float64))
ROUNDING = 1e-6
"""How exactly a formula has to know what rounding left."""
LOOKED_AT = 200
"""Units whose exact points are asked for, which is slow."""


def plugin_is_ready(subject: Subject) -> None:
    """The plugin can be imported, is not quarantined, and its checks compare indicators that there are."""
    if subject.plugin.failure:
        raise Failure(f"plugin {subject.plugin.name!r} cannot be used: {subject.plugin.failure}")
    known = [indicator.code for group in subject.host.groups.values() for indicator in group.indicators]
    for check in subject.plugin.group.checks if subject.plugin.group else ():
        for code in check.reads():
            if code not in known:
                what = f"{check} is never made: no installed group declares indicator {code!r}{nearly(code, known)}"
                raise told_at(what, mend="mend its name, or declare the indicator")


def criteria_sets_are_accepted(subject: Subject) -> None:
    """The criteria sets it issues load, gates and all, and use each formula kind it adds."""
    for file in subject.plugin.criteria_sets:
        _, document = load_set(subject.host, file.name, read_document(file), GateCompiler())
        if document.problems:
            raise Failure("\n  ".join([f"criteria set {file.name} is refused:", *map(str, document.sorted_problems())]))
    used = {type(formula) for trial in subject.trials for _, formula, _ in trial.formulas()}
    for kind in subject.plugin.formulas:
        if kind not in used:
            what = f"no installed criteria set uses formula kind {kind.kind!r}, so nothing is known of it"
            raise told_at(what, mend="issue one that does, by the hook scorer_criteria_sets")
    if not (subject.plugin.criteria_sets or subject.plugin.formulas):
        raise NothingToCheck("the plugin issues no criteria set and adds no formula kind")


def shapes_and_dtypes(subject: Subject) -> None:
    """For any units there are points and statuses of the right shape and type, and nothing is raised."""
    for trial in tried(subject):
        drawn, complete = trial.drawn, trial.complete
        for cohort in (drawn, complete, take(drawn, np.arange(3)), *(take(drawn, np.array([n])) for n in range(8))):
            if trial.overrides:
                _look_at_group(trial, cohort)
            for criterion, formula, most in trial.formulas():
                _look_at_outcome(trial, criterion, formula, evaluated(trial, criterion, formula, most, cohort), cohort)
            trial.score(cohort)


def tried(subject: Subject) -> tuple[Trial, ...]:
    """What is scored.

    Raises:
        NothingToCheck: the plugin scores nothing.
    """
    if not subject.trials:
        raise NothingToCheck("the plugin scores no criterion: it brings " + (subject.brings or "criteria sets only"))
    return subject.trials


def _look_at_group(trial: Trial, cohort: Cohort) -> None:
    given = trial.raw(copied(cohort))
    shape = (len(trial.group.criteria), len(cohort))
    for name, array, types in (("points", given.points, POINTS), ("status", given.status, (np.dtype(np.uint8),))):
        if array.shape != shape or array.dtype not in types:
            raise _wrong(trial, f"score() gives {name} {array.dtype} {array.shape}", shape)
    known = np.isin(given.status, list(Status))
    if not known.all():
        raise _wrong(trial, f"score() gives status {int(given.status[~known][0])}, which is no Status", shape)


def _wrong(trial: Trial, what: str, shape: tuple[int, int]) -> Failure:
    return told_at(
        what,
        where=trial.where(),
        expected=f"GroupPoints(points int64 or float64 {shape}, status uint8 {shape} of Status): criteria by units",
        mend="np.empty((len(criteria), len(cohort))), and the same with dtype=np.uint8 for the status",
    )


def evaluated(trial: Trial, criterion: Criterion, formula: Formula, most: int, cohort: Cohort) -> Outcome:
    """What a formula of the plugin gives.

    Raises:
        Unscorable: it raised.
    """
    own = copied(cohort)
    try:
        with np.errstate(all="ignore"):  # as in the service
            return formula.evaluate(most, own, own.excluded.get(criterion.id))
    except (Exception, SystemExit) as error:
        where = f"{trial.where()}, criterion {criterion.id}, {len(cohort)} units"
        raise Unscorable(f"{where}: formula {formula.kind} raised {error!r}") from error


def _look_at_outcome(trial: Trial, criterion: Criterion, formula: Formula, outcome: Any, cohort: Cohort) -> None:
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
            raise told_at(
                f"formula kind {formula.kind!r} gives {name} {found}",
                where=f"{trial.where()}, criterion {criterion.id}",
                expected=f"Outcome with {name} {types[-1]} {shape}: one a unit",
            )


def points_within_bounds(subject: Subject) -> None:
    """Points are whole micropoints from 0 to the criterion's points, from their negative to 0 for a penalty."""
    for trial in tried(subject):
        for cohort in (trial.drawn, trial.complete):
            own = copied(cohort)
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


def _look_at_rests(trial: Trial, criterion: Criterion, formula: Formula, most: int) -> None:
    """What rounding left, which sums of formulas add up before they round once."""
    cohort = take(trial.drawn, np.arange(LOOKED_AT))
    outcome = evaluated(trial, criterion, formula, most, cohort)
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


def _exact(trial: Trial, criterion: Criterion, formula: Formula, most: int, cohort: Cohort, unit: int) -> Fraction:
    own = copied(cohort)
    try:
        return Fraction(formula.exact(most, own, own.excluded.get(criterion.id), unit))
    except (Exception, SystemExit) as error:
        where = f"{trial.where()}, criterion {criterion.id}"
        raise Unscorable(f"{where}: exact() of formula {formula.kind} raised {error!r}") from error
