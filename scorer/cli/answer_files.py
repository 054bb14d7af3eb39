"""Answers in a CSV file and the criteria set that they are for: what the commands that read such a file share."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from scorer.cli.loading import load_catalogue
from scorer.cli.output import UserError, print_error
from scorer.service.in_process import InProcessTransport
from scorer_client import Client, CsvTable, ScorerError
from scorer_client.forms import Form

FILE = typer.Argument(help="Answers; 'scorer criteria template SET' writes an empty one.", metavar="FILE.csv")
SET = typer.Option("", "--set", help="Code of the criteria set; 'scorer criteria list' lists them.")
ON = typer.Option(
    None, "--on", help="A day instead of --set: the set in force on it.", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"]
)
SERIES = typer.Option("", "--series", help="With --on: only sets of this series, such as bac-kan.")

SHOWN_VIOLATIONS = 50


def local_client() -> Client:
    """A client of the installed criteria sets, without a server."""
    return Client(InProcessTransport(load_catalogue()))


def chosen_form(client: Client, criteria_set: str, on: datetime.datetime | None, series: str) -> Form:
    """What the set asks that is named by its code or by a day.

    Raises:
        UserError: it is named in no way or in two, there is none, or there are several.
    """
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


def read_answers(client: Client, form: Form, file: Path) -> CsvTable:
    """The file's units and answers.

    Raises:
        UserError: it cannot be read, or breaks its form.
    """
    try:
        with complaining():
            return client.read_csv(form.criteria_set, file)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    except ScorerError as error:
        raise report_violations(file, error) from error


@contextmanager
def complaining() -> Iterator[None]:
    """While a file is read: what is doubtful in it, and taken all the same, is told in a line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        print_error(f"warning: {warning.message}")


def report_violations(file: Path, error: ScorerError) -> UserError:
    """Every violation on its own line, then one that sums up."""
    if not error.violations:
        return UserError(error.message)
    for violation in error.violations[:SHOWN_VIOLATIONS]:
        where = f"{file}: {violation.field}" if violation.field.startswith("row ") else f"--{violation.field}"
        print_error(f"{where}: {violation.description}")
    total = error.violations_total
    return UserError(f"{file}: {total} mistake{'s' if total > 1 else ''}; nothing was ranked or written")
