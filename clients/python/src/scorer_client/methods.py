"""What both clients can do: Python values in, typed results out."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias, TypedDict, Unpack, cast

import grpc

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client import replies
from scorer_client.errors import ScorerError
from scorer_client.file_table import FileTable
from scorer_client.files.folder import read_path
from scorer_client.files.messages import Language
from scorer_client.forms import Form, form
from scorer_client.lacks import Lack
from scorer_client.rankings import Province
from scorer_client.reports import build, document
from scorer_client.requests import Row, check_texts, day_message, row_message, row_messages, view
from scorer_client.results import UnitResult
from scorer_client.steps import Asking, Steps, Work, method
from scorer_client.unit_table import is_table, table_stream

FULL_PAGE = 5_000
"""FULL scorecards asked for at once: the service gives no more. A table has no such limit."""

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
    ) -> Steps[UnitResult]:
        """Scores one unit; its ranks are 0.

        Raises:
            ScorerError: the call was not answered.
        """
        check_texts(criteria_set=criteria_set or "", series=series, period=period)
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
        return replies.unit_result(reply.scorecard, asking.request_id)

    @method
    def rank_province(
        self,
        criteria_set: str | None,
        rows: Iterable[Row],
        *,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[RankOptions],
    ) -> Steps[Province]:
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
        request.rows.units.extend(row_messages(rows))
        return (yield from _rank(Asking.of(timeout, request_id), request))

    @method
    def rank_table(
        self,
        criteria_set: str | None,
        table: object,
        *,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[RankOptions],
    ) -> Steps[Province]:
        """The same of a table, for thousands of units; the result gives its units as a table too.

        Args:
            criteria_set: the set's code.
            table: one row per unit, with a column ``id`` and one per indicator, under its code; ``tier``, ``name``,
                ``parent`` and ``not_applicable`` (lists of criteria) where needed. A data frame of pandas, polars or
                DuckDB, a pyarrow table, anything else with Arrow's C stream interface, or a mapping of columns by name.
                Null and NaN are not reported. docs/tables.md has the types.
            timeout: seconds, instead of the client's.
            request_id: for the service's log.
            options: as for ``rank_province``. Without a column ``tier``, all units are of the option ``tier``.

        Raises:
            ScorerError: a column cannot be converted; or as for ``rank_province``. Violations have columns and rows,
                from 0, such as ``table["computers"][17]``.
            TypeError: this is no table.
            ImportError: pyarrow is not installed.
        """
        request = _request(criteria_set, **options)
        request.table.arrow_stream = table_stream(table)
        return (yield from _rank(Asking.of(timeout, request_id), request))

    @method
    def rank_file(
        self,
        criteria_set: str | None,
        file: str | Path | FileTable,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        language: Language = "en",
        progress: Progress | None = None,
        timeout: float | None = None,
        request_id: str = "",
        **options: Unpack[ReplyOptions],
    ) -> Steps[Province]:
        """The same of a file, or of a folder of files; what is wrong is named by sheet and cell, or row and column.

        A workbook (.xlsx, .xlsm, .ods), CSV, Parquet or Arrow; docs/files.md says how each is read. Of CSV, which is
        read row by row, only the columns are kept, eight bytes a cell.

        Args:
            criteria_set: the set's code.
            file: its path, or what ``read_file`` gave.
            language: of what is wrong with the file, "en" or "vi".
            effective_on: a day, instead of the code.
            series: narrows it.
            progress: told how far reading and ranking are.
            timeout: seconds, instead of the client's.
            request_id: for the service's log.
            options: province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the file breaks its form, or the call was not answered.
            OSError: the file cannot be read.
            ImportError: a library for this kind of file is not installed.
        """
        asking = Asking.of(timeout, request_id)
        if isinstance(file, FileTable):
            request = _request(criteria_set, effective_on=effective_on, series=series, **options)
            return (yield from _rank_file_table(asking, request, file, progress))
        asked = yield from _form(asking, criteria_set, effective_on, series)
        table: FileTable = yield _reading(file, asked, progress, language)
        return (yield from _rank_file_table(asking, _request(asked.criteria_set, **options), table, progress))

    @method
    def read_file(
        self, criteria_set: str, file: str | Path, *, language: Language = "en", progress: Progress | None = None
    ) -> Steps[FileTable]:
        """Reads a file, or a folder of files, for a criteria set, as ``rank_file`` does.

        The table's ``notes`` say what was read differently from how it was written.

        Raises:
            ScorerError: the file breaks its form, or the set could not be asked for.
            OSError: the file cannot be read.
        """
        asked = yield from _form(Asking.of(None, ""), criteria_set)
        table: FileTable = yield _reading(file, asked, progress, language)
        return table

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
    def report(
        self,
        province: Province,
        *paths: str | Path,
        language: str = "en",
        previous: Province | None = None,
        template: str | Path | None = None,
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[None]:
        """Writes a report on a reply: web page, Excel workbook, PDF or Word document, by the files' endings.

        Args:
            province: a ranking with ``full``, and in whole: no page of one.
            paths: files to write, ending in .html, .xlsx, .pdf or .docx; those that are there are overwritten.
            language: "en" or "vi".
            previous: earlier results of the same criteria set: the report says what moved.
            template: a Word template, instead of the one that comes with the client.
            timeout: seconds, instead of the client's.
            request_id: for the service's log.

        Raises:
            ScorerError: the criteria set could not be asked for.
            ValueError: the reply is a page or lacks criteria; no such language or format; a bad template.
            ImportError: a library is not installed: pip install 'egov-scorer-client[report]'.
            OSError: a file cannot be read or written.
        """
        asked = yield from _form(Asking.of(timeout, request_id), province.provenance.criteria_set)

        def write() -> None:
            made = build(province, asked, language=language, previous=previous)
            for path in map(Path, paths):
                path.write_bytes(document(made, path.suffix, template=Path(template) if template else None))

        yield Work(write)

    @method
    def who_lacks(
        self,
        criteria_set: str | None,
        units: Iterable[Row] | object,
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
            units: every unit, however many: rows, or a table as for ``rank_table``.
            criterion: its id, such as "INF.02".
            effective_on: a day, instead of the code.
            series: narrows it.
            tier: units of this tier only.
            timeout: seconds for each call: one for a table, one for 5,000 rows; instead of the client's.
            request_id: for the service's log, which has it in all these calls.

        Raises:
            ScorerError: the set or the tier has no such criterion, or a call was not answered.
        """
        asking = Asking.of(timeout, request_id)
        asked = yield from _form(asking, criteria_set, effective_on, series)
        _check_criterion(asked, criterion, tier)
        if not is_table(units):
            return (yield from _rows_that_lack(asking, asked, cast(Iterable[Row], units), criterion, tier))
        request = _request(asked.criteria_set, tier=tier, full=True)
        request.table.arrow_stream = table_stream(units)
        return _lacking((yield from _rank(asking, request)), criterion)

    @method
    def who_lacks_file(
        self,
        criteria_set: str | None,
        file: str | Path | FileTable,
        criterion: str,
        *,
        effective_on: datetime.date | None = None,
        series: str = "",
        tier: str = "",
        language: Language = "en",
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[list[Lack]]:
        """The same of the units of a file, as for ``rank_file``.

        Raises:
            ScorerError: the file breaks its form, or as for ``who_lacks``.
            OSError: the file cannot be read.
        """
        asking = Asking.of(timeout, request_id)
        asked = yield from _form(asking, criteria_set, effective_on, series)
        _check_criterion(asked, criterion, tier)
        table: FileTable = file if isinstance(file, FileTable) else (yield _reading(file, asked, None, language))
        request = _request(asked.criteria_set, tier=tier, full=True)
        return _lacking((yield from _rank_file_table(asking, request, table, None)), criterion)


def _criteria_set(
    asking: Asking, code: str | None, effective_on: datetime.date | None, series: str
) -> Steps[criteria_pb2.CriteriaSet]:
    check_texts(criteria_set=code or "", series=series)
    day = day_message(effective_on)
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set=code or "", effective_on=day, series=series)
    return (yield from asking.get_criteria_set(request))


