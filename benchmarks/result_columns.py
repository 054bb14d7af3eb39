"""Converts the scorer's results to columns of whole numbers, for comparison with the peers.

<category>.points, max_points, percent, converted, published, missing, not_applicable, level, standing, rank
<category>.failed                bit i is set if gate i of the plan fails
<category>.<measure>.percent     parts per million; or .points in micropoints, as gates compare them
<category>/<group>.points ... not_applicable, criteria (k, n), status (k, n): only with FULL
overall.points ... not_applicable, overall.rank; order
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from province import Province

from scorer.engine.ranking import Ranking, rank
from scorer.engine.rules import RulePlan
from scorer.engine.scoring import CategoryScores, assess
from scorer.model.fixed_point import MICRO

ALWAYS = 2**53 - 1
"""The key of a percentage if no criterion applies. It passes every gate."""

SUMS = ("points", "max_points", "percent", "converted", "published", "missing", "not_applicable")
"""The columns of every sum of criteria."""


def score(province: Province, *, full: bool = False) -> Ranking:
    """Scores and ranks a province: the work that is timed, and that every peer does too."""
    cohort = replace(province.cohort)  # a new object, as in every call, so that nothing is cached from the round before
    rule = province.set_plan.criteria_set.ranking
    (ranking,) = rank(assess(province.plan, cohort, full=full), rule, parents=[])
    for scored in ranking.assessment.categories:
        failed(scored)  # computed on demand; the peers compute it too
    return ranking


def columns(ranking: Ranking, *, full: bool = False) -> dict[str, NDArray[Any]]:
    """The columns (n,) of a ranking, by name."""
    assessment = ranking.assessment
    arrays: dict[str, NDArray[Any]] = {"order": _whole(ranking.order)}
    for scored, ranks in zip(assessment.categories, ranking.ranks, strict=True):
        code = scored.plan.code
        arrays |= _sums(code, scored.scores)
        arrays |= {
            f"{code}.level": _whole(scored.level),
            f"{code}.standing": _whole(scored.standing),
            f"{code}.rank": _whole(ranks),
            f"{code}.failed": gate_bits(failed(scored), len(ranks)),
        }
        for key in scored.plan.keys:
            measure = scored.measures[key.index]
            values = measure.percent if key.kind == "percent" else measure.points
            arrays[f"{code}.{measure.plan.name}.{key.kind}"] = _whole(values)
        if full:
            for group in scored.groups:
                name = f"{code}/{group.plan.code}"
                arrays |= _sums(name, group.scores)
                arrays[f"{name}.criteria"] = _whole(group.points)
                arrays[f"{name}.status"] = _whole(group.status)
    arrays |= _sums("overall", assessment.overall)
    arrays["overall.rank"] = _whole(ranking.overall)
    return arrays


def rule_keys(province: Province) -> tuple[RulePlan, NDArray[np.float64]]:
    """The rule of the best level of a category, and the whole numbers (keys, n) that it compares."""
    scored: CategoryScores = next(c for c in score(province).assessment.categories if c.plan.levels)
    rule, keys = scored.plan.rules[0], []
    for key in (scored.plan.keys[index] for index in rule.keys):
        measure = scored.measures[key.index]
        points, maximum = _whole(measure.points), _whole(measure.max_points)
        ppm, remainder = np.divmod(points * MICRO, np.maximum(maximum, 1))
        percent = np.where(maximum > 0, 2 * ppm + (remainder > 0), ALWAYS)
        keys.append(percent if key.kind == "percent" else points)
    return rule, np.array(keys, dtype=np.float64)


def differences(actual: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> list[str]:
    """A line for each column that is not equal, with the number of entries that differ."""
    lines = [f"{name}: only one of the two has it" for name in sorted(set(actual) ^ set(expected))]
    for name in sorted(set(actual) & set(expected)):
        if actual[name].shape != expected[name].shape:
            lines.append(f"{name}: {actual[name].shape} is not {expected[name].shape}")
        elif wrong := int(np.sum(actual[name].astype(np.int64) != expected[name].astype(np.int64))):
            lines.append(f"{name}: {wrong} of {expected[name].size} differ")
    return lines


def tolerated(actual: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]], tolerance: int) -> dict[str, int]:
    """The number of levels, standings, published scores and ranks that differ, by column; for peers that are not exact.

    Numbers may differ by ``tolerance``, or by 1/100,000 of the column's largest number. Because of this, 1 % of the
    levels, standings and published scores (at least one) may differ, and any number of ranks.

    Raises:
        AssertionError: the difference is larger.
    """
    counts = {}
    for name in sorted(set(actual) & set(expected)):
        off = np.abs(actual[name].astype(np.int64) - expected[name].astype(np.int64))
        kind, limit = name.rpartition(".")[2], max(tolerance, int(np.abs(expected[name]).max()) // 100_000)
        if kind not in ("level", "standing", "published", "rank", "order"):
            assert off.max() <= limit, name
            continue
        wrong = int(np.count_nonzero(off > (limit if kind == "published" else 0)))
        if kind not in ("rank", "order"):  # a unit with a wrong rank changes the ranks of all units after it
            assert wrong <= max(1, off.size // 100), name
        if wrong:
            counts[name] = wrong
    return counts


def failed(scored: CategoryScores) -> NDArray[Any]:
    """The gates that each unit fails; old versions have an attribute instead of a method."""
    return scored.failed(slice(None)) if callable(scored.failed) else scored.failed


def gate_bits(failed: NDArray[Any], units: int) -> NDArray[np.uint64]:
    """The failed gates of each unit as bits; ``failed`` has bits, or one row of booleans per gate."""
    if failed.dtype != np.bool_:
        return failed.astype(np.uint64)
    word = np.zeros(units, dtype=np.uint64)
    for bit, row in enumerate(failed):
        word |= row.astype(np.uint64) << np.uint64(bit)
    return word


def _sums(code: str, scores: Any) -> dict[str, NDArray[np.int64]]:
    return {f"{code}.{name}": _whole(getattr(scores, name)) for name in SUMS}


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Converts whole numbers, possibly stored as doubles, to int64."""
    array = np.asarray(values)
    numbers = array.astype(np.int64)
    assert np.array_equal(numbers, array)
    return numbers
