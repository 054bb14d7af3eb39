"""What both clients can do: Python values in, typed results out."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

import grpc

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client import results
from scorer_client.csv_file import read_csv
from scorer_client.errors import ScorerError
from scorer_client.forms import Form, form
from scorer_client.lacks import Lack, lacks
from scorer_client.requests import Row, Unit, day_message, row_message, view
from scorer_client.sheet import Sheet
from scorer_client.steps import Asking, Steps, Work, method
from scorer_client.tables import fill_table
from scorer_client.units import Units

FULL_PAGE = 5_000
"""FULL rows that the service gives at once."""

Progress: TypeAlias = Callable[[Literal["read", "sent", "answered"], int, int], object]
"""Told ``("read", bytes, bytes of the file)`` time and again, then ``("sent", 0, units)`` and ``("answered", units,
units)``. An ``AsyncClient`` reads in another thread, which tells so."""


class ReplyOptions(TypedDict, total=False):
    """What a ranking is of, and what is shown of it; fields of the message RankProvinceRequest."""

    province: str
    period: str
    tier: str
    full: bool
    page_size: int
    page_token: str


class RankOptions(ReplyOptions, total=False):
    """The same, and a day instead of the criteria set."""

    effective_on: datetime.date | None
    series: str


class Methods:
    """The methods of ``Client`` and ``AsyncClient``, which awaits them.

    A criteria set is named by its code; or it is None, and the set in force on the day ``effective_on`` is meant, of
    those of ``series`` when that is given. Every method takes a ``request_id``, under which the service logs its calls;
    one is made when there is none.
    """

    @method
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
        request_id: str = "",
    ) -> Steps[results.UnitResult]:
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
        asking = Asking.of(timeout, request_id)
        reply = yield from asking.score_unit(request)
        return results.unit_result(reply.scorecard, asking.request_id)

    @method
    def rank_province(
        self,
        criteria_set: str | None,
        rows: Iterable[Row],
        *,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[RankOptions],
    ) -> Steps[results.Province]:
        """Scores and ranks all units of a province, given as rows: the convenient form.

        Args:
            criteria_set: the set's code.
            rows: every unit; one that is left out makes every rank wrong.
            timeout: seconds, instead of the client's.
            request_id: for the service's log.
            options: effective_on, series, province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the call was not answered; one bad unit refuses all.
        """
        request = _request(criteria_set, **options)
        request.rows.units.extend(row_message(row) for row in rows)
        return (yield from _rank(Asking.of(timeout, request_id), request))

    @method
    def rank_table(
        self,
        criteria_set: str | None,
        units: Sequence[Unit],
        columns: Mapping[str, Iterable[Any]],
        *,
        not_applicable: Mapping[str, Sequence[str]] | None = None,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[RankOptions],
    ) -> Steps[results.Province]:
        """The same as columns, for thousands of units: lists or NumPy arrays by indicator, each as long as the units.

        Args:
            criteria_set: the set's code.
            units: every unit.
            columns: numbers, flags (0 or 1), days or options; None, NaN or "" is not reported.
            not_applicable: criteria that do not apply, by unit id.
            timeout: seconds, instead of the client's.
            request_id: for the service's log.
            options: as for ``rank_province``.

        Raises:
            ScorerError: as for ``rank_province``.
        """
        request = _request(criteria_set, **options)
        known = units if isinstance(units, Units) else Units(units)
        fill_table(request.table, known, columns, not_applicable or {})
        return (yield from _rank(Asking.of(timeout, request_id), request, known))

    @method
    def rank_csv(
        self,
        criteria_set: str | None,
        file: str | Path,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        progress: Progress | None = None,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[ReplyOptions],
    ) -> Steps[results.Province]:
        """The same from a CSV file; what is wrong is named by row and column.

        The file is read row by row; what is kept of it are its columns, eight bytes a cell.

        Raises:
            ScorerError: the file breaks its form, or the call was not answered.
            OSError: the file cannot be read.
        """
        asking = Asking.of(timeout, request_id)
        asked = yield from _form(asking, criteria_set, effective_on, series)
        sheet: Sheet = yield _reading(file, asked, progress)
        return (yield from _rank_sheet(asking, asked.criteria_set, sheet, progress, **options))

    @method
    def rank_sheet(
        self,
        criteria_set: str | None,
        sheet: Sheet,
        *,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[RankOptions],
    ) -> Steps[results.Province]:
        """The same from a CSV file that was read before.

        Raises:
            ScorerError: the call was not answered; violations have rows and columns of the file.
        """
        return (yield from _rank_sheet(Asking.of(timeout, request_id), criteria_set, sheet, None, **options))

    @method
    def read_csv(self, criteria_set: str, file: str | Path, *, progress: Progress | None = None) -> Steps[Sheet]:
        """Reads a CSV file for a criteria set.

        Raises:
            ScorerError: the file breaks its form, or the set could not be asked for.
            OSError: the file cannot be read.
        """
        asked = yield from _form(Asking.of(None, ""), criteria_set)
        sheet: Sheet = yield _reading(file, asked, progress)
        return sheet

    @method
    def criteria_sets(
        self, *, timeout: float | None = None, request_id: str = ""
    ) -> Steps[list[criteria_pb2.CriteriaSetSummary]]:
        """Every criteria set, refused ones too.

        Raises:
            ScorerError: the call was not answered.
        """
        reply = yield from Asking.of(timeout, request_id).list_criteria_sets()
        return list(reply.criteria_sets)

    @method
    def criteria_set(
        self,
        code: str | None,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[criteria_pb2.CriteriaSet]:
        """One criteria set, as the service gives it.

        Raises:
            ScorerError: there is none of this code or on this day, or the call was not answered.
        """
        return (yield from _criteria_set(Asking.of(timeout, request_id), code, effective_on, series))

    @method
    def form(
        self,
        code: str | None,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[Form]:
        """What a criteria set asks.

        Raises:
            ScorerError: as for ``criteria_set``.
        """
        return (yield from _form(Asking.of(timeout, request_id), code, effective_on, series))

    @method
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
        request_id: str = "",
    ) -> Steps[list[Lack]]:
        """The units that have less than all points of a criterion, in ranking order: who has no firewall.

        Args:
            criteria_set: the set's code.
            rows: every unit, however many.
            criterion: its id, such as "INF.02".
            effective_on: a day, instead of the code.
            series: narrows it.
            tier: units of this tier only.
            timeout: seconds for each call, of which there is one for 5,000 units; instead of the client's.
            request_id: for the service's log, which has it in all these calls.

        Raises:
            ScorerError: the set or the tier has no such criterion, or a call was not answered.
        """
        asking = Asking.of(timeout, request_id)
        asked = yield from _form(asking, criteria_set, effective_on, series)
        return (yield from _who_lacks(asking, asked, rows, criterion, tier))

    @method
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
        request_id: str = "",
    ) -> Steps[list[Lack]]:
        """The same of the units of a CSV file; what is wrong is named by row and column.

        Raises:
            ScorerError: the file breaks its form, or as for ``who_lacks``.
            OSError: the file cannot be read.
        """
        asking = Asking.of(timeout, request_id)
        asked = yield from _form(asking, criteria_set, effective_on, series)
        sheet: Sheet = yield _reading(file, asked, None)
        try:
            return (yield from _who_lacks(asking, asked, sheet.rows(asked), criterion, tier))
        except ScorerError as error:
            if not error.violations:
                raise
            raise sheet.in_file(error) from error


def _criteria_set(
    asking: Asking, code: str | None, effective_on: datetime.date | None, series: str
) -> Steps[criteria_pb2.CriteriaSet]:
    day = day_message(effective_on)
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set=code or "", effective_on=day, series=series)
    return (yield from asking.get_criteria_set(request))


def _form(asking: Asking, code: str | None, effective_on: datetime.date | None = None, series: str = "") -> Steps[Form]:
    return form((yield from _criteria_set(asking, code, effective_on, series)))


def _reading(file: str | Path, asked: Form, progress: Progress | None) -> Work:
    told = None if progress is None else lambda done, total: progress("read", done, total)
    return Work(lambda: read_csv(Path(file), asked, told))


def _rank(
    asking: Asking, request: scorer_pb2.RankProvinceRequest, units: Units | None = None
) -> Steps[results.Province]:
    reply = yield from asking.rank_province(request)
    return results.province(reply, units or Units(), asking.request_id)


def _rank_sheet(
    asking: Asking, criteria_set: str | None, sheet: Sheet, progress: Progress | None, **options: Unpack[RankOptions]
) -> Steps[results.Province]:
    request = _request(criteria_set, **options)
    fill_table(request.table, sheet.units, sheet.columns, sheet.not_applicable)
    if progress:
        progress("sent", 0, len(sheet.units))
    try:
        ranked = yield from _rank(asking, request, sheet.units)
    except ScorerError as error:
        if not error.violations:
            raise
        raise sheet.in_file(error) from error
    if progress:
        progress("answered", len(sheet.units), len(sheet.units))
    return ranked


def _who_lacks(asking: Asking, asked: Form, rows: Iterable[Row], criterion: str, tier: str) -> Steps[list[Lack]]:
    _check_criterion(asked, criterion, tier)
    request = _request(asked.criteria_set, tier=tier, full=True, page_size=FULL_PAGE)
    request.rows.units.extend(row_message(row) for row in rows)
    found: list[Lack] = []
    while True:
        page = yield from _rank(asking, request)
        found += (lack for ranking in page.rankings for lack in lacks(ranking.units, criterion))
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


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
