"""Results as messages: what they were made with, counts, and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer import __version__, explain
from scorer.plan import GatePlan, SetPlan, TierPlan
from scorer.points import MICRO, PERCENT, Ints
from scorer.ranking import Ranking
from scorer.scores import Scores
from scorer.scoring import CategoryScores, Standing
from scorer.service.packing import Packed

_STANDING_OF: dict[int, pb.Standing] = {
    Standing.RANKED: pb.STANDING_RANKED,
    Standing.BELOW_MINIMUM: pb.STANDING_BELOW_MINIMUM,
    Standing.NOTHING_APPLICABLE: pb.STANDING_NOTHING_APPLICABLE,
}
STANDINGS = np.array([_STANDING_OF.get(standing, 0) for standing in range(len(Standing) + 1)], dtype=np.uint8)
"""The standings on the wire, by those of categories."""


def provenance(plan: SetPlan, province: str, period: str) -> pb.Provenance:
    """What a result was made with."""
    message = pb.Provenance(province=province, period=period)
    message.MergeFrom(plan.once(_provenance))
    return message


def _provenance(plan: SetPlan) -> pb.Provenance:
    """What all results of a set have."""
    return pb.Provenance(
        criteria_set=plan.criteria_set.code,
        revision=plan.criteria_set.revision,
        criteria_provenance=plan.criteria_set.provenance.value,
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


class _Template(NamedTuple):
    """What all results of a tier have: copied, which takes a fraction of the time of making it."""

    columns: list[Packed]
    """What a table has of each category besides numbers."""
    measures: list[list[Packed]]
    """What it has of the measures of each category."""
    scores: list[Packed]
    """What it has of the score of each category, and of all together."""
    head: pb.Ranking
    """What a ranking says besides numbers."""

    @classmethod
    def of(cls, plan: TierPlan) -> _Template:
        """That of a plan."""
        *nominal, overall = (size / MICRO for size in plan.sums.nominal)
        gates = [
            [gate(item, category.measures[item.measure].name) for item in category.gates]
            for category in plan.categories
        ]
        columns = [
            Packed(pb.CategoryColumn(category=category.code, gates=own))
            for category, own in zip(plan.categories, gates, strict=True)
        ]
        measures = [
            [Packed(pb.MeasureColumn(measure=measure.name)) for measure in category.measures]
            for category in plan.categories
        ]
        scores = [Packed(pb.ScoreColumns(nominal_max_points=size)) for size in (*nominal, overall)]
        head = pb.Ranking(tier=plan.tier, overall_requires=[plan.categories[place].code for place in plan.requires])
        for category, own in zip(plan.categories, gates, strict=True):
            tally = head.tallies.add(category=category.code)
            tally.levels.extend(pb.LevelCount(level=level) for level in category.levels)
            tally.failing.extend(pb.GateCount(gate=item) for item in own)
        return cls(columns, measures, scores, head)


def ranking_head(ranking: Ranking, *, full: bool) -> pb.Ranking:
    """A ranking's counts, over all its units."""
    assessment, units = ranking.assessment, ranking.units
    head = pb.Ranking(cohort=ranking.cohort, unit_count=len(ranking.order))
    head.MergeFrom(assessment.plan.once(_Template.of).head)
    head.overall_ranked = int(np.count_nonzero(assessment.eligible[units]))
    for tally, category in zip(head.tallies, assessment.categories, strict=True):
        tally.ranked = explain.ranked_count(category, units)
        for level, count in zip(tally.levels, explain.units_by_level(category, units).tolist(), strict=True):
            level.units = count
        for gate, count in zip(tally.failing, explain.units_failing(category, units), strict=True):
            gate.units = count
        if full:
            counts = explain.criterion_counts(category, units)
            tally.criteria.extend(pb.CriterionCount(**count._asdict()) for count in counts)
    return head


def ranking_table(ranking: Ranking, places: Ints, *, full: bool) -> Packed:
    """The units at ``places`` of the tier as columns: a RankingTable."""
    assessment, plan = ranking.assessment, ranking.assessment.plan
    template = plan.once(_Template.of)
    table = Packed(pb.RankingTable())
    table.texts("unit_ids", assessment.cohort.unit_ids, places)
    of_groups = assessment.group_sums if full else None
    for at, (category, ranks) in enumerate(zip(assessment.categories, ranking.ranks, strict=True)):
        column = template.columns[at].copy()
        column.message("score", _score_columns(template.scores[at], category.scores, places))
        standings = STANDINGS.take(category.standing)
        column.columns(places, standings=(standings, 0), levels=(category.level, 0), ranks=(ranks, 0))
        column.numbers("failed_gates", category.failed(places))
        for message in _measure_columns(template.measures[at], category, places):
            column.message("measures", message)
        if of_groups is not None:
            for group, row in zip(category.groups, plan.places(category.plan), strict=True):
                message = Packed(pb.GroupColumn(group=group.plan.code))
                scores = of_groups.scores(row)
                nominal = Packed(pb.ScoreColumns(nominal_max_points=scores.nominal / MICRO))
                message.message("score", _score_columns(nominal, scores, places))
                column.message("groups", message)
        table.message("categories", column)
    table.message("overall", _score_columns(template.scores[-1], assessment.overall, places))
    table.columns(places, overall_ranks=(ranking.overall, 0))
    if ranking.commended is not None:
        table.columns(places, commended=(ranking.commended, 0))
    return table


def _measure_columns(templates: Sequence[Packed], category: CategoryScores, places: Ints) -> Iterator[Packed]:
    """What the gates of a category compare: its measures."""
    for at, (template, measure) in enumerate(zip(templates, category.measures, strict=True)):
        units = [unit for place, unit in category.plan.keys if place == at]
        message = template.copy()
        if "percent" in units:
            some_nothing = category.table.some_nothing
            percent = np.where(measure.max_points == 0, np.nan, measure.percent) if some_nothing else measure.percent
            message.columns(places, percent=(percent, PERCENT))
        if "points" in units:
            message.columns(places, points=(measure.points, MICRO))
        yield message


def _score_columns(template: Packed, scores: Scores, places: Ints) -> Packed:
    columns = template.copy()
    columns.columns(
        places,
        points=(scores.points, MICRO),
        max_points=(scores.max_points, MICRO),
        percent=(scores.percent, PERCENT),
        converted=(scores.converted, MICRO),
        published=(scores.published, MICRO),
        missing=(scores.missing, 0),
        not_applicable=(scores.not_applicable, 0),
    )
    return columns
