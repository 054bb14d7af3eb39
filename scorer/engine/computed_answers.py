"""Computes answers of a unit from the answers of its children: the units of the same call that name it as parent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import numpy as np

from scorer.criteria.model import FromChildren
from scorer.engine.plan import SetPlan
from scorer.model.fixed_point import MICRO, Bools, Floats, Ints, round_to_micro
from scorer.model.indicators import MAX_ANSWER

_RADIX = 2.0**26
"""Answers in millionths are split by this into a high and a low part, so that sums of many answers are exact
doubles."""


MAX_GENERATIONS = 64
"""Maximum number of units of a tier below each other. A chain of all units of a large call would take minutes."""


@dataclass(frozen=True)
class ComputedAnswers:
    """The units for which answers could not be computed. All other computed answers are in the matrix."""

    own: Sequence[tuple[str, Ints]] = ()
    """For each computed indicator, the units that have children and an answer of their own, which is not allowed."""
    misplaced: Sequence[int] = ()
    """Units whose parents form a circle, so that their answers would be computed from themselves; and units with more
    than ``MAX_GENERATIONS`` units of their tier below each other."""


@dataclass(frozen=True)
class _Generation:
    """Units with children, none of which is a child of another one."""

    units: Ints
    """(u,) indices of the units."""
    children: Ints
    """(c,) indices of their children."""
    parents: Ints
    """(c,) for each child, the position of its parent in ``units``."""


def computed_answers(
    plan: SetPlan, ids: Sequence[str], tiers: Sequence[str], parents: Sequence[str], matrix: Floats
) -> ComputedAnswers:
    """Writes the computed answers of n units with children to the matrix.

    A unit without children keeps its own answer. If a child lacks an answer, the result is missing.

    Args:
        plan: the plan of the criteria set.
        ids: (n,) ids of the units.
        tiers: (n,) tiers of the units; empty where a tier is not known.
        parents: (n,) ids of the units' parents; or no entries, if no unit has a parent.
        matrix: (indicators, n) answers, changed in place.
    """
    computations = plan.criteria_set.from_children
    if not computations or not parents:
        return ComputedAnswers()
    index = {code: unit for unit, code in enumerate(ids)}
    parent_of = np.array([index.get(parent, -1) for parent in parents], dtype=np.int64)
    of_tier = np.array(tiers, dtype=object)
    own, misplaced, generations = list[tuple[str, Ints]](), set[int](), dict[str, list[_Generation]]()
    for tier in {computation.tier: None for computation in computations}:
        generations[tier], units_without = _generations(of_tier == tier, parent_of)
        misplaced.update(units_without)
    for computation in computations:
        answers = matrix[plan.rows[computation.indicator]]
        units = np.concatenate([generation.units for generation in generations[computation.tier]] or [parent_of[:0]])
        own.append((computation.indicator, units[~np.isnan(answers[units])]))
        for generation in generations[computation.tier]:
            _compute(computation, generation, matrix[plan.rows[computation.reads]], answers)
    return ComputedAnswers(own, sorted(misplaced))


def _generations(of_tier: Bools, parent_of: Ints) -> tuple[list[_Generation], list[int]]:
    """The units of a tier that have children, each in a later generation than its children; and those that are in
    circles or nested too deeply.

    Args:
        of_tier: (n,) whether the unit has the tier.
        parent_of: (n,) index of the unit's parent; -1 if it is not in the call.
    """
    children = np.flatnonzero(of_tier[parent_of] & (parent_of >= 0))
    units = set(parent_of[children].tolist())
    sorter = TopologicalSorter[int](dict.fromkeys(units, ()))
    for child in units.intersection(children.tolist()):
        sorter.add(int(parent_of[child]), child)
    with suppress(CycleError):  # the sorter then yields all units but those in circles
        sorter.prepare()
    height, generations = np.full(len(parent_of), -1), 0
    while sorter.is_active() and generations < MAX_GENERATIONS:
        ready = sorter.get_ready()
        height[list(ready)] = generations
        sorter.done(*ready)
        generations += 1
    heights = height[parent_of[children]]
    order = np.argsort(heights, kind="stable")
    starts = np.searchsorted(heights[order], np.arange(generations + 1))
    found = []
    for start, end in pairwise(starts.tolist()):
        group = children[order[start:end]]
        group_units, parents = np.unique(parent_of[group], return_inverse=True)
        found.append(_Generation(group_units, group, parents))
    return found, [unit for unit in units if height[unit] < 0]


def _compute(computation: FromChildren, generation: _Generation, child_answers: Floats, answers: Floats) -> None:
    """Writes the answers of a generation, which are computed from those of its children.

    Args:
        computation: how they are computed.
        generation: the units.
        child_answers: (n,) answers to the indicator of the children.
        answers: (n,) answers to the computed indicator, changed in place; possibly the same array.
    """
    read, parents, count = child_answers[generation.children], generation.parents, len(generation.units)
    known = np.abs(read) <= MAX_ANSWER
    micro = round_to_micro(np.where(known, read, 0.0))
    high = np.floor(micro / _RADIX)
    sums = [np.bincount(parents, part, count) for part in (high, micro - high * _RADIX)]
    lacking = np.bincount(parents, ~known, count) > 0
    children = np.bincount(parents, minlength=count)
    for position, unit in enumerate(generation.units.tolist()):
        total = int(sums[0][position]) * int(_RADIX) + int(sums[1][position])
        exact = Fraction(total, int(children[position]) if computation.is_mean else 1)
        answers[unit] = np.nan if lacking[position] else round(exact) / MICRO
