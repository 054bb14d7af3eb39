"""scorer demo."""

from __future__ import annotations

import csv
from importlib.resources import files

from rich.table import Table

from scorer.cli.load import find, load_catalogue
from scorer.cli.output import UserMistake, out
from scorer.plan import SetPlan
from scorer.points import plain
from scorer.service.server import AddressError, Server
from scorer_client import Client, Row

FIXED = ("id", "name", "tier", "parent", "not_applicable")
"""Columns of an answers file that are no indicators."""

SET = "hue-2020"


def demo() -> None:
    """Rank the districts of Thừa Thiên Huế 2020, over a real socket, and show the table."""
    catalogue = load_catalogue()
    plan = find(catalogue, SET)
    try:
        server = Server(lambda: catalogue, "127.0.0.1:0")
    except AddressError as error:
        raise UserMistake(str(error)) from error
    server.start()
    try:
        with Client(server.address) as client:
            reply = client.rank_province(SET, read_rows(SET), province="Thừa Thiên Huế", period="2020")
    finally:
        server.stop(0)
    for ranking in reply.rankings:
        tally = ranking.tallies[0]
        table = Table(
            title=f"{plan.criteria_set.title['vi']}: {tally.ranked}/{ranking.unit_count} {ranking.tier}s ranked"
        )
        for title, right in _COLUMNS:
            table.add_column(title, justify="right" if right else "left")
        for card in ranking.scorecards:
            category = card.categories[0]
            score = category.score
            asked = [f"{gate.gate.measure} {gate.value:g} of {gate.gate.minimum:g} %" for gate in category.failing]
            table.add_row(
                str(category.rank or "-"),
                card.unit.name,
                f"{score.points:.2f}",
                f"{score.max_points:g}",
                f"{_shown(plan, score.percent)} %",
                f"{score.published:.2f}",
                str(category.level or "-"),
                "; ".join(asked) or "-",
            )
        out.print(table)
    out.print(f"criteria set {SET}, revision {reply.provenance.revision[:12]}, {reply.provenance.criteria_provenance}")


_COLUMNS = (
    ("rank", True), ("unit", False), ("points", True), ("of", True),
    ("percent", True), ("converted", True), ("level", True), ("kept from the next level by", False),
)  # fmt: skip


def _shown(plan: SetPlan, percent: float) -> str:
    """A percentage at the set's published precision."""
    return plain(round(percent * 1e6), plan.criteria_set.percent_decimals)


def read_rows(criteria_set: str) -> list[Row]:
    """The answers that come with a bundled set; all of them numbers so far."""
    with (files("scorer_plugins.answers") / f"{criteria_set}.csv").open(encoding="utf-8") as file:
        return [
            Row(
                id=line["id"],
                name=line["name"],
                tier=line["tier"],
                parent=line["parent"],
                not_applicable=[code for code in line["not_applicable"].split(";") if code],
                answers={code: float(text) for code, text in line.items() if code not in FIXED and text},
            )
            for line in csv.DictReader(file)
        ]
