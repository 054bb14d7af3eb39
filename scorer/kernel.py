"""Criterion groups compiled for one tier: what the criteria of a chunk of units are awarded, and their sums a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scorer.awards import Award, Frame, GroupSums
from scorer.criteria.model import Criterion, Effect
from scorer.formulas.table import Line, LineTable, Seat
from scorer.points import Bools, Floats


class Kernel:
    """Groups of criteria whose formulas are all lines.

    Args:
        groups: each group's criteria of the tier and their lines.
        tier: code of the tier.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[Criterion, Line]]], tier: str) -> None:
        pairs = [pair for group in groups for pair in group]
        leavers = [place for place, (criterion, _) in enumerate(pairs) if _may_leave_out(criterion)]
        self._frame = Frame([[criterion for criterion, _ in group] for group in groups], tier, leavers)
        self._by_id = {pairs[place][0].id: row for row, place in enumerate(leavers)}
        self._table = LineTable(
            [
                Seat(
                    line,
                    group=group,
                    maximum=criterion.maximum(tier),
                    leaver=self._by_id.get(criterion.id, -1),
                    leaves_when_missing=criterion.missing_leaves_out,
                    penalty=criterion.effect is Effect.PENALTY,
                )
                for group, some in enumerate(groups)
                for criterion, line in some
            ]
        )
        self.groups = len(groups)

    def award(self, answers: Floats, excluded: Mapping[str, Bools], sums: GroupSums, *, keep: bool) -> Award | None:
        """Adds what n units are awarded to the sums of the first groups.

        Args:
            answers: (rows, n) of a cohort's matrix.
            excluded: units for which a criterion does not apply, (n,) by criterion id; that wins over an answer.
            sums: of at least the kernel's groups, in which nothing is left out so far.
            keep: whether to tell what each criterion gave.
        """
        shape = len(self._frame.maxima), answers.shape[1]
        left_out = np.zeros((len(self._by_id), shape[1]), dtype=np.bool_)
        for code, mask in excluded.items():
            if code in self._by_id:
                left_out[self._by_id[code]] = mask
        points, missing = (np.empty(shape), np.empty(shape, dtype=np.bool_)) if keep else (None, None)
        self._table.add_up(answers, left_out, sums.sums, points, missing)
        return None if points is None or missing is None else Award(self._frame, points, missing, left_out)


def _may_leave_out(criterion: Criterion) -> bool:
    return criterion.may_be_not_applicable or criterion.missing_leaves_out or criterion.formula.may_leave_out
