"""scorer report: a province from a file of answers, as files for people to read, print and pass on."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import typer

from scorer.cli.answer_files import (
    FILE,
    ON,
    SERIES,
    SET,
    chosen_form,
    local_client,
    read_answers,
    report_violations,
    tier_or_all,
)
from scorer.cli.export import check_target, output_file, write_atomically
from scorer.cli.i18n import Language
from scorer.cli.output import UserError, err, out
from scorer.model.untrusted import escaped
from scorer_client import Client, Province, ScorerError
from scorer_client.forms import Form
from scorer_client.reports import FORMATS, Report, build, document


def report(
    file: Path = FILE,
    criteria_set: str = SET,
    on: datetime.datetime | None = ON,
    series: str = SERIES,
    to: list[Path] = typer.Option(
        ...,
        "--out",
        help=f"File to write: {', '.join(FORMATS)}; may be given several times.",
        parser=output_file,
        metavar="FILE",
    ),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the report."),
    period: str = typer.Option("", help="Assessment period, such as 2020-H1; checked against the set's dates."),
    province: str = typer.Option("", help="Name of the province."),
    tier: str = typer.Option(
        None, help="Report on one tier only; all units are checked all the same.", callback=tier_or_all
    ),
    previous: Path | None = typer.Option(
        None, help="Earlier answers, scored by the same criteria set: the report says what moved.", metavar="FILE"
    ),
    template: Path | None = typer.Option(
        None, help="Word template to fill instead of the one that comes with the scorer.", metavar="FILE.docx"
    ),
    force: bool = typer.Option(False, help="Overwrite files that are there."),
) -> None:
    """Write a report on the units of a file: web page, Excel workbook, PDF or Word document."""
    check_targets(to, [file, *([previous] if previous else [])], force)
    if template is not None and not any(path.suffix == ".docx" for path in to):
        raise UserError("--template goes with --out FILE.docx only")
    with err.status("loading criteria sets"):
        client = local_client()
    form = chosen_form(client, criteria_set, on, series, file)
    ranked = _ranked(client, form, file, language, period=period, province=province, tier=tier)
    before = None if previous is None else _ranked(client, form, previous, language, tier=tier)
    write_report(build(ranked, form, language=language.value, previous=before), to, template)


def _ranked(
    client: Client, form: Form, file: Path, language: Language, *, period: str = "", province: str = "", tier: str = ""
) -> Province:
    answers = read_answers(client, form, file, language)
    try:
        with err.status(f"ranking {len(answers.units)} units"):
            ranked = client.rank_file(
                form.criteria_set, answers, period=period, province=province, tier=tier, full=True
            )
    except ScorerError as error:
        raise report_violations(file, error, language) from error
    if not ranked.rankings:
        raise UserError(f"{file} has no unit of tier {tier!r}" if tier else f"{file} has no units")
    return ranked


def check_targets(to: Iterable[Path], inputs: Iterable[Path], force: bool) -> None:
    """Refuses, before any work, files that cannot or must not be written.

    Raises:
        UserError: another ending than those of ``FORMATS``, a file that is there already, or that is read.
    """
    for path in to:
        if path.suffix not in FORMATS:
            raise UserError(f"--out {path} ends in none of {', '.join(FORMATS)}")
        if path.exists() and any(given.exists() and path.samefile(given) for given in inputs):
            raise UserError(f"--out {path} is the file of answers itself")
        check_target(path, force=force)


def write_report(made: Report, to: Iterable[Path], template: Path | None = None) -> None:
    """Writes a report to files, and says so.

    Raises:
        UserError: a library is not installed, the template is none, or a file cannot be written.
    """
    for path in to:
        try:
            with err.status(f"writing {path.name}"):
                content = document(made, path.suffix, template=template)
        except ImportError as error:
            raise UserError(f"cannot write {path}: {_how_to_install(error)}") from error
        except ValueError as error:
            raise UserError(f"cannot write {path}: {error}") from error
        except OSError as error:
            raise UserError(f"cannot read {template}: {error.strerror}") from error
        write_atomically(path, content)
        out.print(f"written to {escaped(str(path))}", markup=False)


def _how_to_install(error: ImportError) -> str:
    return str(error).replace("egov-scorer-client[report]", "egov-scorer[report]")
