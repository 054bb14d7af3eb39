"""scorer criteria: lists, shows and checks criteria sets."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import typer
from rich.markup import escape
from rich.tree import Tree

from scorer.catalogue.bases import document_bases
from scorer.catalogue.catalogue import load_set
from scorer.cli.commands.cases import counted, run_cases
from scorer.cli.commands.diff import diff
from scorer.cli.commands.schema import schema
from scorer.cli.commands.template import template
from scorer.cli.loading import CriteriaOption, find_set, load_catalogue, quiet_host
from scorer.cli.output import UserError, err, out, print_error, table
from scorer.criteria.conditions import AnswerGate, Combination, Condition, LevelGate, Negation
from scorer.criteria.document import read_document
from scorer.criteria.model import CategoryRanking, Combine, CriteriaSet, Criterion, RankingRule, Texts, Total
from scorer.engine.gates import GateCompiler
from scorer.model.fixed_point import PointsByTier, plain
from scorer.model.untrusted import escaped
from scorer.plugins.declaration import CASES_SUFFIX
from scorer.service.in_process import InProcessTransport
from scorer_client import Client, ScorerError
from scorer_client.forms import STATES
from scorer_client.titles import text

LIST_TIMEOUT_SECONDS = 10.0
"""Time limit for a server to list its sets."""


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
app.command()(schema)


@app.command("list")
def list_sets(
    criteria: CriteriaOption = None,
    address: str = typer.Option("", help="List the sets of a running server instead.", metavar="HOST:PORT"),
) -> None:
    """List the installed criteria sets, or those of a running server. Refused sets are listed too.

    If a document is changed while the server runs, and refused, the server keeps the last good revision of the set.
    """
    if not address:
        with err.status("loading criteria sets"):
            client = Client(InProcessTransport(load_catalogue(criteria)))  # prints the problems
            _list(client)
        return
    if criteria:
        raise UserError("--criteria is for this machine and --address for a server: give only one of them")
    with Client(address, timeout=LIST_TIMEOUT_SECONDS) as client:
        try:
            problems = _list(client)
        except ScorerError as error:
            raise UserError(f"cannot list the criteria sets of {address}: {error}") from error
    for problem in problems:
        print_error(problem)


def _list(client: Client) -> list[str]:
    """Prints the sets, and returns all their problems."""
    shown = table("set", "series", "title", "in force", "tiers", "provenance", "state", "revision")
    problems: list[str] = []
    for item in client.criteria_sets():
        first, last = _day(item.effective_from), _day(item.effective_to)
        state = STATES.get(item.state, "?")
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
def show(
    code: str = typer.Argument(help="Code of the set, such as hue-2020.", metavar="SET"),
    criteria: CriteriaOption = None,
) -> None:
    """Show one criteria set: categories, groups, criteria, gates, indicators."""
    item = find_set(load_catalogue(criteria), code).criteria_set
    tree = Tree(
        f"[bold]{item.code}[/bold] {escape(_english(item.title))} ({item.provenance}, revision {item.revision[:12]})"
    )
    for category in item.categories:
        notes = _total(category.total, category.weight)
        branch = tree.add(f"[bold]{category.code}[/bold] {escape(_english(category.title))}{notes}")
        for group in category.groups:
            notes = _total(Total(cap=group.cap), group.weight)
            twig = branch.add(f"[bold]{group.code}[/bold] {escape(_english(group.title))}{notes}")
            for criterion in group.criteria:
                twig.add(escape(_criterion(criterion)))
        for level in category.levels:
            branch.add(f"level {level.level}: {_condition(level.condition)}")
        for limit in category.limits:
            effect = f"no better than level {limit.no_better_than}" if limit.no_better_than else "not ranked"
            branch.add(escape(f"limit: {effect} if {_condition(limit.condition)} {limit.legal_basis}".rstrip()))
        if order := _order(item.ranking.categories[category.code], category.code):
            branch.add(f"ranked by {order}")
    if order := _order(item.ranking, ""):
        tree.add(f"ranked overall by {order}")
    for code, title in item.subtotals.items():
        ids = [criterion.id for criterion in item.criteria.values() if criterion.subtotal == code]
        tree.add(escape(f"subtotal {code} {_english(title)}: {', '.join(ids)}"))
    if notes := _total(item.overall):
        tree.add(f"overall score{notes}")
    if item.ranking.within_parent:
        tree.add(f"ranked within their parent: {', '.join(item.ranking.within_parent)}")
    if item.ranking.commended:
        counts = ", ".join(f"{tier} {units}" for tier, units in item.ranking.commended.items())
        tree.add(f"commended units in each ranking: {counts}")
    out.print(tree)
    shown = table("indicator", "kind", "unit", "title", title="What units report")
    for indicator in item.indicators.values():
        shown.add_row(indicator.code, indicator.kind, escape(indicator.unit), escape(_english(indicator.title)))
    out.print(shown)
    for language, note in item.notes.items():
        out.print(f"[bold]{language}[/bold] {escape(note)}")


@app.command()
def check(files: list[Path] = typer.Argument(help="YAML documents.", metavar="FILE...")) -> None:
    """Check documents: print the first 20 problems of each, with line and column. Exit code 2 when there are any.

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
            criteria = f"{len(item.criteria)} criteria, tiers {', '.join(item.tiers)}"
            good = f"{escaped(str(file))}: {item.code} is good: {criteria}, revision {item.revision[:12]}"
            out.print(good, markup=False, soft_wrap=True)
    if broken:
        raise UserError(f"{broken} of {len(sets)} documents cannot be used")
    if unread:
        raise typer.Exit(2)


