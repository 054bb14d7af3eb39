"""scorer demo."""

from __future__ import annotations

import csv
from importlib.resources import files

from rich.markup import escape

from scorer.cli.load import find, load_catalogue
from scorer.cli.output import UserMistake, err, out, table
from scorer.points import plain
from scorer.service.server import AddressError, Server
from scorer_client import Client, Row

SET = "hue-2020"

FIXED = ("id", "name", "tier", "parent", "not_applicable")
"""Columns of an answers file that are no indicators."""


def demo() -> None:
    """Rank the districts of Thừa Thiên Huế 2020 over a real socket, and show the ranking with its causes."""
    with err.status("loading criteria sets"):
        catalogue = load_catalogue()
    decimals = find(catalogue, SET).criteria_set.percent_decimals
    try:
        server = Server(lambda: catalogue, "127.0.0.1:0")
    except AddressError as error:
        raise UserMistake(str(error)) from error
    server.start()
    try:
        with Client(server.address) as client:
            title = next(text.text for text in client.criteria_set(SET).summary.titles if text.language == "en")
            reply = client.rank_province(SET, read_rows(SET), province="Thừa Thiên Huế", period="2020")
    finally:
        server.stop(0)
    for ranking in reply.rankings:
        tally = ranking.tallies[0]
        shown = table(
            "rank", "unit", "points", "of", "percent", "converted", "level", "kept from the next better level by",
            right=("rank", "points", "of", "percent", "converted", "level"),
            title=f"{title}: {tally.ranked}/{ranking.unit_count} {ranking.tier}s ranked",
        )  # fmt: skip
        for card in ranking.scorecards:
            category = card.categories[0]
            shown.add_row(
                str(category.rank or "-"),
                escape(card.unit.name),
                f"{category.score.points:.2f}",
                f"{category.score.max_points:g}",
                f"{plain(round(category.score.percent * 1e6), decimals)} %",
                f"{category.score.published:.2f}",
                str(category.level or "-"),
                "\n".join(
                    f"{gate.gate.measure} {gate.value:g} of {gate.gate.minimum:g} %" for gate in category.failing
                ),
            )
        out.print(shown)
    made = reply.provenance
    out.print(
        f"{made.criteria_set}, revision {made.revision[:12]}, {made.criteria_provenance}: see its notes, ", end=""
    )
    out.print(f"'scorer criteria show {made.criteria_set}'")


def read_rows(criteria_set: str) -> list[Row]:
    """The answers that come with a bundled set, all of them numbers."""
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
