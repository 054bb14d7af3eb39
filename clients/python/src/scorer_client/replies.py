"""Converts reply messages to plain Python values."""

from __future__ import annotations

from typing import Any

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.causes import Cause
from scorer_client.enums import words
from scorer_client.ranking_table import TableUnits
from scorer_client.rankings import CriterionCount, GateCount, Provenance, Province, Ranking, Tally
from scorer_client.results import CategoryResult, CriterionResult, GroupResult, Measure, Score, UnitResult

STANDINGS, STATUSES = words(pb.Standing), words(pb.CriterionStatus)


def province(reply: pb.RankProvinceResponse, request_id: str) -> Province:
    """Converts a reply of RankProvince."""
    return Province(
        tuple(_ranking(ranking) for ranking in reply.rankings),
        provenance(reply.provenance),
        reply.next_page_token,
        request_id,
    )


def provenance(message: pb.Provenance) -> Provenance:
    """Converts the provenance of a result."""
    return Provenance(*(getattr(message, field) for field in Provenance._fields))


def unit_result(card: pb.Scorecard, request_id: str = "") -> UnitResult:
    """Converts a scorecard."""
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


def _ranking(message: pb.Ranking) -> Ranking:
    in_table = message.HasField("table")
    return Ranking(
        message.tier,
        message.cohort,
        message.unit_count,
        message.overall_ranked,
        tuple(_tally(tally) for tally in message.tallies),
        TableUnits(message.table.arrow_stream) if in_table else [unit_result(card) for card in message.scorecards],
    )


def _tally(message: pb.CategoryTally) -> Tally:
    return Tally(
        message.category,
        message.ranked,
        {count.level: count.units for count in message.levels},
        tuple(GateCount(**_gate(count.gate), units=count.units) for count in message.failing),
        tuple(CriterionCount(c.criterion, c.applicable, c.full, c.none, c.missing) for c in message.criteria),
    )


def _category(message: pb.CategoryScore) -> CategoryResult:
    return CategoryResult(
        message.category,
        _score(message.score),
        STANDINGS[message.standing],
        message.level,
        message.rank,
        tuple(_cause(result) for result in message.failing),
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


def _cause(result: pb.GateResult) -> Cause:
    gate = _gate(result.gate)
    return Cause(
        **gate,
        value=result.value,
        answer=result.answer,
        reached_level=result.reached_level,
        at_least=result.at_least,
        out_of=result.out_of,
        of=tuple(_cause(part) for part in result.of),
    )


def _gate(gate: pb.Gate) -> dict[str, Any]:
    """The fields of a gate."""
    return {
        "level": gate.level,
        "measure": gate.measure,
        "unit": "percent" if gate.unit == pb.GATE_UNIT_PERCENT else "points",
        "minimum": gate.minimum,
        "strict": gate.strict,
        "upper": gate.upper,
        "indicator": gate.indicator,
        "options": tuple(gate.options),
        "category": gate.category,
        "category_level": gate.category_level,
        "excluded": gate.excluded,
        "limit": gate.limit,
    }
