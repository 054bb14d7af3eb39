"""Seeded provinces: awarded points around the gates, a few answers missing, a few criteria left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.cohort import Cohort
from scorer.plan import SetPlan, TierPlan

SEED = 20200630
MISSING = 0.02
EXCLUDED = 0.05


@dataclass(frozen=True)
class Province:
    """The units of one tier, in every form that a suite needs."""

    plan: TierPlan
    cohort: Cohort
    rows: bytes
    """A RankProvinceRequest with rows."""
    table: bytes
    """A RankProvinceRequest with a table."""

    @classmethod
    def draw(cls, plan: SetPlan, units: int) -> Province:
        """The province of ``units`` units of the set's first tier."""
        random = np.random.default_rng(SEED)
        tier_plan = next(iter(plan.tiers.values()))
        matrix = np.empty((len(plan.rows), units))
        for code, row in plan.rows.items():
            high = tier_plan.ranges[code][1]
            matrix[row] = np.round(high * random.triangular(0.3, 0.85, 1.0, units), 2)
        matrix[random.random(matrix.shape) < MISSING] = np.nan
        excluded = {
            criterion.id: random.random(units) < EXCLUDED
            for criterion in plan.criteria_set.criteria.values()
            if criterion.may_be_not_applicable
        }
        ids = tuple(f"unit-{n:06d}" for n in range(units))
        cohort = Cohort(tier_plan.tier, ids, plan.criteria_set.indicators, plan.rows, matrix, excluded)
        return cls(tier_plan, cohort, _rows(plan, cohort), _table(plan, cohort))


def _left_out(cohort: Cohort, unit: int) -> list[str]:
    return [criterion for criterion, mask in cohort.excluded.items() if mask[unit]]


def _rows(plan: SetPlan, cohort: Cohort) -> bytes:
    request = pb.RankProvinceRequest(criteria_set=plan.criteria_set.code)
    columns: dict[str, NDArray[np.float64]] = {code: cohort.values(code) for code in plan.rows}
    for unit, code in enumerate(cohort.unit_ids):
        request.rows.units.add(
            unit=pb.Unit(id=code, tier=cohort.tier),
            answers={
                name: pb.Answer(number=values[unit]) for name, values in columns.items() if values[unit] == values[unit]
            },
            not_applicable_criteria=_left_out(cohort, unit),
        )
    return request.SerializeToString()


def _table(plan: SetPlan, cohort: Cohort) -> bytes:
    table = pb.UnitTable(
        units=[pb.Unit(id=code, tier=cohort.tier) for code in cohort.unit_ids],
        columns=[pb.Column(indicator=code, numbers=cohort.values(code).tolist()) for code in plan.rows],
    )
    for unit, code in enumerate(cohort.unit_ids):
        if left_out := _left_out(cohort, unit):
            table.exclusions.add(unit_id=code, criterion_ids=left_out)
    return pb.RankProvinceRequest(criteria_set=plan.criteria_set.code, table=table).SerializeToString()
