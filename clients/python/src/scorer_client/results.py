"""Replies as plain Python values, with the causes as readable sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload

from egov.scorer.v1 import criteria_pb2
from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.lacks import Lack, lacks
from scorer_client.requests import Unit
from scorer_client.sentences import cause_sentence, unit_sentence
from scorer_client.units import Units

STANDINGS: dict[int, str] = {
    pb.STANDING_RANKED: "ranked",
    pb.STANDING_BELOW_MINIMUM: "below_minimum",
    pb.STANDING_NOTHING_APPLICABLE: "nothing_applicable",
}
STATUSES: dict[int, str] = {
    pb.CRITERION_STATUS_SCORED: "scored",
    pb.CRITERION_STATUS_MISSING: "missing",
    pb.CRITERION_STATUS_NOT_APPLICABLE: "not_applicable",
}
STATES: dict[int, str] = {
    criteria_pb2.CRITERIA_SET_STATE_AVAILABLE: "available",
    criteria_pb2.CRITERIA_SET_STATE_REFUSED: "refused",
    criteria_pb2.CRITERIA_SET_STATE_KEPT: "kept",
}


class Score(NamedTuple):
    """Points of one sum of criteria; the fields are those of the message Score."""

    points: float
    max_points: float
    nominal_max_points: float
    percent: float
    converted: float
    published: float
    missing: int
    not_applicable: int


class Cause(NamedTuple):
    """A gate that a unit does not pass, and the value it has instead."""

    level: int
    measure: str
    unit: str
    """"percent" or "points"."""
    minimum: float
    strict: bool
    value: float

    def sentence(self, language: str = "en", titles: Mapping[str, str] | None = None) -> str:
        """For people; ``titles`` may give groups their names."""
        return cause_sentence(*self, language=language, titles=titles or {})


class Measure(NamedTuple):
    """A measure that gates compare."""

    measure: str
    points: float
    max_points: float
    percent: float
    level: int
    """Best level all of whose gates on this measure hold; 0: none."""


class CriterionResult(NamedTuple):
    """One criterion of a unit."""

    criterion: str
    points: float
    max_points: float
    status: str
    """"scored", "missing" or "not_applicable"."""


@dataclass(frozen=True)
class GroupResult:
    """One criterion group of a unit; its criteria only in FULL rows."""

    group: str
    score: Score
    criteria: tuple[CriterionResult, ...] = ()


@dataclass(frozen=True)
class CategoryResult:
    """One category of a unit."""

    category: str
    score: Score
    standing: str
    """"ranked", "below_minimum" or "nothing_applicable"."""
    level: int
    """1 is best; 0: none."""
    rank: int
    """0: not ranked, or scored alone."""
    causes: tuple[Cause, ...]
    """What keeps the unit from its next better level; from the lowest, when it has none."""
    measures: tuple[Measure, ...] = ()
    """Rows only."""
    groups: tuple[GroupResult, ...] = ()
    """FULL only."""


@dataclass(frozen=True)
class UnitResult:
    """Everything about one unit."""

    id: str
    name: str
    tier: str
    parent: str
    categories: tuple[CategoryResult, ...]
    overall: Score
    overall_rank: int
    """0: not ranked, or scored alone."""
    lacking: tuple[str, ...]
    """Required categories in which the unit is not ranked."""
    commended: bool = False
    """Whether the set commends it; never when scored alone."""
    request_id: str = field(default="", compare=False)
    """Of the call that scored it alone; of a province, the province has it."""

    def category(self, code: str) -> CategoryResult:
        """One category.

        Raises:
            KeyError: the unit's tier has no such category.
        """
        for category in self.categories:
            if category.category == code:
                return category
        raise KeyError(code)

    def why(self, language: str = "en", titles: Mapping[str, str] | None = None) -> list[str]:
        """A sentence for each category: the level, and what keeps the unit from a better one."""
        return [unit_sentence(category, language, titles or {}) for category in self.categories]


class GateCount(NamedTuple):
    """How many units do not pass a gate."""

    level: int
    measure: str
    unit: str
    minimum: float
    strict: bool
    units: int


class CriterionCount(NamedTuple):
    """What units reached in one criterion; the fields are those of the message CriterionCount."""

    criterion: str
    applicable: int
    full: int
    none: int
    missing: int


@dataclass(frozen=True)
class Tally:
    """A category counted over a whole ranking."""

    category: str
    ranked: int
    levels: Mapping[int, int]
    """Units by level, best level first."""
    failing: tuple[GateCount, ...]
    criteria: tuple[CriterionCount, ...]
    """FULL only."""


@dataclass(frozen=True)
class Ranking:
    """The units that are ranked together, in ranking order."""

    tier: str
    cohort: str
    """The tier; or the parent's id, where the set ranks within parents."""
    unit_count: int
    overall_ranked: int
    tallies: tuple[Tally, ...]
    units: Sequence[UnitResult]

    def tally(self, category: str) -> Tally:
        """One category's counts.

        Raises:
            KeyError: the tier has no such category.
        """
        for tally in self.tallies:
            if tally.category == category:
                return tally
        raise KeyError(category)

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have less than all points of a criterion: who has no firewall.

        Raises:
            KeyError: the tier has no such criterion.
            ValueError: the units' criteria are not here: ask for them as rows, with ``full``.
        """
        if criterion not in _criteria(self):
            raise KeyError(criterion)
        return list(lacks(self.units, criterion))


class Provenance(NamedTuple):
    """What a result was made with."""

    criteria_set: str
    revision: str
    criteria_provenance: str
    province: str
    period: str
    engine_version: str


@dataclass(frozen=True)
class Province:
    """The rankings of a province, one a tier; or a parent, where the set ranks within parents."""

    rankings: tuple[Ranking, ...]
    provenance: Provenance
    next_page_token: str = ""
    request_id: str = field(default="", compare=False)
    """Of the call, by which the service's log has it."""

    def ranking(self, tier: str, cohort: str = "") -> Ranking:
        """One tier's ranking; that of one parent, when ``cohort`` names it.

        Raises:
            KeyError: the reply has no such tier or cohort, or several cohorts of the tier, and none is named.
        """
        found = [ranking for ranking in self.rankings if ranking.tier == tier and cohort in ("", ranking.cohort)]
        if len(found) > 1:
            raise KeyError(f"{tier} is ranked by {len(found)} cohorts, from {found[0].cohort!r} on: name one")
        if not found:
            raise KeyError(cohort or tier)
        return found[0]

    def lacking(self, criterion: str) -> list[Lack]:
        """The units that have less than all points of a criterion: who has no firewall.

        Raises:
            KeyError: no tier has such a criterion.
            ValueError: the units' criteria are not here: ask for them as rows, with ``full``.
        """
        rankings = [ranking for ranking in self.rankings if criterion in _criteria(ranking)]
        if not rankings:
            raise KeyError(criterion)
        return [lack for ranking in rankings for lack in lacks(ranking.units, criterion)]

    def unit(self, code: str) -> UnitResult:
        """One unit, by id.

        Raises:
            KeyError: the reply has no such unit.
        """
        for ranking in self.rankings:
            for unit in ranking.units:
                if unit.id == code:
                    return unit
        raise KeyError(code)


