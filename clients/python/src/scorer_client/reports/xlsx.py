"""Writes reports as workbooks: tables of numbers with filters, colours and native charts."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from scorer_client import optional_libraries
from scorer_client.reports.model import Category, Report, Section
from scorer_client.reports.xlsx_sheets import SheetWriter
from scorer_client.reports.xlsx_units import add_criterion_points, add_movement, add_tier

_REMARKS_WIDTH = 90
"""Width of the column of remarks, in characters."""


def xlsx(report: Report) -> bytes:
    """The report as a workbook.

    Texts are never written as formulas or links.

    Raises:
        ImportError: XlsxWriter is not installed.
    """
    file = io.BytesIO()
    library = optional_libraries.for_reports("xlsxwriter")
    with library.Workbook(file, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": report.title, "author": "egov-scorer", "created": report.created})
        _write(SheetWriter(workbook, report), report)
    return file.getvalue()


def _write(writer: SheetWriter, report: Report) -> None:
    """Adds all sheets in their order."""
    tiers = [list(sections) for _, sections in groupby(report.sections, key=lambda section: section.tier)]
    _add_summary(writer, report)
    for sections in tiers:
        add_tier(writer, report, sections)
    _add_distribution(writer, report)
    _add_causes(writer, report)
    _add_requirements(writer, report)
    _add_gates(writer, report)
    _add_criteria(writer, report)
    for sections in tiers:
        add_criterion_points(writer, report, sections)
    if report.compared:
        add_movement(writer, report)


def _add_summary(writer: SheetWriter, report: Report) -> None:
    words = report.words
    sheet = writer.sheet(words["summary"])
    sheet.write_string(0, 0, report.title, writer.formats["title"])
    about = [
        ("", " · ".join(filter(None, (report.province, report.period)))),
        (words["criteria_set"], f"{report.criteria_set}, {words['revision']} {report.revision}"),
        (words["provenance"], report.provenance),
        *((words["legal_basis"], document) for document in report.legal_basis),
        (words["notes"], report.notes),
        (words["engine"], f"egov-scorer {report.engine_version}"),
        *(("", fact) for fact in report.facts),
    ]
    row = 1
    for name, text in about:
        if text:
            sheet.write_string(row, 0, name, writer.formats["bold"])
            sheet.write_string(row, 1, text, writer.formats["wrapped"])
            sheet.set_row(row, 15 * math.ceil(len(text) / (_REMARKS_WIDTH - 5)))
            row += 1
    row += 1
    levels = sorted({level for _, category in _categories(report) for level, _ in category.levels})
    titles = [words["tier"], words["category"], words["applicable"], words["ranked_units"]]
    lines: list[list[object]] = []
    for section in report.sections:
        for category in section.categories:
            counts = dict(category.levels)
            lines.append(
                [
                    section.title,
                    category.title,
                    section.unit_count,
                    category.ranked,
                    *(counts.get(n, 0) for n in levels),
                ]
            )
        if len(section.categories) > 1:
            lines.append([section.title, words["overall"], section.unit_count, section.overall_ranked])
    kinds = ["text", "text", "whole", "whole", *("whole" for _ in levels)]
    writer.table(sheet, [*titles, *(_level_title(report, level) for level in levels)], kinds, lines, row=row)
    sheet.set_column(1, 1, _REMARKS_WIDTH)
    row += len(lines) + 2
    for section in report.sections:
        sheet.write_string(row, 0, section.title, writer.formats["bold"])
        sheet.write_string(row, 1, section.best_total, writer.formats["text"])
        row += 1


def _level_title(report: Report, level: int) -> str:
    """The title of a column for a level of all categories: its name, if it is the same in all of them."""
    categories = [category for _, category in _categories(report) if level in dict(category.levels)]
    names = {report.level(category.code, level) for category in categories}
    return names.pop() if len(names) == 1 else report.level("", level)


def _add_distribution(writer: SheetWriter, report: Report) -> None:
    """Adds the numbers of units in steps of 5 percent of the points, with a chart for each ranking and category."""
    words = report.words
    sheet = writer.sheet(words["distribution"])
    categories = list(_categories(report))
    titles = [words["percent"], *(f"{section.title}: {category.title}" for section, category in categories)]
    steps = range(0, 100, 5)
    counts = [
        Counter(min(95, int(value // 5 * 5)) for value in category.measures[0].values) for _, category in categories
    ]
    lines = [[f"{step}-{step + 5} %", *(count[step] for count in counts)] for step in steps]
    writer.table(sheet, titles, ["text", *("whole" for _ in categories)], lines, filtered=False)
    for column, title in enumerate(titles[1:], 1):
        chart = writer.file.add_chart({"type": "column"})
        name = sheet.get_name()
        chart.add_series(
            {
                "name": title,
                "categories": [name, 1, 0, len(lines), 0],
                "values": [name, 1, column, len(lines), column],
                "gap": 10,
            }
        )
        chart.set_title({"name": title, "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_x_axis({"num_font": {"rotation": -45}})
        chart.set_y_axis({"name": words["applicable"], "major_gridlines": {"visible": False}})
        sheet.insert_chart(len(lines) + 3 + (column - 1) // 2 * 16, 0, chart, {"x_offset": (column - 1) % 2 * 500})


def _add_causes(writer: SheetWriter, report: Report) -> None:
    words = report.words
    lines = [
        [
            section.title, unit.result.id, unit.name, category.title,
            report.source(category.code, cause), need.measure,
            *((cause.value, cause.minimum) if cause.measure else (None, None)), need.shortage, need.sentence,
        ]
        for section in report.sections
        for unit in section.units
        for category, unit_category in zip(section.categories, unit.categories, strict=True)
        for cause, need in zip(unit_category.result.causes, unit_category.needs, strict=True)
    ]  # fmt: skip
    names = ("tier", "id", "unit", "category", "needed_by", "measure", "value", "minimum", "shortage", "cause")
    kinds = ["text"] * 6 + ["exact", "exact", "points", "text"]
    writer.table(writer.sheet(words["causes"]), [words[name] for name in names], kinds, lines, freeze=3)


def _add_requirements(writer: SheetWriter, report: Report) -> None:
    """Adds what the levels and limits of each tier require. It is the same in all rankings of a tier."""
    words = report.words
    lines = [
        [section.tier_title, category.title, requirement.name, requirement.text]
        for section in {section.tier: section for section in report.sections}.values()
        for category in section.categories
        for requirement in category.requirements
    ]
    if lines:
        titles = [words[name] for name in ("tier", "category", "needed_by", "requirement")]
        sheet = writer.sheet(words["requirements"])
        writer.table(sheet, titles, ["text", "text", "text", "wrapped"], lines)
        sheet.set_column(3, 3, _REMARKS_WIDTH)


def _add_gates(writer: SheetWriter, report: Report) -> None:
    words = report.words
    lines = [
        [section.title, category.title, measure.title, report.level_cell(category.code, gate.level),
         gate.text, gate.passing, section.unit_count - gate.passing, gate.best, section.unit_count]
        for section, category in _categories(report)
        for measure in category.measures
        for gate in measure.gates
    ]  # fmt: skip
    names = ("tier", "category", "measure", "level", "minimum", "passing", "failing", "best", "applicable")
    kinds = ["text"] * 3 + ["whole", "text"] + ["whole"] * 4
    writer.table(writer.sheet(words["gates"]), [words[name] for name in names], kinds, lines)


def _add_criteria(writer: SheetWriter, report: Report) -> None:
    words = report.words
    lines = [
        [section.title, category.title, item.group, item.id, item.title, item.maximum,
         item.applicable, item.full, item.none, item.missing]
        for section, category in _categories(report)
        for item in category.criteria
    ]  # fmt: skip
    names = ("tier", "category", "group", "id", "criterion", "maximum", "applicable", "full", "none", "missing")
    kinds = ["text"] * 5 + ["exact"] + ["whole"] * 4
    writer.table(writer.sheet(words["criteria"]), [words[name] for name in names], kinds, lines)


def _categories(report: Report) -> Iterable[tuple[Section, Category]]:
    return ((section, category) for section in report.sections for category in section.categories)
