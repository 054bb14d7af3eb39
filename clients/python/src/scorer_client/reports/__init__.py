"""Reports on a ranking: HTML, Excel, PDF and Word. ``build`` makes the model, ``document`` a file of it."""

from __future__ import annotations

from pathlib import Path

from scorer_client.reports.build import build
from scorer_client.reports.docx import docx
from scorer_client.reports.html import html
from scorer_client.reports.model import Report
from scorer_client.reports.pdf import pdf
from scorer_client.reports.xlsx import xlsx

FORMATS = (".html", ".xlsx", ".pdf", ".docx")
"""Endings of the files that a report can be."""

__all__ = ["FORMATS", "Report", "build", "document"]


def document(report: Report, ending: str, *, template: Path | None = None) -> bytes:
    """A report as the content of a file. The same report gives the same bytes.

    Args:
        report: what it says.
        ending: of the file: one of ``FORMATS``.
        template: a Word template, instead of the one that comes with the client; for ``.docx`` only.

    Raises:
        ValueError: there is no such format; the report has too many units for it; or the template is none.
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
