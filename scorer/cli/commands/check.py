"""scorer check: what is wrong with a file of answers, and a copy in which it is marked."""

from __future__ import annotations

import datetime
from pathlib import Path

import typer

from scorer.cli.answer_files import (
    FILE,
    ON,
    SERIES,
    SET,
    announce_notes,
    chosen_form,
    local_client,
    read_table,
    report_violations,
)
from scorer.cli.export import check_target, output_file, write_atomically
from scorer.cli.i18n import WORDS, Language
from scorer.cli.output import UserError, err, out
from scorer.files.translations import in_language
from scorer.model.untrusted import escaped
from scorer_client import ScorerError, Violation


def check(
    file: Path = FILE,
    criteria_set: str = SET,
    on: datetime.datetime | None = ON,
    series: str = SERIES,
    language: Language = typer.Option(Language.EN, "--lang", help="Language of what is wrong."),
    to: Path | None = typer.Option(
        None,
        "--out",
        help="Write a copy in which mistakes are coloured and explained.",
        parser=output_file,
        metavar="MARKED.xlsx",
    ),
    force: bool = typer.Option(False, help="Overwrite a file that is there."),
) -> None:
    """Check a file of answers without ranking it. Exit code 2 when there are mistakes."""
    if to is not None and to.suffix.lower() != ".xlsx":
        raise UserError(f"--out {to} does not end in .xlsx")
    if to is not None and file.is_dir():
        raise UserError("--out marks one file, not a directory")
    if to is not None:
        check_target(to, force=force)
    with err.status("loading criteria sets"):
        client = local_client()
    form = chosen_form(client, criteria_set, on, series, file)
    violations: tuple[Violation, ...] = ()
    wrong: UserError | None = None
    units = 0
    try:
        table = read_table(client, form, file, language)
        announce_notes(file, table)
        units = len(table.units)
        with err.status(f"checking {units} units"):
            client.rank_file(form.criteria_set, table)
    except ScorerError as error:
        violations = tuple(in_language(violation, language) for violation in error.violations)
        wrong = report_violations(file, error, language, key="found")
    if to is not None and not any(violation.field == "file" for violation in violations):
        from scorer.files.marked import marked_copy  # openpyxl takes a tenth of a second to import

        write_atomically(to, marked_copy(file, form, violations))
        out.print(f"written to {escaped(str(to))}", markup=False)
    if wrong is not None:
        raise wrong
    out.print(WORDS[language.value]["no_mistakes"].format(file=escaped(str(file)), n=units), markup=False)
