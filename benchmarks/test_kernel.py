"""The pipeline, answers in, levels and ranks out, beside a plain Python loop that does the same for awarded points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from province import Province

from scorer.criteria.model import RankingRule
from scorer.points import MICRO
from scorer.ranking import Ranking, rank
from scorer.scoring import assess

LOOP_LIMIT = 10_000
"""Units up to which the plain loop is worth waiting for."""


def run(province: Province) -> Ranking:
    return rank(assess(province.plan, province.cohort), RankingRule())


def test_pipeline(benchmark: Any, province: Callable[[int], Province], units: int) -> None:
    drawn = province(units)
    ranking = benchmark(run, drawn)
    assert len(ranking.order) == units


def test_plain_python(benchmark: Any, province: Callable[[int], Province], units: int) -> None:
    if units > LOOP_LIMIT:
        pytest.skip(f"the plain loop is run up to {LOOP_LIMIT:,} units")
    drawn = province(units)
    levels, ranks = loop(drawn)
    ranking = run(drawn)
    assert levels == ranking.assessment.categories[0].level.tolist()
    assert ranks == ranking.ranks[0].tolist()
    benchmark.pedantic(loop, args=(drawn,), rounds=3)


def loop(province: Province) -> tuple[list[int], list[int]]:
    """Levels and ranks, unit by unit, in Python's integers."""
    (category,), cohort = province.plan.categories, province.cohort
    columns = {code: cohort.values(code).tolist() for code in cohort.rows}
    levels, published = [], []
    for unit in range(len(cohort)):
        points: dict[str, int] = {}
        maxima: dict[str, int] = {}
        for group in category.groups:
            points[group.code] = maxima[group.code] = 0
            for criterion in group.criteria:
                if criterion.id in cohort.excluded and cohort.excluded[criterion.id][unit]:
                    continue
                maxima[group.code] += criterion.maximum(cohort.tier)
                answer = columns[next(iter(criterion.formula.reads())).indicator][unit]
                points[group.code] += round(answer * MICRO) if answer == answer else 0
        points["total"], maxima["total"] = sum(points.values()), sum(maxima.values())
        level = 0
        for place in reversed(range(len(category.levels))):
            gates = [gate for gate in category.gates if gate.level_place == place]
            terms = [category.measures[gate.measure].name.split("+") for gate in gates]
            if all(
                sum(points[t] for t in names) * MICRO >= gate.minimum * sum(maxima[t] for t in names)
                for gate, names in zip(gates, terms, strict=True)
            ):
                level = category.levels[place]
        converted = points["total"] * category.nominal // maxima["total"]
        levels.append(level)
        published.append((converted + 5_000) // 10_000)
    scores = sorted((score for score, level in zip(published, levels, strict=True) if level), reverse=True)
    first: dict[int, int] = {}
    for place, score in enumerate(scores, start=1):
        first.setdefault(score, place)
    return levels, [first[score] if level else 0 for score, level in zip(published, levels, strict=True)]


def test_gates_decide_something(province: Callable[[int], Province]) -> None:
    """The drawn provinces reach every level, and some reach none: a benchmark of nothing proves nothing."""
    levels = run(province(1_000)).assessment.categories[0].level
    assert set(np.unique(levels).tolist()) == {0, 1, 2, 3, 4}
