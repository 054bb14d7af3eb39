"""Changes of the sound plugins. The keys of ``CORPUS`` say in words what each change does."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from broken_plugins.sound import Array, ShareOfDay, Wells
from scorer.plugin_api import (
    Cohort,
    Criterion,
    GroupPoints,
    Outcome,
    Status,
)


def transposed(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return GroupPoints(given.points.T, given.status.T)


def nobody_answers(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given if np.nanmax(cohort.matrix, axis=0, initial=-np.inf).min() > -np.inf else 1 / 0


def one_too_many(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[0, cohort.values("wells") > 1e9] += 1e7
    return given


def halves(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.where(given.points > 1000, given.points - 0.5, given.points))


def penalties_add(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.abs(given.points))


def missing_is_zero(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(status=np.full_like(given.status, Status.SCORED))


def missing_leaves_out(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(status=np.where(given.status == Status.MISSING, np.uint8(3), given.status))


def zero_is_missing(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.status[0, cohort.values("wells") == 0] = Status.MISSING
    return given


def reads_more(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[1] *= np.nan_to_num(cohort.values("lit"))  # W.02 does not say that it reads it
    return given


def gives_to_others(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    for code, mask in cohort.excluded.items():
        if code == "W.02":
            given.points[0, mask] = np.rint(given.points[0, mask] / 2)
    return given


def by_size(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    return given._replace(points=np.rint(given.points * min(len(cohort), 9) / 9))


def answers_zeroed(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    cohort.matrix[np.isnan(cohort.matrix)] = 0
    return given


def exclusions_cleared(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    for mask in cohort.excluded.values():
        mask[:] = False
    return given


def too_many_wells(given: GroupPoints, criteria: Sequence[Criterion], cohort: Cohort) -> Any:
    given.points[0, cohort.values("wells") > 50] = 0
    return given


class Restless(Wells):
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        self.times += 1
        points, status = Wells.score(self, criteria, cohort)
        return GroupPoints(points if self.times % 2 else points.astype(np.int64), status)


def leaves_out(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    return ShareOfDay.evaluate(self, maximum, cohort, excluded)._replace(not_applicable=cohort.values("hours") == 24)


def running_best(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    hours = cohort.values(self.indicator)
    counted = np.where(np.isnan(hours) | (False if excluded is None else excluded), 0, hours)
    best = np.maximum(np.maximum.accumulate(counted), 1)  # of the units so far
    return Outcome(np.rint(np.minimum(counted / best, 1) * maximum), np.isnan(hours))


def one_for_all(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Any:
    return Outcome(np.array([maximum]), np.isnan(cohort.values(self.indicator)))


def no_rest(self: ShareOfDay, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
    outcome = ShareOfDay.evaluate(self, maximum, cohort, excluded)
    return outcome._replace(remainders=np.zeros(len(cohort)))


def no_exact(self: ShareOfDay, *_: Any) -> Fraction:
    raise ArithmeticError


def connect() -> None:
    with socket.socket() as own:
        own.settimeout(0)
        own.connect_ex(("127.0.0.1", 9))
