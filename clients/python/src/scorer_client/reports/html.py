"""Writes reports as one HTML file that loads nothing, works without JavaScript, and can be printed."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from scorer_client import optional_libraries
from scorer_client.reports import charts
from scorer_client.reports.model import Measure, Report, UnitCategory
from scorer_client.results import CriterionResult
from scorer_client.sentences import plain

DETAILED_UNITS = 500
"""In reports on at most this number of units, cards list all criteria; otherwise those with the most points to gain."""

NAMED_GAINS = 8
"""Number of criteria per category that a card lists as those with the most points to gain."""

_SHADES = 10
"""Number of shades in the heat map."""


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
        shown_points=lambda item: _shown_points(report, item),
        brief_gains=lambda category: _brief_gains(report, category),
        brief_groups=lambda category: _brief_groups(report, category),
    )
    return page


@cache
def _template() -> Any:
    jinja2 = optional_libraries.for_reports("jinja2")
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
    """The shade of a percentage in the heat map, 0 to 9."""
    return min(_SHADES - 1, int(percent * _SHADES / 100))


def _lacks(item: CriterionResult) -> bool:
    """Whether the unit has less than all points of the criterion."""
    return item.points < item.max_points


def _gains(category: UnitCategory) -> list[CriterionResult]:
    """The ``NAMED_GAINS`` criteria in which the unit can gain the most points, in descending order."""
    items = [item for group in category.result.groups for item in group.criteria if _lacks(item)]
    return sorted(items, key=lambda item: item.points - item.max_points)[:NAMED_GAINS]


def _brief_gains(report: Report, category: UnitCategory) -> str:
    """The criteria with the most points to gain as text: the id, points and maximum of each."""
    return " ".join(f"{i.criterion} {_shown_points(report, i)}/{plain(i.max_points)}" for i in _gains(category))


def _brief_groups(report: Report, category: UnitCategory) -> str:
    """The groups of a category as text: the title, points and maximum of each."""
    scores = [(report.titles.get(group.group, group.group), group.score) for group in category.result.groups]
    return "; ".join(f"{title} {report.points(score.points)}/{plain(score.max_points)}" for title, score in scores)


def _shown_points(report: Report, item: CriterionResult) -> str:
    """The points of a criterion as a short text."""
    if item.status == "not_applicable":
        return report.words["na"]
    return "-" if item.status == "missing" and not item.points else plain(round(item.points, 2))
