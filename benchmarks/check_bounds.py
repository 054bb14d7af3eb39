"""Checks the ratios of a quick run against upper bounds, so that nothing becomes slower unnoticed.

pytest benchmarks --quick --benchmark-json RESULTS.json
python benchmarks/check_bounds.py RESULTS.json
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from results import NoResults, Ratio, figure, read
from rich import box
from rich.console import Console
from rich.table import Table

BOUNDS = Path(__file__).parent / "bounds.toml"
MARGIN = 1.8
"""Suggested bounds are the measured ratio times this: a margin for noise and other machines."""


class BadBounds(Exception):
    """The file of bounds is not valid."""


@dataclass(frozen=True)
class Bound:
    """The upper bound of one ratio."""

    ratio: str
    units: int
    at_most: float
    measured: float
    """The ratio when the bound was set."""


@dataclass(frozen=True)
class Verdict:
    """A bound with the ratio of this run."""

    bound: Bound
    ratio: float | None
    """The ratio in this run; None: the run does not have it."""

    @property
    def kept(self) -> bool:
        """Whether the run has the ratio, and it is a number within the bound."""
        return self.ratio is not None and 0 <= self.ratio <= self.bound.at_most


def main(
    file: Annotated[Path, typer.Argument(help="The file that --benchmark-json wrote.", metavar="RESULTS.json")],
    bounds: Annotated[Path, typer.Option(help="Bounds to compare with.", metavar="FILE.toml")] = BOUNDS,
    suggest: Annotated[bool, typer.Option("--suggest", help="Print a file with bounds that fit this run.")] = False,
) -> None:
    """Compare a quick run with the bounds. Exit code 1: a ratio is above its bound, or the run does not have it."""
    try:
        verdicts = judge(read_bounds(bounds), read(file).ratios)
    except (NoResults, BadBounds, OSError) as error:
        print(f"check_bounds: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    if suggest:
        print(toml(verdicts), end="")
        return
    show(verdicts)
    raise typer.Exit(0 if all(verdict.kept for verdict in verdicts) else 1)


def read_bounds(file: Path) -> list[Bound]:
    """The bounds in a file.

    Raises:
        BadBounds: the file is not TOML, or has no bounds, a bound twice, or a bound without effect.
        OSError: the file cannot be read.
    """
    try:
        bounds = [Bound(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["bound"]]
        sound = all(0 < bound.measured <= bound.at_most < float("inf") for bound in bounds)
    except (ValueError, LookupError, TypeError) as error:
        raise BadBounds(f"{file} has no [[bound]] tables of ratio, units, at_most and measured: {error!r}") from error
    if not sound:
        raise BadBounds(f"{file}: a bound must be a number above the measured ratio")
    if not bounds or len({(bound.ratio, bound.units) for bound in bounds}) < len(bounds):
        raise BadBounds(f"{file} has no bounds, or one of them twice")
    return bounds


def judge(bounds: Sequence[Bound], ratios: Sequence[Ratio]) -> list[Verdict]:
    """Compares each bound with the ratio of the run.

    Raises:
        NoResults: the run has two ratios with the name and number of units of a bound.
    """
    values_by_ratio: dict[tuple[str, int], list[float]] = {}
    for ratio in ratios:
        values_by_ratio.setdefault((ratio.name, ratio.units), []).append(ratio.value)
    verdicts = []
    for bound in bounds:
        values = values_by_ratio.get((bound.ratio, bound.units), [])
        if len(values) > 1:
            raise NoResults(f"the run has {len(values)} ratios '{bound.ratio}' of {bound.units:,} units")
        verdicts.append(Verdict(bound, values[0] if values else None))
    return verdicts


def show(verdicts: Sequence[Verdict]) -> None:
    """Prints the table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("ratio", "units", "when set", "now", "at most", ""):
        table.add_column(head, justify="left" if head in ("ratio", "") else "right", overflow="fold")
    for verdict in verdicts:
        bound, ratio = verdict.bound, verdict.ratio
        now = "not in the run" if ratio is None else figure(ratio)
        result = "ok" if verdict.kept else "[bold red]BROKEN[/]"
        name = bound.ratio.replace("[", "\\[")
        table.add_row(name, f"{bound.units:,}", figure(bound.measured), now, figure(bound.at_most), result)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def toml(verdicts: Sequence[Verdict]) -> str:
    """A file with bounds that fit this run; bounds of ratios that the run does not have stay the same."""
    lines = []
    for verdict in verdicts:
        bound = verdict.bound
        measured = bound.measured if verdict.ratio is None else verdict.ratio
        at_most = bound.at_most if verdict.ratio is None else MARGIN * verdict.ratio
        name = bound.ratio.replace("\\", "\\\\").replace('"', '\\"')
        lines += ["[[bound]]", f'ratio = "{name}"', f"units = {bound.units}"]
        lines += [f"at_most = {at_most:.3g}", f"measured = {measured:.3g}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
