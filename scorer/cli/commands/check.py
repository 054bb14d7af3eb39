"""scorer check: lists the mistakes in a file of answers, and can mark them in a copy."""

from __future__ import annotations

import datetime
from pathlib import Path

import typer

from scorer.cli.answer_input import (
    FILE,
    ON,
    SERIES,
    SET,
    chosen_form,
    local_client,
    print_notes,
    read_table,
    report_violations,
)
from scorer.cli.export import check_overwrite, output_file, write_atomically
from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import CriteriaOption
from scorer.cli.output import UserError, err, out, progress
from scorer.cli.violation_translations import in_language
from scorer.model.untrusted import escaped
from scorer_client import ScorerError, Violation
from scorer_client.formatting import Count


def check(
    file: Path = FILE,
    criteria_set: str = SET,
    on: datetime.date | None = ON,
    series: str = SERIES,
    criteria: CriteriaOption = None,
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the messages."),
    output: Path | None = typer.Option(
        None,
        "--out",
        help="Write a copy in which mistakes are coloured and explained.",
        parser=output_file,
        metavar="MARKED.xlsx",
    ),
    force: bool = typer.Option(False, help="Overwrite an existing file."),
) -> None:
    """List the mistakes in a file of answers. Exit code 2 if there are any."""
    if output is not None and output.suffix.lower() != ".xlsx":
        raise UserError(f"--out {output} does not end in .xlsx")
    if output is not None and file.is_dir():
        raise UserError("--out needs a single file of answers, not a directory")
    if output is not None:
        check_overwrite(output, force=force)
    client = local_client(criteria)
    form = chosen_form(client, criteria_set, on, series, file)
    violations: tuple[Violation, ...] = ()
    summary: UserError | None = None
    units = 0
    try:
        table = read_table(client, form, file, language)
        print_notes(file, table)
        units = len(table.units)
        with err.status(f"checking {Count(units):unit}"):
            client.rank_file(form.criteria_set, table)
    except ScorerError as error:
        violations = tuple(in_language(violation, language) for violation in error.violations)
        summary = report_violations(file, error, language, key="found")
    if output is not None and not any(violation.field == "file" for violation in violations):
        from scorer.workbooks.marked_copy import marked_copy  # openpyxl takes a tenth of a second to import

        with progress(f"writing {output}"):
            write_atomically(output, marked_copy(file, form, violations), force=force)
        out.print(WORDS[language.value]["written"].format(file=escaped(str(output))), markup=False)
    if summary is not None:
        raise summary
    out.print(WORDS[language.value]["no_mistakes"].format(file=escaped(str(file)), n=Count(units)), markup=False)
