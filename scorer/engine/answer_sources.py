"""Answers from several sources: selects those that count, and those that units reported themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scorer.engine.plan import TierPlan
from scorer.model.cohort import Cohort
from scorer.model.indicators import source_column


def counted(plan: TierPlan, submitted: Cohort) -> Cohort:
    """The cohort with the answers that count: for each unit and indicator, the answer from the last source that has
    one.
    """
    matrix = submitted.matrix.copy()
    for code, sources in plan.other_sources.items():
        row = matrix[plan.rows[code]]
        for source in sources:
            answers = submitted.values(source_column(code, source))
            np.copyto(row, answers, where=~np.isnan(answers))
    matrix.setflags(write=False)
    return replace(submitted, matrix=matrix)


def self_reported(plan: TierPlan, submitted: Cohort) -> Cohort:
    """A copy of the cohort with the answers that the units reported themselves.

    Criteria that other sources report, such as a survey, do not apply to any unit of the copy.
    """
    everywhere = np.ones(len(submitted), dtype=np.bool_)
    everywhere.setflags(write=False)
    criteria = [criterion for group in plan.groups for criterion in group.criteria]
    left_out = {criterion.id: everywhere for criterion in criteria if not criterion.is_self_reported}
    return replace(submitted, excluded={**submitted.excluded, **left_out})
