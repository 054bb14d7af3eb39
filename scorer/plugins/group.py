"""What a plugin author writes: a criterion group with its indicators, checks and, if need be, its own scoring."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scorer import native
from scorer.criteria.model import Criterion, Effect
from scorer.model.fixed_point import Bools, Floats
from scorer.model.indicators import Indicator
from scorer.model.units import Cohort
from scorer.model.untrusted import is_plugin_fault, safe_repr

API_VERSION = 1
"""Version of what ``scorer.plugin_api`` offers; a group names the one it was written for."""


class Status(IntEnum):
    """What became of a criterion of a unit."""

    SCORED = native.SCORED
    MISSING = native.MISSING
    """An indicator it reads was not reported."""
    NOT_APPLICABLE = native.NOT_APPLICABLE
    """Left out of points and maximum."""


Statuses = NDArray[np.uint8]
"""An array of ``Status``."""


class GroupPoints(NamedTuple):
    """Points of k criteria for n units, one row a criterion (rows fill 1.9 times as fast as columns).

    There is no array of maxima: they follow from the criteria and the statuses, so they cannot contradict them.
    """

    points: Floats
    """(k, n) whole micropoints, as int64 or as float64 below 2^53; a bonus adds, a penalty is negative."""
    status: Statuses
    """(k, n)"""


class CriterionFault(Exception):
    """A criterion broke while scoring. Raised ``from`` its cause by a group's own ``score``, it names the criterion."""

    def __init__(self, criterion: str, cause: BaseException) -> None:
        super().__init__(f"criterion {criterion}: {safe_repr(cause)}")
        self.criterion = criterion


class Check(ABC):
    """Something that must hold between answers of one unit; a request in which it does not is refused.

    It is made only where a criteria set has all the indicators it reads. An instance holds no state that changes.
    """

    reason: ClassVar[str]
    """In capitals, for programs, such as PART_LARGER_THAN_WHOLE."""

    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The indicators compared; the first one is where a violation is reported."""

    @abstractmethod
    def violated(self, cohort: Cohort) -> Bools:
        """(n,) where it does not hold; an answer that was not reported (NaN) violates nothing."""

    @abstractmethod
    def describe(self, cohort: Cohort, unit: int) -> str:
        """What is wrong with the answers of one unit, for people; ``unit`` is its place in the cohort, from 0."""


@dataclass(frozen=True)
class PartOf(Check):
    """A check that one indicator is never larger than another: online files of all files."""

    part: str
    whole: str

    reason: ClassVar[str] = "PART_LARGER_THAN_WHOLE"

    def reads(self) -> tuple[str, ...]:
        """The indicators compared; the first one is where a violation is reported."""
        return self.part, self.whole

    def violated(self, cohort: Cohort) -> Bools:
        """(n,) where both were reported and the part is larger."""
        return np.greater(cohort.values(self.part), cohort.values(self.whole))

    def describe(self, cohort: Cohort, unit: int) -> str:
        """What is wrong with one unit."""
        part, whole = (cohort.indicators[code].show(cohort.values(code)[unit]) for code in self.reads())
        return f"{part} is more than {self.whole} = {whole}, of which it is a part"


class CriterionGroup:
    """One criterion group. Subclass it, name it, list its indicators; ``score`` is inherited unless it must differ.

    Instances hold no state that changes: no clock, network or chance, the same cohort gives the same points.
    """

    name: ClassVar[str]
    """Code of the group in criteria sets."""
    api_version: ClassVar[int]
    """The ``API_VERSION`` it was written for."""
    title: ClassVar[Mapping[str, str]] = {}
    """By BCP 47 tag."""
    indicators: ClassVar[tuple[Indicator, ...]] = ()
    """What its units may report; any group's criteria may read any indicator of a set."""
    checks: ClassVar[tuple[Check, ...]] = ()
    """What must hold between answers; made only where a set has all the indicators."""

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        """Points of the group's k criteria of the cohort's tier for its n units, by the formulas the set names.

        Exclusions and ``when_missing`` are applied afterwards by the scorer.

        Raises:
            CriterionFault: a formula broke.
        """
        points = np.empty((len(criteria), len(cohort)))
        status = np.empty((len(criteria), len(cohort)), dtype=np.uint8)
        for row, criterion in enumerate(criteria):
            most = criterion.points.of(cohort.tier) or 0
            try:
                outcome = criterion.formula.evaluate(most, cohort, cohort.excluded.get(criterion.id))
                points[row] = outcome.points if criterion.effect is not Effect.PENALTY else -outcome.points
                status[row] = np.where(outcome.missing, Status.MISSING, Status.SCORED)
                if outcome.not_applicable is not None:
                    status[row, outcome.not_applicable] = Status.NOT_APPLICABLE
            except BaseException as error:  # a stranger's formula
                if not is_plugin_fault(error):
                    raise
                raise CriterionFault(criterion.id, error) from error
        return GroupPoints(points, status)
