"""Compiles the sums of a tier (categories, overall score, measures), and the orders in which units are ranked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from scorer.criteria.combine import Total
from scorer.criteria.model import TOTAL, CriteriaSet
from scorer.criteria.ranking_method import CategoryRanking, RankingMethod, RankKey
from scorer.engine.composition import Composition
from scorer.engine.plan import CategoryPlan, GroupPlan, MeasurePlan, OrderPlan, RankKeyPlan, SumsPlan
from scorer.engine.rules import KeyKind
from scorer.model.fixed_point import PointsByTier


def cap_in(tier: str, cap: PointsByTier | None) -> float:
    """Micropoints of a cap; infinity if the tier has none."""
    micropoints = cap.of(tier) if cap else None
    return math.inf if micropoints is None else micropoints


def plan_measure(name: str, groups: Sequence[GroupPlan]) -> MeasurePlan | None:
    """The plan of a measure, by its name in the document; None if the tier has none of its criteria."""
    if name == TOTAL:
        return MeasurePlan(name)
    codes = [group.code for group in groups]
    terms = name.split("+")
    if any(term in codes for term in terms):
        return MeasurePlan(name, groups=tuple(codes.index(term) for term in terms if term in codes))
    for index, group in enumerate(groups):
        for row, criterion in enumerate(group.criteria):
            if criterion.id == name:
                return MeasurePlan(name, criterion=(index, row))
    return None


def plan_sums(
    criteria_set: CriteriaSet, tier: str, categories: Sequence[CategoryPlan], groups: Sequence[GroupPlan]
) -> SumsPlan:
    """The sums of a tier, from the plans of its categories and of all their groups."""
    of_tier = [category for category in criteria_set.categories if category.tiers((tier,))]
    codes = [group.code for group in groups]
    sums = _Sums(len(groups), [[codes.index(group.code) for group in category.groups] for category in categories])
    nominal = [*(category.nominal for category in categories), criteria_set.maximum(tier)]
    ranked, tier_codes = dict[RankKey, int](), [category.code for category in categories]
    for key in dict.fromkeys(key for _, order in _rank_orders(criteria_set, tier_codes) for key in order.by):
        if key.kind != "measure" or key.category not in tier_codes:
            continue
        index = tier_codes.index(key.category)
        measure = plan_measure(key.measure, categories[index].groups)
        if measure is not None:
            ranked[key] = sums.add(index, measure)
            nominal.append(of_tier[index].measure(tuple(key.measure.split("+")), tier)[0])
    measures = [
        tuple(index if measure.name == TOTAL else sums.add(index, measure) for measure in category.measures)
        for index, category in enumerate(categories)
    ]
    members = np.zeros((len(sums.members), len(groups) + len(sums.criteria)), dtype=np.bool_)
    for row, indices in enumerate(sums.members):
        members[row, indices] = True
    return SumsPlan(
        members=members,
        nominal=nominal,
        ranked=ranked,
        compositions=tuple(_compositions(criteria_set, tier, [*codes, *[""] * len(sums.criteria)])),
        measures=tuple(measures),
        criteria=tuple(sums.criteria),
        keys=_compared(categories, measures, len(sums.members), len(criteria_set.indicators)),
    )


@dataclass
class _Sums:
    """Collects the sums of a tier; starts with its categories and the overall score.

    Args:
        groups: number of groups.
        of_categories: for each category, the indices of its groups.
    """

    groups: int
    of_categories: Sequence[Sequence[int]]
    members: list[Sequence[int]] = field(default_factory=list)
    """For each sum, the indices of its groups. An index k from ``groups`` on stands for the criterion ``criteria[k -
    groups]``."""
    criteria: list[tuple[int, int]] = field(default_factory=list)
    """See ``SumsPlan.criteria``."""

    def __post_init__(self) -> None:
        self.members = [*self.of_categories, range(self.groups)]

    def add(self, category: int, measure: MeasurePlan) -> int:
        """Adds the sum of a measure of a category; returns its index."""
        groups = self.of_categories[category]
        if measure.criterion is None:
            self.members.append([groups[group] for group in measure.groups])
        else:
            group, row = measure.criterion
            criterion = groups[group], row
            if criterion not in self.criteria:
                self.criteria.append(criterion)
            self.members.append([self.groups + self.criteria.index(criterion)])
        return len(self.members) - 1


def _compositions(criteria_set: CriteriaSet, tier: str, groups: Sequence[str]) -> Iterator[Composition]:
    """For each category, how its groups are combined; last, how the categories are combined into the overall score.

    Args:
        criteria_set: the criteria set.
        tier: the tier.
        groups: codes of all groups; an empty code for each sum of a single criterion, which belongs to no category.
    """
    of_tier = [category for category in criteria_set.categories if category.tiers((tier,))]
    for category in of_tier:
        by_code = {group.code: group.weight for group in category.groups}
        yield _composition(category.total, tier, tuple(by_code.get(code, Fraction(0)) for code in groups))
    yield _composition(criteria_set.overall, tier, tuple(category.weight for category in of_tier), has_floor=False)


def _composition(total: Total, tier: str, weights: tuple[Fraction, ...], *, has_floor: bool = True) -> Composition:
    points = total.points.of(tier) if total.points else None
    floor = 0.0 if has_floor and not total.may_be_negative else -math.inf
    return Composition(total.combine, points or 0, weights, floor, cap_in(tier, total.cap))


def _compared(
    categories: Sequence[CategoryPlan], measures: Sequence[Sequence[int]], sums: int, indicators: int
) -> tuple[tuple[int, ...], ...]:
    """Makes ``SumsPlan.keys``. ``measures[category]`` lists, for each measure of the category, the index of its sum."""
    bases = {
        KeyKind.PERCENT: 0,
        KeyKind.POINTS: sums,
        KeyKind.ANSWER: 2 * sums,
        KeyKind.LEVEL: 2 * sums + indicators,
    }
    return tuple(
        tuple(
            bases[key.kind] + (rows[key.index] if key.kind in (KeyKind.PERCENT, KeyKind.POINTS) else key.index)
            for key in category.keys
        )
        for rows, category in zip(measures, categories, strict=True)
    )


def plan_orders(criteria_set: CriteriaSet, codes: Sequence[str], sums: SumsPlan) -> tuple[OrderPlan, ...]:
    """The ranking orders of a tier that has the categories ``codes``, without keys that the tier lacks."""
    orders = []
    for code, order in _rank_orders(criteria_set, codes):
        by = list[RankKeyPlan]()
        for key in order.by:
            if key.kind == "measure" and key in sums.ranked:
                by.append(RankKeyPlan(False, sums.ranked[key]))
            elif key.kind != "measure" and key.category in (*codes, ""):
                by.append(RankKeyPlan(key.kind == "level", [*codes, ""].index(key.category)))
        orders.append(OrderPlan(order.ties, order.exact, tuple(by) or (RankKeyPlan(False, [*codes, ""].index(code)),)))
    return tuple(orders)


def _rank_orders(criteria_set: CriteriaSet, codes: Sequence[str]) -> list[tuple[str, CategoryRanking | RankingMethod]]:
    """For each category, then for the overall score with an empty code: how units are ordered."""
    method = criteria_set.ranking
    return [*((code, method.categories[code]) for code in codes), ("", method)]
