"""Answers from several sources: which of them count, and what units reported themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scorer.engine.plan import TierPlan
from scorer.model.indicators import source_column
from scorer.model.units import Cohort


def counted(plan: TierPlan, submitted: Cohort) -> Cohort:
    """The cohort with the answers that count: of each indicator, those of the last source that has an answer."""
    matrix = submitted.matrix.copy()
    for code, sources in plan.other_sources.items():
        row = matrix[plan.rows[code]]
        for source in sources:
            answers = submitted.values(source_column(code, source))
            np.copyto(row, answers, where=~np.isnan(answers))
    matrix.setflags(write=False)
    return replace(submitted, matrix=matrix)


def self_reported(plan: TierPlan, submitted: Cohort) -> Cohort:
    """The cohort as units reported it. Criteria that they do not report themselves do not apply."""
    everywhere = np.ones(len(submitted), dtype=np.bool_)
    everywhere.setflags(write=False)
    criteria = [criterion for group in plan.groups for criterion in group.criteria]
    left_out = {criterion.id: everywhere for criterion in criteria if not criterion.is_self_reported}
    return replace(submitted, excluded={**submitted.excluded, **left_out})
