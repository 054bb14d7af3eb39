"""Results as messages: scorecards, or columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer import __version__, explain
from scorer.groups import Status
from scorer.plan import GatePlan, SetPlan
from scorer.points import MICRO, Ints, from_micro
from scorer.ranking import Ranking
from scorer.scores import Scores, UnitSums
from scorer.scoring import Assessment, CategoryScores, GroupScores, Standing
from scorer.service.packing import pack, pack_integers

PERCENT = 10_000
"""Parts per million in a percent."""

_STANDING_OF: dict[int, pb.Standing] = {
    Standing.RANKED: pb.STANDING_RANKED,
    Standing.BELOW_MINIMUM: pb.STANDING_BELOW_MINIMUM,
    Standing.NOTHING_APPLICABLE: pb.STANDING_NOTHING_APPLICABLE,
}
_STANDINGS = np.array([_STANDING_OF.get(standing, 0) for standing in range(len(Standing) + 1)], dtype=np.uint8)
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
    """One unit, by its place in the cohort; without a ranking, ranks are 0 and nobody is commended."""
    sums, plan = assessment.sums.unit(place), assessment.plan
    card = pb.Scorecard(unit=unit)
    if ranking and ranking.commended is not None:
        card.commended = bool(ranking.commended[place])
    for at, category in enumerate(assessment.categories):
        score = card.categories.add(
            category=category.plan.code,
            score=_score(sums, at, category.plan.nominal),
            standing=_STANDING_OF[int(category.standing[place])],
            level=int(category.level[place]),
            rank=int(ranking.ranks[at][place]) if ranking else 0,
        )
        if category.plan.cells is not None:
            _explain(score, category, plan.sums.measures[at], sums, place, full=full)
    last = len(assessment.categories)
    card.overall.score.MergeFrom(_score(sums, last, plan.sums.nominal[last]))
    card.overall.rank = int(ranking.overall[place]) if ranking else 0
    for at in plan.requires:
        if assessment.categories[at].standing[place] != Standing.RANKED:
            card.overall.lacking.append(plan.categories[at].code)
    if full and assessment.group_sums is not None:
        of_groups = assessment.group_sums.unit(place)
        for score, category in zip(card.categories, assessment.categories, strict=True):
            for group, row in zip(category.groups, plan.places(category.plan), strict=True):
                score.groups.append(_group_score(group, _score(of_groups, row, group.plan.nominal), place))
    return card


def _score(sums: UnitSums, row: int, nominal: int) -> pb.Score:
    return pb.Score(
        points=sums.points[row] / MICRO,
        max_points=sums.max_points[row] / MICRO,
        nominal_max_points=nominal / MICRO,
        percent=sums.percent[row] / PERCENT,
        converted=sums.converted[row] / MICRO,
        published=sums.published[row] / MICRO,
        missing=int(sums.missing[row]),
        not_applicable=int(sums.not_applicable[row]),
    )


def _explain(
    score: pb.CategoryScore, category: CategoryScores, rows: Sequence[int], sums: UnitSums, place: int, *, full: bool
) -> None:
    """The measures that gates compare, and the gates that do not hold; all gates when ``full``."""
    plan, cells, cell = category.plan, category.plan.cells, int(category.cell[place])
    assert cells is not None
    for measure, row, level in zip(plan.measures, rows, cells.measure_levels[:, cell].tolist(), strict=True):
        score.measures.add(
            measure=measure.name,
            points=sums.points[row] / MICRO,
            max_points=sums.max_points[row] / MICRO,
            percent=sums.percent[row] / PERCENT,
            level=level,
        )
    word, failing = int(cells.failed[cell]), explain.failing(category, place)

    def result(at: int) -> pb.GateResult:
        gate_plan = plan.gates[at]
        row, percent = rows[gate_plan.measure], gate_plan.unit == "percent"
        return pb.GateResult(
            gate=gate(gate_plan, plan.measures[gate_plan.measure].name),
            value=sums.percent[row] / PERCENT if percent else sums.points[row] / MICRO,
            passed=not word >> at & 1,
            not_applicable=percent and sums.max_points[row] == 0,
        )

    score.failing.extend(map(result, failing))
    if full:
        score.gates.extend(map(result, range(len(plan.gates))))


def _group_score(group: GroupScores, score: pb.Score, place: int) -> pb.GroupScore:
    message = pb.GroupScore(group=group.plan.code, score=score)
    points, status = group.points[:, place].tolist(), group.status[:, place].tolist()
    for row, criterion in enumerate(group.plan.criteria):
        applies = status[row] != Status.NOT_APPLICABLE
        message.criteria.add(
            criterion=criterion.id,
            points=points[row] / MICRO,
            max_points=int(group.plan.maxima[row, 0]) / MICRO if applies else 0,
            status=_STATUSES[status[row]],
        )
    return message


def ranking_head(ranking: Ranking, head: pb.Ranking, *, full: bool) -> None:
    """A ranking's counts, over all its units."""
    assessment, units = ranking.assessment, ranking.units
    head.tier, head.cohort = assessment.plan.tier, ranking.cohort
    head.unit_count = len(ranking.order)
    head.overall_ranked = int(assessment.eligible[units].sum())
    head.overall_requires.extend(assessment.categories[place].plan.code for place in assessment.plan.requires)
    for category in assessment.categories:
        tally = head.tallies.add(category=category.plan.code, ranked=explain.ranked_count(category, units))
        for level, count in zip(category.plan.levels, explain.units_by_level(category, units).tolist(), strict=True):
            tally.levels.add(level=level, units=count)
        for plan, count in zip(category.plan.gates, explain.units_failing(category, units).tolist(), strict=True):
            tally.failing.add(gate=gate(plan, category.plan.measures[plan.measure].name), units=count)
        if full:
            counts = explain.criterion_counts(category, units)
            tally.criteria.extend(pb.CriterionCount(**count._asdict()) for count in counts)


