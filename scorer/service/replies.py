"""Results as messages: scorecards, or columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer import __version__, explain
from scorer.groups import Status
from scorer.plan import GatePlan, SetPlan
from scorer.points import Floats, Ints, from_micro
from scorer.ranking import Ranking
from scorer.scoring import Assessment, CategoryScores, GroupScores, MeasureScores, Scores, Standing

PERCENT = 10_000
"""Parts per million in a percent."""

_STANDINGS: dict[int, pb.Standing] = {
    Standing.RANKED: pb.STANDING_RANKED,
    Standing.BELOW_MINIMUM: pb.STANDING_BELOW_MINIMUM,
    Standing.NOTHING_APPLICABLE: pb.STANDING_NOTHING_APPLICABLE,
}
_STATUSES: dict[int, pb.CriterionStatus] = {
    Status.SCORED: pb.CRITERION_STATUS_SCORED,
    Status.MISSING: pb.CRITERION_STATUS_MISSING,
    Status.NOT_APPLICABLE: pb.CRITERION_STATUS_NOT_APPLICABLE,
}


def provenance(plan: SetPlan, province: str, period: str) -> pb.Provenance:
    """What a result was made with."""
    return pb.Provenance(
        criteria_set=plan.criteria_set.code,
        revision=plan.criteria_set.revision,
        criteria_provenance=plan.criteria_set.provenance.value,
        province=province,
        period=period,
        plugins=plugin_versions(plan),
        engine_version=__version__,
    )


def plugin_versions(plan: SetPlan) -> list[pb.PluginVersion]:
    """The plugins of a set's groups."""
    return [pb.PluginVersion(group=p.group, distribution=p.distribution, version=p.version) for p in plan.providers]


def gate(plan: GatePlan, measure: str) -> pb.Gate:
    """A gate as one tier has it."""
    percent = plan.unit == "percent"
    return pb.Gate(
        level=plan.level,
        measure=measure,
        unit=pb.GATE_UNIT_PERCENT if percent else pb.GATE_UNIT_POINTS,
        minimum=plan.minimum / PERCENT if percent else plan.minimum / 1e6,
        strict=plan.strict,
    )


def scorecard(
    assessment: Assessment, ranking: Ranking | None, place: int, unit: pb.Unit, *, full: bool
) -> pb.Scorecard:
    """One unit, by its place in the cohort; without a ranking, ranks are 0."""
    card = pb.Scorecard(
        unit=unit,
        overall=pb.OverallScore(
            score=_score(assessment.overall, place), rank=int(ranking.overall[place]) if ranking else 0
        ),
    )
    for at, category in enumerate(assessment.categories):
        rank = int(ranking.ranks[at][place]) if ranking else 0
        card.categories.append(_category_score(category, place, rank, full=full))
    for at in assessment.plan.requires:
        category = assessment.categories[at]
        if category.standing[place] != Standing.RANKED:
            card.overall.lacking.append(category.plan.code)
    return card


def _category_score(category: CategoryScores, place: int, rank: int, *, full: bool) -> pb.CategoryScore:
    score = pb.CategoryScore(
        category=category.plan.code,
        score=_score(category.scores, place),
        standing=_STANDINGS[int(category.standing[place])],
        level=int(category.level[place]),
        rank=rank,
        measures=[_measure_result(measure, place) for measure in category.measures],
    )
    score.failing.extend(_gate_result(category, at, place) for at in explain.failing(category, place))
    if full:
        score.gates.extend(_gate_result(category, at, place) for at in range(len(category.plan.gates)))
        score.groups.extend(_group_score(group, place) for group in category.groups)
    return score


def _score(scores: Scores, place: int) -> pb.Score:
    return pb.Score(
        points=scores.points[place] / 1e6,
        max_points=scores.max_points[place] / 1e6,
        nominal_max_points=scores.nominal / 1e6,
        percent=scores.percent[place] / PERCENT,
        converted=scores.converted[place] / 1e6,
        published=scores.published[place] / 1e6,
        missing=int(scores.missing[place]),
        not_applicable=int(scores.not_applicable[place]),
    )


def _measure_result(measure: MeasureScores, place: int) -> pb.MeasureResult:
    return pb.MeasureResult(
        measure=measure.plan.name,
        points=measure.points[place] / 1e6,
        max_points=measure.max_points[place] / 1e6,
        percent=measure.percent[place] / PERCENT,
        level=int(measure.level[place]),
    )


