"""Checks how points react when answers become missing, criteria do not apply, and answers get larger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scorer.criteria.model import Criterion
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, Floats
from scorer.plugins.group import Status
from scorer.testing.conformance.faults import NothingToCheck
from scorer.testing.conformance.generated_answers import repair_checks, show_answer, with_answers
from scorer.testing.conformance.harness import COMPLETE_UNITS, GroupHarness, GroupOutput
from scorer.testing.conformance.plugin_under_test import PluginUnderTest
from scorer.testing.conformance.scoring import evaluate_formula, require_harnesses

CHANGED: Bools = np.arange(COMPLETE_UNITS) % 2 == 0
"""(n,) units whose answers or exclusions a check changes: every second one. The units between them stay the same."""


def missing_is_not_zero(subject: PluginUnderTest) -> None:
    """A criterion is MISSING if an answer that it reads was not reported. A reported 0 is an answer."""
    for harness in require_harnesses(subject):
        complete, before = harness.complete_cohort, harness.score(harness.complete_cohort)
        for code in harness.read_indicators:
            values = complete.values(code)
            with_missing = with_answers(harness.plan, complete, code, np.where(CHANGED, np.nan, values))
            after = harness.score(with_missing)
            for row, criterion in harness.criteria:
                _check_missing(harness, row, criterion, code, with_missing, before, after)
            low, high = harness.plan.ranges[code]
            if low <= 0 <= high:
                _check_reported_zero(
                    harness, code, with_answers(harness.plan, complete, code, np.where(CHANGED, 0.0, values))
                )


def _check_missing(
    harness: GroupHarness,
    row: int,
    criterion: Criterion,
    code: str,
    cohort: Cohort,
    before: GroupOutput,
    after: GroupOutput,
) -> None:
    """Checks the criterion in ``row`` after the changed units no longer report the indicator ``code``."""
    changed = CHANGED & (before.status[row] == Status.SCORED)
    reads = code in [read.indicator for read in criterion.formula.reads()]
    message = (
        "does not make its criterion MISSING" if reads else "changes the points, although the formula does not read it"
    )
    if reads:
        expected = Status.NOT_APPLICABLE if criterion.missing_leaves_out else Status.MISSING
        bad = changed & (after.status[row] != expected)
    else:  # a group's own score() may read indicators that the formula does not read
        expected = Status.MISSING
        bad = changed & (after.status[row] == Status.SCORED) & (after.points[row] != before.points[row])
    harness.fail_if_any(
        bad,
        f"{code}, if it is not reported, {message}",
        f'status[row, np.isnan(cohort.values("{code}"))] = Status.MISSING; the scorer does the rest',
        row=row,
        cohort=cohort,
        expected=f"{expected.name} without {code}",
        actual=after.describe(row),
    )


def _check_reported_zero(harness: GroupHarness, code: str, cohort: Cohort) -> None:
    after = harness.score(cohort)
    reported = ~np.isnan(cohort.matrix[[cohort.rows[read] for read in harness.read_indicators]]).any(axis=0)
    for row, _ in harness.criteria:
        harness.fail_if_any(
            reported & (after.status[row] == Status.MISSING),
            f"a criterion is MISSING although all answers are reported, with {code} = 0",
            f'an answer that was not reported is NaN: use np.isnan(cohort.values("{code}")), not == 0',
            row=row,
            cohort=cohort,
            expected="SCORED",
            actual=after.describe(row),
        )


def not_applicable_shrinks_the_maximum(subject: PluginUnderTest) -> None:
    """A criterion that does not apply adds nothing to points and maximum, and changes nothing else."""
    for harness in require_harnesses(subject):
        before = harness.score(harness.complete_cohort)
        for row, criterion in harness.criteria:
            without = replace(harness.complete_cohort, excluded={criterion.id: CHANGED})
            after = harness.score(without)
            _check_maximum(harness, row, without, after)
            for other in range(len(harness.group.criteria)):
                if other != row:
                    cause = f"{criterion.id} does not apply"
                    _check_unchanged(harness, other, without, before, after, np.ones_like(CHANGED), cause)
            # The answers of units to which the criterion does not apply must not influence the other units.
            other_answers = without
            for read in criterion.formula.reads():
                values = without.values(read.indicator)
                values = np.where(CHANGED, np.nanmax(values), values)
                other_answers = with_answers(harness.plan, other_answers, read.indicator, values)
            cause = f"units to which {criterion.id} does not apply report other answers"
            _check_unchanged(harness, row, without, after, harness.score(other_answers), ~CHANGED, cause)
        for criterion, formula, maximum in harness.formulas():
            outcome = evaluate_formula(harness, criterion, formula, maximum, harness.random_cohort)
            if outcome.not_applicable is not None and not formula.may_leave_out:
                harness.fail_if_any(
                    outcome.not_applicable,
                    f"formula kind {formula.kind!r} does not apply to some units, but its may_leave_out is False",
                    "return True as may_leave_out; a sum then refuses this formula, because its maximum cannot change",
                    row=harness.group.criteria.index(criterion),
                    cohort=harness.random_cohort,
                    expected="may_leave_out",
                    actual="not applicable",
                )


def _check_maximum(harness: GroupHarness, row: int, cohort: Cohort, after: GroupOutput) -> None:
    """Checks that the criterion in ``row`` adds nothing to the points and the maximum of the changed units."""
    applies = after.status != Status.NOT_APPLICABLE
    maximum = (harness.group.maxima * applies).sum(axis=0)
    bad = (CHANGED & (applies[row] | (after.points[row] != 0))) | (after.max_points != maximum)
    harness.fail_if_any(
        bad,
        "a criterion that does not apply still adds points or maximum",
        "ignore cohort.excluded: the scorer itself makes these criteria NOT_APPLICABLE",
        row=row,
        cohort=cohort,
        expected="NOT_APPLICABLE, no points, and not in the maximum",
        actual=after.describe(row),
    )


def _check_unchanged(
    harness: GroupHarness, row: int, cohort: Cohort, before: GroupOutput, after: GroupOutput, units: Bools, cause: str
) -> None:
    """Checks that the points of the criterion in ``row`` are the same before and after a change."""
    harness.fail_if_any(
        units & before.differs(after, row),
        f"points change because {cause}",
        "compute a criterion's points only from the answers that it reads, and only from units to which it applies",
        row=row,
        cohort=cohort,
        expected=before.describe(row),
        actual=after.describe(row),
    )


def monotone_where_declared(subject: PluginUnderTest) -> None:
    """If an indicator says that more (or less) is better, a better answer never gives fewer points."""
    compared = False
    for harness in require_harnesses(subject):
        complete, before = harness.complete_cohort, harness.score(harness.complete_cohort)
        random = np.random.default_rng(2)
        for code in harness.read_indicators:
            indicator = harness.plan.indicators[code]
            if not indicator.better:
                continue
            values, (_, high) = complete.values(code), harness.plan.ranges[code]
            # Larger by one, and by a random amount up to the largest valid answer.
            for raised in (values + 1, values + np.ceil(random.random(len(values)) ** 3 * (high - values))):
                larger = _raised(complete, harness, code, raised)
                compared |= bool((larger.values(code) > complete.values(code)).any())
                after = harness.score(larger)
                for row, criterion in harness.criteria:
                    if not criterion.formula.needs_cohort:  # otherwise a larger answer can cost other units points
                        _check_direction(harness, row, code, indicator.better, larger, before, after)
    if not compared:
        raise NothingToCheck('no criterion reads an indicator with better="more" or better="less"')


def _raised(cohort: Cohort, harness: GroupHarness, code: str, values: Floats) -> Cohort:
    """A cohort with larger answers (n,) to one indicator. Units for which the new answers are invalid stay the same."""
    low, high = harness.plan.ranges[code]
    raised = cohort.matrix.copy()
    raised[cohort.rows[code]] = np.clip(values, low, high)
    repaired = repair_checks(harness.plan, replace(cohort, matrix=raised))
    other_rows = np.ones(len(raised), dtype=np.bool_)
    other_rows[cohort.rows[code]] = False
    same = (repaired.matrix[other_rows] == cohort.matrix[other_rows]) | np.isnan(cohort.matrix[other_rows])
    valid = same.all(axis=0) & (repaired.values(code) >= cohort.values(code))
    return replace(cohort, matrix=np.where(valid, repaired.matrix, cohort.matrix))


def _check_direction(
    harness: GroupHarness, row: int, code: str, better: str, larger: Cohort, before: GroupOutput, after: GroupOutput
) -> None:
    """Checks that larger answers to the indicator ``code`` change the points only in the direction that ``better``
    states.
    """
    scored = (before.status[row] == Status.SCORED) & (after.status[row] == Status.SCORED)
    gain = after.points[row] - before.points[row]
    change, bound = ("fewer", "at least") if better == "more" else ("more", "at most")

    def expected(unit: int) -> str:
        smaller = show_answer(harness.complete_cohort, code, unit)
        return f"{bound} the points for {smaller}: {before.describe(row)(unit)}"

    harness.fail_if_any(
        scored & ((gain < 0) if better == "more" else (gain > 0)),
        f"{code} says that {better} is better, but a larger answer gives {change} points",
        f"reverse the scoring, or remove better={better!r} from {code}",
        row=row,
        cohort=larger,
        expected=expected,
        actual=after.describe(row),
    )
