"""Scorecards: everything about each of some units, as messages in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from egov.scorer.v1 import scorer_pb2 as pb
from scorer.explain import failing
from scorer.groups import Status
from scorer.plan import CategoryPlan, GatePlan, GroupPlan, TierPlan
from scorer.points import MICRO, PERCENT, Ints
from scorer.ranking import Ranking
from scorer.scoring import RANKED, Assessment
from scorer.service.forms import Form
from scorer.service.packing import LENGTH_DELIMITED, varint
from scorer.service.replies import STANDINGS, gate

_STATUS_OF: dict[int, pb.CriterionStatus] = {
    Status.SCORED: pb.CRITERION_STATUS_SCORED,
    Status.MISSING: pb.CRITERION_STATUS_MISSING,
    Status.NOT_APPLICABLE: pb.CRITERION_STATUS_NOT_APPLICABLE,
}
_STATUSES = np.array([_STATUS_OF.get(status, 0) for status in range(len(Status) + 1)], dtype=np.uint8)

_SCORE = ("points", "max_points", "percent", "converted", "published", "missing", "not_applicable")
"""The columns of a ``ScoreTable``, as a Score names them."""


class _Source(IntEnum):
    """Where the numbers of scorecards come from: arrays (rows, n)."""

    SCORES = 0
    """This one and those after it: the columns of the tier's sums."""
    STANDINGS = len(_SCORE)
    """Of the categories, as members of the enumeration on the wire."""
    RANKED = STANDINGS + 1
    """Of the categories: whether a unit is ranked in it."""
    LEVELS = STANDINGS + 2
    RANKS = STANDINGS + 3
    """Of the categories, and of all together."""
    COMMENDED = STANDINGS + 4
    MEASURE_LEVELS = STANDINGS + 5
    """Of the measures of all categories."""
    FAILING = STANDINGS + 6
    """Of the categories: words, bit i of which is set when gate i stands between a unit and its next better level."""
    FAILED = STANDINGS + 7
    """The same, when gate i does not hold. This and all after it: only when everything is to be said."""
    NOTHING = STANDINGS + 8
    """Of the sums: whether nothing applies."""
    POINTS = STANDINGS + 9
    """Of the criteria of all groups."""
    STATUSES = STANDINGS + 10
    """The same, as members of the enumeration on the wire."""
    APPLIES = STANDINGS + 11
    """The same: whether it applies."""
    GROUP_SCORES = STANDINGS + 12
    """This one and those after it: the columns of the groups' sums."""


class _Card(Form):
    """The scorecards of a tier."""

    def __init__(self, plan: TierPlan, *, full: bool) -> None:
        super().__init__(pb.Scorecard)
        measures = criteria = 0
        for at, category in enumerate(plan.categories):
            with self.message("categories"):
                self.always(pb.CategoryScore(category=category.code))
                self._score(_Source.SCORES, at, plan.sums.nominal[at])
                self.count("standing", _Source.STANDINGS, at)
                self.count("level", _Source.LEVELS, at)
                self.count("rank", _Source.RANKS, at)
                if category.cells is not None:
                    rows = plan.sums.measures[at]
                    self._measures(category, rows, measures)
                    measures += len(rows)
                    self._failing(category, rows, at)
                if full:
                    for group, row in zip(category.groups, plan.places(category), strict=True):
                        self._group(group, row, criteria)
                        criteria += len(group.criteria)
                    if category.cells is not None:
                        self._gates(category, plan.sums.measures[at], at)
        overall = len(plan.categories)
        with self.message("overall"):
            self._score(_Source.SCORES, overall, plan.sums.nominal[overall])
            self.count("rank", _Source.RANKS, overall)
            for at in plan.requires:
                with self.where(_Source.RANKED, at, wanted=False):
                    self.always(pb.OverallScore(lacking=[plan.categories[at].code]))
        self.count("commended", _Source.COMMENDED, 0)

    def _score(self, source: int, row: int, nominal: int) -> None:
        with self.message("score"):
            for at, name in enumerate(_SCORE):
                if name == "percent":
                    self.always(pb.Score(nominal_max_points=nominal / MICRO))
                if name in ("missing", "not_applicable"):
                    self.count(name, source + at, row)
                else:
                    self.number(name, source + at, row, PERCENT if name == "percent" else MICRO)

    def _measures(self, category: CategoryPlan, rows: Sequence[int], first: int) -> None:
        """What the gates compare."""
        for at, (measure, row) in enumerate(zip(category.measures, rows, strict=True)):
            with self.message("measures"):
                self.always(pb.MeasureResult(measure=measure.name))
                for name in ("points", "max_points", "percent"):
                    self.number(name, _Source.SCORES + _SCORE.index(name), row, PERCENT if name == "percent" else MICRO)
                self.count("level", _Source.MEASURE_LEVELS, first + at)

    def _failing(self, category: CategoryPlan, rows: Sequence[int], at: int) -> None:
        """The gates of a unit's next better level that do not hold."""
        for bit, plan in enumerate(category.gates):
            with self.where(_Source.FAILING, at, bit), self.message("failing"):
                self._gate(category, plan, rows[plan.measure])

    def _gates(self, category: CategoryPlan, rows: Sequence[int], at: int) -> None:
        """All gates."""
        for bit, plan in enumerate(category.gates):
            row = rows[plan.measure]
            with self.message("gates"):
                self._gate(category, plan, row)
                with self.where(_Source.FAILED, at, bit, wanted=False):
                    self.always(pb.GateResult(passed=True))
                if plan.unit == "percent":
                    self.count("not_applicable", _Source.NOTHING, row)

    def _gate(self, category: CategoryPlan, plan: GatePlan, row: int) -> None:
        name, unit = ("percent", PERCENT) if plan.unit == "percent" else ("points", MICRO)
        self.always(pb.GateResult(gate=gate(plan, category.measures[plan.measure].name)))
        self.number("value", _Source.SCORES + _SCORE.index(name), row, unit)

    def _group(self, plan: GroupPlan, row: int, first: int) -> None:
        with self.message("groups"):
            self.always(pb.GroupScore(group=plan.code))
            self._score(_Source.GROUP_SCORES, row, plan.nominal)
            for at, criterion in enumerate(plan.criteria):
                with self.message("criteria"):
                    self.always(pb.CriterionScore(criterion=criterion.id))
                    self.number("points", _Source.POINTS, first + at, MICRO)
                    with self.where(_Source.APPLIES, first + at):
                        self.always(pb.CriterionScore(max_points=int(plan.maxima[at, 0]) / MICRO))
                    self.count("status", _Source.STATUSES, first + at)