def _criteria(ranking: Ranking) -> set[str]:
    """The criteria that the units of a ranking have, as its first unit tells."""
    found = {item.criterion for c in ranking.units[0].categories for group in c.groups for item in group.criteria}
    if not found:
        raise ValueError("criteria of units are only in rows that were ranked with full=True")
    return found


def province(reply: pb.RankProvinceResponse, units: Units, request_id: str) -> Province:
    """A reply; ``units`` gives a table's units their names."""
    return Province(
        tuple(_ranking(ranking, units) for ranking in reply.rankings),
        provenance(reply.provenance),
        reply.next_page_token,
        request_id,
    )


def provenance(message: pb.Provenance) -> Provenance:
    """What a result was made with."""
    return Provenance(*(getattr(message, field) for field in Provenance._fields))


def unit_result(card: pb.Scorecard, request_id: str = "") -> UnitResult:
    """A scorecard."""
    return UnitResult(
        card.unit.id,
        card.unit.name,
        card.unit.tier,
        card.unit.parent,
        tuple(_category(category) for category in card.categories),
        _score(card.overall.score),
        card.overall.rank,
        tuple(card.overall.lacking),
        card.commended,
        request_id,
    )


def _ranking(message: pb.Ranking, units: Units) -> Ranking:
    rows: Sequence[UnitResult] = [unit_result(card) for card in message.scorecards]
    return Ranking(
        message.tier,
        message.cohort,
        message.unit_count,
        message.overall_ranked,
        tuple(_tally(tally) for tally in message.tallies),
        _TableUnits(message, units) if message.HasField("table") else rows,
    )


