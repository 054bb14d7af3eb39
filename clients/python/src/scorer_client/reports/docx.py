"""Writes reports as Word documents: the annex of a decision, from a template that a province can replace."""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from scorer_client import optional_libraries
from scorer_client.reports.model import Report

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of the files in the archive: the earliest date that ZIP allows."""


def docx(report: Report, template: Path | None = None) -> bytes:
    """The report as a Word document.

    Args:
        report: the report. The template refers to it as ``report``, and to its labels as ``words``.
        template: a Word document with Jinja tags for docxtpl; docs/reports.md lists what the tags can use.

    Raises:
        ImportError: docxtpl is not installed.
        ValueError: the template is not a Word document, is damaged, or has a wrong tag.
        OSError: the template cannot be read.
    """
    docxtpl = optional_libraries.for_reports("docxtpl")
    jinja2, sandbox = optional_libraries.for_reports("jinja2"), optional_libraries.for_reports("jinja2.sandbox")
    content = default_template() if template is None else template.read_bytes()
    # The template is not trusted: the sandbox lets its tags read only the report.
    environment = sandbox.SandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    try:
        word_document = docxtpl.DocxTemplate(io.BytesIO(content))
        word_document.init_docx()
    except Exception as error:  # of zipfile, zlib, lxml or python-docx. Some of their texts have addresses in memory.
        raise ValueError("the template is not a Word document (.docx), or is damaged") from error
    try:
        word_document.render({"report": report, "words": report.words}, environment)
    except Exception as error:  # whatever an expression in a tag raises
        message = f"a tag of the template cannot be used: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    properties = word_document.docx.core_properties
    properties.title, properties.author, properties.last_modified_by = report.title, "egov-scorer", "egov-scorer"
    properties.created = properties.modified = report.created
    file = io.BytesIO()
    word_document.save(file)
    return _without_dates(file.getvalue())


def default_template() -> bytes:
    """The client's own template, which tools/annex_template.py writes."""
    return (files("scorer_client.reports") / "templates" / "annex.docx").read_bytes()


def _without_dates(archive: bytes) -> bytes:
    """The archive with one fixed date for all files, so that equal documents have equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            information: Any = zipfile.ZipInfo(name, _EPOCH)
            information.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(information, old.read(name))
    return file.getvalue()
