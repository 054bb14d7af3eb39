"""The exact values of measures of one unit, from its points in a category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scorer_client.results import CategoryResult


@dataclass(frozen=True)
class MeasureValue:
    """The points and the applicable maximum of a measure."""

    points: Decimal
    maximum: Decimal

    def value(self, unit: str) -> float | None:
        """The measure in points or percent; None if it is in percent and no criterion of the measure applies."""
        if unit == "points":
            return float(self.points)
        return float(100 * self.points / self.maximum) if self.maximum else None


def scores_by_name(category: CategoryResult) -> dict[str, tuple[float, float]]:
    """Points and applicable maximum of the total and of each group and criterion, by the names that measures use."""
    scores = {"total": (category.score.points, category.score.max_points)}
    for group in category.groups:
        scores[group.group] = (group.score.points, group.score.max_points)
        for item in group.criteria:
            scores[item.criterion] = (item.points, item.max_points)
    return scores


def measure_value(scores: Mapping[str, tuple[float, float]], measure: str) -> MeasureValue:
    """The exact value of a measure. ``repr`` of a double from the service gives its exact decimals."""
    terms = [scores[term] for term in measure.split("+")]
    points, maxima = ([Decimal(repr(number)) for number in column] for column in zip(*terms, strict=True))
    return MeasureValue(sum(points, Decimal()), sum(maxima, Decimal()))