def _english(texts: Texts) -> str:
    """The English text, or the text in the first language."""
    return text(texts, "en", "")


def _criterion(criterion: Criterion) -> str:
    notes = [_amount(criterion.points), criterion.formula.kind]
    if criterion.effect != "score":
        notes.append(criterion.effect)
    if criterion.may_be_not_applicable:
        notes.append("may be not applicable")
    return f"{criterion.id} {_english(criterion.title)} ({', '.join(notes)})"


def _order(order: CategoryRanking | RankingRule, own: str) -> str:
    """The keys of a ranking; empty if it is by its own score only."""
    if [(key.kind, key.category) for key in order.by] == [("score", own)]:
        return ""
    names = {"score": "score of {}", "level": "level of {}", "measure": "{}"}
    return ", then ".join(names[key.kind].format(key.measure or key.category or "all") for key in order.by)


def _total(total: Total, weight: Fraction = Fraction(1)) -> str:
    """How a group, category or overall score is limited and combined, in brackets; empty for a sum without limits."""
    notes = [] if total.combine is Combine.SUM else [total.combine.replace("_", " ")]
    notes += [f"of {_amount(total.points)}"] if total.combine.is_mean and total.points else []
    notes += [f"at most {_amount(total.cap)}"] if total.cap else []
    notes += ["may be negative"] if total.may_be_negative else []
    notes += [f"weight {weight}"] if weight != 1 else []
    return f" ({', '.join(notes)})" if notes else ""


def _amount(points: PointsByTier, factor: int = 1, unit: str = " points") -> str:
    if points.everywhere is not None:
        return f"{plain(points.everywhere * factor)}{unit}"
    return ", ".join(f"{tier} {plain(micro * factor)}{unit}" for tier, micro in points.by_tier)


def _condition(condition: Condition) -> str:
    """A condition in words; the parts of "all" are separated by semicolons."""
    if isinstance(condition, Combination):
        parts = [
            f"({_condition(part)})" if isinstance(part, Combination) else _condition(part) for part in condition.of
        ]
        if condition.at_least == len(parts):
            return "; ".join(parts)
        return f"{condition.at_least} of {len(parts)}: {' or '.join(parts)}"
    if isinstance(condition, Negation):
        return f"not ({_condition(condition.of)})"
    if isinstance(condition, AnswerGate):
        return f"{condition.indicator} is {' or '.join(condition.options)}"
    if isinstance(condition, LevelGate):
        return f"{condition.category} at level {condition.level} or better"
    amount = _amount(condition.minimum, 100, " %") if condition.unit == "percent" else _amount(condition.minimum)
    return f"{condition.measure} {condition.bound.replace('_', ' ')} {amount}"
