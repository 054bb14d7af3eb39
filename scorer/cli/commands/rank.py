"""scorer rank and scorer score: rank the units of a file, or show one unit of it, without a server."""

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
    rank_answers,
    read_answers,
    report_violations,
)
from scorer.cli.export import RESULT_ENDINGS, as_json, check_output, output_file, write_results
from scorer.cli.i18n import Language, search_key
from scorer.cli.loading import CriteriaOption
from scorer.cli.option_values import whole_number
from scorer.cli.output import UserError, out, progress
from scorer.cli.terminal_report import Report
from scorer.model.suggestions import did_you_mean
from scorer.model.untrusted import escaped
from scorer_client import ScorerError
from scorer_client.formatting import Count

PERIOD = typer.Option("", help="Assessment period, such as 2020-H1, in which the criteria set must be in force.")
LANGUAGE = typer.Option(Language.EN, "--lang", help="Language of the report and the messages.")

MAX_SUGGESTED_UNITS = 5


def rank(
    file: Path = FILE,
    criteria_set: str = SET,
    on: datetime.date | None = ON,
    series: str = SERIES,
    criteria: CriteriaOption = None,
    period: str = PERIOD,
    province: str = typer.Option("", help="Name of the province, for the report."),
    tier: str = typer.Option("", help="Show one tier only. The answers of all units are checked."),
    expect_units: int | None = typer.Option(
        None, help="Refuse a file that has another number of units.", parser=whole_number, metavar="N"
    ),
    language: Language = LANGUAGE,
    output: Path | None = typer.Option(
        None, "--out", help="Also write the results to this .csv or .json file.", parser=output_file, metavar="PATH"
    ),
    force: bool = typer.Option(False, help="Overwrite an existing file."),
    json_output: bool = typer.Option(False, "--json", help="Print the results as JSON instead of the report."),
) -> None:
    """Rank the units of a file."""
    if output is not None:
        check_output(output, RESULT_ENDINGS, [file], force=force)
    client = local_client(criteria)
    form = chosen_form(client, criteria_set, on, series, file)
    answers = read_answers(client, form, file, language)
    if expect_units is not None and len(answers.units) != expect_units:
        raise UserError(
            f"{file} has {Count(len(answers.units)):unit}, {Count(expect_units):was|were} expected; is a row missing?"
        )
    ranked = rank_answers(client, form, file, answers, language, period=period, province=province, tier=tier)
    report = Report(form, language, {unit.id: unit.name for unit in answers.units if unit.name})
    if output is not None:
        with progress(f"writing {output}"):
            write_results(output, ranked, form, language, force=force)
    if json_output:
        out.write_text(as_json(ranked))
        return
    report.province(ranked)
    out.print()
    report.provenance(ranked)
    if output is not None:
        out.print(report.words["written"].format(file=escaped(str(output))), markup=False)


def score(
    file: Path = FILE,
    unit: str = typer.Argument(help="Id of the unit.", metavar="UNIT"),
    criteria_set: str = SET,
    on: datetime.date | None = ON,
    series: str = SERIES,
    criteria: CriteriaOption = None,
    period: str = PERIOD,
    language: Language = LANGUAGE,
) -> None:
    """Show one unit of a file: its levels, the causes that keep it from better levels, and every criterion.

    If the criteria set compares units, the unit is compared with the other units of the file.
    """
    client = local_client(criteria)
    form = chosen_form(client, criteria_set, on, series, file)
    answers = read_answers(client, form, file, language)
    rows = {row.id: row for row in answers.rows()}
    if unit not in rows:
        similar = [row.id for row in rows.values() if search_key(unit) in search_key(f"{row.id} {row.name}")]
        hint = f"; similar units: {', '.join(similar[:MAX_SUGGESTED_UNITS])}" if similar else did_you_mean(unit, rows)
        raise UserError(f"{file} has no unit {unit!r}{hint}")
    try:
        result = client.score_unit(form.criteria_set, rows[unit], period=period, full=True)
    except ScorerError as error:
        if error.reason != "NEEDS_COHORT":
            raise report_violations(
                file, answers.unit_in_file(error, unit) if error.violations else error, language
            ) from error
        ranked = rank_answers(client, form, file, answers, language, period=period, tier=rows[unit].tier)
        result = next(item for ranking in ranked.rankings for item in ranking.units if item.id == unit)
    Report(form, language).unit(result)
