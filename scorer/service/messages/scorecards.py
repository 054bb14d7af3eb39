"""Builds scorecards: messages with the results of one unit each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.plan import TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.score_table import Scores
from scorer.engine.scoring import Assessment, CategoryScores, GroupScores, Standing
from scorer.model.fixed_point import MICRO, PERCENT, Ints
from scorer.plugins.group import Status
from scorer.service.messages.gate_results import GateResults
from scorer.service.messages.replies import gate

STANDINGS: Mapping[int, pb.Standing] = {
    Standing.RANKED: pb.STANDING_RANKED,
    Standing.BELOW_MINIMUM: pb.STANDING_BELOW_MINIMUM,
    Standing.NOTHING_APPLICABLE: pb.STANDING_NOTHING_APPLICABLE,
    Standing.EXCLUDED: pb.STANDING_EXCLUDED,
}
STATUSES: Mapping[int, pb.CriterionStatus] = {
    Status.SCORED: pb.CRITERION_STATUS_SCORED,
    Status.MISSING: pb.CRITERION_STATUS_MISSING,
    Status.NOT_APPLICABLE: pb.CRITERION_STATUS_NOT_APPLICABLE,
}


def scorecards(
    assessment: Assessment, ranking: Ranking | None, indices: Ints, units: Sequence[pb.Unit], *, full: bool
) -> Iterator[pb.Scorecard]:
    """Yields the scorecards of m units of a tier.

    Args:
        assessment: the scores of the tier's units.
        ranking: any ranking of the tier, because each has the ranks of all units of the tier; None: no ranks.
        indices: (m,) indices of the units in the tier.
        units: the m units, as the request has them.
        full: whether to include groups, criteria, subtotals and all gates (view FULL).
    """
    gates = assessment.plan.derived(_gates)
    reported = assessment.self_reported
    builders = [
        _Category(category, assessment, n, gates[category.plan.code], indices, full=full)
        for n, category in enumerate(assessment.categories)
    ]
    overall = _Score(assessment.overall, reported.overall if reported else None, indices)
    subtotals = list(_subtotals(assessment, indices)) if full else []
    ranks = _ranks(ranking, indices, len(builders))
    commended = ranking is not None and ranking.commended is not None
    *category_ranks, overall_ranks = ranks
    for row, (index, unit) in enumerate(zip(indices.tolist(), units, strict=True)):
        card = pb.Scorecard(unit=unit)
        for builder, own_ranks in zip(builders, category_ranks, strict=True):
            builder.fill(card.categories.add(), row, own_ranks[row])
        overall.fill(card.overall.score, row)
        card.overall.rank = overall_ranks[row]
        card.overall.lacking.extend(
            card.categories[required].category
            for required in assessment.plan.requires
            if card.categories[required].standing != pb.STANDING_RANKED
        )
        card.commended = commended and bool(ranking.commended[index])  # type: ignore[union-attr,index]
        for code, subtotal in subtotals:
            message = card.subtotals.add(subtotal=code)
            subtotal.fill(message.score, row)
        yield card


def _subtotals(assessment: Assessment, indices: Ints) -> Iterator[tuple[str, _Score]]:
    """Yields, for each subtotal, its code and the object that fills in its protobuf messages."""
    table, reported = assessment.subtotals, assessment.self_reported
    if table is None:
        return
    self_reported = reported.subtotals if reported else None
    for row, code in enumerate(assessment.plan.subtotals.codes):
        yield code, _Score(table.scores(row), self_reported.scores(row) if self_reported else None, indices)


def _gates(plan: TierPlan) -> dict[str, list[pb.Gate]]:
    """The gates of each category as messages."""
    return {category.code: [gate(own) for own in category.gates] for category in plan.categories}


def _ranks(ranking: Ranking | None, indices: Ints, categories: int) -> list[list[int]]:
    """Lists of m ranks: one list per category, and a last one for the overall ranks; 0 for units without rank."""
    if ranking is None:
        return [[0] * len(indices)] * (categories + 1)
    return [ranks[indices].tolist() for ranks in (*ranking.ranks, ranking.overall)]


class _Score:
    """Fills messages with the scores of one sum, for m units.

    Args:
        scores: the scores of all units of the tier.
        self_reported: the same, computed from the answers that the units reported themselves; None if not shown.
        indices: (m,) indices of the units in the tier.
    """

    def __init__(self, scores: Scores, self_reported: Scores | None, indices: Ints) -> None:
        self._self_reported = _Score(self_reported, None, indices) if self_reported else None
        self._nominal = scores.nominal / MICRO
        doubles = scores.points, scores.max_points, scores.converted, scores.published
        self._doubles = [(values[indices] / MICRO).tolist() for values in doubles]
        self._percent = (scores.percent[indices] / PERCENT).tolist()
        self._counts = [values[indices].astype(np.int64).tolist() for values in (scores.missing, scores.not_applicable)]

    def fill(self, message: pb.Score, row: int) -> None:
        """Fills the message of one unit; ``row`` is its index among the m units."""
        points, max_points, converted, published = self._doubles
        missing, not_applicable = self._counts
        message.points = points[row]
        message.max_points = max_points[row]
        message.nominal_max_points = self._nominal
        message.percent = self._percent[row]
        message.converted = converted[row]
        message.published = published[row]
        message.missing = missing[row]
        message.not_applicable = not_applicable[row]
        if self._self_reported is not None:
            self._self_reported.fill(message.self_reported, row)


class _Category:
    """Fills messages with the results of one category, for m units."""

    def __init__(
        self,
        category: CategoryScores,
        assessment: Assessment,
        index: int,
        gates: Sequence[pb.Gate],
        indices: Ints,
        *,
        full: bool,
    ) -> None:
        plan, reported = category.plan, assessment.self_reported
        self_reported = reported.categories[index] if reported else None
        self._code = plan.code
        self._score = _Score(category.scores, self_reported.scores if self_reported else None, indices)
        self._standing = [STANDINGS[standing] for standing in category.standing[indices].tolist()]
        self._level = category.level[indices].tolist()
        self._level_code = [plan.level_codes.get(level, "") for level in self._level]
        self._results = GateResults(category, assessment, gates, indices)
        self._gates = category.failed(indices).tolist() if full else None
        self._groups = [
            _Group(group, self_reported.groups[n] if self_reported else None, indices)
            for n, group in enumerate(category.groups if full else ())
        ]

    def fill(self, message: pb.CategoryScore, row: int, rank: int) -> None:
        """Fills the message of one unit; ``row`` is its index among the m units."""
        message.category = self._code
        self._score.fill(message.score, row)
        message.standing = self._standing[row]
        message.level = self._level[row]
        message.level_code = self._level_code[row]
        message.rank = rank
        self._results.fill_measures(message, row)
        self._results.fill_failing(message.failing, row)
        for group in self._groups:
            group.fill(message.groups.add(), row)
        if self._gates is not None:
            self._results.fill_gates(message.gates, row, self._gates[row])


class _Group:
    """Fills messages with the results of one criterion group, for m units."""

    def __init__(self, group: GroupScores, self_reported: GroupScores | None, indices: Ints) -> None:
        self._code = group.plan.code
        self._score = _Score(group.scores, self_reported.scores if self_reported else None, indices)
        self._criteria = _Criteria(group, indices)
        self._self_reported = _Criteria(self_reported, indices) if self_reported else None

    def fill(self, message: pb.GroupScore, row: int) -> None:
        """Fills the message of one unit; ``row`` is its index among the m units."""
        message.group = self._code
        self._score.fill(message.score, row)
        for index in range(len(self._criteria)):
            criterion = message.criteria.add()
            self._criteria.fill(criterion, index, row)
            if self._self_reported is not None:
                self._self_reported.fill(criterion.self_reported, index, row)


class _Criteria:
    """Fills messages with the results of the criteria of one group, for m units."""

    def __init__(self, group: GroupScores, indices: Ints) -> None:
        self._ids = [criterion.id for criterion in group.plan.criteria]
        self._points = (group.points[:, indices] / MICRO).tolist()
        self._status = group.status[:, indices].tolist()
        self._maxima = (group.plan.maxima[:, 0] / MICRO).tolist()

    def __len__(self) -> int:
        return len(self._ids)

    def fill(self, message: pb.CriterionScore, index: int, row: int) -> None:
        """Fills the message of one criterion and unit; ``row`` is the unit's index among the m units."""
        status = self._status[index][row]
        message.criterion = self._ids[index]
        message.points = self._points[index][row]
        message.max_points = 0.0 if status == Status.NOT_APPLICABLE else self._maxima[index]
        message.status = STATUSES[status]
