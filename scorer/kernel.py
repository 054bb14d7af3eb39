"""Criterion groups compiled for one tier: what the criteria of a chunk of units are awarded, in few passes over arrays.

What a criteria set fixes is worked out once, when it loads. Rows stand in the order of the blocks, not of the set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scorer.awards import Award, Frame, leaving_units
from scorer.criteria.model import Criterion, Effect
from scorer.formulas.blocks import Blocks, Line
from scorer.points import Bools, Floats

MANY = 3_000
"""Units from which on moving numbers takes longer than calls: groups are worked out one by one, so that what a group
takes stays in the cache until it is added up."""


class Kernel:
    """Groups of criteria whose formulas are all lines.

    Args:
        groups: each group's criteria of the tier and their lines.
        tier: code of the tier.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[Criterion, Line]]], tier: str) -> None:
        pairs = [pair for group in groups for pair in group]
        criteria = [criterion for criterion, _ in pairs]
        self._blocks = Blocks([line for _, line in pairs])
        rows = self._blocks.rows
        leaving = sorted((rows[place], place) for place, c in enumerate(criteria) if _may_leave_out(c))
        leavers = [place for _, place in leaving]
        self._leaving = np.array([row for row, _ in leaving], dtype=np.intp)
        criteria_of = [[criterion for criterion, _ in group] for group in groups]
        self.frame = Frame(criteria_of, tier, np.array(rows), leavers)
        self._leaver = {row: at for at, row in enumerate(self._leaving.tolist())}
        self._by_id = {criteria[place].id: at for at, place in enumerate(leavers)}
        self._unless_reported = [at for at, place in enumerate(leavers) if criteria[place].missing_leaves_out]
        self._penalties = [row for row, c in zip(rows, criteria, strict=True) if c.effect is Effect.PENALTY]

    def award(self, answers: Floats, excluded: Mapping[str, Bools]) -> Award:
        """Points and statuses of n units.

        Args:
            answers: (rows, n) of a cohort's matrix.
            excluded: units for which a criterion does not apply, (n,) by criterion id.
        """
        points, missing, _ = self._blocks.points(answers)
        left_out = np.zeros((len(self._leaving), answers.shape[1]), dtype=np.bool_)
        for rows, mask in self._blocks.left_out(answers):
            left_out[self._leaver[rows.start] : self._leaver[rows.start] + len(mask)] = mask
        for at in self._unless_reported:
            left_out[at] |= missing[self._leaving[at]]
        for code, mask in excluded.items():  # exclusion wins over an answer
            if code in self._by_id:
                left_out[self._by_id[code]] |= mask
        leaves = leaving_units(left_out)
        if len(leaves.units):
            cells = self._leaving[leaves.leavers], leaves.units
            points[cells], missing[cells] = 0.0, False
        for row in self._penalties:
            np.negative(points[row], out=points[row])
        return Award(self.frame, points, missing, left_out, leaves)


def _may_leave_out(criterion: Criterion) -> bool:
    return criterion.may_be_not_applicable or criterion.missing_leaves_out or criterion.formula.may_leave_out


class Kernels:
    """The kernels of a tier's groups, all groups together for few units, and each by itself for many.

    Args:
        groups: each group's criteria of the tier and their lines.
        tier: code of the tier.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[Criterion, Line]]], tier: str) -> None:
        self._apart = tuple(Kernel([group], tier) for group in groups)
        self._joint = (Kernel(groups, tier),) if groups else ()

    def of(self, units: int) -> tuple[Kernel, ...]:
        """Those for so many units."""
        return self._apart if units >= MANY else self._joint
