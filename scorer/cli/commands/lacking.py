"""scorer lacking: lists the units of a file that lack points of a criterion."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path

import typer
from rich.markup import escape

from scorer.cli.answer_input import (
    FILE,
    ON,
    SERIES,
    SET,
    chosen_form,
    local_client,
    read_answers,
    report_violations,
)
from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import CriteriaOption
from scorer.cli.output import out, table
from scorer_client import ScorerError
from scorer_client.formatting import Count
from scorer_client.sentences import plain


def lacking(
    file: Path = FILE,
    criterion: str = typer.Argument(help="Id of the criterion, such as INF.02.", metavar="CRITERION"),
    criteria_set: str = SET,
    on: datetime.date | None = ON,
    series: str = SERIES,
    criteria: CriteriaOption = None,
    tier: str = typer.Option("", help="List units of this tier only. The answers of all units are checked."),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the output."),
) -> None:
    """List the units that did not get all points of a criterion, or did not report it."""
    client = local_client(criteria)
    form = chosen_form(client, criteria_set, on, series, file)
    answers = read_answers(client, form, file, language)
    try:
        lacks = client.who_lacks_file(form.criteria_set, answers, criterion, tier=tier)
    except ScorerError as error:
        raise report_violations(file, error, language) from error
    words = WORDS[language.value]
    name = f"{criterion} {form.names(language.value)[criterion]}"
    tiers = form.tier_titles(language.value)
    if not lacks:
        out.print(words["all_have"].format(criterion=name), markup=False, soft_wrap=True)
        return
    columns = ("unit", "name", "tier", "lacks", "points", "of")
    shown = table(*(words[column] for column in columns), right=(words["points"], words["of"]))
    for lack in lacks:
        cells = lack.id, lack.name, tiers[lack.tier], words[lack.what], plain(lack.points), plain(lack.max_points)
        shown.add_row(*map(escape, cells))
    out.print(shown)
    counts = Counter(lack.what for lack in lacks)
    counted = ", ".join(f"{counts[what]} {words[what]}" for what in ("none", "some", "not_reported") if counts[what])
    out.print(
        words["who_lacks"].format(n=Count(len(lacks)), criterion=name, counted=counted), markup=False, soft_wrap=True
    )
