"""Order, ties and ranks of the units of one tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorer.criteria.model import RankingRule
from scorer.points import Bools, Ints
from scorer.scores import Scores
from scorer.scoring import Assessment, Standing

ROOM = 8
"""Scores are counted as they are while there can be at most so many different ones a unit, and numbered beyond."""


@dataclass(frozen=True)
class Ranking:
    """The ranks of an assessment's n units."""

    assessment: Assessment
    order: Ints
    """(n,) the units' places in ranking order."""
    ranks: tuple[Ints, ...]
    """(n,) a category, by place of unit; 0: not ranked."""
    overall: Ints
    """(n,) overall ranks; 0: not ranked."""


def rank(assessment: Assessment, rule: RankingRule) -> Ranking:
    """Ranks by converted score, among ranked units only; the level takes no part.

    Units stand in order of overall rank, then those without one by overall converted score; equals by id in
    code-point order, which is also what ordinal ranks number by.
    """
    plan, by_id = assessment.plan, assessment.cohort.by_id
    ranks = tuple(
        _ranks(_steps(category.scores, rule, plan.decimals), category.standing == Standing.RANKED, by_id, rule.ties)
        for category in assessment.categories
    )
    steps = _steps(assessment.overall, rule, plan.decimals)
    overall = _ranks(steps, assessment.eligible, by_id, rule.ties)
    return Ranking(assessment, _order(steps, assessment.eligible, by_id), ranks, overall)


def _steps(scores: Scores, rule: RankingRule, decimals: int) -> Ints:
    """What is compared (n,) as small whole numbers from 0, the better the larger."""
    compared, step = (scores.converted, 1) if rule.exact else (scores.published, 10 ** (6 - decimals))
    if not len(compared) or compared.min() < 0 or compared.max() / step > ROOM * len(compared):
        return np.unique(compared, return_inverse=True)[1].astype(np.int64)
    return (compared / step).astype(np.int64)  # without remainder: published scores are whole steps


def _ranks(steps: Ints, ranked: Bools, by_id: Ints, ties: str) -> Ints:
    """Ranks (n,) from 1 among the ranked units; 0 for the others."""
    if ties == "ordinal":
        ranks = np.empty(len(steps), dtype=np.int64)
        ranks[_order(steps, ranked, by_id)] = np.arange(1, len(steps) + 1)
        return ranks * ranked
    at = (steps + 1) * ranked  # 0 for who is not ranked
    units = np.bincount(at)
    counted = units > 0 if ties == "dense" else units
    rank_of = counted[::-1].cumsum()[::-1] - counted + 1
    rank_of[:1] = 0
    return np.asarray(rank_of.take(at), dtype=np.int64)


def _order(steps: Ints, ranked: Bools, by_id: Ints) -> Ints:
    """The units' places (n,): ranked ones first, the better first, equals by id; one sort of all three in one word."""
    bits, most = max(len(steps) - 1, 1).bit_length(), steps.max(initial=0)
    worse = most - steps + (most + 1) * ~ranked
    words = np.sort(worse << bits | by_id)
    units = np.empty(len(steps), dtype=np.int64)
    units[by_id] = np.arange(len(steps))
    order: Ints = units[words & ((1 << bits) - 1)]
    return order
