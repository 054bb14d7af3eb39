"""Answers in a file and the criteria set that they are for: what the commands that read such a file share."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import typer

from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import load_catalogue
from scorer.cli.output import UserError, print_error, print_note, reading
from scorer.files.translations import in_language
from scorer.model.untrusted import escaped
from scorer.service.in_process import InProcessTransport
from scorer_client import Client, CsvTable, ScorerError
from scorer_client.files.read import criteria_set_of
from scorer_client.forms import Form

FILE = typer.Argument(
    help="Answers: .xlsx, .xlsm, .ods, .csv, .parquet, .arrow, or a directory of such files; 'scorer criteria template "
    "SET --out form.xlsx' writes an empty one.",
    metavar="FILE",
)
SET = typer.Option(
    "", "--set", help="Code of the criteria set; 'scorer criteria list' lists them. A form in .xlsx or .ods has it."
)
ON = typer.Option(
    None, "--on", help="A day instead of --set: the set in force on it.", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"]
)
SERIES = typer.Option("", "--series", help="With --on: only sets of this series, such as bac-kan.")

SHOWN_VIOLATIONS = 50


def tier_or_all(tier: str | None) -> str:
    """The tier of an option, or an empty text for all tiers if the option is not given.

    Raises:
        typer.BadParameter: the option is given without a name, as by a variable of a script that is not set.
    """
    if tier == "":
        raise typer.BadParameter("is empty; name a tier, or leave the option out")
    return tier or ""


def local_client() -> Client:
    """A client of the installed criteria sets, without a server."""
    return Client(InProcessTransport(load_catalogue()))


def chosen_form(client: Client, criteria_set: str, on: datetime.datetime | None, series: str, file: Path) -> Form:
    """What the set asks that is named by its code, by a day, or by the file, which may be a form.

    Raises:
        UserError: it is named in no way or in two, there is none, or there are several.
    """
    if on is None and not criteria_set:
        criteria_set = _criteria_set_of(file)
    if (on is None) == (not criteria_set):
        raise UserError("name the criteria set: either by its code, --set, or by a day on which it is in force, --on")
    if series and on is None:
        raise UserError("--series goes with --on only; leave it out, as --set names the criteria set")
    try:
        if on is None:
            return client.form(criteria_set)
        return client.form(None, effective_on=on.date(), series=series)
    except ScorerError as error:
        hint = " (here: --set, --series)" if error.reason == "SEVERAL_CRITERIA_SETS" else ""
        raise UserError(f"{error.message}{hint}") from error


def _criteria_set_of(file: Path) -> str:
    try:
        files = sorted(file.glob("*.xlsx")) if file.is_dir() else [file]
        return criteria_set_of(files[0]) if files else ""
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error


def read_answers(client: Client, form: Form, file: Path, language: Language) -> CsvTable:
    """The file's units and answers; says what was read differently from how it was written.

    Raises:
        UserError: it cannot be read, or breaks its form.
    """
    try:
        table = read_table(client, form, file, language)
    except ScorerError as error:
        raise report_violations(file, error, language) from error
    announce_notes(file, table)
    return table


def read_table(client: Client, form: Form, file: Path, language: Language) -> CsvTable:
    """The same, without a word.

    Raises:
        UserError: it cannot be read.
        ScorerError: it breaks its form.
    """
    try:
        with reading(file) as progress:
            return client.read_file(form.criteria_set, file, language=language.value, progress=progress)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error


def announce_notes(file: Path, table: CsvTable) -> None:
    """Says what was read differently from how it was written."""
    for note in table.notes:
        print_note(escaped(f"{file}: {note}"))


def report_violations(file: Path, error: ScorerError, language: Language, key: str = "nothing_ranked") -> UserError:
    """Every violation on its own line, then one that sums up.

    Args:
        file: of the answers.
        error: what is wrong with it.
        language: of the sum.
        key: of the words that follow the number of mistakes.
    """
    if not error.violations:
        return UserError(error.message)
    for violation in error.violations[:SHOWN_VIOLATIONS]:
        field, _, description = in_language(violation, language)
        if field == "file":
            where = str(file)
        elif re.fullmatch("[a-z_]+", field):  # of the request, such as period
            where = f"--{field}"
        else:
            where = f"{file}: {field}"
        print_error(f"{where}: {description}")
    total = error.violations_total
    words = WORDS[language.value]
    count = words["mistakes" if total > 1 else "mistake"].format(n=total)
    return UserError(f"{file}: {count}{words[key]}")
