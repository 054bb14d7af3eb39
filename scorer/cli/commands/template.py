"""scorer criteria template: an empty answers file for a set, and what goes into each column."""

from __future__ import annotations

from pathlib import Path

import typer

from scorer.cli.export import BYTE_ORDER_MARK, write_atomically
from scorer.cli.loading import CriteriaOption, find_set, load_catalogue
from scorer.cli.output import UserError, err, out
from scorer.criteria.model import CriteriaSet
from scorer.engine.plan import SetPlan
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.untrusted import escaped
from scorer_client.csv_file import FIXED

WAYS = {
    IndicatorKind.COUNT: "a whole number",
    IndicatorKind.NUMBER: "a number, with a decimal point, at most six decimals",
    IndicatorKind.FLAG: "1 (yes) or 0 (no)",
    IndicatorKind.CHOICE: "one of",
    IndicatorKind.DATE: "a day such as 2020-06-30",
}


def template(
    code: str = typer.Argument(help="Code of the set, such as hue-2020.", metavar="SET"),
    directory: Path = typer.Option(Path(), "--out", help="Where to write both files.", metavar="DIRECTORY"),
    force: bool = typer.Option(False, help="Overwrite files that are there."),
    criteria: CriteriaOption = None,
) -> None:
    """Write an empty answers file (SET.csv) and what goes into each of its columns (SET-columns.md)."""
    with err.status("loading criteria sets"):
        plan = find_set(load_catalogue(criteria), code)
    files = {
        directory / f"{code}.csv": BYTE_ORDER_MARK + ",".join((*FIXED, *plan.criteria_set.indicators)) + "\n",
        directory / f"{code}-columns.md": _columns(plan),
    }
    for file in files:
        if file.exists() and not force:
            raise UserError(f"{file} is there already; --force overwrites it")
    for file, content in files.items():
        write_atomically(file, content)
        out.print(f"written: {escaped(str(file))}", markup=False)


def _columns(plan: SetPlan) -> str:
    item = plan.criteria_set
    excludable = ", ".join(c.id for c in item.criteria.values() if c.may_be_not_applicable) or "none"
    within = ", ".join(item.ranking.within_parent)
    empty = "needed by those it is asked of, which are ranked within it" if within else "may be empty"
    lines = [
        f"# Columns of {item.code}.csv",
        "",
        f"{item.title.get('en') or next(iter(item.title.values()))}. UTF-8, one row a unit, every unit in one file.",
        "An empty cell means: not reported, which is not zero.",
        "",
        "| column | what goes in | asked of | read by |",
        "|---|---|---|---|",
        "| id | identifies the unit in the file; letters and digits, at most 128 bytes | every unit | |",
        "| name | the unit's name | every unit | |",
        f"| tier | {' or '.join(item.tiers)} | every unit | |",
        f"| parent | id of the unit above, such as a commune's district; {empty}. If one unit of a tier names "
        f"a parent that is in the file, all parents of that tier must be in it | {within} | |",
        f"| not_applicable | criteria that do not apply to the unit, separated by ';': {excludable} | | |",
    ]
    lines += [_column(indicator, plan) for indicator in item.indicators.values()]
    return "\n".join(lines) + "\n"


def _column(indicator: Indicator, plan: SetPlan) -> str:
    readers = _readers(indicator.code, plan.criteria_set)
    tiers = [
        tier
        for tier in plan.tiers
        if any(plan.criteria_set.criteria[criterion].points.of(tier) is not None for criterion in readers)
    ]
    title = indicator.title.get("en", "")
    vietnamese = indicator.title.get("vi", "")
    words = [f"{title}{f' ({vietnamese})' if vietnamese else ''}:", WAYS[IndicatorKind(indicator.kind)]]
    if indicator.kind is IndicatorKind.CHOICE:
        words.append(", ".join(indicator.options))
    if indicator.unit:
        words.append(f"({indicator.unit})")
    if indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER):
        words.append(_range(indicator, plan, tiers))
    return f"| {indicator.code} | {' '.join(words)} | {', '.join(tiers)} | {', '.join(readers)} |"


def _range(indicator: Indicator, plan: SetPlan, tiers: list[str]) -> str:
    ranges = {tier: plan.tiers[tier].ranges[indicator.code] for tier in tiers}
    if len(set(ranges.values())) == 1:
        low, high = next(iter(ranges.values()))
        return f"from {indicator.show(low)} to {indicator.show(high)}"
    each = (f"{tier} from {indicator.show(low)} to {indicator.show(high)}" for tier, (low, high) in ranges.items())
    return "; ".join(each)


def _readers(code: str, item: CriteriaSet) -> list[str]:
    """The criteria that read an indicator."""
    return [
        criterion.id for criterion in item.criteria.values() if code in {r.indicator for r in criterion.formula.reads()}
    ]
