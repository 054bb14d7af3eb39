"""The methods of both clients: they take Python values and return typed results."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Unpack, cast

from egov.scorer.v1 import scorer_pb2
from scorer_client import method_steps, replies
from scorer_client.criteria_methods import CriteriaMethods
from scorer_client.file_table import FileTable
from scorer_client.files.messages import Language
from scorer_client.lacking_units import Lack
from scorer_client.method_steps import Progress
from scorer_client.rankings import Province
from scorer_client.reports import build, document
from scorer_client.requests import RankOptions, ReplyOptions, Row, day_message, row_message, row_messages, view
from scorer_client.results import UnitResult
from scorer_client.sync_async import Calls, Steps, Work, method
from scorer_client.unit_table import is_table, table_stream


class Methods(CriteriaMethods):
    """The methods of ``Client`` and ``AsyncClient``; those of ``AsyncClient`` are awaited.

    A criteria set is named by its code. If the code is None, ``effective_on`` selects the set in force on this day, and
    ``series`` limits the choice to one series. Every call has a ``request_id``, which the service writes to its log. If
    none is given, the client creates one.

    If an argument has a wrong type, every method raises TypeError before anything is sent; if its value cannot be sent,
    ValueError. The message names the argument.
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
        """Scores one unit. All its ranks are 0.

        Raises:
            ScorerError: the call failed.
        """
        request = scorer_pb2.ScoreUnitRequest(
            criteria_set=criteria_set or "",
            effective_on=day_message(effective_on),
            series=series,
            period=period,
            unit_answers=row_message(row),
            view=view(full),
        )
        calls = Calls.of(timeout, request_id)
        reply = yield from calls.score_unit(request)
        return replies.unit_result(reply, calls.request_id)

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
        """Scores and ranks all units of a province, given as rows. Rows are convenient for up to a few hundred units.

        Args:
            criteria_set: the set's code.
            rows: all units; if one is left out, ranks are wrong.
            timeout: seconds; overrides the client's timeout.
            request_id: for the service's log.
            options: effective_on, series, province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the call failed, for example because one unit has a violation.
        """
        request = method_steps.ranking_request(criteria_set, **options)
        request.rows.units.extend(row_messages(rows))
        return (yield from method_steps.rank(Calls.of(timeout, request_id), request))

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
        """Scores and ranks all units of a province, given as a table. Tables are for thousands of units.

        Args:
            criteria_set: the set's code.
            table: one row per unit, with the column ``id``, one column per indicator, named by its code, and if needed
                ``tier``, ``name``, ``parent`` and ``not_applicable`` (lists of criterion ids). It may be a data frame
                of pandas, polars or DuckDB, a pyarrow table, any other object with Arrow's C stream interface, or a
                mapping of columns by name. Null and NaN mean not reported. docs/tables.md lists the types.
            timeout: seconds; overrides the client's timeout.
            request_id: for the service's log.
            options: see ``rank_province``. If there is no column ``tier``, all units belong to the option ``tier``.

        Raises:
            ScorerError: a column cannot be converted, or the call failed. Violations name columns and rows, counted
                from 0, such as ``table["computers"][17]``.
            TypeError: ``table`` is not a table.
            ImportError: pyarrow is not installed.
        """
        request = method_steps.ranking_request(criteria_set, **options)
        request.table.arrow_stream = table_stream(table)
        return (yield from method_steps.rank(Calls.of(timeout, request_id), request))

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
        """Scores and ranks all units of a province, given as a file or a folder of files.

        The file may be a workbook (.xlsx, .xlsm, .ods), a CSV, Parquet or Arrow file; docs/files.md describes how it is
        read. CSV is read row by row, and only the values stay in memory, eight bytes per cell. Violations name the
        sheet and cell, or the row and column.

        Args:
            criteria_set: the set's code.
            file: path of the file or folder, or the result of ``read_file``.
            language: language of the violations that are found in the file, "en" or "vi".
            effective_on: a day, to select the set without its code.
            series: with ``effective_on``, selects only among sets of this series.
            progress: called with the progress of reading and ranking; see ``method_steps.Progress``.
            timeout: seconds; overrides the client's timeout.
            request_id: for the service's log.
            options: province, period, tier, full, page_size, page_token.

        Raises:
            ScorerError: the file has mistakes, or the call failed.
            OSError: the file cannot be read.
            ImportError: a library for this kind of file is not installed.
        """
        calls = Calls.of(timeout, request_id)
        if isinstance(file, FileTable):
            request = method_steps.ranking_request(criteria_set, effective_on=effective_on, series=series, **options)
            return (yield from method_steps.rank_file_table(calls, request, file, progress))
        form = yield from method_steps.get_form(calls, criteria_set, effective_on, series)
        table = yield from method_steps.read_file(calls, file, form, progress, language)
        return (
            yield from method_steps.rank_file_table(
                calls, method_steps.ranking_request(form.criteria_set, **options), table, progress
            )
        )

    @method
    def read_file(
        self, criteria_set: str, file: str | Path, *, language: Language = "en", progress: Progress | None = None
    ) -> Steps[FileTable]:
        """Reads a file, or a folder of files, for a criteria set, as ``rank_file`` does.

        The ``notes`` of the result list values that were read differently from how they were written.

        Raises:
            ScorerError: the file has mistakes, or the criteria set could not be read.
            OSError: the file cannot be read.
        """
        calls = Calls.of(None, "")
        form = yield from method_steps.get_form(calls, criteria_set)
        return (yield from method_steps.read_file(calls, file, form, progress, language))

    @method
    def report(
        self,
        result: Province,
        *paths: str | Path,
        language: str = "en",
        previous: Province | None = None,
        template: str | Path | None = None,
        unit_names: Mapping[str, str] | None = None,
        timeout: float | None = None,
        request_id: str = "",
    ) -> Steps[None]:
        """Writes a report about a result to files: web pages, Excel workbooks, PDF or Word documents.

        Args:
            result: the result of a call with ``full`` and without pages.
            paths: files to write, ending in .html, .xlsx, .pdf or .docx; existing files are overwritten.
            language: "en" or "vi".
            previous: earlier results of the same criteria set; the report then shows the changes.
            template: a Word template, instead of the client's own.
            unit_names: names of units that are not in the result, by id, such as the districts of ranked communes.
            timeout: seconds; overrides the client's timeout.
            request_id: for the service's log.

        Raises:
            ScorerError: the criteria set could not be read.
            ValueError: the result is a page or has no criteria; or language, format or template is not valid.
            ImportError: a library is not installed: pip install 'egov-scorer-client[report]'.
            OSError: a file cannot be read or written.
        """
        form = yield from method_steps.get_form(Calls.of(timeout, request_id), result.provenance.criteria_set)

        def write() -> None:
            report = build(result, form, language=language, previous=previous, unit_names=unit_names)
            for path in map(Path, paths):
                path.write_bytes(document(report, path.suffix, template=Path(template) if template else None))

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
        """Returns the units that have fewer points for a criterion than its maximum, such as units without a firewall.

        The units are in ranking order.

        Args:
            criteria_set: the set's code.
            units: all units, as rows or as a table; see ``rank_table``.
            criterion: id of the criterion, such as "INF.02".
            effective_on: a day, to select the set without its code.
            series: with ``effective_on``, selects only among sets of this series.
            tier: only units of this tier are returned.
            timeout: seconds per call; overrides the client's timeout. There is one call for a table, or one call for
                each 5,000 rows.
            request_id: for the service's log; the same for all calls.

        Raises:
            ScorerError: the set or the tier does not have the criterion, or a call failed.
        """
        calls = Calls.of(timeout, request_id)
        form = yield from method_steps.get_form(calls, criteria_set, effective_on, series)
        method_steps.check_criterion(form, criterion, tier)
        if not is_table(units):
            return (yield from method_steps.rows_that_lack(calls, form, cast(Iterable[Row], units), criterion, tier))
        request = method_steps.ranking_request(form.criteria_set, tier=tier, full=True)
        request.table.arrow_stream = table_stream(units)
        return method_steps.lacking((yield from method_steps.rank(calls, request)), criterion)

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
        """Returns the same as ``who_lacks`` for the units of a file; see ``rank_file``.

        Raises:
            ScorerError: the file has mistakes, the set or the tier does not have the criterion, or a call failed.
            OSError: the file cannot be read.
        """
        calls = Calls.of(timeout, request_id)
        form = yield from method_steps.get_form(calls, criteria_set, effective_on, series)
        method_steps.check_criterion(form, criterion, tier)
        table = (
            file
            if isinstance(file, FileTable)
            else (yield from method_steps.read_file(calls, file, form, None, language))
        )
        request = method_steps.ranking_request(form.criteria_set, tier=tier, full=True)
        return method_steps.lacking((yield from method_steps.rank_file_table(calls, request, table, None)), criterion)
