"""Reports as Word documents: the annex of a decision, from a template that a province can replace."""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from scorer_client import optional
from scorer_client.reports.model import Report

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of the files in the archive: the earliest that there is."""


def docx(report: Report, template: Path | None = None) -> bytes:
    """The report as a Word document.

    Args:
        report: what it says; the template names it ``report``, and its words ``words``.
        template: a Word document with Jinja tags, as docxtpl reads them; docs/reports.md has what they can name.

    Raises:
        ImportError: docxtpl is not installed.
        ValueError: the template is no Word document, or a tag in it is wrong.
        OSError: the template cannot be read.
    """
    docxtpl = optional.for_reports("docxtpl")
    jinja2, sandbox = optional.for_reports("jinja2"), optional.for_reports("jinja2.sandbox")
    content = default_template() if template is None else template.read_bytes()
    # The template may come from anybody: its tags can read the report, and nothing else.
    environment = sandbox.SandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    try:
        made = docxtpl.DocxTemplate(io.BytesIO(content))
        made.render({"report": report, "words": report.words}, environment)
    except (jinja2.TemplateError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"the template is no Word document with tags for reports: {error}") from error
    properties = made.docx.core_properties
    properties.title, properties.author, properties.last_modified_by = report.title, "egov-scorer", "egov-scorer"
    properties.created = properties.modified = report.created
    file = io.BytesIO()
    made.save(file)
    return _without_dates(file.getvalue())


def default_template() -> bytes:
    """The template that comes with the client; tools/annex_template.py makes it."""
    return (files("scorer_client.reports") / "templates" / "annex.docx").read_bytes()


def _without_dates(archive: bytes) -> bytes:
    """The same archive, whose files all have the same date."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            information: Any = zipfile.ZipInfo(name, _EPOCH)
            information.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(information, old.read(name))
    return file.getvalue()
