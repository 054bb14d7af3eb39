"""The client: Python values in, typed results out."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client import results
from scorer_client.csv_file import Sheet, read_csv
from scorer_client.errors import ScorerError
from scorer_client.forms import Form, form
from scorer_client.lacks import Lack, lacks
from scorer_client.requests import Row, Unit, day_message, fill_table, row_message, view
from scorer_client.transport import GrpcTransport, Transport

FULL_PAGE = 5_000
"""FULL rows that the service gives at once."""


class Client:
    """A connection to the service.

    A criteria set is named by its code; or it is None, and the set in force on the day ``effective_on`` is meant, of
    those of ``series`` when that is given.

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
        self,
        criteria_set: str | None,
        row: Row,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        period: str = "",
        full: bool = False,
        timeout: float | None = None,
    ) -> results.UnitResult:
        """Scores one unit; its ranks are 0.

        Raises:
            ScorerError: the call was not answered.
        """
        request = scorer_pb2.ScoreUnitRequest(
            criteria_set=criteria_set or "",
            effective_on=day_message(effective_on),
            series=series,
            period=period,
            unit_answers=row_message(row),
            view=view(full),
        )
        return results.unit_result(
            self._transport.score_unit(request, self._timeout if timeout is None else timeout).scorecard
        )

    def rank_province(
        self, criteria_set: str | None, rows: Iterable[Row], *, timeout: float | None = None, **options: Any
    ) -> results.Province:
        """Scores and ranks all units of a province, given as rows: the convenient form.

        Args:
            criteria_set: the set's code.
            rows: every unit; one that is left out makes every rank wrong.
            timeout: seconds, instead of the client's.
            options: effective_on, series, province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the call was not answered; one bad unit refuses all.
        """
        request = _request(criteria_set, **options)
        request.rows.units.extend(row_message(row) for row in rows)
        return self._rank(request, timeout)

    def rank_table(
        self,
        criteria_set: str | None,
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
        self,
        criteria_set: str | None,
        file: str | Path,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        timeout: float | None = None,
        **options: Any,
    ) -> results.Province:
        """The same from a CSV file; what is wrong is named by row and column.

        Raises:
            ScorerError: the file breaks its form, or the call was not answered.
            OSError: the file cannot be read.
        """
        asked = self.form(criteria_set, effective_on=effective_on, series=series)
        return self.rank_sheet(asked.criteria_set, read_csv(Path(file), asked), timeout=timeout, **options)

    def rank_sheet(
        self, criteria_set: str | None, sheet: Sheet, *, timeout: float | None = None, **options: Any
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

    def criteria_set(
        self, code: str | None, *, effective_on: datetime.date | None = None, series: str = ""
    ) -> criteria_pb2.CriteriaSet:
        """One criteria set, as the service gives it.

        Raises:
            ScorerError: there is none of this code or on this day, or the call was not answered.
        """
        request = criteria_pb2.GetCriteriaSetRequest(
            criteria_set=code or "", effective_on=day_message(effective_on), series=series
        )
        return self._transport.get_criteria_set(request, self._timeout).criteria_set

    def form(self, code: str | None, *, effective_on: datetime.date | None = None, series: str = "") -> Form:
        """What a criteria set asks.

        Raises:
            ScorerError: as for ``criteria_set``.
        """
        return form(self.criteria_set(code, effective_on=effective_on, series=series))

    def who_lacks(
        self,
        criteria_set: str | None,
        rows: Iterable[Row],
        criterion: str,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        tier: str = "",
        timeout: float | None = None,
    ) -> list[Lack]:
        """The units that have less than all points of a criterion, in ranking order: who has no firewall.

        Args:
            criteria_set: the set's code.
            rows: every unit, however many.
            criterion: its id, such as "INF.02".
            effective_on: a day, instead of the code.
            series: narrows it.
            tier: units of this tier only.
            timeout: seconds for each call, of which there is one for 5,000 units; instead of the client's.

        Raises:
            ScorerError: the set or the tier has no such criterion, or a call was not answered.
        """
        asked = self.form(criteria_set, effective_on=effective_on, series=series)
        _check_criterion(asked, criterion, tier)
        request = _request(asked.criteria_set, tier=tier, full=True, page_size=FULL_PAGE)
        request.rows.units.extend(row_message(row) for row in rows)
        found: list[Lack] = []
        while True:
            page = self._rank(request, timeout)
            found += (lack for ranking in page.rankings for lack in lacks(ranking.units, criterion))
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def who_lacks_csv(
        self,
        criteria_set: str | None,
        file: str | Path,
        criterion: str,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        tier: str = "",
        timeout: float | None = None,
    ) -> list[Lack]:
        """The same of the units of a CSV file; what is wrong is named by row and column.

        Raises:
            ScorerError: the file breaks its form, or as for ``who_lacks``.
            OSError: the file cannot be read.
        """
        asked = self.form(criteria_set, effective_on=effective_on, series=series)
        sheet = read_csv(Path(file), asked)
        try:
            return self.who_lacks(asked.criteria_set, sheet.rows(asked), criterion, tier=tier, timeout=timeout)
        except ScorerError as error:
            if not error.violations:
                raise
            raise sheet.in_file(error) from error

    def _rank(
        self, request: scorer_pb2.RankProvinceRequest, timeout: float | None, units: Iterable[Unit] = ()
    ) -> results.Province:
        reply = self._transport.rank_province(request, self._timeout if timeout is None else timeout)
        return results.province(reply, {unit.id: unit for unit in units})


def _check_criterion(asked: Form, criterion: str, tier: str) -> None:
    code, reason = grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CRITERION"
    if criterion not in asked.criteria:
        close = difflib.get_close_matches(criterion[:80], asked.criteria, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ScorerError(code, f"{asked.criteria_set} has no criterion {criterion[:80]!r}{hint}", reason)
    if tier in asked.tiers and tier not in asked.criteria[criterion]:
        there = ", ".join(asked.criteria[criterion])
        raise ScorerError(code, f"tier {tier!r} has no criterion {criterion!r}, only {there}", reason)


def _request(
    criteria_set: str | None,
    *,
    effective_on: datetime.date | None = None,
    series: str = "",
    province: str = "",
    period: str = "",
    tier: str = "",
    full: bool = False,
    page_size: int = 0,
    page_token: str = "",
) -> scorer_pb2.RankProvinceRequest:
    return scorer_pb2.RankProvinceRequest(
        criteria_set=criteria_set or "",
        effective_on=day_message(effective_on),
        series=series,
        province=province,
        period=period,
        tier=tier,
        view=view(full),
        page_size=page_size,
        page_token=page_token,
    )
