"""Answers drawn for a tier: ends of ranges, zeros, small and large numbers, parts within wholes, some not reported."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scorer.engine.plan import TierPlan
from scorer.model.fixed_point import Floats
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.units import Cohort, six_decimals
from scorer.testing.conformance.faults import Unscorable

MISSING = 0.1
"""Share of answers that are not reported."""
EXCLUDED = 0.1
"""Share of units for which a criterion is left out."""
DAYS = (16_436, 21_915)
"""2015-01-01 to 2030-01-01, where most drawn days lie."""


def generate(plan: TierPlan, units: int, seed: str, *, complete: bool = False) -> Cohort:
    """The same answers for the same seed, such as the service would take.

    The first units answer nothing (unless everything is reported), the smallest, the largest, and zero to everything.

    Args:
        plan: what may be answered.
        units: how many, n, at least 4.
        seed: any text.
        complete: whether everything is reported and applies.
    """
    random = np.random.default_rng(zlib.crc32(seed.encode()))
    matrix = np.empty((len(plan.rows), units))
    for code, row in plan.rows.items():
        low, high = plan.ranges[code]
        matrix[row] = _answers(plan.indicators[code], low, high, random, units)
        if not complete:
            matrix[row, random.random(units) < MISSING] = np.nan
        first = [low, high, min(max(0.0, low), high)]
        matrix[row, : len(first) + 1] = [*first, low] if complete else [math.nan, *first]
    excluded = {} if complete else {
        criterion.id: random.random(units) < EXCLUDED for group in plan.groups for criterion in group.criteria
    }  # fmt: skip
    ids = tuple(f"unit-{n:05}" for n in range(units))
    return repair_checks(plan, Cohort(plan.tier, ids, plan.indicators, plan.rows, matrix, excluded))


def _answers(indicator: Indicator, low: float, high: float, random: np.random.Generator, units: int) -> Floats:
    """Answers (n,) from ``low`` to ``high``."""
    kind = IndicatorKind(indicator.kind)
    if kind in (IndicatorKind.FLAG, IndicatorKind.CHOICE):
        return random.integers(math.ceil(low), math.floor(high), units, endpoint=True).astype(np.float64)
    if kind is IndicatorKind.DATE:
        start, end = (min(max(day, low), high) for day in DAYS)
        most = start + np.floor(random.random(units) * (end - start + 1))
    else:
        start, end = min(max(0.0, low), high), high
        most = start + np.exp(random.random(units) * math.log(max(end - start, 1.0)))  # of any size
    drawn: Floats = np.choose(
        random.integers(0, 8, units),
        [
            np.full(units, low),
            np.full(units, high),
            np.full(units, start),
            start + random.integers(0, 11, units),
            start + random.integers(0, 11, units) + random.random(units),
            start + random.random(units) * (end - start),
            most,
            most,
        ],
    )
    if kind is IndicatorKind.NUMBER:
        drawn, ends = six_decimals(drawn), (low, high)
    else:
        drawn, ends = np.rint(drawn), (float(math.ceil(low)), float(math.floor(high)))
    return drawn.clip(*ends)


def repair_checks(plan: TierPlan, cohort: Cohort) -> Cohort:
    """The same, with parts cut down to their wholes; what breaks a check all the same is not reported.

    Raises:
        Unscorable: a check between answers raised, or gave another shape.
    """
    matrix = cohort.matrix.copy()
    kept = replace(cohort, matrix=matrix)
    for _ in plan.checks:  # a whole may be a part itself
        for part, whole in plan.parts.T:
            most = matrix[whole] if not plan.whole[part] else np.floor(matrix[whole])
            matrix[part] = np.where(matrix[part] > most, most, matrix[part])
    for check in plan.checks:
        part = plan.rows[check.reads()[0]]
        low, _ = plan.ranges[check.reads()[0]]
        try:
            broken = np.broadcast_to(check.violated(kept), len(cohort)).astype(np.bool_)
        except (Exception, SystemExit) as error:  # a stranger's code: anything can come
            raise Unscorable(f"the check {check!r} between answers raised {error!r}") from error
        matrix[part, broken | (matrix[part] < low)] = np.nan
    return kept


def take_units(cohort: Cohort, units: NDArray[np.intp]) -> Cohort:
    """Some of the units, in this order."""
    return replace(
        cohort,
        unit_ids=tuple(cohort.unit_ids[unit] for unit in units.tolist()),
        matrix=cohort.matrix[:, units],
        excluded={code: mask[units] for code, mask in cohort.excluded.items()},
    )


def with_answers(plan: TierPlan, cohort: Cohort, code: str, values: Floats) -> Cohort:
    """The same with other answers (n,) to one indicator, and what follows for its parts."""
    matrix = cohort.matrix.copy()
    matrix[cohort.rows[code]] = values
    return repair_checks(plan, replace(cohort, matrix=matrix))


def copy_cohort(cohort: Cohort) -> Cohort:
    """The same in memory of its own, which may be written to."""
    excluded = {code: mask.copy() for code, mask in cohort.excluded.items()}
    return replace(cohort, matrix=cohort.matrix.copy(), excluded=excluded)


def read_only_copy(cohort: Cohort) -> Cohort:
    """The same in memory of its own that refuses to be written to."""
    own = copy_cohort(cohort)
    for array in (own.matrix, *own.excluded.values()):
        array.setflags(write=False)
    return own


def show_answer(cohort: Cohort, code: str, unit: int) -> str:
    """One answer for people, such as ``wells = 3``."""
    indicator, value = cohort.indicators[code], float(cohort.values(code)[unit])
    if math.isnan(value):
        return f"{code} not reported"
    if indicator.kind is IndicatorKind.FLAG:
        return f"{code} = {'yes' if value else 'no'}"
    if indicator.kind is IndicatorKind.CHOICE:
        return f"{code} = {indicator.options[int(value)]}"
    return f"{code} = {indicator.show(value)}"
