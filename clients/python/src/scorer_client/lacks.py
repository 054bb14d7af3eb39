"""Who lacks what, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scorer_client.results import UnitResult


class Lack(NamedTuple):
    """A unit with less than all points of a criterion that applies to it.

    Of a bonus no unit lacks anything; of a penalty do those from which it took points.
    """

    id: str
    name: str
    tier: str
    parent: str
    points: float
    max_points: float
    missing: bool
    """Whether an answer that the criterion reads was not reported."""

    @property
    def what(self) -> str:
        """ "not_reported", or how many of the points the unit has: "none" or "part"."""
        return "not_reported" if self.missing else "part" if self.points > 0 else "none"


def lacks(units: Iterable[UnitResult], criterion: str) -> list[Lack]:
    """Those of the units, which have their criteria, that lack one of them."""
    return [
        Lack(unit.id, unit.name, unit.tier, unit.parent, item.points, item.max_points, item.status == "missing")
        for unit in units
        for category in unit.categories
        for group in category.groups
        for item in group.criteria
        if item.criterion == criterion and item.points < item.max_points
    ]
