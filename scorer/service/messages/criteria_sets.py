"""Builds the messages that describe criteria sets: summaries, and sets in full."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence

from google.type import date_pb2

from egov.scorer.v1 import criteria_pb2 as pb
from egov.scorer.v1.scorer_pb2 import Name
from scorer.catalogue.catalogue import Catalogue, RefusedSet
from scorer.criteria.combine import Total
from scorer.criteria.model import Category, Criterion, Group, Level, Limit
from scorer.criteria.ranking_method import CategoryRanking, RankingMethod
from scorer.engine.plan import CategoryPlan, SetPlan
from scorer.engine.rules import Node, RulePlan
from scorer.model.fixed_point import MICRO, PointsByTier
from scorer.model.indicators import Indicator
from scorer.service.messages.names import names, texts
from scorer.service.messages.replies import gate, plugin_versions

MAX_PROBLEM_BYTES = 500_000
"""Maximum size of all problems in one reply. Many clients refuse replies of more than 4 MB."""


def summaries(catalogue: Catalogue) -> list[pb.CriteriaSetSummary]:
    """Summaries of all sets, sorted by code. A note replaces problems that would exceed ``MAX_PROBLEM_BYTES``."""
    sets = [_summary(plan, catalogue) for plan in catalogue.sets.values()]
    sets += [_refused(refusal) for refusal in catalogue.refused]
    sets.sort(key=lambda summary: (summary.code, summary.revision))
    remaining = MAX_PROBLEM_BYTES
    for summary in sets:
        remaining -= sum(len(line.encode()) for line in summary.problems)
        if summary.problems and remaining < 0:
            summary.problems[:] = ["not listed, because other sets have many problems: see 'scorer criteria check'"]
    return sets


def _summary(plan: SetPlan, catalogue: Catalogue) -> pb.CriteriaSetSummary:
    criteria_set = plan.criteria_set
    refusal = catalogue.kept.get(criteria_set.code)
    return pb.CriteriaSetSummary(
        code=criteria_set.code,
        titles=texts(criteria_set.title),
        provenance=criteria_set.provenance.value,
        effective_from=_day(criteria_set.effective_from),
        effective_to=_day(criteria_set.effective_to),
        tiers=criteria_set.tiers,
        revision=criteria_set.revision,
        series=criteria_set.series,
        state=pb.CRITERIA_SET_STATE_KEPT if refusal else pb.CRITERIA_SET_STATE_AVAILABLE,
        problems=_lines(refusal) if refusal else [],
        problem_count=refusal.count if refusal else 0,
        names=names(plan),
    )


def _refused(refusal: RefusedSet) -> pb.CriteriaSetSummary:
    return pb.CriteriaSetSummary(
        code=refusal.code,
        state=pb.CRITERIA_SET_STATE_REFUSED,
        problems=_lines(refusal),
        problem_count=refusal.count,
    )


def _lines(refusal: RefusedSet) -> list[str]:
    return [str(problem) for problem in refusal.problems]


def criteria_set(plan: SetPlan, catalogue: Catalogue) -> pb.CriteriaSet:
    """A criteria set in full."""
    criteria_set = plan.criteria_set
    return pb.CriteriaSet(
        summary=_summary(plan, catalogue),
        legal_basis=[pb.LegalBasis(document=name, issued=_day(day)) for name, day in criteria_set.legal_basis],
        notes=texts(criteria_set.notes),
        categories=[
            pb.Category(
                code=category.code,
                titles=texts(category.title),
                groups=[_group(group, criteria_set.tiers) for group in category.groups],
                levels=[_level(plan, category, level) for level in category.levels],
                total=_total(category.total, category.maximum, category.tiers(criteria_set.tiers)),
                weight=str(category.weight),
                ties=criteria_set.ranking.categories[category.code].ties,
                rank_precision=_precision(criteria_set.ranking.categories[category.code]),
                rank_by=_rank_keys(criteria_set.ranking.categories[category.code]),
                limits=[_limit(plan, category, number, limit) for number, limit in enumerate(category.limits, start=1)],
            )
            for category in criteria_set.categories
        ],
        indicators=[_indicator(indicator, plan) for indicator in criteria_set.indicators.values()],
        precision=pb.Precision(
            points=criteria_set.points_decimals, percent=criteria_set.percent_decimals, mode=criteria_set.rounding
        ),
        ties=criteria_set.ranking.ties,
        rank_precision=_precision(criteria_set.ranking),
        rank_by=_rank_keys(criteria_set.ranking),
        overall_requires=criteria_set.requires,
        plugins=plugin_versions(plan),
        commend=[pb.TierBest(tier=tier, best=best) for tier, best in criteria_set.ranking.commended.items()],
        ranked_within_parent=criteria_set.ranking.within_parent,
        overall=_total(criteria_set.overall, criteria_set.maximum, criteria_set.tiers),
        subtotals=[pb.Subtotal(code=code, titles=texts(title)) for code, title in criteria_set.subtotals.items()],
    )


def _level(plan: SetPlan, category: Category, level: Level) -> pb.Level:
    rules = [(tier, own, rule) for tier, own, rule in _tier_rules(plan, category.code) if rule.level == level.level]
    return pb.Level(
        level=level.level,
        gates=[
            pb.TierGate(tier=tier, gate=gate(own.gates[index]))
            for tier, own, rule in rules
            for index in rule.root.gates()
        ],
        provenance=level.provenance.value,
        notes=texts(level.notes),
        code=level.code,
        titles=texts(level.title),
        conditions=_conditions(rules),
    )


def _limit(plan: SetPlan, category: Category, number: int, limit: Limit) -> pb.Limit:
    rules = [(tier, own, rule) for tier, own, rule in _tier_rules(plan, category.code) if rule.limit == number]
    return pb.Limit(
        number=number,
        no_better_than=limit.no_better_than,
        titles=texts(limit.title),
        legal_basis=limit.legal_basis,
        provenance=limit.provenance.value,
        notes=texts(limit.notes),
        required=_conditions(rules),
    )


def _tier_rules(plan: SetPlan, code: str) -> Iterator[tuple[str, CategoryPlan, RulePlan]]:
    """The rules of a category in all tiers."""
    for tier, tier_plan in plan.tiers.items():
        for category in tier_plan.categories:
            if category.code == code:
                yield from ((tier, category, rule) for rule in category.rules)


def _conditions(rules: Iterable[tuple[str, CategoryPlan, RulePlan]]) -> list[pb.TierCondition]:
    return [pb.TierCondition(tier=tier, condition=_condition(rule.root, own)) for tier, own, rule in rules]


def _condition(node: int | Node, category: CategoryPlan) -> pb.Condition:
    if not isinstance(node, Node):
        return pb.Condition(gate=gate(category.gates[node]))
    return pb.Condition(at_least=node.at_least, of=[_condition(inner, category) for inner in node.of])


def _group(group: Group, tiers: tuple[str, ...]) -> pb.Group:
    return pb.Group(
        code=group.code,
        titles=texts(group.title),
        criteria=[_criterion(criterion, tiers) for criterion in group.criteria],
        provenance=group.provenance.value,
        notes=texts(group.notes),
        cap=_tier_points(group.cap, tiers),
        weight=str(group.weight),
    )


def _precision(order: CategoryRanking | RankingMethod) -> str:
    return "exact" if order.exact else "published"


def _rank_keys(order: CategoryRanking | RankingMethod) -> list[pb.RankKey]:
    return [pb.RankKey(kind=key.kind, category=key.category, measure=key.measure) for key in order.by]


def _total(total: Total, maximum: Callable[[str], int], tiers: Sequence[str]) -> pb.Total:
    """How members make up a total. ``maximum(tier)`` is the maximum of the total in a tier, in micropoints."""
    return pb.Total(
        combine=total.combine.value,
        max_points=[pb.TierPoints(tier=tier, points=maximum(tier) / MICRO) for tier in tiers],
        cap=_tier_points(total.cap, tiers),
        may_be_negative=total.may_be_negative,
    )


def _tier_points(points: PointsByTier | None, tiers: Sequence[str]) -> list[pb.TierPoints]:
    amounts = [(tier, points.of(tier)) for tier in tiers] if points else []
    return [pb.TierPoints(tier=tier, points=amount / MICRO) for tier, amount in amounts if amount is not None]


def _criterion(criterion: Criterion, tiers: tuple[str, ...]) -> pb.Criterion:
    return pb.Criterion(
        id=criterion.id,
        titles=texts(criterion.title),
        formula=criterion.formula.kind,
        parameters=criterion.parameters,
        indicators=list(dict.fromkeys(read.indicator for read in criterion.formula.reads())),
        points=_tier_points(criterion.points, tiers),
        effect=f"CRITERION_EFFECT_{criterion.effect.name}",
        may_be_not_applicable=criterion.may_be_not_applicable,
        when_missing="not_applicable" if criterion.missing_leaves_out else "zero",
        provenance=criterion.provenance.value,
        notes=texts(criterion.notes),
        sources=criterion.sources,
        subtotal=criterion.subtotal,
    )


def _indicator(indicator: Indicator, plan: SetPlan) -> pb.Indicator:
    ranges = [(tier, tier_plan.ranges[indicator.code]) for tier, tier_plan in plan.tiers.items()]
    return pb.Indicator(
        code=indicator.code,
        kind=f"INDICATOR_KIND_{indicator.kind.upper()}",
        unit=indicator.unit,
        titles=texts(indicator.title),
        options=indicator.options,
        minimum=[pb.TierValue(tier=tier, value=low) for tier, (low, _) in ranges],
        maximum=[pb.TierValue(tier=tier, value=high) for tier, (_, high) in ranges],
        meanings=texts(indicator.meaning),
        unit_titles=texts(indicator.unit_titles),
        option_titles=[
            Name(code=option, titles=texts(titles)) for option, titles in indicator.option_titles.items() if titles
        ],
    )


def _day(day: datetime.date | None) -> date_pb2.Date | None:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day) if day else None
