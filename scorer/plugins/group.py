"""The classes that plugin authors use: ``CriterionGroup`` with indicators, checks and scoring."""

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
from scorer.formulas.base import checked
from scorer.model.cohort import Cohort
from scorer.model.fixed_point import Bools, Floats
from scorer.model.indicators import Indicator
from scorer.model.untrusted import is_plugin_fault, safe_repr

API_VERSION = 1
"""The version of ``scorer.plugin_api``. Each group names the version that it was written for."""


class Status(IntEnum):
    """The result of a criterion for one unit."""

    SCORED = native.SCORED
    MISSING = native.MISSING
    """An indicator that the criterion reads was not reported."""
    NOT_APPLICABLE = native.NOT_APPLICABLE
    """The criterion is left out of the unit's points and maximum."""


Statuses = NDArray[np.uint8]
"""An array of ``Status``."""


class GroupPoints(NamedTuple):
    """Points of k criteria for n units, one row per criterion.

    The maxima are not part of this class, because the scorer derives them from the criteria and the statuses.
    """

    points: Floats
    """(k, n) whole micropoints, as int64, or as float64 below 2^53. Points of a bonus are positive, of a penalty
    negative."""
    status: Statuses
    """(k, n) of ``Status``."""


class CriterionFault(Exception):
    """A criterion could not be scored. A group with its own ``score`` may raise this ``from`` the cause."""

    def __init__(self, criterion: str, cause: BaseException) -> None:
        super().__init__(f"criterion {criterion}: {safe_repr(cause)}")
        self.criterion, self.cause = criterion, cause


class FormulaFault(CriterionFault):
    """The formula of a criterion raised an exception."""


class Check(ABC):
    """A rule between several answers of one unit. A request with answers that violate it is refused.

    The check runs only if a criteria set has all indicators that it reads. Instances must not change.
    """

    reason: ClassVar[str]
    """A word in capitals for programs, such as PART_LARGER_THAN_WHOLE."""

    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The indicators that are compared. Violations are reported for the first one."""

    @abstractmethod
    def violated(self, cohort: Cohort) -> Bools:
        """(n,) whether each unit violates the rule. An answer that was not reported (NaN) is not a violation."""

    @abstractmethod
    def describe(self, cohort: Cohort, unit: int) -> str:
        """What is wrong with the answers of one unit, for people; ``unit`` is its index in the cohort, from 0."""


@dataclass(frozen=True)
class PartOf(Check):
    """A check that one indicator is not larger than another, for example that files submitted online are not more than
    all files.
    """

    part: str
    whole: str

    reason: ClassVar[str] = "PART_LARGER_THAN_WHOLE"

    def reads(self) -> tuple[str, ...]:
        """The part and the whole. Violations are reported for the part."""
        return self.part, self.whole

    def violated(self, cohort: Cohort) -> Bools:
        """(n,) whether both were reported and the part is larger."""
        return np.greater(cohort.values(self.part), cohort.values(self.whole))

    def describe(self, cohort: Cohort, unit: int) -> str:
        """What is wrong with the answers of one unit."""
        part, whole = (cohort.indicators[code].show(cohort.values(code)[unit]) for code in self.reads())
        return f"{part} is more than {self.whole} = {whole}, of which it is a part"


class CriterionGroup:
    """Base class of criterion groups. A subclass sets the attributes, and overrides ``score`` only if it must.

    Points may depend only on the cohort, not on time, network or chance. Instances must not change.
    """

    name: ClassVar[str]
    """The group's code in criteria sets."""
    api_version: ClassVar[int]
    """The ``API_VERSION`` that the group was written for."""
    title: ClassVar[Mapping[str, str]] = {}
    """Titles by language (BCP 47 tag)."""
    indicators: ClassVar[tuple[Indicator, ...]] = ()
    """The indicators that this group adds. Criteria of all groups may read all indicators of a set."""
    checks: ClassVar[tuple[Check, ...]] = ()
    """Rules between answers. A check runs only if a set has all indicators that it reads."""

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        """Points of the group's k criteria for the n units of a cohort, by the formulas that the criteria set names.

        The scorer applies exclusions and ``when_missing`` afterwards.

        Args:
            criteria: the group's criteria in the cohort's tier.
            cohort: the units with their answers.

        Raises:
            CriterionFault: a formula raised an exception.
        """
        points = np.empty((len(criteria), len(cohort)))
        status = np.empty((len(criteria), len(cohort)), dtype=np.uint8)
        for row, criterion in enumerate(criteria):
            maximum = criterion.points.of(cohort.tier) or 0
            try:
                outcome = criterion.formula.evaluate(maximum, cohort, cohort.excluded.get(criterion.id))
                checked(outcome, len(cohort))
                points[row] = outcome.points if criterion.effect is not Effect.PENALTY else -outcome.points
                status[row] = np.where(outcome.missing, Status.MISSING, Status.SCORED)
                if outcome.not_applicable is not None:
                    status[row, outcome.not_applicable] = Status.NOT_APPLICABLE
            except BaseException as error:  # a formula may belong to a plugin
                if not is_plugin_fault(error):
                    raise
                raise FormulaFault(criterion.id, error) from error
        return GroupPoints(points, status)


def overrides_score(group: CriterionGroup) -> bool:
    """Whether a group overrides ``score``, so that its own code scores instead of the formulas."""
    return getattr(group.score, "__func__", None) is not CriterionGroup.score
