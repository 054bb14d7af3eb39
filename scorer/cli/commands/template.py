"""scorer criteria template: writes an empty form for a criteria set, and the description of its columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import typer

from scorer.cli.answer_input import read_answers
from scorer.cli.export import BYTE_ORDER_MARK, check_overwrite, output_file, write_atomically
from scorer.cli.i18n import WORDS, Language
from scorer.cli.loading import CriteriaOption, find_set, load_catalogue
from scorer.cli.output import UserError, err, out, progress
from scorer.engine.plan import SetPlan
from scorer.model.indicators import Indicator, IndicatorKind
from scorer.model.untrusted import escaped
from scorer.service.in_process_transport import InProcessTransport
from scorer.workbooks.form_columns import criteria_reading
from scorer_client import Client
from scorer_client.files.folder import REGISTER
from scorer_client.files.header import FIXED
from scorer_client.formatting import Count
from scorer_client.titles import text
from scorer_client.units import Unit

VALUE_DESCRIPTIONS = {
    IndicatorKind.COUNT: "a whole number",
    IndicatorKind.NUMBER: "a number, with a decimal point, at most six decimals",
    IndicatorKind.FLAG: "1 (yes) or 0 (no)",
    IndicatorKind.CHOICE: "one of",
    IndicatorKind.DATE: "a day such as 2020-06-30",
}


def _output(argument: str) -> Path:
    """The path of --out. ``form.xlsx/`` is refused: it looks both like a workbook and like a directory."""
    path = Path(argument)
    return output_file(argument) if path.suffix.lower() == ".xlsx" else path


def template(
    code: str = typer.Argument(help="Code of the set, such as hue-2020.", metavar="SET"),
    output: Path = typer.Option(
        Path(),
        "--out",
        help="Workbook to write, or directory for a CSV file and the description of its columns.",
        parser=_output,
        metavar="FORM.xlsx|DIRECTORY",
    ),
    units: Path | None = typer.Option(
        None, help="Fill in these units: a file with the columns id, name, tier and parent.", metavar="FILE"
    ),
    per_unit: Path | None = typer.Option(
        None,
        help="Write one workbook for each unit of --units, and one more file that lists all these units.",
        metavar="DIRECTORY",
    ),
    language: Language = typer.Option(Language.EN, "--lang", help="Language of workbooks."),
    force: bool = typer.Option(False, help="Overwrite existing files."),
    criteria: CriteriaOption = None,
) -> None:
    """Write an empty form: a workbook to fill in, or a CSV file (SET.csv) and the description of its columns
    (SET-columns.md).

    A workbook has one sheet per tier. It describes each column, and accepts only values that the column allows.
    'scorer check' and 'scorer rank' read workbooks; 'scorer rank DIRECTORY' reads a directory with one per unit.
    """
    workbook = output.suffix.lower() == ".xlsx"
    if per_unit is not None and not workbook and output != Path():
        raise UserError(f"with --per-unit, --out has to be a workbook, FORM.xlsx, not {output}")
    if units is not None and not workbook and per_unit is None:
        raise UserError("--units needs --out FORM.xlsx or --per-unit DIRECTORY")
    if per_unit is not None and units is None:
        raise UserError("--per-unit needs the units: --units FILE")
    if not workbook and per_unit is None and not output.is_dir():
        raise UserError(f"--out {output} is neither a directory nor a file that ends in .xlsx")
    with err.status("loading criteria sets"):
        catalogue = load_catalogue(criteria)
    plan = find_set(catalogue, code)
    files: dict[Path, str | bytes] = {}
    register = _register(Client(InProcessTransport(catalogue)), code, units, language) if units is not None else []
    if per_unit is not None:
        files |= _per_unit(plan, register, per_unit, language)
    if workbook:
        with progress(f"writing {output}"):
            files[output] = _workbook(plan, register, language)
    elif per_unit is None:
        files[output / f"{code}.csv"] = BYTE_ORDER_MARK + ",".join((*FIXED, *plan.criteria_set.indicators)) + "\n"
        files[output / f"{code}-columns.md"] = _columns_description(plan)
    for file in files:
        check_overwrite(file, force=force)
    if per_unit is not None:
        _make_directory(per_unit)
    words = WORDS[language.value]
    for file, content in files.items():
        write_atomically(file, content, force=force)
        if per_unit is None or file == output:
            out.print(words["written"].format(file=escaped(str(file))), markup=False)
    if per_unit is not None:
        directory = escaped(str(per_unit))
        out.print(
            words["forms_written"].format(n=Count(len(register)), register=REGISTER, directory=directory), markup=False
        )


def _workbook(plan: SetPlan, units: Sequence[Unit], language: Language) -> bytes:
    from scorer.workbooks.form import form_workbook  # XlsxWriter takes long to import

    return form_workbook(plan, units, language.value)


def _register(client: Client, code: str, file: Path, language: Language) -> Sequence[Unit]:
    form = client.form(code)
    return read_answers(client, form, file, language).units


_UNSAFE_CHARACTERS = re.compile(r'^[.~]|[/\\:*?"<>|%\x00-\x1f]')
"""Characters that some systems refuse in file names, and those at the start of files that ``rank DIRECTORY`` skips."""


def _escape(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def _per_unit(plan: SetPlan, register: Sequence[Unit], directory: Path, language: Language) -> dict[Path, str | bytes]:
    """The content of each file, by path: one form per unit, named by the unit's id, and the list of all units."""
    files: dict[Path, str | bytes] = {}
    with progress("preparing forms") as report:
        for number, unit in enumerate(register):
            report(number, len(register))
            name = f"{_UNSAFE_CHARACTERS.sub(_escape, unit.id)}.xlsx"
            files[directory / name] = _workbook(plan, [unit], language)
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


