"""Checks of what points follow from: answers that are there, criteria that apply, and more of what is better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scorer.criteria.model import Criterion
from scorer.model.fixed_point import Bools, Floats
from scorer.model.units import Cohort
from scorer.plugins.group import Status
from scorer.testing.conformance.faults import NothingToCheck
from scorer.testing.conformance.generated_answers import repair_checks, show_answer, with_answers
from scorer.testing.conformance.harness import COMPLETE, GroupHarness, GroupOutput
from scorer.testing.conformance.plugin_under_test import PluginUnderTest
from scorer.testing.conformance.scoring import evaluate_formula, harnesses

SECOND: Bools = np.arange(COMPLETE) % 2 == 0
"""Units (n,) that are changed; those between them stay as they are."""


def missing_is_not_zero(subject: PluginUnderTest) -> None:
    """What was not reported is MISSING, and a reported 0 counts."""
    for trial in harnesses(subject):
        complete, before = trial.complete, trial.score(trial.complete)
        for code in trial.read:
            values = complete.values(code)
            silent = with_answers(trial.plan, complete, code, np.where(SECOND, np.nan, values))
            after = trial.score(silent)
            for place, criterion in trial.criteria:
                _look_at_missing(trial, place, criterion, code, silent, before, after)
            low, high = trial.plan.ranges[code]
            if low <= 0 <= high:
                _look_at_zero(trial, code, with_answers(trial.plan, complete, code, np.where(SECOND, 0.0, values)))


def _look_at_missing(
    trial: GroupHarness,
    place: int,
    criterion: Criterion,
    code: str,
    cohort: Cohort,
    before: GroupOutput,
    after: GroupOutput,
) -> None:
    """A criterion that reads what half of the units no longer report; it may have been scored for them before."""
    changed = SECOND & (before.status[place] == Status.SCORED)
    reads = code in [read.indicator for read in criterion.formula.reads()]
    what = "does not make its criterion MISSING" if reads else "counts, although the formula does not read it"
    if reads:
        wanted = Status.NOT_APPLICABLE if criterion.missing_leaves_out else Status.MISSING
        bad = changed & (after.status[place] != wanted)
    else:  # it may read more than its formula says
        wanted = Status.MISSING
        bad = changed & (after.status[place] == Status.SCORED) & (after.points[place] != before.points[place])
    trial.refuse(
        bad,
        f"{code}, where it is not reported, {what}",
        f'status[row, np.isnan(cohort.values("{code}"))] = Status.MISSING; the scorer does the rest',
        place=place,
        cohort=cohort,
        expected=f"{wanted.name} without {code}",
        actual=after.told(place),
    )


def _look_at_zero(trial: GroupHarness, code: str, cohort: Cohort) -> None:
    after = trial.score(cohort)
    reported = ~np.isnan(cohort.matrix[[cohort.rows[read] for read in trial.read]]).any(axis=0)
    for place, _ in trial.criteria:
        trial.refuse(
            reported & (after.status[place] == Status.MISSING),
            f"a criterion misses an answer although everything is reported, {code} as 0 too",
            f'not reported is NaN: np.isnan(cohort.values("{code}")), not == 0',
            place=place,
            cohort=cohort,
            expected="SCORED",
            actual=after.told(place),
        )


def not_applicable_leaves_the_maximum(subject: PluginUnderTest) -> None:
    """A criterion that is left out gives no points, takes its maximum along, and touches nothing else."""
    for trial in harnesses(subject):
        before = trial.score(trial.complete)
        for place, criterion in trial.criteria:
            without = replace(trial.complete, excluded={criterion.id: SECOND})
            after = trial.score(without)
            _look_at_maximum(trial, place, without, after)
            for other in range(len(trial.group.criteria)):
                if other != place:
                    _look_at_same(trial, other, without, before, after, SECOND | ~SECOND, f"{criterion.id} is left out")
            # Whoever is left out may report what he likes: nobody else's points follow from it.
            swayed = without
            for read in criterion.formula.reads():
                values = without.values(read.indicator)
                swayed = with_answers(trial.plan, swayed, read.indicator, np.where(SECOND, np.nanmax(values), values))
            what = f"units that are left out of {criterion.id} report other answers"
            _look_at_same(trial, place, without, after, trial.score(swayed), ~SECOND, what)
        for criterion, formula, most in trial.formulas():
            left_out = evaluate_formula(trial, criterion, formula, most, trial.drawn).not_applicable
            if left_out is not None and not formula.may_leave_out:
                trial.refuse(
                    left_out,
                    f"formula kind {formula.kind!r} leaves units out without saying that it may",
                    "let may_leave_out be True: a sum, whose maximum would stay, then refuses it as a part",
                    place=trial.group.criteria.index(criterion),
                    cohort=trial.drawn,
                    expected="may_leave_out",
                    actual="not applicable",
                )


def _look_at_maximum(trial: GroupHarness, place: int, cohort: Cohort, after: GroupOutput) -> None:
    applies = after.status != Status.NOT_APPLICABLE
    most = (trial.group.maxima * applies).sum(axis=0)
    bad = (SECOND & (applies[place] | (after.points[place] != 0))) | (after.max_points != most)
    trial.refuse(
        bad,
        "a criterion that is left out still counts",
        "leave units of cohort.excluded to the scorer, which leaves them out itself",
        place=place,
        cohort=cohort,
        expected="NOT_APPLICABLE, without points and without its maximum",
        actual=after.told(place),
    )


def _look_at_same(
    trial: GroupHarness, place: int, cohort: Cohort, before: GroupOutput, after: GroupOutput, units: Bools, what: str
) -> None:
    trial.refuse(
        units & before.differs(after, place),
        f"points change because {what}",
        "a criterion's points follow from its own answers, and from other units' only where it applies to them",
        place=place,
        cohort=cohort,
        expected=before.told(place),
        actual=after.told(place),
    )


def monotone_where_declared(subject: PluginUnderTest) -> None:
    """Where an indicator says that more (or less) is better, no criterion gives fewer points for it."""
    looked = False
    for trial in harnesses(subject):
        complete, before = trial.complete, trial.score(trial.complete)
        random = np.random.default_rng(2)
        for code in trial.read:
            indicator = trial.plan.indicators[code]
            if not indicator.better:
                continue
            for larger in (_next(complete, trial, code), _larger(complete, trial, code, random)):
                looked |= bool((larger.values(code) > complete.values(code)).any())
                after = trial.score(larger)
                for place, criterion in trial.criteria:
                    if not criterion.formula.needs_cohort:  # there a larger answer of one unit takes from the others
                        _look_at_direction(trial, place, code, indicator.better, larger, before, after)
    if not looked:
        raise NothingToCheck('no indicator that is read says better="more" or better="less"')


def _next(cohort: Cohort, trial: GroupHarness, code: str) -> Cohort:
    """Every answer one larger, where that may be."""
    return _raised(cohort, trial, code, cohort.values(code) + 1)


def _larger(cohort: Cohort, trial: GroupHarness, code: str, random: np.random.Generator) -> Cohort:
    """Every answer larger by any amount up to the largest there may be."""
    values, (_, high) = cohort.values(code), trial.plan.ranges[code]
    return _raised(cohort, trial, code, values + np.ceil(random.random(len(cohort)) ** 3 * (high - values)))


def _raised(cohort: Cohort, trial: GroupHarness, code: str, values: Floats) -> Cohort:
    """The same with larger answers; those that may not be, or have to be smaller parts of wholes, stay."""
    low, high = trial.plan.ranges[code]
    raised = cohort.matrix.copy()
    raised[cohort.rows[code]] = np.clip(values, low, high)
    kept = repair_checks(trial.plan, replace(cohort, matrix=raised))
    others = np.ones(len(raised), dtype=np.bool_)
    others[cohort.rows[code]] = False
    same = (kept.matrix[others] == cohort.matrix[others]) | np.isnan(cohort.matrix[others])
    fine = same.all(axis=0) & (kept.values(code) >= cohort.values(code))
    return replace(cohort, matrix=np.where(fine, kept.matrix, cohort.matrix))


def _look_at_direction(
    trial: GroupHarness, place: int, code: str, better: str, larger: Cohort, before: GroupOutput, after: GroupOutput
) -> None:
    both = (before.status[place] == Status.SCORED) & (after.status[place] == Status.SCORED)
    gain = after.points[place] - before.points[place]
    fewer, bound = ("fewer", "at least") if better == "more" else ("more", "at most")
    trial.refuse(
        both & ((gain < 0) if better == "more" else (gain > 0)),
        f"{code} says that {better} is better, and a larger answer gives {fewer} points",
        f"score it the other way round, or do not say better={better!r} of {code}",
        place=place,
        cohort=larger,
        expected=lambda unit: f"{bound} as for {show_answer(trial.complete, code, unit)}: {before.told(place)(unit)}",
        actual=after.told(place),
    )
