"""Builds the parts of replies that rows and tables share: provenance, gates, and the counts of a ranking."""

from __future__ import annotations

import numpy as np

from egov.scorer.v1 import scorer_pb2 as pb
from scorer import __version__
from scorer.criteria.conditions import AnswerGate, MeasureGate
from scorer.engine import explain
from scorer.engine.plan import SetPlan, TierPlan
from scorer.engine.ranking import Ranking
from scorer.engine.rules import GatePlan
from scorer.model.fixed_point import MICRO, PERCENT


def provenance(plan: SetPlan, province: str, period: str) -> pb.Provenance:
    """The provenance of a result."""
    message = pb.Provenance(province=province, period=period)
    message.MergeFrom(plan.derived(_provenance))
    return message


def _provenance(plan: SetPlan) -> pb.Provenance:
    """The part of the provenance that all results of a criteria set share."""
    return pb.Provenance(
        criteria_set=plan.criteria_set.code,
        revision=plan.criteria_set.revision,
        criteria_provenance=plan.criteria_set.provenance.value,
        plugins=plugin_versions(plan),
        engine_version=__version__,
    )


def plugin_versions(plan: SetPlan) -> list[pb.PluginVersion]:
    """The plugins that score the groups of a criteria set, with their versions."""
    return [pb.PluginVersion(group=p.group, distribution=p.distribution, version=p.version) for p in plan.providers]


def gate(plan: GatePlan) -> pb.Gate:
    """A gate with the values of one tier, as a message."""
    message, own = pb.Gate(level=plan.level, limit=plan.limit), plan.gate
    if isinstance(own, MeasureGate):
        percent = own.unit == "percent"
        message.measure = own.measure
        message.unit = pb.GATE_UNIT_PERCENT if percent else pb.GATE_UNIT_POINTS
        message.minimum = plan.minimum / (PERCENT if percent else MICRO)
        message.strict, message.upper = own.strict, own.upper
        return message
    message.excluded = own.excluded
    if isinstance(own, AnswerGate):
        message.indicator = own.indicator
        message.options.extend(own.options)
    else:
        message.category, message.category_level = own.category, own.level
    return message


def _empty_head(plan: TierPlan) -> pb.Ranking:
    """A ranking without counts. It is built once per tier and copied for each ranking, which is much faster."""
    head = pb.Ranking(tier=plan.tier, overall_requires=[plan.categories[index].code for index in plan.requires])
    for category in plan.categories:
        tally = head.tallies.add(category=category.code)
        tally.levels.extend(pb.LevelCount(level=level) for level in category.levels)
        tally.failing.extend(pb.GateCount(gate=gate(item)) for item in category.gates)
    return head


def ranking_head(ranking: Ranking, *, full: bool) -> pb.Ranking:
    """A ranking with the counts of all its units, without scorecards; criteria are counted only in the view FULL."""
    assessment, units = ranking.assessment, ranking.units
    head = pb.Ranking(cohort=ranking.cohort, unit_count=len(ranking.order))
    head.MergeFrom(assessment.plan.derived(_empty_head))
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
