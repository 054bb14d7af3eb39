"""Order, ties and ranks of the units of one tier, all together or those of each parent by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorer.compiled import order_steps, rank_steps, to_steps
from scorer.criteria.model import RankingRule
from scorer.points import Bools, Floats, Ints
from scorer.scores import Scores
from scorer.scoring import Assessment

ROOM, FLOOR = 8, 10_000
"""Scores are counted as they are while there can be at most so many different ones a unit, or so many in all, as there
are with two decimals in a hundred points; and numbered beyond."""


@dataclass(frozen=True)
class Ranking:
    """The units that are ranked together: m of the n units of an assessment, or all of them."""

    assessment: Assessment
    cohort: str
    """The tier; or the id of the parent, of which these are the units."""
    order: Ints
    """(m,) the units' places in ranking order."""
    ranks: tuple[Ints, ...]
    """(n,) a category, by place of unit; 0: not ranked."""
    overall: Ints
    """(n,) overall ranks; 0: not ranked."""
    commended: Bools | None
    """(n,) whether each unit is commended; None when the set commends nobody in the tier."""

    @property
    def units(self) -> Ints | slice:
        """Picks its units out of arrays (n,), in whatever order."""
        return slice(None) if len(self.order) == len(self.assessment.cohort) else self.order


def rank(assessment: Assessment, rule: RankingRule, parents: Sequence[str]) -> list[Ranking]:
    """Ranks by converted score, among ranked units only; the level takes no part.

    Units stand in order of overall rank, then those without one by overall converted score; equals by id in
    code-point order, which is also what ordinal ranks number by.

    Args:
        assessment: of the n units of a tier.
        rule: of the criteria set.
        parents: (n,) ids; read when the rule ranks the tier's units within their parent.

    Returns:
        One for the tier; or one a parent, in code-point order of their ids.
    """
    plan, by_id = assessment.plan, assessment.cohort.by_id
    cohorts = _Cohorts(parents) if plan.tier in rule.within_parent else _Cohorts([plan.tier])

    def steps(scores: Scores) -> Ints:
        # Without remainder: published scores are whole steps.
        values, step = (scores.converted, 1.0) if rule.exact else (scores.published, 10.0 ** (6 - plan.decimals))
        return cohorts.apart(_small(values, step))

    def ranks(steps: Ints, ranked: Bools, ties: str) -> Ints:
        return cohorts.within(_ranks(steps, ranked, by_id, ties))

    by_category = tuple(ranks(steps(category.scores), category.ranked, rule.ties) for category in assessment.categories)
    whole, eligible, best = steps(assessment.overall), assessment.eligible, rule.commended.get(plan.tier, 0)
    overall, commended = ranks(whole, eligible, rule.ties), None
    if best:  # a competition rank counts who is better, however the set ranks equals
        competition = overall if rule.ties == "competition" else ranks(whole, eligible, "competition")
        commended = (competition > 0) & (competition <= best)
    return [
        Ranking(assessment, cohort, order, by_category, overall, commended)
        for cohort, order in zip(cohorts.names, cohorts.split(_order(whole, eligible, by_id)), strict=True)
    ]


class _Cohorts:
    """Who is ranked with whom. All cohorts are ranked at once, as if each were better than the next one.

    Args:
        names: (n,) the cohort of each unit; a single one is that of all units.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = sorted(set(names))
        places = {name: at for at, name in enumerate(self.names)}
        self._of: Ints = np.fromiter(map(places.__getitem__, names), dtype=np.int64, count=len(names))

    def apart(self, steps: Ints) -> Ints:
        """Steps (n,) by which every unit of a cohort is above all of the next one."""
        if len(self.names) == 1:
            return steps
        apart = (len(self.names) - 1 - self._of) * (steps.max() + 1) + steps
        return _small(apart.astype(np.float64), 1.0)

    def within(self, ranks: Ints) -> Ints:
        """Ranks (n,) among all units as ranks within cohorts: each counts from its own best."""
        if len(self.names) == 1:
            return ranks
        ranked = np.flatnonzero(ranks)
        best = np.full(len(self.names), len(ranks))
        np.minimum.at(best, self._of[ranked], ranks[ranked])
        within = np.zeros_like(ranks)
        within[ranked] = ranks[ranked] - best[self._of[ranked]] + 1
        return within

    def split(self, order: Ints) -> list[Ints]:
        """Places of units in order (n,), cohort by cohort."""
        if len(self.names) == 1:
            return [order]
        of = self._of[order]
        return np.split(order[np.argsort(of, kind="stable")], np.bincount(of).cumsum()[:-1])


def _small(values: Floats, step: float) -> Ints:
    """How many steps values (n,) are, in the same order, with not much more than n different ones, from 0."""
    steps = np.empty(len(values), dtype=np.int64)
    least, most = to_steps(values, step, steps)
    if least < 0 or most > max(ROOM * len(values), FLOOR):
        order = values.argsort()
        ordered = values[order]
        steps[order] = (np.diff(ordered, prepend=ordered[:1]) != 0).cumsum()
    return steps


def _ranks(steps: Ints, ranked: Bools, by_id: Ints, ties: str) -> Ints:
    """Ranks (n,) from 1 among the ranked units; 0 for the others."""
    if ties == "ordinal":
        ranks = np.empty(len(steps), dtype=np.int64)
        ranks[_order(steps, ranked, by_id)] = np.arange(1, len(steps) + 1)
        return ranks * ranked
    ranks = np.empty(len(steps), dtype=np.int64)
    rank_steps(steps, ranked, ties == "dense", ranks)
    return ranks


def _order(steps: Ints, ranked: Bools, by_id: Ints) -> Ints:
    """The units' places (n,): ranked ones first, the better first, equals by id."""
    units, order = np.empty((2, len(steps)), dtype=np.int64)
    units[by_id] = np.arange(len(steps))
    order_steps(steps, ranked, units, order)
    return order