def _columns_description(plan: SetPlan) -> str:
    item = plan.criteria_set
    excludable = ", ".join(c.id for c in item.criteria.values() if c.may_be_not_applicable) or "none"
    within = ", ".join(item.ranking.within_parent)
    empty = "required for units that are ranked within their parent" if within else "may be empty"
    lines = [
        f"# Columns of {item.code}.csv",
        "",
        f"{item.title.get('en') or next(iter(item.title.values()))}. UTF-8, one row per unit, all units in one file.",
        "An empty cell means: not reported. This is not zero.",
        "",
        "| column | value | tiers | criteria |",
        "|---|---|---|---|",
        "| id | identifies the unit in the file; at most 128 bytes, such as 128 letters without accents | all | |",
        "| name | the unit's name | all | |",
        f"| tier | {' or '.join(item.tiers)} | all | |",
        f"| parent | id of the unit above, such as a commune's district; {empty}. If one unit of a tier names "
        f"a parent that is in the file, all parents of that tier must be in it | {within} | |",
        f"| not_applicable | criteria that do not apply to the unit, separated by ';': {excludable} | | |",
    ]
    lines += [_column_line(indicator, plan) for indicator in item.indicators.values()]
    return "\n".join(lines) + "\n"


def _column_line(indicator: Indicator, plan: SetPlan) -> str:
    readers = [criterion.id for criterion in criteria_reading(plan.criteria_set, indicator.code)]
    tiers = [
        tier
        for tier, tier_plan in plan.tiers.items()
        if indicator.code in tier_plan.gated
        or any(plan.criteria_set.criteria[criterion].points.of(tier) is not None for criterion in readers)
    ]
    title = indicator.title.get("en", "")
    vietnamese = indicator.title.get("vi", "")
    meaning = text(indicator.meaning, "en", "")
    heading = f"{title}{f' ({vietnamese})' if vietnamese else ''}:"
    parts = [f"{heading} {meaning}" if meaning else heading, VALUE_DESCRIPTIONS[IndicatorKind(indicator.kind)]]
    if indicator.kind is IndicatorKind.CHOICE:
        parts.append(", ".join(_option(indicator, option) for option in indicator.options))
    if indicator.unit:
        parts.append(f"({indicator.unit_in('en')})")
    if indicator.kind in (IndicatorKind.COUNT, IndicatorKind.NUMBER):
        parts.append(_range(indicator, plan, tiers))
    return f"| {indicator.code} | {' '.join(parts)} | {', '.join(tiers)} | {', '.join(readers)} |"


def _option(indicator: Indicator, option: str) -> str:
    """The code of an option, followed by its English title if the title differs from the code."""
    title = indicator.option_in(option, "en")
    return option if title == option else f"{option} ({title})"


def _range(indicator: Indicator, plan: SetPlan, tiers: list[str]) -> str:
    ranges = {tier: plan.tiers[tier].ranges[indicator.code] for tier in tiers}
    if len(set(ranges.values())) == 1:
        low, high = next(iter(ranges.values()))
        return f"from {indicator.show(low)} to {indicator.show(high)}"
    each = (f"{tier} from {indicator.show(low)} to {indicator.show(high)}" for tier, (low, high) in ranges.items())
    return "; ".join(each)
