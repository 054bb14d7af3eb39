"""Scorecards: everything about single units, as messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.engine.explain import failing_gates
from scorer.engine.plan import TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.score_table import Scores
from scorer.engine.scoring import Assessment, CategoryScores, GroupScores, Standing
from scorer.model.fixed_point import MICRO, PERCENT, Ints
from scorer.plugins.group import Status
from scorer.service.messages.replies import gate

STANDINGS: Mapping[int, pb.Standing] = {
    Standing.RANKED: pb.STANDING_RANKED,
    Standing.BELOW_MINIMUM: pb.STANDING_BELOW_MINIMUM,
    Standing.NOTHING_APPLICABLE: pb.STANDING_NOTHING_APPLICABLE,
}
STATUSES: Mapping[int, pb.CriterionStatus] = {
    Status.SCORED: pb.CRITERION_STATUS_SCORED,
    Status.MISSING: pb.CRITERION_STATUS_MISSING,
    Status.NOT_APPLICABLE: pb.CRITERION_STATUS_NOT_APPLICABLE,
}


def scorecards(
    assessment: Assessment, ranking: Ranking | None, places: Ints, units: Sequence[pb.Unit], *, full: bool
) -> Iterator[pb.Scorecard]:
    """The scorecards of some units of a tier.

    Args:
        assessment: of the tier.
        ranking: any ranking of the tier, which has the ranks of all its units; without one, nobody has a rank.
        places: (m,) of the units in the tier.
        units: these units, as sent.
        full: whether to show groups, criteria and all gates.
    """
    gates = assessment.plan.derived(_gates)
    builders = [_Category(category, gates[category.plan.code], places, full=full) for category in assessment.categories]
    overall = _Score(assessment.overall, places)
    ranks = _ranks(ranking, places, len(builders))
    commended = ranking is not None and ranking.commended is not None
    for at, (place, unit) in enumerate(zip(places.tolist(), units, strict=True)):
        card = pb.Scorecard(unit=unit)
        for builder, by_category in zip(builders, ranks, strict=False):
            builder.fill(card.categories.add(), at, by_category[at])
        overall.fill(card.overall.score, at)
        card.overall.rank = ranks[-1][at]
        card.overall.lacking.extend(
            card.categories[required].category
            for required in assessment.plan.requires
            if card.categories[required].standing != pb.STANDING_RANKED
        )
        card.commended = commended and bool(ranking.commended[place])  # type: ignore[union-attr,index]
        yield card


def _gates(plan: TierPlan) -> dict[str, list[pb.Gate]]:
    """The gates of each category as messages."""
    return {
        category.code: [gate(one, category.measures[one.measure].name) for one in category.gates]
        for category in plan.categories
    }


def _ranks(ranking: Ranking | None, places: Ints, categories: int) -> list[list[int]]:
    """The ranks (m,) in every category, and overall."""
    if ranking is None:
        return [[0] * len(places)] * (categories + 1)
    return [ranks[places].tolist() for ranks in (*ranking.ranks, ranking.overall)]


class _Score:
    """Messages of the scores of one sum, for m units."""

    def __init__(self, scores: Scores, places: Ints) -> None:
        self._nominal = scores.nominal / MICRO
        doubles = scores.points, scores.max_points, scores.converted, scores.published
        self._doubles = [(values[places] / MICRO).tolist() for values in doubles]
        self._percent = (scores.percent[places] / PERCENT).tolist()
        self._counts = [values[places].astype(np.int64).tolist() for values in (scores.missing, scores.not_applicable)]

    def fill(self, message: pb.Score, at: int) -> None:
        """Fills the message of one of the units."""
        points, max_points, converted, published = self._doubles
        missing, not_applicable = self._counts
        message.points = points[at]
        message.max_points = max_points[at]
        message.nominal_max_points = self._nominal
        message.percent = self._percent[at]
        message.converted = converted[at]
        message.published = published[at]
        message.missing = missing[at]
        message.not_applicable = not_applicable[at]


class _Category:
    """Messages of one category, for m units."""

    def __init__(self, category: CategoryScores, gates: Sequence[pb.Gate], places: Ints, *, full: bool) -> None:
        plan = category.plan
        self._code = plan.code
        self._score = _Score(category.scores, places)
        self._standing = [STANDINGS[standing] for standing in category.standing[places].tolist()]
        self._level = category.level[places].tolist()
        self._failing = failing_gates(category)[places].tolist()
        self._measures = _Measures(category, gates, places)
        self._gates = category.failed(places).tolist() if full else None
        self._groups = [_Group(group, places) for group in category.groups] if full else []

    def fill(self, message: pb.CategoryScore, at: int, rank: int) -> None:
        """Fills the message of one of the units."""
        message.category = self._code
        self._score.fill(message.score, at)
        message.standing = self._standing[at]
        message.level = self._level[at]
        message.rank = rank
        self._measures.fill(message, at)
        self._measures.fill_gates(message.failing, at, self._failing[at], self._failing[at])
        for group in self._groups:
            group.fill(message.groups.add(), at)
        if self._gates is not None:
            self._measures.fill_gates(message.gates, at, -1, self._gates[at])


class _Measures:
    """Messages of what the gates of a category compare, and of the gates, for m units."""

    def __init__(self, category: CategoryScores, gates: Sequence[pb.Gate], places: Ints) -> None:
        plan = category.plan
        measures = category.measures if plan.cells is not None else ()
        self._names = [measure.plan.name for measure in measures]
        self._points = [(measure.points[places] / MICRO).tolist() for measure in measures]
        self._max_points = [(measure.max_points[places] / MICRO).tolist() for measure in measures]
        self._percent = [(measure.percent[places] / PERCENT).tolist() for measure in measures]
        self._levels: list[list[int]] = []
        if plan.cells is not None:
            self._levels = plan.cells.measure_levels.take(category.cell[places], axis=1).tolist()
        self._gates = plan.gates if plan.cells is not None else ()
        self._messages = gates

    def fill(self, message: pb.CategoryScore, at: int) -> None:
        """Adds the measures of one of the units."""
        for place, name in enumerate(self._names):
            message.measures.add(
                measure=name,
                points=self._points[place][at],
                max_points=self._max_points[place][at],
                percent=self._percent[place][at],
                level=self._levels[place][at],
            )

    def fill_gates(
        self, results: RepeatedCompositeFieldContainer[pb.GateResult], at: int, shown: int, failed: int
    ) -> None:
        """Adds the gates of one of the units.

        Args:
            results: where to.
            at: the unit.
            shown: bit i is set when gate i is added.
            failed: bit i is set when gate i does not hold.
        """
        for bit, plan in enumerate(self._gates):
            if not shown >> bit & 1:
                continue
            percent = plan.unit == "percent"
            values = self._percent if percent else self._points
            results.add(
                gate=self._messages[bit],
                value=values[plan.measure][at],
                passed=not failed >> bit & 1,
                not_applicable=percent and self._max_points[plan.measure][at] == 0,
            )


class _Group:
    """Messages of one criterion group, for m units."""

    def __init__(self, group: GroupScores, places: Ints) -> None:
        plan = group.plan
        self._code = plan.code
        self._score = _Score(group.scores, places)
        self._criteria = [criterion.id for criterion in plan.criteria]
        self._points = (group.points[:, places] / MICRO).tolist()
        self._status = group.status[:, places].tolist()
        self._maxima = (plan.maxima[:, 0] / MICRO).tolist()

    def fill(self, message: pb.GroupScore, at: int) -> None:
        """Fills the message of one of the units."""
        message.group = self._code
        self._score.fill(message.score, at)
        for row, criterion in enumerate(self._criteria):
            status = self._status[row][at]
            message.criteria.add(
                criterion=criterion,
                points=self._points[row][at],
                max_points=0.0 if status == Status.NOT_APPLICABLE else self._maxima[row],
                status=STATUSES[status],
            )
