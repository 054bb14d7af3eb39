"""Writes reports as workbooks: tables of numbers with filters, colours and native charts."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from scorer_client import optional
from scorer_client.reports.model import Category, Report, Section
from scorer_client.results import CriterionResult, Score

_MAX_NAME_LENGTH = 31
"""Characters that spreadsheets allow in a sheet's name."""

_MAX_COLUMN_WIDTH = 60
"""Largest width of a column, in characters."""

_REMARKS_WIDTH = 90
"""Width of the column of remarks, in characters."""

_HEADER_HEIGHT = 48
"""Height of the row of titles, in points: three lines."""


def xlsx(report: Report) -> bytes:
    """The report as a workbook.

    Texts are never written as formulas or links.

    Raises:
        ImportError: XlsxWriter is not installed.
    """
    file = io.BytesIO()
    library = optional.for_reports("xlsxwriter")
    with library.Workbook(file, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": report.title, "author": "egov-scorer", "created": report.created})
        _Writer(workbook, report).write()
    return file.getvalue()


class _Writer:
    def __init__(self, workbook: Any, report: Report) -> None:
        self._workbook, self._report, self._words = workbook, report, report.words
        self._names = set[str]()
        decimals = "0." + "0" * report.points_decimals if report.points_decimals else "0"
        percents = "0." + "0" * report.percent_decimals if report.percent_decimals else "0"
        self._formats = {
            "text": workbook.add_format({"valign": "top"}),
            "wrapped": workbook.add_format({"valign": "top", "text_wrap": True}),
            "whole": workbook.add_format({"num_format": "0", "valign": "top"}),
            "points": workbook.add_format({"num_format": decimals, "valign": "top"}),
            "exact": workbook.add_format({"num_format": "0.######", "valign": "top"}),
            "percent": workbook.add_format({"num_format": percents, "valign": "top"}),
            "moved": workbook.add_format({"num_format": f"+{decimals};-{decimals};{decimals}", "valign": "top"}),
            "head": workbook.add_format(
                {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DCE6F2", "border": 1}
            ),
            "title": workbook.add_format({"bold": True, "font_size": 14}),
            "bold": workbook.add_format({"bold": True, "valign": "top"}),
        }

    def write(self) -> None:
        self._summary()
        for _, sections in groupby(self._report.sections, key=lambda section: section.tier):
            self._tier(list(sections))
        self._distribution()
        self._causes()
        self._requirements()
        self._gates()
        self._criteria()
        for _, sections in groupby(self._report.sections, key=lambda section: section.tier):
            self._criterion_points(list(sections))
        if self._report.compared:
            self._movement()

    def _summary(self) -> None:
        report, words = self._report, self._words
        sheet = self._sheet(words["summary"])
        sheet.write_string(0, 0, report.title, self._formats["title"])
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
                sheet.write_string(row, 0, name, self._formats["bold"])
                sheet.write_string(row, 1, text, self._formats["wrapped"])
                sheet.set_row(row, 15 * math.ceil(len(text) / (_REMARKS_WIDTH - 5)))
                row += 1
        row += 1
        levels = sorted({level for _, category in self._categories() for level, _ in category.levels})
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
        self._table(sheet, [*titles, *map(self._level_title, levels)], kinds, lines, row=row)
        sheet.set_column(1, 1, _REMARKS_WIDTH)
        row += len(lines) + 2
        for section in report.sections:
            sheet.write_string(row, 0, section.title, self._formats["bold"])
            sheet.write_string(row, 1, section.best_total, self._formats["text"])
            row += 1

    def _level_title(self, level: int) -> str:
        """The title of a column for a level of all categories: its name, if they all call it the same."""
        categories = [category for _, category in self._categories() if level in dict(category.levels)]
        names = {self._report.level(category.code, level) for category in categories}
        return names.pop() if len(names) == 1 else self._report.level("", level)

    def _tier(self, sections: list[Section]) -> None:
        """The ranking of one tier: overall, then every category with its groups."""
        words = self._words
        columns = [("id", "text"), ("unit", "text"), ("parent", "text"), ("rank", "whole"), ("points", "points")]
        columns += [("maximum", "exact"), ("percent", "percent"), ("converted", "points")]
        if self._report.has_sources:
            columns.append(("self_reported", "points"))
        titles = [words[name] for name, _ in columns]
        titles[3:] = [f"{words['overall']}: {title}" for title in titles[3:]]
        kinds = [kind for _, kind in columns]
        levels, percents = list[tuple[int, str]](), [6]
        for category in sections[0].categories:
            for name, kind in (("rank", "whole"), ("level", "whole"), *columns[4:]):
                if name == "level":
                    levels.append((len(titles), category.code))
                elif name == "percent":
                    percents.append(len(titles))
                titles.append(f"{category.title}: {words[name]}")
                kinds.append(kind)
            titles.append(f"{category.title}: {words['kept']}")
            kinds.append("text")
            for group in category.groups:
                percents.append(len(titles))
                titles.append(f"{group}: %")
                kinds.append("percent")
        for subtotal in sections[0].subtotals:
            title = f"{words['subtotal']}: {subtotal}"
            percents.append(len(titles) + 1)
            titles += [title, f"{title}: %"]
            kinds += ["points", "percent"]
            if self._report.has_sources:
                titles.append(f"{title}: {words['self_reported']}")
                kinds.append("points")
        lines = []
        for section in sections:
            for unit in section.units:
                score = unit.result.overall
                line: list[object] = [unit.result.id, unit.name, unit.parent, unit.result.overall_rank or None]
                line += _figures(score)
                for unit_category in unit.categories:
                    result = unit_category.result
                    score = result.score
                    line += [result.rank or None, self._report.level_cell(result.category, result.level)]
                    line += _figures(score)
                    line.append("; ".join(need.brief for need in unit_category.needs))
                    line += [g.score.percent if g.score.max_points else None for g in unit_category.result.groups]
                for item in unit.result.subtotals:
                    score, beside = item.score, item.score.self_reported
                    line += [score.points, score.percent if score.max_points else None]
                    if beside:
                        line.append(beside.points if beside.max_points or beside.points else None)
                lines.append(line)
        sheet = self._sheet(sections[0].tier_title)
        self._table(sheet, titles, kinds, lines, freeze=2)
        last = len(lines)
        for column in percents:
            scale = {"type": "3_color_scale", "min_color": "#F8B9A0", "mid_color": "#FFF2CC", "max_color": "#9CD3AE"}
            scale |= {"min_type": "num", "mid_type": "num", "max_type": "num"}
            sheet.conditional_format(
                1, column, last, column, {**scale, "min_value": 0, "mid_value": 60, "max_value": 100}
            )
        for level, colour in ((1, "#63BE7B"), (2, "#9CD3AE"), (3, "#CDEBD6"), (4, "#FFE699")):
            shade = {"format": self._workbook.add_format({"bg_color": colour})}
            for column, code in levels:
                cell = self._report.level_cell(code, level)
                value = cell if not isinstance(cell, str) else '"{}"'.format(cell.replace('"', '""'))
                sheet.conditional_format(
                    1, column, last, column, {"type": "cell", "criteria": "==", "value": value, **shade}
                )

    def _distribution(self) -> None:
        """Numbers of units in steps of 5 % of the points, with a chart for each ranking and category."""
        words = self._words
        sheet = self._sheet(words["distribution"])
        categories = list(self._categories())
        titles = [words["percent"], *(f"{section.title}: {category.title}" for section, category in categories)]
        steps = range(0, 100, 5)
        counts = [
            Counter(min(95, int(value // 5 * 5)) for value in category.measures[0].values) for _, category in categories
        ]
        lines = [[f"{step}-{step + 5} %", *(count[step] for count in counts)] for step in steps]
        self._table(sheet, titles, ["text", *("whole" for _ in categories)], lines, filtered=False)
        for column, title in enumerate(titles[1:], 1):
            chart = self._workbook.add_chart({"type": "column"})
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

    def _causes(self) -> None:
        words = self._words
        lines = [
            [
                section.title, unit.result.id, unit.name, category.title,
                self._report.source(category.code, cause), need.measure,
                *((cause.value, cause.minimum) if cause.measure else (None, None)), need.shortage, need.sentence,
            ]
            for section in self._report.sections
            for unit in section.units
            for category, unit_category in zip(section.categories, unit.categories, strict=True)
            for cause, need in zip(unit_category.result.causes, unit_category.needs, strict=True)
        ]  # fmt: skip
        names = ("tier", "id", "unit", "category", "needed_by", "measure", "value", "minimum", "shortage", "cause")
        kinds = ["text"] * 6 + ["exact", "exact", "points", "text"]
        self._table(self._sheet(words["causes"]), [words[name] for name in names], kinds, lines, freeze=3)

    def _requirements(self) -> None:
        """What the levels and limits of each tier require. Rankings within parents have the same rules."""
        words = self._words
        lines = [
            [section.tier_title, category.title, requirement.name, requirement.text]
            for section in {section.tier: section for section in self._report.sections}.values()
            for category in section.categories
            for requirement in category.requirements
        ]
        if lines:
            titles = [words[name] for name in ("tier", "category", "needed_by", "requirement")]
            sheet = self._sheet(words["requirements"])
            self._table(sheet, titles, ["text", "text", "text", "wrapped"], lines)
            sheet.set_column(3, 3, _REMARKS_WIDTH)

    def _gates(self) -> None:
        words = self._words
        lines = [
            [section.title, category.title, measure.title, self._report.level_cell(category.code, gate.level),
             gate.text, gate.passing, section.unit_count - gate.passing, gate.best, section.unit_count]
            for section, category in self._categories()
            for measure in category.measures
            for gate in measure.gates
        ]  # fmt: skip
        names = ("tier", "category", "measure", "level", "minimum", "passing", "failing", "best", "applicable")
        kinds = ["text"] * 3 + ["whole", "text"] + ["whole"] * 4
        self._table(self._sheet(words["gates"]), [words[name] for name in names], kinds, lines)

    def _criteria(self) -> None:
        words = self._words
        lines = [
            [section.title, category.title, item.group, item.id, item.title, item.maximum,
             item.applicable, item.full, item.none, item.missing]
            for section, category in self._categories()
            for item in category.criteria
        ]  # fmt: skip
        names = ("tier", "category", "group", "id", "criterion", "maximum", "applicable", "full", "none", "missing")
        kinds = ["text"] * 5 + ["exact"] + ["whole"] * 4
        self._table(self._sheet(words["criteria"]), [words[name] for name in names], kinds, lines)

    def _criterion_points(self, sections: list[Section]) -> None:
        """The points of each unit in each criterion. Missing and not applicable criteria have a text instead."""
        words = self._words
        items = [item for category in sections[0].categories for item in category.criteria]
        titles = [words["id"], words["unit"], *(f"{item.id} {item.title} ({item.maximum:g})" for item in items)]
        lines = []
        for unit in (unit for section in sections for unit in section.units):
            points = [
                item
                for unit_category in unit.categories
                for group in unit_category.result.groups
                for item in group.criteria
            ]
            line: list[object] = [unit.result.id, unit.name]
            lines.append(line + [self._points(item) for item in points])
        tier = sections[0].tier_title
        sheet = self._sheet(f"{words['points'].capitalize()} {tier}")
        self._table(sheet, titles, ["text", "text", *("exact" for _ in items)], lines, freeze=2)
        for column, item in enumerate(items, 2):
            if not item.maximum:  # no maximum, such as a penalty: nothing to compare with
                continue
            full = {"type": "cell", "criteria": ">=", "value": item.maximum}
            none = {"type": "cell", "criteria": "==", "value": 0}
            for rule, colour in ((none, "#F8B9A0"), (full, "#CDEBD6")):
                shade = self._workbook.add_format({"bg_color": colour})
                sheet.conditional_format(1, column, len(lines), column, {**rule, "format": shade})

    def _points(self, item: CriterionResult) -> str | float:
        if item.status == "scored" or item.points:
            return item.points
        return self._report.titles[f"status/{item.status}"]

    def _movement(self) -> None:
        words = self._words
        lines = []
        for section in self._report.sections:
            for unit in section.units:
                for category, unit_category in zip(section.categories, unit.categories, strict=True):
                    line: list[object] = [section.title, unit.result.id, unit.name, category.title]
                    movement = unit_category.movement
                    line += [movement.rank or None if movement else words["new"], unit_category.result.rank or None]
                    levels = movement.level if movement else 0, unit_category.result.level
                    line += [self._report.level_cell(category.code, level) for level in levels]
                    line += [movement.points if movement else None]
                    changes = movement.criteria if movement else ()
                    line.append("; ".join(f"{code} {before:g} → {now:g}" for code, before, now in changes))
                    lines.append(line)
        titles = [words[name] for name in ("tier", "id", "unit", "category", "rank_before", "rank", "level_before")]
        titles += [words[name] for name in ("level", "moved", "moved_criteria")]
        kinds = ["text"] * 4 + ["whole"] * 4 + ["moved", "text"]
        sheet = self._sheet(words["movement"])
        self._table(sheet, titles, kinds, lines, freeze=3)
        scale = {"type": "3_color_scale", "min_color": "#F8B9A0", "mid_color": "#FFFFFF", "max_color": "#9CD3AE"}
        sheet.conditional_format(1, 8, len(lines), 8, {**scale, "mid_type": "num", "mid_value": 0})
        if self._report.gone:
            text = words["gone"].format(units=", ".join(self._report.gone))
            sheet.write_string(len(lines) + 2, 0, text, self._formats["text"])

    def _categories(self) -> Iterable[tuple[Section, Category]]:
        return ((section, category) for section in self._report.sections for category in section.categories)

    def _sheet(self, name: str) -> Any:
        """A new sheet. Its name is changed to one that is valid and that no other sheet has."""
        plain = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:_MAX_NAME_LENGTH] or "-"
        unique, n = plain, 1
        while unique.casefold() in self._names:
            n += 1
            unique = f"{plain[: _MAX_NAME_LENGTH - len(str(n)) - 1]} {n}"
        self._names.add(unique.casefold())
        sheet = self._workbook.add_worksheet(unique)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def _table(
        self,
        sheet: Any,
        titles: Sequence[str],
        kinds: Sequence[str],
        lines: Sequence[Sequence[object]],
        *,
        row: int = 0,
        freeze: int = 0,
        filtered: bool = True,
    ) -> None:
        formats = [self._formats[kind] for kind in kinds]
        sheet.set_row(row, _HEADER_HEIGHT)
        for column, title in enumerate(titles):
            sheet.write_string(row, column, title, self._formats["head"])
        for line_row, line in enumerate(lines, row + 1):
            for column, (value, cell_format) in enumerate(zip(line, formats, strict=False)):
                if isinstance(value, str):
                    sheet.write_string(line_row, column, value, cell_format)
                elif value is not None:
                    sheet.write_number(line_row, column, value, cell_format)
        for column, kind in enumerate(kinds):
            texts = [len(str(line[column])) for line in lines if column < len(line)] if kind == "text" else []
            sheet.set_column(column, column, min(_MAX_COLUMN_WIDTH, max([10, *texts]) + 1))
        if row == 0:
            sheet.freeze_panes(1, freeze)
            sheet.repeat_rows(0)
        if filtered and lines:
            sheet.autofilter(row, 0, row + len(lines), len(titles) - 1)


def _figures(score: Score) -> list[object]:
    """The figures of one sum, and the self-reported points if the set has several sources."""
    beside = [score.self_reported.points] if score.self_reported else []
    return [score.points, score.max_points, score.percent, score.published, *beside]
