"""Steps that several methods of the clients share: getting a criteria set, reading a file, ranking its units."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias

import grpc

from egov.scorer.v1 import criteria_pb2, scorer_pb2
from scorer_client import replies
from scorer_client.criteria_set_form import Form, form_of
from scorer_client.errors import ScorerError
from scorer_client.file_table import FileTable, InvalidFileError
from scorer_client.files.folder import read_path
from scorer_client.files.messages import Language
from scorer_client.files.names import NearestNames
from scorer_client.lacking_units import Lack
from scorer_client.rankings import Province
from scorer_client.requests import MAX_FULL_ROWS, Row, day_message, row_messages, view
from scorer_client.sync_async import Calls, Steps, Work

Progress: TypeAlias = Callable[[Literal["read", "sent", "answered"], int, int], object]
"""A function that is called with a step, the amount done and the total: repeatedly with "read" and numbers of bytes of
the file; then with ``("sent", 0, units)`` and ``("answered", units, units)``. An ``AsyncClient`` reads files in another
thread, and calls the function there while it reads."""


def get_criteria_set(
    calls: Calls, code: str | None, effective_on: datetime.date | None, series: str
) -> Steps[criteria_pb2.CriteriaSet]:
    """Gets a criteria set by code or day."""
    day = day_message(effective_on)
    request = criteria_pb2.GetCriteriaSetRequest(criteria_set=code or "", effective_on=day, series=series)
    return (yield from calls.get_criteria_set(request))


def get_form(
    calls: Calls, code: str | None, effective_on: datetime.date | None = None, series: str = ""
) -> Steps[Form]:
    """Gets a criteria set as a form."""
    return form_of((yield from get_criteria_set(calls, code, effective_on, series)))


def read_file(
    calls: Calls, file: str | Path, form: Form, progress: Progress | None, language: Language
) -> Steps[FileTable]:
    """Reads a file for a criteria set, outside of the event loop.

    If the file has mistakes, the service checks the answers that could be read, so that one error has all mistakes.

    Raises:
        ScorerError: the file has mistakes.
    """
    read = None if progress is None else lambda done, total: progress("read", done, total)
    try:
        table: FileTable = yield Work(lambda: read_path(Path(file), form, read, language))
    except InvalidFileError as error:
        if error.table is None:
            raise
        raise (yield from _with_other_mistakes(calls, form, error, error.table)) from error
    return table


def _with_other_mistakes(calls: Calls, form: Form, error: ScorerError, table: FileTable) -> Steps[ScorerError]:
    """The error about a file, extended by the mistakes that the service finds in the answers that could be read."""
    request = ranking_request(form.criteria_set, page_size=1)  # only the violations are used
    request.table.arrow_stream = table.stream()
    try:
        yield from calls.rank_province(request)
    except ScorerError as refused:
        found = table.in_file(refused).violations if refused.violations else ()
        known = {violation.field for violation in error.violations}
        others = [violation for violation in found if violation.field not in known]
        total = error.violations_total + len(others)
        if others:
            total += refused.violations_total - len(found)  # violations that the service counted but did not list
            return ScorerError.before_sending(error.reason, [*error.violations, *others], total)
    return error


def rank(calls: Calls, request: scorer_pb2.RankProvinceRequest) -> Steps[Province]:
    """Ranks the units of a request."""
    reply = yield from calls.rank_province(request)
    return replies.province(reply, calls.request_id)


def rank_file_table(
    calls: Calls, request: scorer_pb2.RankProvinceRequest, table: FileTable, progress: Progress | None
) -> Steps[Province]:
    """Ranks the units of a file. Violations have positions in the file."""
    request.table.arrow_stream = table.stream()
    if progress:
        progress("sent", 0, len(table.units))
    try:
        ranked = yield from rank(calls, request)
    except ScorerError as error:
        if not error.violations:
            raise
        raise table.in_file(error) from error
    if progress:
        progress("answered", len(table.units), len(table.units))
    return ranked


def rows_that_lack(calls: Calls, form: Form, rows: Iterable[Row], criterion: str, tier: str) -> Steps[list[Lack]]:
    """Ranks rows page by page, and returns the units that have fewer points for a criterion than its maximum."""
    request = ranking_request(form.criteria_set, tier=tier, full=True, page_size=MAX_FULL_ROWS)
    request.rows.units.extend(row_messages(rows))
    found: list[Lack] = []
    while True:
        page = yield from rank(calls, request)
        found += lacking(page, criterion)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def lacking(province: Province, criterion: str) -> list[Lack]:
    """The units that have fewer points for a criterion than its maximum; none if no tier of the result has it."""
    try:
        return province.lacking(criterion)
    except KeyError:
        return []


def check_criterion(form: Form, criterion: str, tier: str) -> None:
    """Checks that the set and the tier have a criterion.

    Raises:
        ScorerError: the set or the tier does not have it.
    """
    code, reason = grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CRITERION"
    if criterion not in form.criteria:
        hint = NearestNames("en").hint(criterion, form.criteria)
        raise ScorerError(code, f"{form.criteria_set} has no criterion {criterion[:80]!r}{hint}", reason)
    if tier in form.tiers and tier not in form.criteria[criterion]:
        tiers = ", ".join(form.criteria[criterion])
        raise ScorerError(
            code, f"tier {tier!r} has no criterion {criterion!r}; only these tiers have it: {tiers}", reason
        )


def ranking_request(
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
    """A request without units."""
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
