"""Writes reports as PDF, by printing their HTML."""

from __future__ import annotations

from typing import Any

from scorer_client import optional_libraries
from scorer_client.reports.html import html
from scorer_client.reports.model import Report

MAX_UNITS = 2_000
"""Maximum number of units of a PDF: more would take many minutes and gigabytes of memory."""


def pdf(report: Report) -> bytes:
    """The report as a PDF.

    Raises:
        ImportError: WeasyPrint or one of its system libraries is not installed.
        ValueError: the report has too many units.
    """
    units = sum(len(section.units) for section in report.sections)
    if units > MAX_UNITS:
        raise ValueError(
            f"a PDF can have {MAX_UNITS:,} units, and the report has {units:,}: rank one tier, or write HTML"
        )
    try:
        library = optional_libraries.for_reports("weasyprint")
    except OSError as error:
        raise ImportError(
            "PDF needs the system library Pango 1.44 or later: apt install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0, dnf install pango or brew install pango",
            name="pango",
        ) from error
    document = library.HTML(string=html(report), url_fetcher=_refuse_to_load)
    content: bytes = document.write_pdf(pdf_identifier=report.revision.encode())
    return content


def _refuse_to_load(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a report must not load {url}")
