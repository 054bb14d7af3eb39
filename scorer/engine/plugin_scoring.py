"""Scores criterion groups that native code cannot score, and checks the points that their ``score`` returns.

Plugins run in this process. If a plugin raises, returns wrong points or is slow, only the call that it scores for is
affected. But a plugin that crashes in native code ends the process, and one that hangs there while it holds the
interpreter lock stops the process. Only another process can then help: the supervisor of workers, or a service manager.
This process records in a journal which plugins are scoring, so that the supervisor knows which plugin to quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scorer.engine.plan import GroupPlan
from scorer.engine.plugin_fault import PluginFault, plugin_code
from scorer.engine.score_table import ScoreTable
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Floats, Ints
from scorer.model.untrusted import safe_repr
from scorer.plugins.calls_in_flight import PluginCalls
from scorer.plugins.group import GroupPoints, Status, Statuses, overrides_score


@dataclass(frozen=True)
class PluginGroup:
    """The points of one group of k criteria for the n units of a cohort, as its plugin returned them."""

    maxima: Floats
    """(k,) micropoints that each criterion adds to the maximum where it applies."""
    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n)"""

    def add_up(self, criteria: slice, table: ScoreTable, row: int) -> None:
        """Adds up a slice of the k criteria, and writes the sums to a row of a table of groups."""
        status = self.status[criteria]
        table.points[row] = self.points[criteria].sum(axis=0)
        table.max_points[row] = self.maxima[criteria] @ (status != Status.NOT_APPLICABLE)
        table.missing[row] = np.count_nonzero(status == Status.MISSING, axis=0)
        table.not_applicable[row] = np.count_nonzero(status == Status.NOT_APPLICABLE, axis=0)


def score_group(group: GroupPlan, cohort: Cohort, plugin_calls: PluginCalls) -> PluginGroup:
    """Scores a group with its plugin and checks the points. Criteria that do not apply get 0 points and NOT_APPLICABLE.

    Raises:
        PluginFault: the plugin raised an exception or returned impossible points.
        PluginBusy: the plugin is still scoring for too many earlier calls.
    """
    points, status = _checked(group, cohort, plugin_calls)
    for row, criterion in enumerate(group.criteria):
        if criterion.missing_leaves_out:
            status[row, status[row] == Status.MISSING] = Status.NOT_APPLICABLE
        if criterion.id in cohort.excluded:  # also if the unit has an answer
            status[row, cohort.excluded[criterion.id]] = Status.NOT_APPLICABLE
    points[status == Status.NOT_APPLICABLE] = 0
    return PluginGroup(group.maxima[:, 0].astype(np.float64), points.astype(np.float64), status)


def _checked(group: GroupPlan, cohort: Cohort, plugin_calls: PluginCalls) -> tuple[Ints, Statuses]:
    """Points and statuses (k, n) from the plugin: checked, and copied to arrays that the plugin cannot change."""
    provider = group.provider
    with plugin_calls.track(str(provider), group.runs), plugin_code(provider, "score()", group.kinds):
        result = group.plugin.score(group.criteria, cohort.read_only())
        if not isinstance(result, GroupPoints):
            raise PluginFault(provider, "", f"score() returned {safe_repr(result)}, not GroupPoints")
        if masked := [name for name in ("points", "status") if np.ma.isMaskedArray(getattr(result, name))]:
            raise PluginFault(provider, "", f"returned a masked array as {masked[0]}; its mask would be ignored")
        points, status = np.array(result.points), np.array(result.status)
    shape = (len(group.criteria), len(cohort))
    if points.shape != shape or status.shape != shape:
        raise PluginFault(provider, "", f"points have shape {points.shape} and status {status.shape}, not {shape}")
    if points.dtype not in (np.int64, np.float64) or status.dtype != np.uint8:
        raise PluginFault(provider, "", f"points are {points.dtype} and status {status.dtype}, not int64 and uint8")
    with np.errstate(invalid="ignore"):
        whole = points.astype(np.int64, copy=False)
    bad_points = (whole != points) | (whole < group.lowest) | (whole > group.highest)
    bad = (bad_points & (status != Status.NOT_APPLICABLE)) | (status < Status.SCORED) | (status > Status.NOT_APPLICABLE)
    if bad.any():
        row, unit = (int(index) for index in np.argwhere(bad)[0])
        low, high = int(group.lowest[row, 0]), int(group.highest[row, 0])
        problem = (
            f"returned {points[row, unit]} with status {status[row, unit]}; "
            f"allowed are whole micropoints from {low} to {high}"
        )
        criterion = group.criteria[row].id
        at_fault = provider if overrides_score(group.plugin) else group.kinds.get(criterion, provider)
        raise PluginFault(at_fault, criterion, problem)
    return whole, status
