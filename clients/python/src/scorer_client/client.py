"""The client: Python values in, typed results out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import grpc

from egov.scorer.v1 import criteria_pb2, criteria_pb2_grpc, scorer_pb2, scorer_pb2_grpc
from scorer_client import results
from scorer_client.csv_file import Sheet, read_csv
from scorer_client.errors import ScorerError
from scorer_client.forms import Form, form
from scorer_client.requests import Row, Unit, fill_table, row_message, view

MAX_REPLY_BYTES = 512 * 2**20

RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "egov.scorer.v1.ScorerService"}, {"service": "egov.scorer.v1.CriteriaService"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
"""Only a server that could not be reached is asked again: everything else is an answer."""

Reply = TypeVar("Reply")


class Transport(Protocol):
    """What carries calls; each raises ``ScorerError``."""

    def score_unit(self, request: scorer_pb2.ScoreUnitRequest, timeout: float | None) -> scorer_pb2.ScoreUnitResponse:
        """ScoreUnit."""

    def rank_province(
        self, request: scorer_pb2.RankProvinceRequest, timeout: float | None
    ) -> scorer_pb2.RankProvinceResponse:
        """RankProvince."""

    def list_criteria_sets(
        self, request: criteria_pb2.ListCriteriaSetsRequest, timeout: float | None
    ) -> criteria_pb2.ListCriteriaSetsResponse:
        """ListCriteriaSets."""

    def get_criteria_set(
        self, request: criteria_pb2.GetCriteriaSetRequest, timeout: float | None
    ) -> criteria_pb2.GetCriteriaSetResponse:
        """GetCriteriaSet."""

    def close(self) -> None:
        """Ends the connection."""


class GrpcTransport:
    """Calls over gRPC."""

    def __init__(self, target: str) -> None:
        options = [
            ("grpc.max_receive_message_length", MAX_REPLY_BYTES),
            ("grpc.service_config", json.dumps(RETRIES)),
        ]
        self._channel = grpc.insecure_channel(target, options)
        scorer = scorer_pb2_grpc.ScorerServiceStub(self._channel)
        criteria = criteria_pb2_grpc.CriteriaServiceStub(self._channel)
        self.score_unit = _call(scorer.ScoreUnit)
        self.rank_province = _call(scorer.RankProvince)
        self.list_criteria_sets = _call(criteria.ListCriteriaSets)
        self.get_criteria_set = _call(criteria.GetCriteriaSet)

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


def _call(method: Callable[..., Reply]) -> Callable[[Any, float | None], Reply]:
    def call(request: Any, timeout: float | None) -> Reply:
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise ScorerError.of_call(error) from error

    return call


class Client:
    """A connection to the service.

    Args:
        target: such as ``127.0.0.1:50051``; or a transport.
        timeout: seconds that a call may take unless it says otherwise; None waits as long as it takes.
    """

    def __init__(self, target: str | Transport, timeout: float | None = 60.0) -> None:
        self._transport: Transport = GrpcTransport(target) if isinstance(target, str) else target
        self._timeout = timeout

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def score_unit(
        self, criteria_set: str, row: Row, *, period: str = "", full: bool = False, timeout: float | None = None
    ) -> results.UnitResult:
        """Scores one unit; its ranks are 0.

        Raises:
            ScorerError: the call was not answered.
        """
        request = scorer_pb2.ScoreUnitRequest(
            criteria_set=criteria_set, period=period, unit_answers=row_message(row), view=view(full)
        )
        return results.unit_result(
            self._transport.score_unit(request, self._timeout if timeout is None else timeout).scorecard
        )

    def rank_province(
        self, criteria_set: str, rows: Iterable[Row], *, timeout: float | None = None, **options: Any
    ) -> results.Province:
        """Scores and ranks all units of a province, given as rows: the convenient form.

        Args:
            criteria_set: the set's code.
            rows: every unit; one that is left out makes every rank wrong.
            timeout: seconds, instead of the client's.
            options: province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the call was not answered; one bad unit refuses all.
        """
        request = _request(criteria_set, **options)
        request.rows.units.extend(row_message(row) for row in rows)
        return self._rank(request, timeout)

    def rank_table(
        self,
        criteria_set: str,
        units: Sequence[Unit],
        columns: Mapping[str, Iterable[Any]],
        *,
        not_applicable: Mapping[str, Sequence[str]] | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> results.Province:
        """The same as columns, for thousands of units: lists or NumPy arrays by indicator, each as long as the units.

        Args:
            criteria_set: the set's code.
            units: every unit.
            columns: numbers, flags (0 or 1), days or options; None, NaN or "" is not reported.
            not_applicable: criteria that do not apply, by unit id.
            timeout: seconds, instead of the client's.
            options: as for ``rank_province``.

        Raises:
            ScorerError: as for ``rank_province``.
        """
        request, units = _request(criteria_set, **options), list(units)
        fill_table(request.table, units, columns, not_applicable or {})
        return self._rank(request, timeout, units)

    def rank_csv(
        self, criteria_set: str, file: str | Path, *, timeout: float | None = None, **options: Any
    ) -> results.Province:
        """The same from a CSV file; what is wrong is named by row and column.

        Raises:
            ScorerError: the file breaks its form, or the call was not answered.
            OSError: the file cannot be read.
        """
        return self.rank_sheet(criteria_set, self.read_csv(criteria_set, file), timeout=timeout, **options)

    def rank_sheet(
        self, criteria_set: str, sheet: Sheet, *, timeout: float | None = None, **options: Any
    ) -> results.Province:
        """The same from a CSV file that was read before.

        Raises:
            ScorerError: the call was not answered; violations have rows and columns of the file.
        """
        try:
            return self.rank_table(
                criteria_set,
                sheet.units,
                sheet.columns,
                not_applicable=sheet.not_applicable,
                timeout=timeout,
                **options,
            )
        except ScorerError as error:
            if not error.violations:
                raise
            raise sheet.in_file(error) from error

    def read_csv(self, criteria_set: str, file: str | Path) -> Sheet:
        """Reads a CSV file for a criteria set.

        Raises:
            ScorerError: the file breaks its form, or the set could not be asked for.
            OSError: the file cannot be read.
        """
        return read_csv(Path(file), self.form(criteria_set))

    def criteria_sets(self) -> list[criteria_pb2.CriteriaSetSummary]:
        """Every criteria set, refused ones too.

        Raises:
            ScorerError: the call was not answered.
        """
        request = criteria_pb2.ListCriteriaSetsRequest()
        return list(self._transport.list_criteria_sets(request, self._timeout).criteria_sets)

    def criteria_set(self, code: str) -> criteria_pb2.CriteriaSet:
        """One criteria set, as the service gives it.

        Raises:
            ScorerError: there is none of this code, or the call was not answered.
        """
        request = criteria_pb2.GetCriteriaSetRequest(criteria_set=code)
        return self._transport.get_criteria_set(request, self._timeout).criteria_set

    def form(self, code: str) -> Form:
        """What a criteria set asks.

        Raises:
            ScorerError: as for ``criteria_set``.
        """
        return form(self.criteria_set(code))

    def _rank(
        self, request: scorer_pb2.RankProvinceRequest, timeout: float | None, units: Iterable[Unit] = ()
    ) -> results.Province:
        reply = self._transport.rank_province(request, self._timeout if timeout is None else timeout)
        return results.province(reply, {unit.id: unit for unit in units})


def _request(
    criteria_set: str,
    *,
    province: str = "",
    period: str = "",
    tier: str = "",
    full: bool = False,
    page_size: int = 0,
    page_token: str = "",
) -> scorer_pb2.RankProvinceRequest:
    return scorer_pb2.RankProvinceRequest(
        criteria_set=criteria_set,
        province=province,
        period=period,
        tier=tier,
        view=view(full),
        page_size=page_size,
        page_token=page_token,
    )
