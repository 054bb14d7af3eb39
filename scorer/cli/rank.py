"""scorer rank and scorer score: a province from a CSV file, without a server."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import typer

from scorer.cli.files import as_json, write
from scorer.cli.load import load_catalogue
from scorer.cli.output import UserMistake, complain, err, out
from scorer.cli.report import Report
from scorer.cli.words import Language
from scorer.hints import nearly
from scorer.service.local import LocalTransport
from scorer_client import Client, ScorerError
from scorer_client.csv_file import Sheet

FILE = typer.Argument(help="Answers; 'scorer criteria template SET' writes an empty one.", metavar="FILE.csv")
SET = typer.Option(..., "--set", help="Code of the criteria set; 'scorer criteria list' lists them.")
PERIOD = typer.Option("", help="Assessment period, such as 2020-H1; checked against the set's dates.")
LANGUAGE = typer.Option(Language.EN, "--lang", help="Language of the report.")

SHOWN_VIOLATIONS = 50
SHOWN_UNITS = 5


def rank(
    file: Path = FILE,
    criteria_set: str = SET,
    period: str = PERIOD,
    province: str = typer.Option("", help="Name of the province, for the report."),
    tier: str = typer.Option("", help="Show one tier only; all units are checked all the same."),
    expect_units: int = typer.Option(0, min=0, help="Refuse a file with another number of units: none was left out."),
    language: Language = LANGUAGE,
    to: Path | None = typer.Option(None, "--out", help="Write the results to a .csv or .json file too."),
    as_text: bool = typer.Option(False, "--json", help="Print the results as JSON instead of the report."),
) -> None:
    """Rank the units of a CSV file."""
    if to is not None and to.suffix not in (".csv", ".json"):
        raise UserMistake(f"--out {to} ends neither in .csv nor in .json")
    if to is not None and to.exists() and file.exists() and to.samefile(file):
        raise UserMistake(f"--out {to} is the file of answers itself")
    with err.status("loading criteria sets"):
        client = _client()
    sheet = _read(client, criteria_set, file)
    if expect_units and len(sheet.units) != expect_units:
        raise UserMistake(f"{file} has {len(sheet.units)} units, {expect_units} were expected; is a row missing?")
    try:
        with err.status(f"ranking {len(sheet.units)} units"):
            form = client.form(criteria_set)
            ranked = client.rank_sheet(criteria_set, sheet, period=period, province=province, tier=tier, full=True)
    except ScorerError as error:
        raise _mistake(file, error) from error
    if not ranked.rankings:
        raise UserMistake(f"{file} has no unit of tier {tier!r}")
    report = Report(form, language)
    if to is not None:
        write(to, ranked, language, report.names)
    if as_text:
        out.file.write(as_json(ranked))
        return
    report.province(ranked)
    out.print()
    report.made(ranked)
    if to is not None:
        out.print(f"written to {to}", markup=False)


def score(
    file: Path = FILE,
    unit: str = typer.Argument(help="Id of the unit.", metavar="UNIT"),
    criteria_set: str = SET,
    period: str = PERIOD,
    language: Language = LANGUAGE,
) -> None:
    """Show one unit of a CSV file: its levels, what keeps it from better ones, and every criterion."""
    with err.status("loading criteria sets"):
        client = _client()
    sheet = _read(client, criteria_set, file)
    form = client.form(criteria_set)
    rows = {row.id: row for row in sheet.rows(form)}
    if unit not in rows:
        near = [row.id for row in rows.values() if _plain(unit) in _plain(f"{row.id} {row.name}")][:SHOWN_UNITS]
        hint = f"; there is {', '.join(near)}" if near else nearly(unit, rows)
        raise UserMistake(f"{file} has no unit {unit!r}{hint}")
    try:
        result = client.score_unit(criteria_set, rows[unit], period=period, full=True)
    except ScorerError as error:
        raise _mistake(file, sheet.in_file(error, unit) if error.violations else error) from error
    Report(form, language).unit(result)


def _plain(text: str) -> str:
    """Without accents, capitals and hyphens: how people type a name that they look for."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("-", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _client() -> Client:
    return Client(LocalTransport(load_catalogue()))


def _read(client: Client, criteria_set: str, file: Path) -> Sheet:
    try:
        return client.read_csv(criteria_set, file)
    except OSError as error:
        raise UserMistake(f"cannot read {file}: {error.strerror}") from error
    except ScorerError as error:
        raise _mistake(file, error) from error


def _mistake(file: Path, error: ScorerError) -> UserMistake:
    """Every violation on its own line, then one that sums up."""
    if not error.violations:
        return UserMistake(error.message)
    for violation in error.violations[:SHOWN_VIOLATIONS]:
        where = f"{file}: {violation.field}" if violation.field.startswith("row ") else f"--{violation.field}"
        complain(f"{where}: {violation.description}")
    total = error.violations_total
    return UserMistake(f"{file}: {total} mistake{'s' if total > 1 else ''}; nothing was ranked or written")
