"""The scorer's results as plain columns of whole numbers: the one place that reads its result classes.

<category>.points, max_points, percent, converted, published, missing, not_applicable, level, standing, rank
<category>.failed                bit i is set where gate i of the plan does not hold
<category>.<measure>.percent     parts per million, or .points in micropoints, as the gates compare
<category>/<group>.points ... not_applicable, criteria (k, n), status (k, n): with FULL only
overall.points ... not_applicable, overall.rank; order
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from province import Province

from scorer.engine.plan import CategoryPlan
from scorer.engine.ranking import Ranking, rank
from scorer.engine.scoring import CategoryScores, assess
from scorer.model.fixed_point import MICRO

ALWAYS = 2**53 - 1
"""What a percentage of nothing is as a whole number: every gate on it holds."""

SUMS = ("points", "max_points", "percent", "converted", "published", "missing", "not_applicable")
"""What every sum of criteria has."""

VIEWS = "full" in inspect.signature(assess).parameters
"""Whether the criteria of each unit are worked out on demand only."""


PARENTS = ([],) if "parents" in inspect.signature(rank).parameters else ()
"""Tiers are ranked whole here; an older version ranks no other way and gives the one ranking itself."""


def score(province: Province, *, full: bool = False) -> Ranking:
    """Answers in, scorecard columns out: the work that every way here does."""
    options = {"full": full} if VIEWS else {}
    cohort = replace(province.cohort)  # a new one, as in every call: nothing is remembered of the round before
    rule = province.set_plan.criteria_set.ranking
    ranking = rank(assess(province.plan, cohort, **options), rule, *PARENTS)
    ranking = ranking[0] if PARENTS else ranking
    for scored in ranking.assessment.categories:
        failed(scored)  # worked out when it is asked for, and the peers give it too
    return ranking


def columns(ranking: Ranking, *, full: bool = False) -> dict[str, NDArray[Any]]:
    """A ranking's columns (n,), by name."""
    assessment = ranking.assessment
    found: dict[str, NDArray[Any]] = {"order": _whole(ranking.order)}
    for scored, ranks in zip(assessment.categories, ranking.ranks, strict=True):
        code = scored.plan.code
        found |= _sums(code, scored.scores)
        found |= {
            f"{code}.level": _whole(scored.level),
            f"{code}.standing": _whole(scored.standing),
            f"{code}.rank": _whole(ranks),
            f"{code}.failed": failed_word(failed(scored), len(ranks)),
        }
        for place, unit in scored.plan.keys:
            measure = scored.measures[place]
            values = measure.percent if unit == "percent" else measure.points
            found[f"{code}.{measure.plan.name}.{unit}"] = _whole(values)
        if full:
            for group in scored.groups:
                name = f"{code}/{group.plan.code}"
                found |= _sums(name, group.scores)
                found[f"{name}.criteria"] = _whole(group.points)
                found[f"{name}.status"] = _whole(group.status)
    found |= _sums("overall", assessment.overall)
    found["overall.rank"] = _whole(ranking.overall)
    return found


def gate_keys(province: Province) -> tuple[CategoryPlan, NDArray[np.float64]]:
    """The first category that has levels, and the whole numbers (measures, n) that its gates compare."""
    scored: CategoryScores = next(c for c in score(province).assessment.categories if c.plan.levels)
    keys = []
    for place, unit in scored.plan.keys:
        points, maximum = _whole(scored.measures[place].points), _whole(scored.measures[place].max_points)
        ppm, rest = np.divmod(points * MICRO, np.maximum(maximum, 1))
        percent = np.where(maximum > 0, 2 * ppm + (rest > 0), ALWAYS)
        keys.append(percent if unit == "percent" else points)
    return scored.plan, np.array(keys, dtype=np.float64)


def differences(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> list[str]:
    """Names of the columns that are not exactly the same, each with the number of entries that differ."""
    lines = [f"{name}: only one of the two has it" for name in sorted(set(found) ^ set(expected))]
    for name in sorted(set(found) & set(expected)):
        if found[name].shape != expected[name].shape:
            lines.append(f"{name}: {found[name].shape} is not {expected[name].shape}")
        elif wrong := int(np.sum(found[name].astype(np.int64) != expected[name].astype(np.int64))):
            lines.append(f"{name}: {wrong} of {expected[name].size} differ")
    return lines


def tolerated(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]], tolerance: int) -> dict[str, int]:
    """How many units are levelled, published or ranked differently, by column, where numbers are not exact.

    Numbers may be off by ``tolerance`` or by a hundred-thousandth of the column's largest; one unit, or 1 % of them,
    may be levelled or rounded the other way for it. Ranks follow from that.

    Raises:
        AssertionError: more is different.
    """
    counts = {}
    for name in sorted(set(found) & set(expected)):
        off = np.abs(found[name].astype(np.int64) - expected[name].astype(np.int64))
        what, most = name.rpartition(".")[2], max(tolerance, int(np.abs(expected[name]).max()) // 100_000)
        if what not in ("level", "standing", "published", "rank", "order"):
            assert off.max() <= most, name
            continue
        wrong = int(np.count_nonzero(off > (most if what == "published" else 0)))
        if what not in ("rank", "order"):  # one unit more or less moves all behind it
            assert wrong <= max(1, off.size // 100), name
        if wrong:
            counts[name] = wrong
    return counts


def failed(scored: CategoryScores) -> NDArray[Any]:
    """Gates that do not hold, of all units; an older version keeps them."""
    return scored.failed(slice(None)) if callable(scored.failed) else scored.failed


def failed_word(failed: NDArray[Any], units: int) -> NDArray[np.uint64]:
    """Gates that do not hold, as one word a unit: from a row of booleans a gate, or from words."""
    if failed.dtype != np.bool_:
        return failed.astype(np.uint64)
    word = np.zeros(units, dtype=np.uint64)
    for place, row in enumerate(failed):
        word |= row.astype(np.uint64) << np.uint64(place)
    return word


def _sums(code: str, scores: Any) -> dict[str, NDArray[np.int64]]:
    return {f"{code}.{name}": _whole(getattr(scores, name)) for name in SUMS}


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers, which may be kept in doubles."""
    given = np.asarray(values)
    numbers = given.astype(np.int64)
    assert np.array_equal(numbers, given)
    return numbers
