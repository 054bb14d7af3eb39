"""Order, ties and ranks of the units of one tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorer.criteria.model import RankingRule
from scorer.points import Bools, Ints
from scorer.scoring import Assessment, Scores, Standing


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
    by_id = _places_by_id(assessment.cohort.unit_ids)
    ranks = tuple(
        _ranks(_compared(category.scores, rule), category.standing == Standing.RANKED, by_id, rule.ties)
        for category in assessment.categories
    )
    compared = _compared(assessment.overall, rule)
    overall = _ranks(compared, assessment.eligible, by_id, rule.ties)
    order = np.lexsort((by_id, -compared, ~assessment.eligible))
    return Ranking(assessment, order, ranks, overall)


def _compared(scores: Scores, rule: RankingRule) -> Ints:
    return scores.converted if rule.exact else scores.published


def _places_by_id(unit_ids: tuple[str, ...]) -> Ints:
    """Each unit's place in code-point order of ids."""
    places = np.empty(len(unit_ids), dtype=np.int64)
    places[sorted(range(len(unit_ids)), key=unit_ids.__getitem__)] = np.arange(len(unit_ids))
    return places


def _ranks(compared: Ints, ranked: Bools, by_id: Ints, ties: str) -> Ints:
    """Ranks (n,) from 1 among the ranked units; 0 for the others."""
    ranks = np.zeros(len(compared), dtype=np.int64)
    scores = compared[ranked]
    if ties == "ordinal":
        order = np.lexsort((by_id[ranked], -scores))
        numbers = np.empty(len(scores), dtype=np.int64)
        numbers[order] = np.arange(1, len(scores) + 1)
        ranks[ranked] = numbers
    else:
        ladder = np.unique(scores) if ties == "dense" else np.sort(scores)
        ranks[ranked] = len(ladder) - np.searchsorted(ladder, scores, side="right") + 1
    return ranks
