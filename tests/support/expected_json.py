"""Requests, and the replies that the oracle expects, as JSON of Protocol Buffers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import oracle
import unit_messages
from expected_replies import expected_card, expected_reply
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from oracle import Unit

from egov.scorer.v1 import scorer_pb2 as pb

Json = dict[str, Any]


def score_unit(code: str, unit: Unit, card: oracle.Card, *, period: str, full: bool) -> tuple[Json, Json]:
    """A ScoreUnit request, and the expected reply without the provenance."""
    request = pb.ScoreUnitRequest(
        criteria_set=code, period=period, unit_answers=unit_messages.unit_answers(unit), view=_view(full)
    )
    sent = MessageToDict(request)
    _sort_answers(sent["unitAnswers"])
    expected = expected_card(card)
    return sent, whole(pb.ScoreUnitResponse(scorecard=expected if full else _basic_card(expected)))


def rank_province(
    code: str,
    units: Iterable[Unit],
    rankings: Iterable[oracle.Ranking],
    *,
    province: str,
    period: str,
    tier: str,
    full: bool,
) -> tuple[Json, Json]:
    """A RankProvince request with rows, and the expected reply without the provenance."""
    request = pb.RankProvinceRequest(
        criteria_set=code, province=province, period=period, tier=tier, view=_view(full), rows=unit_messages.rows(units)
    )
    sent = MessageToDict(request)
    for unit in sent["rows"]["units"]:
        _sort_answers(unit)
    reply = whole(_reply(rankings, full=full))
    del reply["nextPageToken"]
    return sent, reply


def table_request(code: str, stream: bytes, **asked: Any) -> Json:
    """A RankProvince request with a table."""
    full = asked.pop("full", False)
    table = pb.UnitTable(arrow_stream=stream)
    return MessageToDict(pb.RankProvinceRequest(criteria_set=code, table=table, view=_view(full), **asked))


def rank_table(
    code: str, stream: bytes, rankings: Iterable[oracle.Ranking], *, full: bool, **asked: str
) -> tuple[Json, Json]:
    """A RankProvince request with a table, and the expected reply without tables and provenance."""
    reply = _reply(rankings, full=full)
    for ranking in reply.rankings:
        ranking.ClearField("scorecards")
    found = whole(reply)
    del found["nextPageToken"]
    return table_request(code, stream, full=full, **asked), found


def _view(full: bool) -> pb.ScorecardView:
    return pb.SCORECARD_VIEW_FULL if full else pb.SCORECARD_VIEW_BASIC


def _sort_answers(unit: Json) -> None:
    """Sorts the entries of a map, which has no order."""
    if "answers" in unit:
        unit["answers"] = dict(sorted(unit["answers"].items()))


RARE = (
    "upper", "indicator", "options", "category", "categoryLevel", "excluded", "limit", "answer", "reachedLevel",
    "atLeast", "outOf", "of",
)  # fmt: skip
"""Fields that few gates and their results have; they are left out if they are 0 or empty."""


def whole(message: Message) -> Json:
    """The message as JSON with every field, also those that are 0 or empty, except rare fields of gates."""
    found: Json = _without_rare(MessageToDict(message, always_print_fields_with_no_presence=True), is_gate=False)
    return found


def _without_rare(value: Any, *, is_gate: bool) -> Any:
    if isinstance(value, list):
        return [_without_rare(item, is_gate=is_gate) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_rare(item, is_gate=key in ("gate", "failing", "gates", "of"))
        for key, item in value.items()
        if not (is_gate and key in RARE and not item)
    }


def _reply(rankings: Iterable[oracle.Ranking], *, full: bool) -> pb.RankProvinceResponse:
    reply = expected_reply(rankings)
    if not full:
        for ranking in reply.rankings:
            for tally in ranking.tallies:
                tally.ClearField("criteria")
            for card in ranking.scorecards:
                _basic_card(card)
    return reply


def _basic_card(card: pb.Scorecard) -> pb.Scorecard:
    for category in card.categories:
        category.ClearField("groups")
        category.ClearField("gates")
    return card
