"""Writes the results of a run as a page: ratios, microseconds per unit, and the machine.

pytest benchmarks --benchmark-json RESULTS.json
python benchmarks/report.py RESULTS.json --markdown results.md --chart chart.svg
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from chart import chart
from results import NoResults, Results, figure, read


def main(
    file: Annotated[Path, typer.Argument(help="The file that --benchmark-json wrote.", metavar="RESULTS.json")],
    markdown: Annotated[
        Path | None, typer.Option(help="Write the tables to a file instead of printing them.", metavar="FILE.md")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--chart", help="Draw a chart.", metavar="FILE.svg")] = None,
) -> None:
    """Make tables and a chart of a run of the benchmarks."""
    try:
        results = read(file)
        link = ""
        if svg is not None:
            svg.write_text(chart(results.timings), encoding="utf-8")
            link = os.path.relpath(svg, markdown.parent if markdown else Path())
        text = page(results, link)
        if markdown is not None:
            markdown.write_text(text, encoding="utf-8")
        else:
            print(text, end="")
    except (NoResults, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        raise typer.Exit(2) from error


def page(results: Results, chart: str = "") -> str:
    """The Markdown page; ``chart`` is the path of the chart, relative to the page."""
    lines = ["# Results", "", ", ".join(f"{name} {value}" for name, value in results.machine.items()), ""]
    lines += ["Medians of one run. Ratios are similar on other machines; microseconds are not.", ""]
    if chart:
        lines += [f"![Microseconds per unit, by variant and number of units]({chart})", ""]
    lines += [
        "## Ratios",
        "",
        "The first divided by the second, in time unless the name says otherwise. Below 1, the first is faster.",
        "",
    ]
    lines += _table("ratio", ((ratio.name, ratio.units, ratio.value) for ratio in results.ratios))
    for suite in dict.fromkeys(timing.suite for timing in results.timings):
        lines += [f"## {suite}: microseconds per unit", ""]
        lines += _table("variant", ((t.variant, t.units, t.microseconds) for t in results.timings if t.suite == suite))
    if results.inexact:
        lines += [
            "## Not exact",
            "",
            "Entries that differ from the scorer's, by column.",
            "",
            "| variant | units | |",
            "|---|---:|---|",
        ]
        for one in results.inexact:
            entries = ", ".join(f"{name} {count:,}" for name, count in one.entries.items())
            lines.append(f"| {_plain(one.variant)} | {one.units:,} | {_plain(entries)} |")
        lines.append("")
    return "\n".join(lines)


def _table(head: str, cells: Iterable[tuple[str, int, float]]) -> list[str]:
    """A table with one row per name and one column per number of units."""
    rows: dict[str, dict[int, float]] = {}
    for name, units, value in cells:
        rows.setdefault(name, {})[units] = value
    sizes = sorted({units for row in rows.values() for units in row})
    heads = [head, *(f"{units:,} unit{'s' if units > 1 else ''}" for units in sizes)]
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * len(sizes)}"]
    lines += [f"| {_plain(name)} | {' | '.join(_cells(row, sizes))} |" for name, row in rows.items()]
    return [*lines, ""]


def _cells(row: Mapping[int, float], sizes: Iterable[int]) -> list[str]:
    return [figure(row[units]) if units in row else "" for units in sizes]


def _plain(name: str) -> str:
    """A name with all Markdown characters escaped."""
    return name.replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")


if __name__ == "__main__":
    typer.run(main)
