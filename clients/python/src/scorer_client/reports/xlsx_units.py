"""Sheets of a workbook with a row per unit: rankings, points in each criterion, and changes."""

from __future__ import annotations

from scorer_client.reports.model import Report, Section
from scorer_client.reports.xlsx_sheets import SheetWriter
from scorer_client.results import CriterionResult, Score


def add_tier(writer: SheetWriter, report: Report, sections: list[Section]) -> None:
    """Adds the ranking of one tier: overall, then every category with its groups."""
    words = report.words
    columns = [("id", "text"), ("unit", "text"), ("parent", "text"), ("rank", "whole"), ("points", "points")]
    columns += [("maximum", "exact"), ("percent", "percent"), ("converted", "points")]
    if report.has_sources:
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
        if report.has_sources:
            titles.append(f"{title}: {words['self_reported']}")
            kinds.append("points")
    lines = []
    for section in sections:
        for unit in section.units:
            line: list[object] = [unit.result.id, unit.name, unit.parent, unit.result.overall_rank or None]
            line += _figures(unit.result.overall)
            for unit_category in unit.categories:
                result = unit_category.result
                line += [result.rank or None, report.level_cell(result.category, result.level)]
                line += _figures(result.score)
                line.append("; ".join(need.brief for need in unit_category.needs))
                line += [g.score.percent if g.score.max_points else None for g in result.groups]
            for item in unit.result.subtotals:
                score, self_reported = item.score, item.score.self_reported
                line += [score.points, score.percent if score.max_points else None]
                if self_reported:
                    line.append(self_reported.points if self_reported.max_points or self_reported.points else None)
            lines.append(line)
    sheet = writer.sheet(sections[0].tier_title)
    writer.table(sheet, titles, kinds, lines, freeze=2)
    last = len(lines)
    for column in percents:
        scale = {"type": "3_color_scale", "min_color": "#F8B9A0", "mid_color": "#FFF2CC", "max_color": "#9CD3AE"}
        scale |= {"min_type": "num", "mid_type": "num", "max_type": "num"}
        sheet.conditional_format(1, column, last, column, {**scale, "min_value": 0, "mid_value": 60, "max_value": 100})
    for level, colour in ((1, "#63BE7B"), (2, "#9CD3AE"), (3, "#CDEBD6"), (4, "#FFE699")):
        shade = {"format": writer.file.add_format({"bg_color": colour})}
        for column, code in levels:
            cell = report.level_cell(code, level)
            value = cell if not isinstance(cell, str) else '"{}"'.format(cell.replace('"', '""'))
            sheet.conditional_format(
                1, column, last, column, {"type": "cell", "criteria": "==", "value": value, **shade}
            )


def add_criterion_points(writer: SheetWriter, report: Report, sections: list[Section]) -> None:
    """Adds the points of each unit in each criterion. Missing answers and criteria that do not apply are texts."""
    words = report.words
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
        lines.append(line + [_points(report, item) for item in points])
    tier = sections[0].tier_title
    sheet = writer.sheet(f"{words['points'].capitalize()} {tier}")
    writer.table(sheet, titles, ["text", "text", *("exact" for _ in items)], lines, freeze=2)
    for column, item in enumerate(items, 2):
        if not item.maximum:  # a criterion without a maximum, such as a penalty, has no colours
            continue
        full = {"type": "cell", "criteria": ">=", "value": item.maximum}
        none = {"type": "cell", "criteria": "==", "value": 0}
        for rule, colour in ((none, "#F8B9A0"), (full, "#CDEBD6")):
            shade = writer.file.add_format({"bg_color": colour})
            sheet.conditional_format(1, column, len(lines), column, {**rule, "format": shade})


def _points(report: Report, item: CriterionResult) -> str | float:
    if item.status == "scored" or item.points:
        return item.points
    return report.titles.get(f"status/{item.status}", item.status)


def add_movement(writer: SheetWriter, report: Report) -> None:
    """Adds the changes of each unit since the earlier results."""
    words = report.words
    lines = []
    for section in report.sections:
        for unit in section.units:
            for category, unit_category in zip(section.categories, unit.categories, strict=True):
                line: list[object] = [section.title, unit.result.id, unit.name, category.title]
                movement = unit_category.movement
                line += [movement.rank or None if movement else words["new"], unit_category.result.rank or None]
                levels = movement.level if movement else 0, unit_category.result.level
                line += [report.level_cell(category.code, level) for level in levels]
                line += [movement.points if movement else None]
                changes = movement.criteria if movement else ()
                line.append("; ".join(f"{code} {before:g} → {now:g}" for code, before, now in changes))
                lines.append(line)
    titles = [words[name] for name in ("tier", "id", "unit", "category", "rank_before", "rank", "level_before")]
    titles += [words[name] for name in ("level", "moved", "moved_criteria")]
    kinds = ["text"] * 4 + ["whole"] * 4 + ["moved", "text"]
    sheet = writer.sheet(words["movement"])
    writer.table(sheet, titles, kinds, lines, freeze=3)
    scale = {"type": "3_color_scale", "min_color": "#F8B9A0", "mid_color": "#FFFFFF", "max_color": "#9CD3AE"}
    sheet.conditional_format(1, 8, len(lines), 8, {**scale, "mid_type": "num", "mid_value": 0})
    if report.gone:
        text = words["gone"].format(units=", ".join(report.gone))
        sheet.write_string(len(lines) + 2, 0, text, writer.formats["text"])


def _figures(score: Score) -> list[object]:
    """The figures of one sum; also the points from the unit's own reports, if the set has several sources."""
    self_reported = [score.self_reported.points] if score.self_reported else []
    return [score.points, score.max_points, score.percent, score.published, *self_reported]
