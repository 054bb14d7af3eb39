"""Order, ties and ranks of the units of one tier, all together or those of each parent by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scorer import native
from scorer.criteria.model import RankingRule
from scorer.engine.scoring import RANKED, Assessment
from scorer.model.fixed_point import Bools, Ints

KEYS_PER_UNIT, KEYS = 8, 10_000
"""Units are ranked by counting the units of each key: so many keys are allowed per unit, or in all. Two decimals in a
hundred points make 10,000."""

TIES = {"competition": native.COMPETITION, "dense": native.DENSE, "ordinal": native.ORDINAL}


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
    # Without remainder: published scores are whole steps.
    scores, step = (
        (assessment.sums.converted, 1) if rule.exact else (assessment.sums.published, 10 ** (6 - plan.decimals))
    )
    keys = cohorts.apart(_small((scores / step).astype(np.int64)))
    ranked = np.vstack([assessment.standings == RANKED, assessment.eligible])
    ranks, order = np.empty_like(keys), np.empty_like(by_id)
    native.rank(keys, ranked, by_id, TIES[rule.ties], ranks, order)
    *by_category, overall = cohorts.within(ranks)
    best, commended = rule.commended.get(plan.tier, 0), None
    if best:  # a competition rank counts who is better, however the set ranks equals
        competition = np.empty_like(keys[-1:])
        native.rank(keys[-1:], ranked[-1:], by_id, native.COMPETITION, competition, np.empty_like(order))
        [competition] = cohorts.within(competition)
        commended = (competition > 0) & (competition <= best)
    return [
        Ranking(assessment, cohort, of_cohort, tuple(by_category), overall, commended)
        for cohort, of_cohort in zip(cohorts.names, cohorts.split(order), strict=True)
    ]


class _Cohorts:
    """Which units are ranked together. All are ranked in one pass: keys are offset so that cohorts do not overlap.

    Args:
        names: (n,) the cohort of each unit; a single one is that of all units.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = sorted(set(names))
        places = {name: at for at, name in enumerate(self.names)}
        self._of: Ints = np.fromiter(map(places.__getitem__, names), dtype=np.int64, count=len(names))

    def apart(self, keys: Ints) -> Ints:
        """Keys (r, n) by which every unit of a cohort is above all of the next one."""
        if len(self.names) == 1:
            return keys
        return _small((len(self.names) - 1 - self._of) * (keys.max() + 1) + keys)

    def within(self, ranks: Ints) -> Ints:
        """Ranks (r, n) among all units as ranks within cohorts: each counts from its own best."""
        if len(self.names) == 1:
            return ranks
        within = np.zeros_like(ranks)
        for row, ranks_of in zip(within, ranks, strict=True):
            ranked = np.flatnonzero(ranks_of)
            best = np.full(len(self.names), len(ranks_of))
            np.minimum.at(best, self._of[ranked], ranks_of[ranked])
            row[ranked] = ranks_of[ranked] - best[self._of[ranked]] + 1
        return within

    def split(self, order: Ints) -> list[Ints]:
        """Places of units in order (n,), cohort by cohort."""
        if len(self.names) == 1:
            return [order]
        of = self._of[order]
        return np.split(order[np.argsort(of, kind="stable")], np.bincount(of).cumsum()[:-1])


def _small(keys: Ints) -> Ints:
    """Keys (r, n) that order units as the given ones do, from 0, and few enough to be counted."""
    if keys.max() <= max(KEYS_PER_UNIT * keys.shape[1], KEYS):
        return keys
    return np.array([np.unique(row, return_inverse=True)[1] for row in keys])
