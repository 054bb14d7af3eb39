"""Units that have fewer points for a criterion than its maximum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scorer_client.results import UnitResult


class Lack(NamedTuple):
    """A unit that has fewer points for a criterion than its maximum. The criterion applies to the unit.

    For bonuses, there is no ``Lack``, because their maximum is 0. For a penalty, there is one if it took points away.
    """

    id: str
    name: str
    tier: str
    parent: str
    points: float
    max_points: float
    missing: bool
    """Whether an answer that the criterion needs is missing."""

    @property
    def what(self) -> str:
        """ "not_reported" if an answer is missing; otherwise "some" if the unit has points, and "none" if not."""
        return "not_reported" if self.missing else "some" if self.points > 0 else "none"


def lacks(units: Iterable[UnitResult], criterion: str) -> list[Lack]:
    """The units that have fewer points for a criterion than its maximum. The results must have criteria."""
    return [
        Lack(unit.id, unit.name, unit.tier, unit.parent, item.points, item.max_points, item.status == "missing")
        for unit in units
        for category in unit.categories
        for group in category.groups
        for item in group.criteria
        if item.criterion == criterion and item.points < item.max_points
    ]
