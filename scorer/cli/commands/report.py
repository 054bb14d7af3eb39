"""scorer report: ranks the units of a file, and writes reports to read, print and pass on."""

from __future__ import annotations

import datetime
import gc
from collections.abc import Iterable
from pathlib import Path

import typer

from scorer.cli.answer_input import (
    FILE,
    ON,
    SERIES,
    SET,
    chosen_form,
    local_client,
    rank_answers,
    read_answers,
)
from scorer.cli.export import check_output, output_file, write_atomically
from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import CriteriaOption
from scorer.cli.output import UserError, out, progress
from scorer.model.untrusted import escaped
from scorer_client.formatting import Count
from scorer_client.reports import FORMATS, Report, build, document

OBJECTS_PER_COLLECTION = 50_000
"""Number of new objects after which Python collects garbage. A report has millions of objects and no cycles; with
Python's default of 700, garbage collections would take a third of the time."""


def report(
    file: Path = FILE,
    criteria_set: str = SET,
    on: datetime.date | None = ON,
    series: str = SERIES,
    criteria: CriteriaOption = None,
    outputs: list[Path] = typer.Option(
        ...,
        "--out",
        help=f"File to write: {', '.join(FORMATS)}; may be given several times.",
        parser=output_file,
        metavar="FILE",
    ),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the report."),
    period: str = typer.Option(
        "", help="Assessment period, such as 2020-H1, in which the criteria set must be in force."
    ),
    province: str = typer.Option("", help="Name of the province."),
    tier: str = typer.Option("", help="Report on one tier only. The answers of all units are checked."),
    previous: Path | None = typer.Option(
        None,
        help="File of earlier answers, which are ranked by the same criteria set. The report then shows what changed.",
        metavar="FILE",
    ),
    template: Path | None = typer.Option(
        None, help="Word template to use instead of the one that comes with the scorer.", metavar="FILE.docx"
    ),
    force: bool = typer.Option(False, help="Overwrite existing files."),
) -> None:
    """Write a report on the units of a file: web page, Excel workbook, PDF or Word document."""
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    for number, path in enumerate(outputs):
        if path in outputs[:number]:
            raise UserError(f"--out {path} is given twice")
        check_output(path, FORMATS, [file, *([previous] if previous else [])], force=force)
    if template is not None and not any(path.suffix == ".docx" for path in outputs):
        raise UserError("--template needs --out FILE.docx")
    client = local_client(criteria)
    form = chosen_form(client, criteria_set, on, series, file)
    answers = read_answers(client, form, file, language)
    ranked = rank_answers(client, form, file, answers, language, period=period, province=province, tier=tier)
    before = None
    if previous is not None:
        earlier = read_answers(client, form, previous, language)
        before = rank_answers(client, form, previous, earlier, language, tier=tier)
    with progress(f"preparing the report on {Count(sum(r.unit_count for r in ranked.rankings)):unit}"):
        names = {unit.id: unit.name for unit in answers.units if unit.name}
        model = build(ranked, form, language=language.value, previous=before, unit_names=names)
    write_report(model, outputs, template, force=force)


def write_report(report_model: Report, outputs: Iterable[Path], template: Path | None = None, *, force: bool) -> None:
    """Writes a report to files, and prints their names.

    Raises:
        UserError: a library is not installed, the template cannot be used, or a file cannot be written, or exists and
            ``force`` is false.
    """
    for path in outputs:
        try:
            with progress(f"writing {path}"):
                content = document(report_model, path.suffix, template=template)
        except ImportError as error:
            raise UserError(f"cannot write {path}: {_install_hint(error)}") from error
        except ValueError as error:
            raise UserError(f"cannot write {path}: {error}") from error
        except OSError as error:
            raise UserError(f"cannot read {template}: {error.strerror}") from error
        write_atomically(path, content, force=force)
        out.print(WORDS[report_model.language]["written"].format(file=escaped(str(path))), markup=False)


def _install_hint(error: ImportError) -> str:
    return str(error).replace("egov-scorer-client[report]", "egov-scorer[report]")