def _gate_result(category: CategoryScores, at: int, place: int) -> pb.GateResult:
    plan = category.plan.gates[at]
    measure = category.measures[plan.measure]
    percent = plan.unit == "percent"
    return pb.GateResult(
        gate=gate(plan, measure.plan.name),
        value=measure.percent[place] / PERCENT if percent else measure.points[place] / 1e6,
        passed=not category.failed[at, place],
        not_applicable=percent and bool(measure.max_points[place] == 0),
    )


def _group_score(group: GroupScores, place: int) -> pb.GroupScore:
    return pb.GroupScore(
        group=group.plan.code,
        score=_score(group.scores, place),
        criteria=[
            pb.CriterionScore(
                criterion=criterion.id,
                points=group.points[row, place] / 1e6,
                max_points=0
                if group.status[row, place] == Status.NOT_APPLICABLE
                else int(group.plan.maxima[row, 0]) / 1e6,
                status=_STATUSES[int(group.status[row, place])],
            )
            for row, criterion in enumerate(group.plan.criteria)
        ],
    )


def ranking_head(ranking: Ranking, *, full: bool) -> pb.Ranking:
    """A ranking's counts, over all its units."""
    assessment = ranking.assessment
    head = pb.Ranking(
        tier=assessment.plan.tier,
        cohort=assessment.plan.tier,
        unit_count=len(assessment.cohort),
        overall_ranked=int(assessment.eligible.sum()),
        overall_requires=[assessment.categories[place].plan.code for place in assessment.plan.requires],
    )
    for category in assessment.categories:
        tally = head.tallies.add(category=category.plan.code, ranked=explain.ranked_count(category))
        for level, units in zip(category.plan.levels, explain.units_by_level(category).tolist(), strict=True):
            tally.levels.add(level=level, units=units)
        for plan, units in zip(category.plan.gates, explain.units_failing(category).tolist(), strict=True):
            tally.failing.add(gate=gate(plan, category.plan.measures[plan.measure].name), units=units)
        if full:
            tally.criteria.extend(pb.CriterionCount(**count._asdict()) for count in explain.criterion_counts(category))
    return head


def ranking_table(ranking: Ranking, places: Ints, *, full: bool) -> pb.RankingTable:
    """The units at ``places`` of the cohort as columns."""
    assessment = ranking.assessment
    ids = assessment.cohort.unit_ids
    return pb.RankingTable(
        unit_ids=[ids[place] for place in places],
        categories=[
            _category_column(category, ranks, places, full=full)
            for category, ranks in zip(assessment.categories, ranking.ranks, strict=True)
        ],
        overall=_score_columns(assessment.overall, places),
        overall_ranks=ranking.overall[places].tolist(),
    )


def _category_column(category: CategoryScores, ranks: Ints, places: Ints, *, full: bool) -> pb.CategoryColumn:
    plan = category.plan
    failed = category.failed[:, places]
    words = np.zeros(len(places), dtype=np.uint64)
    for at in range(len(plan.gates)):
        words |= failed[at].astype(np.uint64) << np.uint64(at)
    column = pb.CategoryColumn(
        category=plan.code,
        score=_score_columns(category.scores, places),
        standings=[_STANDINGS[standing] for standing in category.standing[places].tolist()],
        levels=category.level[places].tolist(),
        ranks=ranks[places].tolist(),
        gates=[gate(item, plan.measures[item.measure].name) for item in plan.gates],
        failed_gates=words.tolist(),
    )
    for at, measure in enumerate(category.measures):
        units = [unit for place, unit in plan.keys if place == at]
        some = measure.max_points[places] > 0
        column.measures.add(
            measure=measure.plan.name,
            percent=np.where(some, measure.percent[places] / PERCENT, np.nan).tolist() if "percent" in units else [],
            points=from_micro(measure.points[places]).tolist() if "points" in units else [],
        )
    if full:
        column.groups.extend(
            pb.GroupColumn(group=group.plan.code, score=_score_columns(group.scores, places))
            for group in category.groups
        )
    return column


def _score_columns(scores: Scores, places: Ints) -> pb.ScoreColumns:
    points: Callable[[Ints], Sequence[float]] = lambda values: from_micro(values[places]).tolist()  # noqa: E731
    percent: Floats = scores.percent[places] / PERCENT
    return pb.ScoreColumns(
        points=points(scores.points),
        max_points=points(scores.max_points),
        percent=percent.tolist(),
        converted=points(scores.converted),
        published=points(scores.published),
        missing=scores.missing[places].tolist(),
        not_applicable=scores.not_applicable[places].tolist(),
        nominal_max_points=scores.nominal / 1e6,
    )
