"""Criterion groups whose plugin is asked, because it scores in a way of its own: not trusted, so checked.

A plugin is asked in this process. It can raise, give nonsense or take its time, and does no harm beyond its own call.
What it cannot be kept from: to hang in native code without letting go of the interpreter's lock (or to crash there)
stops (or ends) the process. Several workers, or whatever watches over the process, mend that; this process cannot. It
writes down which plugins it asks, so that the supervisor of workers knows whom to quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from scorer.engine.plan import GroupPlan, Provider
from scorer.engine.score_table import ScoreTable
from scorer.model.fixed_point import Floats, Ints
from scorer.model.units import Cohort
from scorer.model.untrusted import is_plugin_fault, safe_repr
from scorer.plugins.calls_in_flight import PluginBusy, PluginCalls
from scorer.plugins.group import CriterionFault, GroupPoints, Status, Statuses

Array = TypeVar("Array", bound=np.ndarray)


class PluginFault(Exception):
    """A plugin broke, or gave points that cannot be, while scoring."""

    def __init__(self, provider: Provider, criterion: str, what: str) -> None:
        super().__init__(f"{provider}{f', criterion {criterion}' if criterion else ''}: {what}")
        self.provider, self.criterion = provider, criterion


@dataclass(frozen=True)
class PluginGroup:
    """What a plugin gave all n units of a cohort."""

    maxima: Floats
    """(k,) micropoints that each criterion adds to the maximum where it applies."""
    points: Floats
    """(k, n) micropoints."""
    status: Statuses
    """(k, n)"""

    def add_up(self, criteria: slice, table: ScoreTable, row: int) -> None:
        """Writes the sums of some of the k criteria to a row of a table of groups."""
        status = self.status[criteria]
        table.points[row] = self.points[criteria].sum(axis=0)
        table.max_points[row] = self.maxima[criteria] @ (status != Status.NOT_APPLICABLE)
        table.missing[row] = np.count_nonzero(status == Status.MISSING, axis=0)
        table.not_applicable[row] = np.count_nonzero(status == Status.NOT_APPLICABLE, axis=0)


def score_group(group: GroupPlan, cohort: Cohort, plugin_calls: PluginCalls) -> PluginGroup:
    """Lets the group's plugin score, checks what it gives, and leaves out what is not applicable.

    Raises:
        PluginFault: the plugin broke or gave points that cannot be.
        PluginBusy: it has not ended too many earlier calls.
    """
    points, status = _checked(group, cohort, plugin_calls)
    for row, criterion in enumerate(group.criteria):
        if criterion.missing_leaves_out:
            status[row, status[row] == Status.MISSING] = Status.NOT_APPLICABLE
        if criterion.id in cohort.excluded:  # exclusion wins over an answer
            status[row, cohort.excluded[criterion.id]] = Status.NOT_APPLICABLE
    points[status == Status.NOT_APPLICABLE] = 0
    return PluginGroup(group.maxima[:, 0].astype(np.float64), points.astype(np.float64), status)


def _checked(group: GroupPlan, cohort: Cohort, plugin_calls: PluginCalls) -> tuple[Ints, Statuses]:
    """What the plugin gives, as arrays of our own; a plugin is not trusted."""
    provider = group.provider
    try:
        with plugin_calls.track(str(provider), group.runs):
            given = group.plugin.score(group.criteria, _unchangeable(cohort))
            if not isinstance(given, GroupPoints):
                raise PluginFault(provider, "", f"score() gives {safe_repr(given)}, not GroupPoints")
            points, status = np.array(given.points), np.array(given.status)
    except CriterionFault as fault:
        raise PluginFault(provider, fault.criterion, f"its formula raised {safe_repr(fault.__cause__)}") from fault
    except (PluginFault, PluginBusy):
        raise
    except BaseException as error:
        if not is_plugin_fault(error):
            raise
        raise PluginFault(provider, "", f"score() raised {safe_repr(error)}") from error
    shape = (len(group.criteria), len(cohort))
    if points.shape != shape or status.shape != shape:
        raise PluginFault(provider, "", f"points {points.shape} and status {status.shape} are not {shape}")
    if points.dtype not in (np.int64, np.float64) or status.dtype != np.uint8:
        raise PluginFault(provider, "", f"points are {points.dtype} and status {status.dtype}, not int64 and uint8")
    with np.errstate(invalid="ignore"):
        whole = points.astype(np.int64, copy=False)
    bad_points = (whole != points) | (whole < group.lowest) | (whole > group.highest)
    bad = (bad_points & (status != Status.NOT_APPLICABLE)) | (status < Status.SCORED) | (status > Status.NOT_APPLICABLE)
    if bad.any():
        row, unit = (int(place) for place in np.argwhere(bad)[0])
        low, high = int(group.lowest[row, 0]), int(group.highest[row, 0])
        what = (
            f"gives {points[row, unit]} with status {status[row, unit]}; whole micropoints from {low} to {high} can be"
        )
        raise PluginFault(provider, group.criteria[row].id, what)
    return whole, status


def _unchangeable(cohort: Cohort) -> Cohort:
    """The same, of which a plugin can change nothing: other groups and later calls read it too."""
    return replace(
        cohort,
        indicators=MappingProxyType(cohort.indicators),
        rows=MappingProxyType(cohort.rows),
        matrix=_read_only(cohort.matrix),
        excluded=MappingProxyType({code: _read_only(mask) for code, mask in cohort.excluded.items()}),
    )


def _read_only(array: Array) -> Array:
    seen = array.view()
    seen.setflags(write=False)
    return seen
