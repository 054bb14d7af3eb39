"""Generates random answers for the units of a tier, with extreme values, zeros and missing answers among them."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scorer.engine.plan import TierPlan
from scorer.model.cohort import Cohort, six_decimals
from scorer.model.fixed_point import Floats
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.testing.conformance.faults import Unscorable

MISSING_SHARE = 0.1
"""Share of answers that are not reported, from 0 to 1."""
EXCLUDED_SHARE = 0.1
"""Share of units to which a criterion does not apply, from 0 to 1."""
USUAL_DAYS = (16_436, 21_915)
"""The range from which most days are drawn: 2015-01-01 to 2030-01-01, in days since 1970-01-01."""


def generate(plan: TierPlan, units: int, seed: str, *, complete: bool = False) -> Cohort:
    """A cohort with random answers that the service accepts; the same for the same seed.

    Each of the first four units answers all indicators in the same way: one reports nothing (unless ``complete``), the
    others report the smallest allowed answers, the largest ones, and the ones nearest to zero.

    Args:
        plan: plan of the tier, with the ranges of its answers.
        units: number of units, n, at least 4.
        seed: any text.
        complete: whether all answers are reported and all criteria apply.
    """
    random = np.random.default_rng(zlib.crc32(seed.encode()))
    matrix = np.empty((len(plan.rows), units))
    for code, row in plan.rows.items():
        low, high = plan.ranges[code]
        matrix[row] = _answers(plan.indicators[code], low, high, random, units)
        if not complete:
            matrix[row, random.random(units) < MISSING_SHARE] = np.nan
        first = [low, high, min(max(0.0, low), high)]
        matrix[row, : len(first) + 1] = [*first, low] if complete else [math.nan, *first]
    excluded = {} if complete else {
        criterion.id: random.random(units) < EXCLUDED_SHARE for group in plan.groups for criterion in group.criteria
    }  # fmt: skip
    ids = tuple(f"unit-{n:05}" for n in range(units))
    return repair_checks(plan, Cohort(plan.tier, ids, plan.indicators, plan.rows, matrix, excluded))


def _answers(indicator: Indicator, low: float, high: float, random: np.random.Generator, units: int) -> Floats:
    """Random answers (n,) to an indicator, from ``low`` to ``high``, with many answers at both ends."""
    kind = IndicatorKind(indicator.kind)
    if kind in (IndicatorKind.FLAG, IndicatorKind.CHOICE):
        return random.integers(math.ceil(low), math.floor(high), units, endpoint=True).astype(np.float64)
    if kind is IndicatorKind.DATE:
        start, end = (min(max(day, low), high) for day in USUAL_DAYS)
        usual = start + np.floor(random.random(units) * (end - start + 1))
    else:
        start, end = min(max(0.0, low), high), high
        usual = start + np.exp(
            random.random(units) * math.log(max(end - start, 1.0))
        )  # about as many answers of every order of magnitude
    answers: Floats = np.choose(
        random.integers(0, 8, units),
        [
            np.full(units, low),
            np.full(units, high),
            np.full(units, start),
            start + random.integers(0, 11, units),
            start + random.integers(0, 11, units) + random.random(units),
            start + random.random(units) * (end - start),
            usual,
            usual,
        ],
    )
    if kind is IndicatorKind.NUMBER:
        answers, ends = six_decimals(answers), (low, high)
    else:
        answers, ends = np.rint(answers), (float(math.ceil(low)), float(math.floor(high)))
    return answers.clip(*ends)


def repair_checks(plan: TierPlan, cohort: Cohort) -> Cohort:
    """A copy of a cohort in which all checks hold.

    Parts that are larger than their wholes become equal to them. An answer that still violates a check becomes missing.

    Raises:
        Unscorable: a check raised, or returned an array of another shape.
    """
    matrix = cohort.matrix.copy()
    repaired = replace(cohort, matrix=matrix)
    for _ in plan.checks:  # a whole can itself be part of another whole, so one pass may not be enough
        changed = False
        for part, whole in plan.parts.T:
            largest = matrix[whole] if not plan.whole[part] else np.floor(matrix[whole])
            larger = matrix[part] > largest
            matrix[part, larger] = largest[larger]
            changed |= bool(larger.any())
        if not changed:
            break
    for check in (plugin_check.check for plugin_check in plan.checks):
        part = plan.rows[check.reads()[0]]
        low, _ = plan.ranges[check.reads()[0]]
        try:
            violated = np.broadcast_to(check.violated(repaired), len(cohort)).astype(np.bool_)
        except (Exception, SystemExit) as error:  # a plugin's check can raise anything
            raise Unscorable(f"the check {check!r} between answers raised {error!r}") from error
        matrix[part, violated | (matrix[part] < low)] = np.nan
    return repaired


def take_units(cohort: Cohort, units: NDArray[np.intp]) -> Cohort:
    """A cohort of the units with these indices (m,), in this order."""
    return replace(
        cohort,
        unit_ids=tuple(cohort.unit_ids[unit] for unit in units.tolist()),
        matrix=cohort.matrix[:, units],
        excluded={code: mask[units] for code, mask in cohort.excluded.items()},
    )


def with_answers(plan: TierPlan, cohort: Cohort, code: str, values: Floats) -> Cohort:
    """A copy with other answers (n,) to one indicator. Answers that then violate a check are repaired, see
    ``repair_checks``.
    """
    matrix = cohort.matrix.copy()
    matrix[cohort.rows[code]] = values
    return repair_checks(plan, replace(cohort, matrix=matrix))


def copy_cohort(cohort: Cohort) -> Cohort:
    """A copy with its own, writable arrays."""
    excluded = {code: mask.copy() for code, mask in cohort.excluded.items()}
    return replace(cohort, matrix=cohort.matrix.copy(), excluded=excluded)


def read_only_copy(cohort: Cohort) -> Cohort:
    """A copy with its own, read-only arrays."""
    copy = copy_cohort(cohort)
    for array in (copy.matrix, *copy.excluded.values()):
        array.setflags(write=False)
    return copy


def show_answer(cohort: Cohort, code: str, unit: int) -> str:
    """One answer as text, such as ``wells = 3``."""
    indicator, value = cohort.indicators[code], float(cohort.values(code)[unit])
    if math.isnan(value):
        return f"{code} not reported"
    if indicator.kind is IndicatorKind.FLAG:
        return f"{code} = {'yes' if value else 'no'}"
    if indicator.kind is IndicatorKind.CHOICE:
        return f"{code} = {indicator.options[int(value)]}"
    return f"{code} = {indicator.show(value)}"
