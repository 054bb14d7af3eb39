"""scorer criteria template: an empty answers file for a set, and what goes into each column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import typer

from scorer.cli.answer_files import read_answers
from scorer.cli.export import BYTE_ORDER_MARK, check_target, write_atomically
from scorer.cli.i18n import Language
from scorer.cli.loading import CriteriaOption, find_set, load_catalogue
from scorer.cli.output import UserError, err, out
from scorer.engine.plan import SetPlan
from scorer.files.columns import asked_of
from scorer.files.form import form_workbook
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.untrusted import escaped
from scorer.service.in_process import InProcessTransport
from scorer_client import Client
from scorer_client.files.folder import REGISTER
from scorer_client.files.header import FIXED
from scorer_client.units import Unit

WAYS = {
    IndicatorKind.COUNT: "a whole number",
    IndicatorKind.NUMBER: "a number, with a decimal point, at most six decimals",
    IndicatorKind.FLAG: "1 (yes) or 0 (no)",
    IndicatorKind.CHOICE: "one of",
    IndicatorKind.DATE: "a day such as 2020-06-30",
}


def template(
    code: str = typer.Argument(help="Code of the set, such as hue-2020.", metavar="SET"),
    to: Path = typer.Option(
        Path(), "--out", help="A workbook to write, or where to write a CSV file and its columns.", metavar="FORM.xlsx"
    ),
    units: Path | None = typer.Option(
        None, help="Fill in these units: a file with the columns id, name, tier and parent.", metavar="FILE"
    ),
    per_unit: Path | None = typer.Option(
        None, help="Write one workbook per unit of --units, and the list of all units.", metavar="DIRECTORY"
    ),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of workbooks."),
    force: bool = typer.Option(False, help="Overwrite files that are there."),
    criteria: CriteriaOption = None,
) -> None:
    """Write an empty form: a workbook to fill in, or a CSV file (SET.csv) and what goes into it (SET-columns.md).

    A workbook has one sheet per tier, says what goes into each column, and allows nothing else. 'scorer check' and
    'scorer rank' read it; 'scorer rank DIRECTORY' reads one workbook per unit.
    """
    workbook = to.suffix.lower() == ".xlsx"
    if units is not None and not workbook and per_unit is None:
        raise UserError("--units goes with --out FORM.xlsx or --per-unit DIRECTORY")
    if per_unit is not None and units is None:
        raise UserError("--per-unit needs the units: --units FILE")
    with err.status("loading criteria sets"):
        catalogue = load_catalogue(criteria)
    plan = find_set(catalogue, code)
    files: dict[Path, str | bytes] = {}
    register = _register(Client(InProcessTransport(catalogue)), code, units, language) if units is not None else []
    if per_unit is not None:
        files |= _per_unit(plan, register, per_unit, language)
    if workbook:
        files[to] = form_workbook(plan, register, language.value)
    elif per_unit is None:
        files[to / f"{code}.csv"] = BYTE_ORDER_MARK + ",".join((*FIXED, *plan.criteria_set.indicators)) + "\n"
        files[to / f"{code}-columns.md"] = _columns(plan)
    for file in files:
        check_target(file, force=force)
    if per_unit is not None:
        _make_directory(per_unit)
    for file, content in files.items():
        write_atomically(file, content)
        if per_unit is None or file == to:
            out.print(f"written: {escaped(str(file))}", markup=False)
    if per_unit is not None:
        out.print(f"written: {len(register)} forms and {REGISTER} in {escaped(str(per_unit))}", markup=False)


def _register(client: Client, code: str, file: Path, language: Language) -> Sequence[Unit]:
    form = client.form(code)
    return read_answers(client, form, file, language).units


_UNSAFE = re.compile(r'^[.~]|[/\\:*?"<>|%\x00-\x1f]')
"""Letters that names of files cannot have everywhere, or begin with where they are read."""


def _escape(letter: re.Match[str]) -> str:
    return f"%{ord(letter[0]):02X}"


def _per_unit(plan: SetPlan, register: Sequence[Unit], directory: Path, language: Language) -> dict[Path, str | bytes]:
    """One form per unit, named by its id, and the list of all units."""
    files: dict[Path, str | bytes] = {
        directory / f"{_UNSAFE.sub(_escape, unit.id)}.xlsx": form_workbook(plan, [unit], language.value)
        for unit in register
    }
    listed = io.StringIO(newline="")
    writer = csv.writer(listed, lineterminator="\n")
    writer.writerow(("id", "name", "tier", "parent"))
    writer.writerows((unit.id, unit.name, unit.tier, unit.parent) for unit in register)
    files[directory / REGISTER] = BYTE_ORDER_MARK + listed.getvalue()
    return files


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {directory}: {error.strerror}") from error


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
    readers = [criterion.id for criterion in asked_of(plan.criteria_set, indicator.code)]
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
