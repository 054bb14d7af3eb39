"""Finds the criteria set that a request names by code, or by a day on which the set is in force."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Protocol

import grpc
from google.type import date_pb2

from scorer.catalogue.catalogue import Catalogue
from scorer.engine.plan import SetPlan
from scorer.model.suggestions import did_you_mean
from scorer.model.violations import WHOLE_REQUEST, Violations
from scorer.service.call.errors import CallRefused, invalid


class SetRequest(Protocol):
    """A request that names a criteria set."""

    criteria_set: str
    series: str

    @property
    def effective_on(self) -> date_pb2.Date:
        """A day on which the set is in force. It can be given instead of the code."""

    def HasField(self, field_name: str) -> bool:
        """Whether a field is set."""


def find_set(catalogue: Catalogue, request: SetRequest) -> SetPlan:
    """The plan of the criteria set that a request names.

    Raises:
        CallRefused: the request has neither code nor day, or both, or a bad day (INVALID_ARGUMENT); there is no such
            set (NOT_FOUND); the set was refused when it was loaded, or several sets are in force
            (FAILED_PRECONDITION).
    """
    violations, by_day = Violations(), request.HasField("effective_on")
    if by_day and request.criteria_set:
        message = f"leave it out, because criteria_set names {request.criteria_set[:80]!r}, or leave criteria_set out"
        violations.add(WHOLE_REQUEST, "effective_on", "EXCLUSIVE", message)
    elif not by_day and not request.criteria_set:
        message = f"name one of: {', '.join(catalogue.sets)}; or give a day in effective_on"
        violations.add(WHOLE_REQUEST, "criteria_set", "REQUIRED", message)
    if request.series and not by_day:
        violations.add(
            WHOLE_REQUEST, "series", "EXCLUSIVE", "needs effective_on; leave it out, or give a day in effective_on"
        )
    day = _day(request.effective_on, violations) if by_day else None
    if violations.total:
        raise invalid(violations)
    return _by_code(catalogue, request.criteria_set) if day is None else _by_day(catalogue, day, request.series)


def _day(date: date_pb2.Date, violations: Violations) -> datetime.date | None:
    try:
        return datetime.date(date.year, date.month, date.day)
    except (ValueError, OverflowError) as error:
        violations.add(WHOLE_REQUEST, "effective_on", "BAD_DATE", f"is not a day: {error}")
        return None


def _by_code(catalogue: Catalogue, code: str) -> SetPlan:
    if code in catalogue.sets:
        return catalogue.sets[code]
    refusal = catalogue.refusal(code)
    if refusal is not None:
        first = refusal.problems[0]
        if refusal.crashed:
            message = (
                f"criteria set {code!r} cannot be used: {first.message}; fix it, then restart or reload the service"
            )
            raise CallRefused(
                grpc.StatusCode.FAILED_PRECONDITION, "PLUGIN_QUARANTINED", message, {"criteria_set": code}
            )
        message = f"criteria set {code!r} was refused when it was loaded: {first.path}: {first.message}"
        if refusal.count > 1:
            message += f" (and {refusal.count - 1} more)"
        message += f"; fix it, see 'scorer criteria check {refusal.source}' and 'scorer plugins list'"
        raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "CRITERIA_SET_REFUSED", message, {"criteria_set": code})
    known = ", ".join(catalogue.sets)
    message = f"unknown criteria set {code[:80]!r}; there are: {known}{did_you_mean(code[:80], catalogue.sets)}"
    if quarantined := ", ".join(str(plugin) for plugin in catalogue.host.plugins if plugin.failure):
        message += f"; quarantined plugins may have it: {quarantined}; see 'scorer plugins list'"
    metadata = {"criteria_set": code[:80], "known": known}
    raise CallRefused(grpc.StatusCode.NOT_FOUND, "UNKNOWN_CRITERIA_SET", message, metadata)


def _by_day(catalogue: Catalogue, day: datetime.date, series: str) -> SetPlan:
    plans = catalogue.in_force(day, series)
    if len(plans) == 1:
        return plans[0]
    metadata = {"effective_on": str(day), "series": series[:80]}
    if plans:
        message = f"{len(plans)} criteria sets are in force on {day}: {_describe(plans)}; name one in criteria_set"
        if not series and any(plan.criteria_set.series for plan in plans):
            message += ", or give a series"
        metadata["known"] = ", ".join(plan.criteria_set.code for plan in plans)
        raise CallRefused(grpc.StatusCode.FAILED_PRECONDITION, "SEVERAL_CRITERIA_SETS", message, metadata)
    sets = tuple(catalogue.sets.values())
    all_series = sorted({plan.criteria_set.series for plan in sets} - {""})
    if series and series not in all_series:
        message = (
            f"unknown series {series[:80]!r}; there are: {', '.join(all_series)}{did_you_mean(series[:80], all_series)}"
        )
        raise CallRefused(
            grpc.StatusCode.NOT_FOUND, "UNKNOWN_SERIES", message, {**metadata, "known": ", ".join(all_series)}
        )
    of_series = [plan for plan in sets if series in ("", plan.criteria_set.series)]
    condition = f" of series {series!r}" if series else ""
    message = f"no criteria set{condition} is in force on {day}; there are: {_describe(of_series)}"
    if catalogue.refused:
        more = len(catalogue.refused)
        message += f"; {more} more {'was' if more == 1 else 'were'} refused, see 'scorer criteria list'"
    metadata["known"] = ", ".join(plan.criteria_set.code for plan in of_series)
    raise CallRefused(grpc.StatusCode.NOT_FOUND, "NO_CRITERIA_SET_IN_FORCE", message, metadata)


def _describe(plans: Iterable[SetPlan]) -> str:
    """The criteria sets in one line, such as "hue-2020 (series hue, 2020-01-01 to 2020-12-31)"."""
    descriptions = []
    for item in (plan.criteria_set for plan in plans):
        series = f"series {item.series}, " if item.series else ""
        descriptions.append(f"{item.code} ({series}{item.effective_from or '...'} to {item.effective_to or '...'})")
    return ", ".join(descriptions)
