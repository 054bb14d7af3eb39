"""Reports on rankings in HTML, Excel, PDF and Word: ``build`` makes a report, ``document`` the content of a file."""

from __future__ import annotations

from pathlib import Path

from scorer_client.reports.build import build
from scorer_client.reports.docx import docx
from scorer_client.reports.html import html
from scorer_client.reports.model import Report
from scorer_client.reports.pdf import pdf
from scorer_client.reports.xlsx import xlsx

FORMATS = (".html", ".xlsx", ".pdf", ".docx")
"""Endings of the files that reports can be written to."""

__all__ = ["FORMATS", "Report", "build", "document"]


def document(report: Report, ending: str, *, template: Path | None = None) -> bytes:
    """The content of a file with a report. Equal reports give equal bytes.

    Args:
        report: the report.
        ending: ending of the file's name, one of ``FORMATS``.
        template: a Word template to use instead of the client's own; for ``.docx`` only.

    Raises:
        ValueError: the format is unknown, the report has too many units for it, or the template cannot be used.
        ImportError: a library is not installed; the message says how to install it.
        OSError: the template cannot be read.
    """
    match ending:
        case ".html":
            return html(report).encode()
        case ".xlsx":
            return xlsx(report)
        case ".pdf":
            return pdf(report)
        case ".docx":
            return docx(report, template)
    raise ValueError(f"a report ends in {', '.join(FORMATS)}, not in {ending!r}")