def ranking_table(ranking: Ranking, places: Ints, table: pb.RankingTable, *, full: bool) -> None:
    """The units at ``places`` of the tier as columns of ``table``."""
    assessment = ranking.assessment
    table.unit_ids.extend(map(assessment.cohort.unit_ids.__getitem__, places.tolist()))
    for category, ranks in zip(assessment.categories, ranking.ranks, strict=True):
        _category_column(category, ranks, places, table.categories.add(), full=full)
    _score_columns(assessment.overall, places, table.overall)
    pack_integers(table, "overall_ranks", ranking.overall[places])
    if ranking.commended is not None:
        pack(table, "commended", ranking.commended[places])


def _category_column(
    category: CategoryScores, ranks: Ints, places: Ints, column: pb.CategoryColumn, *, full: bool
) -> None:
    plan = category.plan
    column.category = plan.code
    _score_columns(category.scores, places, column.score)
    pack(column, "standings", _STANDINGS[category.standing[places]])
    pack_integers(column, "levels", category.level[places])
    pack_integers(column, "ranks", ranks[places])
    column.gates.extend(gate(item, plan.measures[item.measure].name) for item in plan.gates)
    pack(column, "failed_gates", category.failed(places))
    for at, measure in enumerate(category.measures):
        units = [unit for place, unit in plan.keys if place == at]
        message = column.measures.add(measure=measure.plan.name)
        if "percent" in units:
            some = measure.max_points[places] > 0
            pack(message, "percent", np.where(some, measure.percent[places] / PERCENT, np.nan))
        if "points" in units:
            pack(message, "points", from_micro(measure.points[places]))
    if full:
        for group in category.groups:
            _score_columns(group.scores, places, column.groups.add(group=group.plan.code).score)


def _score_columns(scores: Scores, places: Ints, columns: pb.ScoreColumns) -> None:
    for field in ("points", "max_points", "converted", "published"):
        pack(columns, field, from_micro(getattr(scores, field)[places]))
    pack(columns, "percent", scores.percent[places] / PERCENT)
    pack_integers(columns, "missing", scores.missing[places].astype(np.int64))
    pack_integers(columns, "not_applicable", scores.not_applicable[places].astype(np.int64))
    columns.nominal_max_points = scores.nominal / 1e6
