"""The client: Python values in, reply messages out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeAlias, TypeVar

import grpc
from google.type import date_pb2

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer_client.errors import ScorerError

Value: TypeAlias = bool | int | float | str | datetime.date
"""An answer: bool for a flag, a number for a count or number, str for a choice, date for a date."""

MAX_REPLY_BYTES = 512 * 2**20

Reply = TypeVar("Reply")


@dataclass(frozen=True)
class Row:
    """One unit with its answers; an indicator left out was not reported, which is not zero."""

    id: str
    tier: str
    answers: Mapping[str, Value]
    name: str = ""
    parent: str = ""
    not_applicable: Iterable[str] = field(default=())
    """Ids of criteria that do not apply."""


class Client:
    """A connection to the service.

    Args:
        target: such as ``127.0.0.1:50051``.
        timeout: seconds that a call may take; None waits as long as it takes.
    """

    def __init__(self, target: str, timeout: float | None = 60.0) -> None:
        self._timeout = timeout
        self._channel = grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", MAX_REPLY_BYTES)])
        self._scorer = scorer_pb2_grpc.ScorerServiceStub(self._channel)
        self._criteria = criteria_pb2_grpc.CriteriaServiceStub(self._channel)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def score_unit(
        self, criteria_set: str, row: Row, *, period: str = "", full: bool = False
    ) -> scorer_pb2.ScoreUnitResponse:
        """Scores one unit; its ranks are 0.

        Raises:
            ScorerError: the call was not answered.
        """
        request = scorer_pb2.ScoreUnitRequest(
            criteria_set=criteria_set, period=period, unit_answers=_message(row), view=_view(full)
        )
        return self._call(self._scorer.ScoreUnit, request)

    def rank_province(
        self,
        criteria_set: str,
        rows: Iterable[Row],
        *,
        province: str = "",
        period: str = "",
        tier: str = "",
        full: bool = False,
    ) -> scorer_pb2.RankProvinceResponse:
        """Scores and ranks all units of a province, one ranking a tier.

        Raises:
            ScorerError: the call was not answered; one bad unit refuses all.
        """
        request = scorer_pb2.RankProvinceRequest(
            province=province,
            period=period,
            criteria_set=criteria_set,
            rows=scorer_pb2.UnitRows(units=[_message(row) for row in rows]),
            tier=tier,
            view=_view(full),
        )
        return self._call(self._scorer.RankProvince, request)

    def criteria_sets(self) -> list[criteria_pb2.CriteriaSetSummary]:
        """Every criteria set, refused ones too.

        Raises:
            ScorerError: the call was not answered.
        """
        reply = self._call(self._criteria.ListCriteriaSets, criteria_pb2.ListCriteriaSetsRequest())
        return list(reply.criteria_sets)

    def criteria_set(self, code: str) -> criteria_pb2.CriteriaSet:
        """One criteria set.

        Raises:
            ScorerError: there is none of this code, or the call was not answered.
        """
        request = criteria_pb2.GetCriteriaSetRequest(criteria_set=code)
        return self._call(self._criteria.GetCriteriaSet, request).criteria_set

    def _call(self, method: Callable[..., Reply], request: object) -> Reply:
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise ScorerError(error) from error


def _view(full: bool) -> scorer_pb2.ScorecardView:
    return scorer_pb2.SCORECARD_VIEW_FULL if full else scorer_pb2.SCORECARD_VIEW_BASIC


def _message(row: Row) -> scorer_pb2.UnitAnswers:
    return scorer_pb2.UnitAnswers(
        unit=scorer_pb2.Unit(id=row.id, name=row.name, tier=row.tier, parent=row.parent),
        answers={code: _answer(value) for code, value in row.answers.items()},
        not_applicable_criteria=row.not_applicable,
    )


def _answer(value: Value) -> scorer_pb2.Answer:
    if isinstance(value, bool):
        return scorer_pb2.Answer(flag=value)
    if isinstance(value, str):
        return scorer_pb2.Answer(choice=value)
    if isinstance(value, datetime.date):
        return scorer_pb2.Answer(date=date_pb2.Date(year=value.year, month=value.month, day=value.day))
    return scorer_pb2.Answer(number=value)