def _basic_card(plan: TierPlan) -> Form:
    return _Card(plan, full=False)


def _full_card(plan: TierPlan) -> Form:
    return _Card(plan, full=True)


class Scorecards:
    """The scorecards of a tier's n units.

    Args:
        assessment: of the units.
        ranking: any of its rankings, which have the ranks of all of them; without one, nobody has a rank or is
            commended.
        full: whether everything is to be said.
    """

    def __init__(self, assessment: Assessment, ranking: Ranking | None, *, full: bool) -> None:
        plan = assessment.plan
        self.assessment = assessment
        self._form = plan.once(_full_card if full else _basic_card)
        self._sources = [*assessment.sums.columns, *_of_categories(assessment, ranking)]
        if full and assessment.group_sums is not None:
            self._sources += [*_details(assessment), *assessment.group_sums.columns]

    def of(self, places: Ints, units: Sequence[pb.Unit]) -> list[bytes]:
        """Those of the units at places (m,), who are these: Scorecards."""
        return self._form.filled(self._sources, places, [_UNIT + _delimited(unit) for unit in units])


_UNIT = varint(pb.Scorecard.UNIT_FIELD_NUMBER << 3 | LENGTH_DELIMITED)


def _delimited(message: Message) -> bytes:
    data = message.SerializeToString(deterministic=True)
    return varint(len(data)) + data


def _of_categories(assessment: Assessment, ranking: Ranking | None) -> list[NDArray[Any]]:
    """The sources from STANDINGS to FAILING."""
    categories, units = assessment.categories, len(assessment.cohort)
    ranks, commended = np.zeros((len(categories) + 1, units), dtype=np.int64), np.zeros((1, units), dtype=np.bool_)
    if ranking:
        ranks[:-1], ranks[-1] = ranking.ranks, ranking.overall
        commended[0] = ranking.commended if ranking.commended is not None else False
    levels = [
        category.plan.cells.measure_levels.take(category.cell, axis=1)
        for category in categories
        if category.plan.cells is not None
    ]
    return [
        STANDINGS.take(assessment.standings),
        assessment.standings == RANKED,
        assessment.levels,
        ranks,
        commended,
        np.concatenate(levels) if levels else ranks[:0],
        np.array([failing(category) for category in categories]).view(np.int64),
    ]


def _details(assessment: Assessment) -> list[NDArray[Any]]:
    """The sources from FAILED to APPLIES."""
    categories = assessment.categories
    groups = [group for category in categories for group in category.groups]
    status = np.concatenate([group.status for group in groups])
    return [
        np.array([category.failed(slice(None)) for category in categories]).view(np.int64),
        assessment.sums.max_points == 0,
        np.concatenate([group.points for group in groups]),
        _STATUSES.take(status),
        status != Status.NOT_APPLICABLE,
    ]