def _tally(message: pb.CategoryTally) -> Tally:
    return Tally(
        message.category,
        message.ranked,
        {count.level: count.units for count in message.levels},
        tuple(GateCount(*_gate(count.gate), count.units) for count in message.failing),
        tuple(CriterionCount(c.criterion, c.applicable, c.full, c.none, c.missing) for c in message.criteria),
    )


def _category(message: pb.CategoryScore) -> CategoryResult:
    return CategoryResult(
        message.category,
        _score(message.score),
        STANDINGS[message.standing],
        message.level,
        message.rank,
        tuple(Cause(*_gate(result.gate), result.value) for result in message.failing),
        tuple(Measure(m.measure, m.points, m.max_points, m.percent, m.level) for m in message.measures),
        tuple(
            GroupResult(
                group.group,
                _score(group.score),
                tuple(CriterionResult(c.criterion, c.points, c.max_points, STATUSES[c.status]) for c in group.criteria),
            )
            for group in message.groups
        ),
    )


def _score(message: pb.Score) -> Score:
    return Score(*(getattr(message, field) for field in Score._fields))


def _gate(gate: pb.Gate) -> tuple[int, str, str, float, bool]:
    unit = "percent" if gate.unit == pb.GATE_UNIT_PERCENT else "points"
    return gate.level, gate.measure, unit, gate.minimum, gate.strict


class _TableUnits(Sequence[UnitResult]):
    """The units of a table, each made when it is asked for: most readers want a few of thousands."""

    def __init__(self, message: pb.Ranking, units: Units) -> None:
        self._table, self._units, self._tier = message.table, units, message.tier
        self._requires = tuple(message.overall_requires)
        self._levels = [[count.level for count in tally.levels] for tally in message.tallies]

    def __len__(self) -> int:
        return len(self._table.unit_ids)

    @overload
    def __getitem__(self, at: int) -> UnitResult: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[UnitResult]: ...
    def __getitem__(self, at: int | slice) -> UnitResult | Sequence[UnitResult]:
        if isinstance(at, slice):
            return [self._unit(place) for place in range(len(self))[at]]
        return self._unit(range(len(self))[at])

    def __iter__(self) -> Iterator[UnitResult]:
        return (self._unit(place) for place in range(len(self)))

    def _unit(self, at: int) -> UnitResult:
        table, code = self._table, self._table.unit_ids[at]
        place = self._units.place(code)
        unit = Unit(code, self._tier) if place is None else self._units[place]
        pairs = zip(table.categories, self._levels, strict=True)
        categories = tuple(_column_category(column, levels, at) for column, levels in pairs)
        unranked = {category.category for category in categories if category.standing != "ranked"}
        lacking = tuple(category for category in self._requires if category in unranked)
        overall = _columns_score(table.overall, at)
        rank = table.overall_ranks[at]
        commended = bool(table.commended) and table.commended[at]
        return UnitResult(code, unit.name, self._tier, unit.parent, categories, overall, rank, lacking, commended)


def _column_category(column: pb.CategoryColumn, levels: list[int], at: int) -> CategoryResult:
    level = column.levels[at]
    place = levels.index(level) if level else len(levels)
    wanted = levels[place - 1] if place else 0
    measures = {measure.measure: measure for measure in column.measures}
    causes = []
    for bit, gate in enumerate(column.gates):
        if gate.level == wanted and column.failed_gates[at] >> bit & 1:
            measure = measures[gate.measure]
            value = measure.percent[at] if gate.unit == pb.GATE_UNIT_PERCENT else measure.points[at]
            causes.append(Cause(*_gate(gate), value))
    return CategoryResult(
        column.category,
        _columns_score(column.score, at),
        STANDINGS[column.standings[at]],
        level,
        column.ranks[at],
        tuple(causes),
        groups=tuple(GroupResult(group.group, _columns_score(group.score, at)) for group in column.groups),
    )


def _columns_score(columns: pb.ScoreColumns, at: int) -> Score:
    return Score(
        columns.points[at],
        columns.max_points[at],
        columns.nominal_max_points,
        columns.percent[at],
        columns.converted[at],
        columns.published[at],
        columns.missing[at],
        columns.not_applicable[at],
    )
