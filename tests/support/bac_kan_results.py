"""The answers of Bắc Kạn as requests, and its results by unit."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Sequence
from importlib.resources import files

from google.type import date_pb2

from egov.scorer.v1 import criteria_pb2, scorer_pb2

SET = "bac-kan-2020"
READINESS_GROUPS = ("policy_environment", "infrastructure", "human_resources")
ACHIEVEMENT_GROUPS = ("presence", "interaction", "transaction", "transformation")

Line = dict[str, str]
LINES: list[Line] = list(
    csv.DictReader((files("scorer_plugins.answers") / f"{SET}.csv").read_text(encoding="utf-8").splitlines())
)
"""The committed answers."""


def answer(kind: int, text: str) -> scorer_pb2.Answer:
    if kind == criteria_pb2.INDICATOR_KIND_FLAG:
        return scorer_pb2.Answer(flag={"0": False, "1": True}[text])
    if kind == criteria_pb2.INDICATOR_KIND_CHOICE:
        return scorer_pb2.Answer(choice=text)
    if kind == criteria_pb2.INDICATOR_KIND_DATE:
        day = datetime.date.fromisoformat(text)
        return scorer_pb2.Answer(date=date_pb2.Date(year=day.year, month=day.month, day=day.day))
    return scorer_pb2.Answer(number=float(text))


def left_out(line: Line) -> list[str]:
    return [code for code in line["not_applicable"].split(";") if code]


class Tier:
    """One tier's ranking, its cards by unit id."""

    def __init__(self, ranking: scorer_pb2.Ranking) -> None:
        self.ranking = ranking
        self.cards = {card.unit.id: Card(card) for card in ranking.scorecards}
        self.lines = {line["id"]: line for line in LINES if line["tier"] == ranking.tier}

    def ranked(self, category: str) -> dict[str, int]:
        """Levels of the ranked units."""
        return {unit: c[category].level for unit, c in self.cards.items() if c[category].level}

    def units(self, holds: Callable[[Line], bool]) -> int:
        """The number of units whose answers meet the condition."""
        return sum(1 for line in self.lines.values() if holds(line))

    def most(self, holds: Callable[[Line], bool]) -> bool:
        """Whether the answers of more than half of the units meet the condition."""
        return 2 * self.units(holds) > len(self.lines)

    def most_missed(self, category: str, level: int) -> str:
        """The groups whose gate of a level most units fail."""
        tally = next(tally for tally in self.ranking.tallies if tally.category == category)
        gates = [count for count in tally.failing if count.gate.level == level and count.gate.measure != "total"]
        counts = sorted((count.units, count.gate.measure) for count in gates)
        assert counts[-1][0] > counts[-2][0]
        return counts[-1][1]

    def share(self, criteria: Sequence[str], units: Sequence[str]) -> float:
        """The share of their maximum that some units reach in some criteria or groups."""
        sums = [self.cards[unit].sums[code] for unit in units for code in criteria]
        return sum(points for points, _ in sums) / sum(maximum for _, maximum in sums)


class Card:
    """A scorecard, read by names."""

    def __init__(self, card: scorer_pb2.Scorecard) -> None:
        self.overall = card.overall
        self._categories = {category.category: category for category in card.categories}
        groups = [group for category in card.categories for group in category.groups]
        self.sums = {g.group: (g.score.points, g.score.max_points) for g in groups}
        self.sums |= {c.criterion: (c.points, c.max_points) for g in groups for c in g.criteria}
        self.statuses = {c.criterion: c.status for g in groups for c in g.criteria}

    def __getitem__(self, category: str) -> scorer_pb2.CategoryScore:
        return self._categories[category]

    def measure(self, category: str, name: str) -> scorer_pb2.MeasureResult:
        return next(measure for measure in self[category].measures if measure.measure == name)

    def failing(self, category: str) -> dict[str, tuple[int, float, float]]:
        """Level, minimum and value of the gates that keep the unit from its next better level, by measure."""
        gates = self[category].failing
        return {gate.gate.measure: (gate.gate.level, gate.gate.minimum, gate.value) for gate in gates}


def criteria(issued: criteria_pb2.CriteriaSet) -> list[criteria_pb2.Criterion]:
    return [criterion for category in issued.categories for group in category.groups for criterion in group.criteria]
