"""Converts reply messages to plain Python values.

Fields are matched by name, so a field that is added to a result type and to its message needs no code here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from egov.scorer.v1 import scorer_pb2 as pb
from scorer_client.causes import Cause
from scorer_client.enums import gate_unit, words
from scorer_client.ranking_table import TableUnits
from scorer_client.rankings import CriterionCount, GateCount, Provenance, Province, Ranking, Tally
from scorer_client.results import (
    CategoryResult,
    CriterionResult,
    GroupResult,
    Measure,
    Score,
    SubtotalResult,
    UnitResult,
    field_names,
)
from scorer_client.titles import Texts, texts_by_key

Result = TypeVar("Result")

_SelfReportable: TypeAlias = pb.Score | pb.CriterionScore


def province(reply: pb.RankProvinceResponse, request_id: str) -> Province:
    """Converts a reply of RankProvince."""
    return Province(
        tuple(_ranking(ranking) for ranking in reply.rankings),
        provenance(reply.provenance),
        reply.next_page_token,
        request_id,
        texts_by_key(reply.names),
    )


def provenance(message: pb.Provenance) -> Provenance:
    """Converts the provenance of a result."""
    return Provenance(*(getattr(message, field) for field in Provenance._fields))


def unit_result(reply: pb.ScoreUnitResponse, request_id: str) -> UnitResult:
    """Converts a reply of ScoreUnit."""
    (unit,) = _units([reply.scorecard], request_id, texts_by_key(reply.names))
    return unit


def _units(
    cards: Sequence[pb.Scorecard], request_id: str = "", texts: Mapping[str, Texts] | None = None
) -> list[UnitResult]:
    return _results(
        UnitResult,
        cards,
        **_columns(UnitResult, [card.unit for card in cards]),
        categories=[tuple(_categories(card.categories)) for card in cards],
        overall=_self_reportable(Score, [card.overall.score for card in cards]),
        overall_rank=[card.overall.rank for card in cards],
        lacking=[tuple(card.overall.lacking) for card in cards],
        subtotals=[tuple(_subtotals(card.subtotals)) for card in cards],
        request_id=repeat(request_id),
        texts=repeat(texts or {}),
    )


def _ranking(message: pb.Ranking) -> Ranking:
    in_table = message.HasField("table")
    return Ranking(
        message.tier,
        message.cohort,
        message.unit_count,
        message.overall_ranked,
        tuple(_tally(tally) for tally in message.tallies),
        TableUnits(message.table.arrow_stream) if in_table else _units(message.scorecards),
    )


def _tally(message: pb.CategoryTally) -> Tally:
    gates = [count.gate for count in message.failing]
    return Tally(
        message.category,
        message.ranked,
        {count.level: count.units for count in message.levels},
        tuple(_results(GateCount, gates, units=[count.units for count in message.failing], **_gate_columns(gates))),
        tuple(_results(CriterionCount, message.criteria)),
    )


def _categories(messages: Sequence[pb.CategoryScore]) -> list[CategoryResult]:
    return _results(
        CategoryResult,
        messages,
        score=_self_reportable(Score, [message.score for message in messages]),
        causes=[tuple(_causes(message.failing)) for message in messages],
        measures=[tuple(_results(Measure, message.measures)) for message in messages],
        groups=[tuple(_groups(message.groups)) for message in messages],
    )


def _causes(failing: Sequence[pb.GateResult]) -> list[Cause]:
    if not failing:
        return []
    gates = [result.gate for result in failing]
    of = [tuple(_causes(result.of)) for result in failing]
    return _results(Cause, gates, of=of, **_columns(Cause, list(failing)), **_gate_columns(gates))


def _gate_columns(gates: Sequence[pb.Gate]) -> dict[str, Iterable[Any]]:
    """The fields of gates whose values have to be converted."""
    return {"unit": list(map(gate_unit, gates)), "options": [tuple(gate.options) for gate in gates]}


def _groups(messages: Sequence[pb.GroupScore]) -> list[GroupResult]:
    return _results(
        GroupResult,
        messages,
        score=_self_reportable(Score, [message.score for message in messages]),
        criteria=[tuple(_self_reportable(CriterionResult, message.criteria)) for message in messages],
    )


def _subtotals(messages: Sequence[pb.SubtotalScore]) -> list[SubtotalResult]:
    return _results(SubtotalResult, messages, score=_self_reportable(Score, [message.score for message in messages]))


def _self_reportable(kind: Callable[..., Result], messages: Sequence[_SelfReportable]) -> list[Result]:
    """Converts messages together with their fields ``self_reported``, which either all or none of them have."""
    self_reported: Iterable[Result | None] = repeat(None)
    if messages and messages[0].HasField("self_reported"):
        self_reported = _self_reportable(kind, [message.self_reported for message in messages])
    return _results(kind, messages, self_reported=self_reported)


def _results(kind: Callable[..., Result], messages: Sequence[Message], **others: Iterable[Any]) -> list[Result]:
    """Converts messages to results.

    Args:
        kind: the type of the results.
        messages: one message per result. Fields that are not in ``others`` are read from the fields of the same name.
        others: the values of other fields, by field name: one value per result.
    """
    columns = {
        **_columns(kind, list(messages)),
        **others,
    }  # list(), because protobuf's lists create new objects on each access
    return list(map(kind, *(columns[name] for name in field_names(kind)))) if messages else []


def _columns(kind: Callable[..., Any], messages: Sequence[Message]) -> dict[str, Iterable[Any]]:
    """The values of the fields that a result type and the messages have in common, by field name."""
    common = _common(kind, messages[0].DESCRIPTOR) if messages else []
    return {
        name: map(members.__getitem__, map(value_of, messages)) if members else map(value_of, messages)
        for name, value_of, members in common
    }


@cache
def _common(
    kind: Callable[..., Any], descriptor: Descriptor
) -> list[tuple[str, Callable[[Message], Any], Mapping[int, str]]]:
    """The fields that a result type and a message have in common, except for lists and messages.

    Each with its name, its getter and, for an enumeration, the words of its members.
    """
    fields = [field for field in descriptor.fields if field.name in field_names(kind)]
    return [
        (field.name, attrgetter(field.name), words(field.enum_type) if field.enum_type else {})
        for field in fields
        if not field.is_repeated and field.message_type is None
    ]
