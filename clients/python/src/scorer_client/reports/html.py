"""Reports as one HTML file: no request, readable without JavaScript, made to be printed too."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from scorer_client import optional
from scorer_client.reports import charts
from scorer_client.reports.model import Measure, Report, UnitCategory
from scorer_client.results import CriterionResult
from scorer_client.sentences import plain

DETAILED_UNITS = 500
"""Up to this number of units, cards list all criteria; beyond it, those with the most points still to gain."""

NAMED_GAINS = 8
"""Criteria that a card names with their titles, in each category; all of them stand there with their codes."""

_SHADES = 10
"""Of the heat map."""


def html(report: Report) -> str:
    """The report as a page.

    Raises:
        ImportError: Jinja2 or vl-convert is not installed.
    """
    script = _resource("report.js")
    page: str = _template().render(
        report=report,
        words=report.words,
        detailed=sum(len(section.units) for section in report.sections) <= DETAILED_UNITS,
        style=_resource("report.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        chart=lambda measure: _chart(report, measure),
        points=report.points,
        shown_points=_shown_points,
    )
    return page


@cache
def _template() -> Any:
    jinja2 = optional.for_reports("jinja2")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"plain": plain, "shade": _shade}
    environment.tests["lacks"] = _lacks
    environment.globals["gains"] = _gains
    return environment.from_string(_resource("report.html.j2"))


def _resource(name: str) -> str:
    return (files("scorer_client.reports") / "templates" / name).read_text(encoding="utf-8")


def _chart(report: Report, measure: Measure) -> str:
    axis = "%" if measure.unit == "percent" else report.words["points"]
    return charts.histogram(measure, axis, report.words["applicable"])


def _shade(percent: float) -> int:
    """0 to 9, of a percentage."""
    return min(_SHADES - 1, int(percent * _SHADES / 100))


def _lacks(item: CriterionResult) -> bool:
    """Whether a unit has less than all points."""
    return item.points < item.max_points


def _gains(category: UnitCategory) -> list[CriterionResult]:
    """Criteria in which the unit can still gain points, the most points first, not too many."""
    items = [item for group in category.result.groups for item in group.criteria if _lacks(item)]
    return sorted(items, key=lambda item: item.points - item.max_points)[:NAMED_GAINS]


def _shown_points(item: CriterionResult) -> str:
    """Points of a criterion, short."""
    if item.status == "not_applicable":
        return "n/a"
    return "-" if item.status == "missing" and not item.points else plain(round(item.points, 2))