def _form(asking: Asking, code: str | None, effective_on: datetime.date | None = None, series: str = "") -> Steps[Form]:
    return form((yield from _criteria_set(asking, code, effective_on, series)))


def _reading(file: str | Path, asked: Form, progress: Progress | None, language: Language) -> Work:
    told = None if progress is None else lambda done, total: progress("read", done, total)
    return Work(lambda: read_path(Path(file), asked, told, language))


def _rank(asking: Asking, request: scorer_pb2.RankProvinceRequest) -> Steps[Province]:
    reply = yield from asking.rank_province(request)
    return replies.province(reply, asking.request_id)


def _rank_file_table(
    asking: Asking, request: scorer_pb2.RankProvinceRequest, table: FileTable, progress: Progress | None
) -> Steps[Province]:
    request.table.arrow_stream = table.stream()
    if progress:
        progress("sent", 0, len(table.units))
    try:
        ranked = yield from _rank(asking, request)
    except ScorerError as error:
        if not error.violations:
            raise
        raise table.in_file(error) from error
    if progress:
        progress("answered", len(table.units), len(table.units))
    return ranked


def _rows_that_lack(asking: Asking, asked: Form, rows: Iterable[Row], criterion: str, tier: str) -> Steps[list[Lack]]:
    request = _request(asked.criteria_set, tier=tier, full=True, page_size=FULL_PAGE)
    request.rows.units.extend(row_messages(rows))
    found: list[Lack] = []
    while True:
        page = yield from _rank(asking, request)
        found += _lacking(page, criterion)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _lacking(province: Province, criterion: str) -> list[Lack]:
    """Nobody, where no unit is of a tier that has the criterion."""
    try:
        return province.lacking(criterion)
    except KeyError:
        return []


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
    texts = {"series": series, "province": province, "period": period, "tier": tier, "page_token": page_token}
    check_texts(criteria_set=criteria_set or "", **texts)
    if not isinstance(page_size, int):
        raise TypeError(f"page_size: expected an int, not {page_size!r:.80}")
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
