"""scorer demo: ranks a bundled province through a real server."""

from __future__ import annotations

import webbrowser
from importlib.resources import as_file, files
from pathlib import Path

import typer

from scorer.cli import demo_facts
from scorer.cli.commands.report import write_report
from scorer.cli.export import as_json
from scorer.cli.i18n import Language
from scorer.cli.loading import find_set, load_catalogue
from scorer.cli.output import UserError, err, out
from scorer.cli.terminal_report import Report
from scorer.service.background_server import serving
from scorer.service.runtime.settings import Settings
from scorer.service.server import AddressError
from scorer_client import Client, Province
from scorer_client.criteria_set_form import Form
from scorer_client.formatting import Count
from scorer_client.reports import build

PROVINCES = {"bac-kan-2020": ("Bắc Kạn", "2020-H1"), "hue-2020": ("Thừa Thiên Huế", "2020")}
"""Name and assessment period of each province whose answers come with the scorer, by criteria set."""


def demo(
    criteria_set: str = typer.Option("bac-kan-2020", "--set", help=f"Criteria set: {' or '.join(PROVINCES)}."),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of the report."),
    json_output: bool = typer.Option(False, "--json", help="Print the results as JSON instead of the report."),
    open_page: bool = typer.Option(
        False, "--open", help="Write the report as a web page in this directory, and open it."
    ),
) -> None:
    """Rank a province whose answers come with the scorer, through a real server, and show the causes of levels."""
    if criteria_set not in PROVINCES:
        raise UserError(f"there are no answers for {criteria_set!r}; --set takes {' or '.join(PROVINCES)}")
    if open_page:
        _write_and_open_page(criteria_set, language)
        return
    form, province = rank_over_socket(criteria_set)
    if json_output:
        out.write_text(as_json(province))
        return
    report = Report(form, language)
    report.province(province)
    if criteria_set == "bac-kan-2020":
        report.facts(demo_facts.facts(province, language))
    out.print()
    report.provenance(province)


def _write_and_open_page(criteria_set: str, language: Language) -> None:
    form, province = rank_over_socket(criteria_set)
    facts = demo_facts.facts(province, language) if criteria_set == "bac-kan-2020" else ()
    page = Path(f"{criteria_set}.html")
    write_report(build(province, form, language=language.value, facts=facts), [page], force=True)
    webbrowser.open(page.resolve().as_uri())


def rank_over_socket(criteria_set: str) -> tuple[Form, Province]:
    """Starts a server on a free port, ranks the province through a client, and stops the server."""
    with err.status("loading criteria sets"):
        catalogue = load_catalogue()
    find_set(catalogue, criteria_set)
    province, period = PROVINCES[criteria_set]
    try:
        with (
            serving(lambda: catalogue, Settings(address="127.0.0.1:0")) as server,
            Client(server.address) as client,
            as_file(files("scorer_plugins.answers") / f"{criteria_set}.csv") as file,
        ):
            form = client.form(criteria_set)
            rows = client.read_file(criteria_set, file).rows()
            with err.status(f"ranking {Count(len(rows)):unit}"):
                return form, client.rank_province(criteria_set, rows, province=province, period=period, full=True)
    except AddressError as error:
        raise UserError(str(error)) from error
