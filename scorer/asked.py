"""Criterion groups whose plugin is asked, because it scores in a way of its own: not trusted, so checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorer.awards import Award, Frame, Statuses
from scorer.cohort import Cohort
from scorer.groups import CriterionFault, Status
from scorer.plan import GroupPlan
from scorer.points import Floats, Ints


class PluginFault(Exception):
    """A plugin broke, or gave points that cannot be, while scoring."""

    def __init__(self, group: str, criterion: str, what: str) -> None:
        super().__init__(f"plugin of group {group!r}{f', criterion {criterion}' if criterion else ''}: {what}")
        self.group, self.criterion = group, criterion


@dataclass(frozen=True)
class AskedGroup:
    """What a plugin gave all n units of a cohort."""

    frame: Frame
    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n)"""

    def of(self, units: slice) -> Award:
        """A chunk of it."""
        status = self.status[:, units]
        return Award(self.frame, self.points[:, units], status == Status.MISSING, status == Status.NOT_APPLICABLE)


def ask(group: GroupPlan, cohort: Cohort) -> AskedGroup:
    """Lets the group's plugin score, checks what it gives, and leaves out what is not applicable.

    Raises:
        PluginFault: the plugin broke or gave points that cannot be.
    """
    points, status = _checked(group, cohort)
    for row, criterion in enumerate(group.criteria):
        if criterion.missing_leaves_out:
            status[row, status[row] == Status.MISSING] = Status.NOT_APPLICABLE
        if criterion.id in cohort.excluded:  # exclusion wins over an answer
            status[row, cohort.excluded[criterion.id]] = Status.NOT_APPLICABLE
    points[status == Status.NOT_APPLICABLE] = 0
    every = np.arange(len(group.criteria))
    frame = Frame([group.criteria], cohort.tier, every, len(every), every.tolist())
    return AskedGroup(frame, points.astype(np.float64), status)


def _checked(group: GroupPlan, cohort: Cohort) -> tuple[Ints, Statuses]:
    """What the plugin gives, as arrays of our own; a plugin is not trusted."""
    try:
        given = group.plugin.score(group.criteria, cohort)
        points, status = np.asarray(given.points), np.array(given.status)
    except CriterionFault as fault:
        raise PluginFault(group.code, fault.criterion, f"its formula raised {fault.__cause__!r}") from fault
    except (Exception, SystemExit) as error:  # a stranger's code: anything can come
        raise PluginFault(group.code, "", f"score() raised {error!r}") from error
    shape = (len(group.criteria), len(cohort))
    if points.shape != shape or status.shape != shape:
        raise PluginFault(group.code, "", f"points {points.shape} and status {status.shape} are not {shape}")
    if points.dtype not in (np.int64, np.float64) or status.dtype != np.uint8:
        raise PluginFault(group.code, "", f"points are {points.dtype} and status {status.dtype}, not int64 and uint8")
    with np.errstate(invalid="ignore"):
        whole = points.astype(np.int64)
    bad_points = (whole != points) | (whole < group.lowest) | (whole > group.highest)
    bad = (bad_points & (status != Status.NOT_APPLICABLE)) | (status < Status.SCORED) | (status > Status.NOT_APPLICABLE)
    if bad.any():
        row, unit = (int(place) for place in np.argwhere(bad)[0])
        low, high = int(group.lowest[row, 0]), int(group.highest[row, 0])
        what = (
            f"gives {points[row, unit]} with status {status[row, unit]}; whole micropoints from {low} to {high} can be"
        )
        raise PluginFault(group.code, group.criteria[row].id, what)
    return whole, status
