"""Plugins without mistakes, which the broken ones change."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from harness import plugin

from scorer.plugin_api import (
    NUMBERS,
    Cohort,
    Criterion,
    CriterionGroup,
    Effect,
    Formula,
    GroupPoints,
    Indicator,
    Outcome,
    PartOf,
    Read,
    Status,
)

HERE = Path(__file__).parent
WELLS_SET, TAPS_SET = HERE / "wells-2024.yaml", HERE / "taps-2024.yaml"
Array = Any


class Wells(CriterionGroup):
    """Scores by a curve that no formula kind has: the first well counts for more than the tenth."""

    name, api_version = "wells", 1
    title: ClassVar = {"en": "Wells", "vi": "Giếng"}
    indicators = (
        Indicator("wells", "count", "wells", {"en": "Wells", "vi": "Số giếng"}, better="more"),
        Indicator("dry", "count", "wells", {"en": "Dry wells", "vi": "Số giếng cạn"}, better="less"),
        Indicator("depth", "number", "metres", {"en": "Depth", "vi": "Độ sâu"}),
        Indicator("lit", "flag", title={"en": "Lit at night", "vi": "Có đèn"}, better="more"),
    )
    checks = (PartOf("dry", "wells"),)

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        points = np.empty((len(criteria), len(cohort)))
        status = np.full(points.shape, Status.SCORED, dtype=np.uint8)
        for row, criterion in enumerate(criteria):
            values = self.values(cohort, next(iter(criterion.formula.reads())).indicator)
            share = self.share(np.nan_to_num(values))
            points[row] = np.rint(share * (criterion.points.of(cohort.tier) or 0))
            if criterion.effect is Effect.PENALTY:
                points[row] *= -1
            status[row, np.isnan(values)] = Status.MISSING
        return GroupPoints(points + 0.0, status)

    def values(self, cohort: Cohort, code: str) -> Array:
        return cohort.values(code)

    def share(self, values: Array) -> Array:
        return np.abs(values) / (np.abs(values) + 10)


class ShareOfDay(Formula):
    """Hours / 24 x points: 12 hours give half."""

    kind: ClassVar[str] = "share_of_day"
    indicator: str

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def limits(self, tier: str, maximum: int) -> dict[str, tuple[float, float]]:
        return {self.indicator: (0, 24)}

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
        hours = cohort.values(self.indicator)
        exact = np.nan_to_num(hours) * maximum / 24
        return Outcome(np.rint(exact), np.isnan(hours), None, exact - np.rint(exact))

    def exact(self, maximum: int, cohort: Cohort, excluded: Array, unit: int) -> Fraction:
        return Fraction(int(np.nan_to_num(cohort.values(self.indicator)[unit]))) * maximum / 24


class Taps(CriterionGroup):
    """Scores by the formulas that the set names."""

    name, api_version = "taps", 1
    title: ClassVar = {"en": "Taps"}
    indicators = (
        Indicator("hours", "count", "hours", {"en": "Hours of water a day"}, better="more"),
        Indicator("metered", "flag", title={"en": "Metered"}),
    )


@dataclass(frozen=True)
class AtMostHalf(PartOf):
    """The part is at most half of the whole."""

    def violated(self, cohort: Cohort) -> Array:
        return 2 * cohort.values(self.part) > cohort.values(self.whole)


class Place(Formula):
    """The share of units that report less, of all points."""

    kind: ClassVar[str] = "place"
    indicator: str

    @property
    def needs_cohort(self) -> bool:
        return True

    def reads(self) -> Iterable[Read]:
        return [Read(("indicator",), self.indicator, NUMBERS)]

    def evaluate(self, maximum: int, cohort: Cohort, excluded: Array) -> Outcome:
        values = cohort.values(self.indicator)
        counted = np.sort(values[~np.isnan(values) & (True if excluded is None else ~excluded)])
        below = np.searchsorted(counted, np.nan_to_num(values))
        return Outcome(np.floor(below * maximum / max(len(counted), 1)), np.isnan(values))


class Pipes(CriterionGroup):
    """Scores by the formulas of the set, some of which look at all units, and writes it into a log."""

    name, api_version = "pipes", 1
    title: ClassVar = {"en": "Pipes"}
    indicators = (
        Indicator("length", "number", "km", {"en": "Length"}, minimum=0, better="more"),
        Indicator("leaking", "number", "km", {"en": "Leaking"}, minimum=0, better="less"),
        Indicator("laid", "date", title={"en": "Laid"}),
        Indicator("material", "choice", title={"en": "Material"}, options=("steel", "lead")),
    )
    checks = (AtMostHalf("leaking", "length"),)

    def score(self, criteria: Sequence[Criterion], cohort: Cohort) -> GroupPoints:
        logging.getLogger("pipes").info("%d units", len(cohort))  # looks at the clock
        return super().score(criteria, cohort)


SOUND = {
    "own scoring": plugin(Wells(), sets=[WELLS_SET]),
    "own formula kind": plugin(Taps(), [ShareOfDay], [TAPS_SET]),
    "looks at all units": plugin(Pipes(), [Place], [HERE / "pipes-2024.yaml"]),
}
