"""The CriteriaService: lists criteria sets, returns one in full, and reloads them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence

import grpc
from google.type import date_pb2

from egov.scorer.v1 import criteria_pb2 as pb
from egov.scorer.v1.scorer_pb2 import Name
from scorer.catalogue.catalogue import Catalogue, RefusedSet
from scorer.criteria.model import Category, Criterion, Effect, Group, Level, Limit, Total
from scorer.criteria.ranking_rule import CategoryRanking, RankingRule
from scorer.engine.plan import CategoryPlan, SetPlan
from scorer.engine.rules import Node, RulePlan
from scorer.model.fixed_point import MICRO, PointsByTier
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.call.context import CallContext
from scorer.service.call.errors import CallRefused, invalid
from scorer.service.messages.names import names, texts
from scorer.service.messages.replies import gate, plugin_versions
from scorer.service.methods.paging import find_page
from scorer.service.methods.set_lookup import find_set

_KINDS = {
    IndicatorKind.COUNT: pb.INDICATOR_KIND_COUNT,
    IndicatorKind.NUMBER: pb.INDICATOR_KIND_NUMBER,
    IndicatorKind.FLAG: pb.INDICATOR_KIND_FLAG,
    IndicatorKind.CHOICE: pb.INDICATOR_KIND_CHOICE,
    IndicatorKind.DATE: pb.INDICATOR_KIND_DATE,
}
_EFFECTS = {
    Effect.SCORE: pb.CRITERION_EFFECT_SCORE,
    Effect.BONUS: pb.CRITERION_EFFECT_BONUS,
    Effect.PENALTY: pb.CRITERION_EFFECT_PENALTY,
}

MAX_PROBLEM_BYTES = 500_000
"""Maximum size of all problems in one reply. Many clients refuse replies of more than 4 MB."""


class CriteriaService:
    """The methods of the CriteriaService.

    Args:
        catalogue: returns the current catalogue; called once per call.
        reload: loads the criteria sets again, within the given number of seconds. It returns an empty string, or why
            the sets could not be loaded. None: there is no directory of criteria sets.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], reload: Callable[[float], str] | None = None) -> None:
        self._catalogue, self._reload = catalogue, reload

    def list_criteria_sets(self, request: pb.ListCriteriaSetsRequest, call: CallContext) -> pb.ListCriteriaSetsResponse:
        """Lists the criteria sets, including refused ones, page by page.

        Raises:
            CallRefused: the page size or page token is not valid.
        """
        del call
        catalogue = self._catalogue()
        if request.page_size < 0:
            violations = Violations()
            violations.add(WHOLE_REQUEST, "page_size", "OUT_OF_RANGE", "cannot be negative; 0 means all sets")
            raise invalid(violations)
        summaries = _summaries(catalogue)
        state = "".join(f"{summary.code} {summary.revision}\n" for summary in summaries)
        page, token = find_page(request, len(summaries), state)
        return pb.ListCriteriaSetsResponse(criteria_sets=summaries[page], next_page_token=token)

    def get_criteria_set(self, request: pb.GetCriteriaSetRequest, call: CallContext) -> pb.GetCriteriaSetResponse:
        """Returns one criteria set in full.

        Raises:
            CallRefused: there is no such set, see ``find_set``.
        """
        catalogue = self._catalogue()
        call.plan = plan = find_set(catalogue, request)
        return pb.GetCriteriaSetResponse(criteria_set=_criteria_set(plan, catalogue))

    def reload_criteria_sets(
        self, request: pb.ReloadCriteriaSetsRequest, call: CallContext
    ) -> pb.ReloadCriteriaSetsResponse:
        """Reloads the directory of criteria sets now, and lists the sets.

        Raises:
            CallRefused: there is no directory, or its sets could not be loaded (FAILED_PRECONDITION). Then the previous
                sets stay in use.
        """
        del request
        failure = "the service has no directory of criteria sets; give one with --criteria DIR"
        if self._reload:
            failure = self._reload(call.seconds)
        if failure:
            raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_RELOADED", failure)
        return pb.ReloadCriteriaSetsResponse(criteria_sets=_summaries(self._catalogue()))


def _summaries(catalogue: Catalogue) -> list[pb.CriteriaSetSummary]:
    """Summaries of all sets, sorted by code. A note replaces problems that would exceed ``MAX_PROBLEM_BYTES``."""
    summaries = [_summary(plan, catalogue) for plan in catalogue.sets.values()]
    summaries += [_refused(refusal) for refusal in catalogue.refused]
    summaries.sort(key=lambda summary: (summary.code, summary.revision))
    remaining = MAX_PROBLEM_BYTES
    for summary in summaries:
        remaining -= sum(len(line.encode()) for line in summary.problems)
        if summary.problems and remaining < 0:
            summary.problems[:] = ["not listed, because other sets have many problems: see 'scorer criteria check'"]
    return summaries


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


def _criteria_set(plan: SetPlan, catalogue: Catalogue) -> pb.CriteriaSet:
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


def _precision(order: CategoryRanking | RankingRule) -> str:
    return "exact" if order.exact else "published"


def _rank_keys(order: CategoryRanking | RankingRule) -> list[pb.RankKey]:
    return [pb.RankKey(kind=key.kind, category=key.category, measure=key.measure) for key in order.by]


def _total(total: Total, maximum: Callable[[str], int], tiers: Sequence[str]) -> pb.Total:
    """How parts are combined into a total. ``maximum(tier)`` is the maximum of the total in a tier, in micropoints."""
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
        effect=_EFFECTS[criterion.effect],
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
        kind=_KINDS[IndicatorKind(indicator.kind)],
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
