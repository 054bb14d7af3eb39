"""Ranks the units of one tier: all of them together, or separately within each parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorer import native
from scorer.criteria.ranking_method import RankingMethod
from scorer.engine.plan import OrderPlan, RankKeyPlan
from scorer.engine.scoring import RANKED, Assessment
from scorer.model.fixed_point import Bools, Ints

MAX_KEYS_PER_UNIT, MAX_KEYS = 8, 10_000
"""Counting sort uses score keys as they are if there are at most this many possible keys per unit, or in all. Otherwise
the keys are replaced by smaller ones. Scores up to 100 with two decimals have 10,000 possible keys."""

TIES = {"competition": native.COMPETITION, "dense": native.DENSE, "ordinal": native.ORDINAL}


@dataclass(frozen=True)
class Ranking:
    """One cohort, the units that are ranked together: m of the n units of an assessment, or all of them."""

    assessment: Assessment
    cohort: str
    """The tier; or, when ranked within parents, the parent's id."""
    order: Ints
    """(m,) indices of the units, in ranking order."""
    ranks: tuple[Ints, ...]
    """For each category: (n,) ranks; 0: not ranked."""
    overall: Ints
    """(n,) overall ranks; 0: not ranked."""
    commended: Bools | None
    """(n,) whether each unit is commended; None if the set commends no units of the tier."""

    @property
    def units(self) -> Ints | slice:
        """Selects the cohort's units from arrays (n,), in no particular order."""
        return slice(None) if len(self.order) == len(self.assessment.cohort) else self.order


def rank(assessment: Assessment, method: RankingMethod, parents: Sequence[str]) -> list[Ranking]:
    """Ranks the units in each category and overall, by the keys of the criteria set; by default, by converted score.

    The ranking order is by overall rank; units without a rank follow, by the same keys. Equal units are ordered by id,
    in code-point order; ordinal ranks number them in this order.

    Args:
        assessment: the scores of the n units of a tier.
        method: how the criteria set ranks units.
        parents: (n,) ids of the units' parents; used if the tier is ranked within parents.

    Returns:
        One ranking for the tier; or one per parent, in code-point order of the parents' ids.
    """
    plan, by_id = assessment.plan, assessment.cohort.by_id
    cohorts = _Cohorts(parents) if plan.tier in method.within_parent else _Cohorts([plan.tier])
    keys = cohorts.separated(_compact(np.array([_keys(assessment, order) for order in plan.orders])))
    ties = np.array([TIES[order.ties] for order in plan.orders])
    ranked = np.vstack([assessment.standings == RANKED, assessment.eligible])
    ranks, order = np.empty_like(keys), np.empty_like(by_id)
    native.rank(keys, ranked, by_id, ties, ranks, order)
    *by_category, overall = cohorts.within(ranks)
    last_commended, commended = method.commended.get(plan.tier, 0), None
    if last_commended:  # in the top N, including ties at N, however the set ranks ties
        competition = np.empty_like(keys[-1:])
        native.rank(keys[-1:], ranked[-1:], by_id, np.array([native.COMPETITION]), competition, np.empty_like(order))
        [competition] = cohorts.within(competition)
        commended = (competition > 0) & (competition <= last_commended)
    return [
        Ranking(assessment, cohort, of_cohort, tuple(by_category), overall, commended)
        for cohort, of_cohort in zip(cohorts.names, cohorts.split(order), strict=True)
    ]


def _keys(assessment: Assessment, order: OrderPlan) -> Ints:
    """(n,) numbers that order units by several keys; larger is better."""
    keys, *others = (_key(assessment, key, exact=order.exact) for key in order.by)
    for key in others:
        lowest = key.min()
        keys = np.unique(keys, return_inverse=True)[1] * (key.max() - lowest + 1) + key - lowest
    return keys


def _key(assessment: Assessment, key: RankKeyPlan, *, exact: bool) -> Ints:
    """(n,) numbers that order units by one key; larger is better."""
    numbers: Ints
    if key.is_level:  # 1 is the best level, and 0 is none
        levels = assessment.levels[key.index]
        numbers = np.where(levels > 0, levels.max() + 1 - levels, 0)
    else:  # published scores are multiples of the step, so the division is exact
        scores = assessment.sums.converted if exact else assessment.sums.published
        step = 1 if exact else 10 ** (6 - assessment.plan.decimals)
        numbers = (scores[key.index] / step).astype(np.int64)
    return numbers


class _Cohorts:
    """Ranks all cohorts in one pass: score keys are offset so that cohorts do not overlap.

    Args:
        names: (n,) the cohort of each unit; or a single name, if all units are one cohort.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = sorted(set(names))
        indices = {name: index for index, name in enumerate(self.names)}
        self._cohort_of: Ints = np.fromiter(map(indices.__getitem__, names), dtype=np.int64, count=len(names))

    def separated(self, keys: Ints) -> Ints:
        """Keys (r, n), offset so that every unit of a cohort is above all units of the next cohort."""
        if len(self.names) == 1:
            return keys
        return _compact((len(self.names) - 1 - self._cohort_of) * (keys.max() + 1) + keys)

    def within(self, ranks: Ints) -> Ints:
        """Turns ranks (r, n) among all units into ranks within cohorts: each cohort starts at 1."""
        if len(self.names) == 1:
            return ranks
        within = np.zeros_like(ranks)
        for row, among_all in zip(within, ranks, strict=True):
            ranked = np.flatnonzero(among_all)
            best = np.full(len(self.names), len(among_all))
            np.minimum.at(best, self._cohort_of[ranked], among_all[ranked])
            row[ranked] = among_all[ranked] - best[self._cohort_of[ranked]] + 1
        return within

    def split(self, order: Ints) -> list[Ints]:
        """Splits the ranking order (n,) of all units by cohort."""
        if len(self.names) == 1:
            return [order]
        cohorts = self._cohort_of[order]
        return np.split(order[np.argsort(cohorts, kind="stable")], np.bincount(cohorts).cumsum()[:-1])


def _compact(keys: Ints) -> Ints:
    """Makes score keys small enough for counting sort.

    Args:
        keys: (r, n) keys of r scores.

    Returns:
        Keys from 0 on: ``keys`` if they are small and not negative. Otherwise each key is replaced by its index among
        the sorted distinct keys of its row.
    """
    if keys.min() < 0:  # penalties can make the points of a category negative
        keys = keys - keys.min()
    if keys.max() <= max(MAX_KEYS_PER_UNIT * keys.shape[1], MAX_KEYS):
        return keys
    return np.array([np.unique(row, return_inverse=True)[1] for row in keys])
