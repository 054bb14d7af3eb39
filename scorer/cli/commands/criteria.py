"""scorer criteria: lists, shows and checks criteria sets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

import typer
from rich.markup import escape

from scorer.catalogue.bases import document_bases
from scorer.catalogue.catalogue import load_set
from scorer.cli.commands.cases import counted, run_cases
from scorer.cli.commands.diff import diff
from scorer.cli.commands.schema import schema
from scorer.cli.commands.show import show
from scorer.cli.commands.template import template
from scorer.cli.loading import CriteriaOption, load_catalogue, quiet_host
from scorer.cli.output import UserError, err, out, print_error, table
from scorer.criteria.model import CriteriaSet, Texts
from scorer.criteria.yaml_parser import read_document
from scorer.engine.gates import GateCompiler
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX
from scorer.service.in_process_transport import InProcessTransport
from scorer_client import Client, ScorerError
from scorer_client.criteria_set_form import STATES
from scorer_client.formatting import Count
from scorer_client.titles import text

LIST_TIMEOUT_SECONDS = 10.0
"""Time limit for the call that lists the sets of a server."""


class _DateMessage(Protocol):
    year: int
    month: int
    day: int


app = typer.Typer(
    help="List and show criteria sets, check and test documents, write empty forms.", no_args_is_help=True
)
app.command()(template)
app.command("test")(run_cases)
app.command()(diff)
app.command()(show)
app.command()(schema)


@app.command("list")
def list_sets(
    criteria: CriteriaOption = None,
    address: str = typer.Option("", help="List the sets of a running server instead.", metavar="HOST:PORT"),
) -> None:
    """List the installed criteria sets, or those of a running server. Refused sets are listed too.

    If a changed document is refused while a server runs, the server keeps the last good revision of the set.
    """
    if not address:
        with err.status("loading criteria sets"):
            client = Client(InProcessTransport(load_catalogue(criteria)))  # load_catalogue prints the problems
            _list(client)
        return
    if criteria:
        raise UserError("--criteria lists sets of this machine and --address those of a server: give only one of them")
    try:
        server = Client(address, timeout=LIST_TIMEOUT_SECONDS)
    except ValueError as error:
        raise UserError(f"--address: {error}") from error
    with server as client:
        try:
            problems = _list(client)
        except ScorerError as error:
            raise UserError(f"cannot list the criteria sets of {address}: {error}") from error
    for problem in problems:
        print_error(problem)


def _list(client: Client) -> list[str]:
    """Prints the sets as a table, and returns their problems."""
    shown = table("set", "series", "title", "in force", "tiers", "provenance", "state", "revision")
    problems: list[str] = []
    for item in client.criteria_sets():
        first, last = _day(item.effective_from), _day(item.effective_to)
        state = STATES[item.state]
        shown.add_row(
            escape(item.code) or "?",
            item.series,
            escape(_english({title.language: title.text for title in item.titles})),
            f"{first} to {last}" if item.revision else "",
            ", ".join(item.tiers),
            item.provenance,
            f"{state}, {counted(item.problem_count, 'problem')}" if item.problems else state,
            item.revision[:12],
        )
        problems += item.problems
    out.print(shown)
    return problems


def _day(day: _DateMessage) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.year else "..."


@app.command()
def check(files: list[Path] = typer.Argument(help="YAML documents.", metavar="FILE...")) -> None:
    """Check documents: print the first 20 problems of each, with line and column. Exit code 2 if one cannot be used.

    Files of cases (*.cases.yaml) are skipped: 'scorer criteria test' checks them.
    """
    sets = [file for file in files if not file.name.endswith(CASES_SUFFIX)]
    if not sets:
        raise UserError(f"{files[0]} holds cases, not a criteria set: 'scorer criteria test {files[0]}' checks it")
    host, compiler, broken, unread = quiet_host(), GateCompiler(), 0, 0
    for file in sets:
        try:
            data = read_document(file)
        except OSError as error:
            print_error(f"cannot read {file}: {error.strerror}")
            unread += 1
            continue
        plan, document = load_set(host, escaped(str(file)), data, compiler, partial(document_bases, host, file))
        for problem in (*document.sorted_problems(), *(document.warnings if plan else ())):
            print_error(str(problem))
        if plan is None:
            broken += 1
        else:
            item: CriteriaSet = plan.criteria_set
            criteria = f"{Count(len(item.criteria)):criterion|criteria}, tiers {', '.join(item.tiers)}"
            good = f"{escaped(str(file))}: {item.code} is good: {criteria}, revision {item.revision[:12]}"
            out.print(good, markup=False, soft_wrap=True)
    if broken:
        raise UserError(f"{broken} of {len(sets)} documents cannot be used")
    if unread:
        raise typer.Exit(2)


def _english(texts: Texts) -> str:
    """The English text; without an English text, the first one."""
    return text(texts, "en", "")
