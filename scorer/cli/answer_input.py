"""Options and steps that are shared by the commands that read a file of answers."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import typer

from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import load_catalogue
from scorer.cli.option_values import day
from scorer.cli.output import UserError, err, print_error, print_note, progress
from scorer.cli.violation_translations import in_language
from scorer.model.untrusted import escaped
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client, FileTable, Province, ScorerError
from scorer_client.criteria_set_form import Form
from scorer_client.files.file_reader import criteria_set_of
from scorer_client.formatting import Count

FILE = typer.Argument(
    help="Answers: .xlsx, .xlsm, .ods, .csv, .parquet, .arrow, or a directory of such files; 'scorer criteria template "
    "SET --out form.xlsx' writes an empty one.",
    metavar="FILE",
)
SET = typer.Option(
    "", "--set", help="Code of the criteria set; 'scorer criteria list' lists them. A form (.xlsx, .ods) names its set."
)
ON = typer.Option(
    None,
    "--on",
    help="Instead of --set: use the set that is in force on this day.",
    metavar="YYYY-MM-DD",
    parser=day,
)
SERIES = typer.Option("", "--series", help="With --on: only sets of this series, such as bac-kan.")

MAX_SHOWN_VIOLATIONS = 50

_OPTION = re.compile("(?!file$)[a-z_]+")
"""Matches the field paths of violations in fields that an option sets, such as ``period``."""


def local_client(criteria: Path | None = None) -> Client:
    """A client that calls the scorer in this process, with the installed criteria sets and those of a directory."""
    with err.status("loading criteria sets"):
        return Client(InProcessTransport(load_catalogue(criteria)))


def chosen_form(client: Client, criteria_set: str, on: datetime.date | None, series: str, file: Path) -> Form:
    """The form of a criteria set. A code, a day, or the file itself (a form names its set) says which set it is.

    Raises:
        UserError: no set is named, a set is named in two ways, or none or several sets match.
    """
    if on is None and not criteria_set:
        criteria_set = _criteria_set_of(file)
    if (on is None) == (not criteria_set):
        raise UserError("name the criteria set: either by its code, --set, or by a day on which it is in force, --on")
    if series and on is None:
        raise UserError("--series needs --on, a day; leave --series out, because --set names the criteria set")
    try:
        if on is None:
            return client.form(criteria_set)
        return client.form(None, effective_on=on, series=series)
    except ScorerError as error:
        hint = " (here: --set, --series)" if error.reason == "SEVERAL_CRITERIA_SETS" else ""
        raise UserError(f"{error.message}{hint}") from error


def _criteria_set_of(file: Path) -> str:
    try:
        files = sorted(file.glob("*.xlsx")) if file.is_dir() else [file]
        return criteria_set_of(files[0]) if files else ""
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error


def read_answers(client: Client, form: Form, file: Path, language: Language) -> FileTable:
    """Reads a file of answers, and prints notes on values that were interpreted, such as 12,5 as 12.5.

    Raises:
        UserError: the file cannot be read, or it does not fit the form.
    """
    try:
        table = read_table(client, form, file, language)
    except ScorerError as error:
        raise report_violations(file, error, language) from error
    print_notes(file, table)
    return table


def read_table(client: Client, form: Form, file: Path, language: Language) -> FileTable:
    """Reads a file of answers, and prints nothing.

    Raises:
        UserError: the file cannot be read.
        ScorerError: the file does not fit the form.
    """
    try:
        with progress(f"reading {file}") as report:
            return client.read_file(
                form.criteria_set, file, language=language.value, progress=lambda _, done, total: report(done, total)
            )
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error


def rank_answers(
    client: Client,
    form: Form,
    file: Path,
    answers: FileTable,
    language: Language,
    *,
    period: str = "",
    province: str = "",
    tier: str = "",
) -> Province:
    """Ranks the answers of a file, with the points of every criterion.

    Raises:
        UserError: the answers have violations, or the file has no unit of the tier.
    """
    try:
        with err.status(f"ranking {Count(len(answers.units)):unit}"):
            ranked = client.rank_file(
                form.criteria_set, answers, period=period, province=province, tier=tier, full=True
            )
    except ScorerError as error:
        raise report_violations(file, error, language) from error
    if not ranked.rankings:
        raise UserError(f"{file} has no unit of tier {tier!r}" if tier else f"{file} has no units")
    return ranked


def print_notes(file: Path, table: FileTable) -> None:
    """Prints the notes on values that were interpreted."""
    for note in table.notes:
        print_note(escaped(f"{file}: {note}"))


def report_violations(file: Path, error: ScorerError, language: Language, key: str = "nothing_ranked") -> UserError:
    """Prints each of the first ``MAX_SHOWN_VIOLATIONS`` violations on its own line. Returns an error with their number.

    Args:
        file: the file of answers.
        error: the error that reading or ranking the file raised.
        language: language of the messages.
        key: key in ``WORDS`` of the text that follows the number of violations.
    """
    if not error.violations:
        return UserError(error.message)
    for violation in error.violations[:MAX_SHOWN_VIOLATIONS]:
        field, _, description = in_language(violation, language)
        if field == "file":
            where = str(file)
        elif _OPTION.fullmatch(field):
            where = f"--{field}"
        else:
            where = f"{file}: {field}"
        print_error(f"{where}: {description}")
    total = error.violations_total
    words = WORDS[language.value]
    count = words["mistakes"].format(n=Count(total))
    only_options = all(_OPTION.fullmatch(violation.field) for violation in error.violations)
    return UserError(f"{count}{words[key]}" if only_options else f"{file}: {count}{words[key]}")
