"""Criterion groups compiled for one tier: what the criteria of a chunk of units are awarded, in few passes over arrays.

What a criteria set fixes is worked out once, when it loads. Rows stand in the order of the blocks, not of the set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scorer.awards import Award, Frame, Places
from scorer.criteria.model import Criterion, Effect
from scorer.formulas.blocks import Blocks, Line
from scorer.points import Bools, Floats


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
        self._leaving = sorted((rows[place], place) for place, c in enumerate(criteria) if _may_leave_out(c))
        leavers = [place for _, place in self._leaving]
        self._needs = _Needs([line.reads for _, line in pairs])
        criteria_of = [[criterion for criterion, _ in group] for group in groups]
        self.frame = Frame(criteria_of, tier, np.array(rows), self._blocks.size, leavers)
        self._leaver = {row: at for at, (row, _) in enumerate(self._leaving)}
        self._by_id = {criteria[place].id: at for at, place in enumerate(leavers)}
        self._unless_reported = [(at, place) for at, place in enumerate(leavers) if criteria[place].missing_leaves_out]
        self._penalties = [row for row, c in zip(rows, criteria, strict=True) if c.effect is Effect.PENALTY]

    def award(self, answers: Floats, excluded: Mapping[str, Bools]) -> Award:
        """Points and statuses of n units.

        Args:
            answers: (rows, n) of a cohort's matrix.
            excluded: units for which a criterion does not apply, (n,) by criterion id.
        """
        points, _ = self._blocks.points(answers)
        missing = self._needs.missing(answers)
        left_out = np.zeros((len(self._leaving), answers.shape[1]), dtype=np.bool_)
        for rows, mask in self._blocks.left_out(answers):
            left_out[self._leaver[rows.start] : self._leaver[rows.start] + len(mask)] = mask
        for at, place in self._unless_reported:
            left_out[at] |= missing[place]
        for code, mask in excluded.items():  # exclusion wins over an answer
            if code in self._by_id:
                left_out[self._by_id[code]] |= mask
        for at in np.flatnonzero(left_out.any(axis=1)).tolist():
            row, place = self._leaving[at]
            points[row] *= ~left_out[at]
            missing[place] &= ~left_out[at]
        for row in self._penalties:
            np.negative(points[row], out=points[row])
        return Award(self.frame, points, missing, left_out)


def _may_leave_out(criterion: Criterion) -> bool:
    return criterion.may_be_not_applicable or criterion.missing_leaves_out or criterion.formula.may_leave_out


class _Needs:
    """Which answers k criteria need: the first of each, the second of those with two, and so on."""

    def __init__(self, reads: Sequence[tuple[int, ...]]) -> None:
        most_first = sorted(range(len(reads)), key=lambda place: -len(reads[place]))
        self._places: Places = np.argsort(most_first)
        self._needed: list[Places] = [
            np.array([reads[place][n] for place in most_first if len(reads[place]) > n], dtype=np.intp)
            for n in range(len(reads[most_first[0]]))
        ]

    def missing(self, answers: Floats) -> Bools:
        """(k, n) whether an answer that a criterion needs was not reported."""
        unreported = np.isnan(answers)
        missing = unreported[self._needed[0]]
        for rows in self._needed[1:]:
            missing[: len(rows)] |= unreported[rows]
        return missing[self._places]
