"""Writes an empty form as a workbook: instructions, and one sheet per tier that accepts only allowed values."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from scorer.criteria.model import CriteriaSet
from scorer.engine.plan import SetPlan
from scorer.model.indicators import EPOCH, Indicator, IndicatorKind
from scorer.workbooks.form_columns import FormColumn, form_columns
from scorer.workbooks.form_texts import TEXTS
from scorer_client.files.messages import Language
from scorer_client.files.names import sheet_names
from scorer_client.titles import text
from scorer_client.units import Unit

BLANK_ROWS = 1_000
"""Number of empty rows per tier if no units are given."""

MAX_VALIDATION_LENGTH = 255
"""Maximum number of characters that spreadsheets allow in a list of options, and in an error message."""

Styles: TypeAlias = dict[str, Any]

_CREATED = datetime.datetime(2000, 1, 1)  # a fixed date, so that the same form always has the same bytes
_FIRST_DAY = datetime.date(1900, 3, 1)  # earlier dates are ambiguous: spreadsheets count a 29 February 1900


def form_workbook(plan: SetPlan, units: Sequence[Unit], language: Language) -> bytes:
    """A form as an XLSX file.

    Args:
        plan: plan of the criteria set.
        units: units to write into the rows. Without units, every tier has empty rows; otherwise tiers without units
            have no sheet.
        language: language of the form, "en" or "vi".
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        title = text(plan.criteria_set.title, language, plan.criteria_set.code)
        book.set_properties({"title": title, "created": _CREATED})
        styles = _styles(book)
        tiers = [tier for tier in plan.tiers if not units or any(unit.tier == tier for unit in units)]
        titles = {tier: text(plan.criteria_set.tier_titles.get(tier, {}), language, tier) for tier in plan.tiers}
        names = sheet_names(titles)
        instructions = book.add_worksheet(TEXTS[language]["instructions"])
        _instructions(instructions, plan.criteria_set, [names[tier] for tier in tiers], language, styles)
        for index, tier in enumerate(tiers):
            sheet = book.add_worksheet(names[tier])
            _tier_sheet(
                sheet, form_columns(plan, tier, language), [u for u in units if u.tier == tier], language, styles
            )
            if index == 0:
                sheet.activate()
    return file.getvalue()


def _styles(book: Any) -> Styles:
    header = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
    answer = {"locked": False, "border": 1, "border_color": "#D0D0D0"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "label": book.add_format({"bold": True, "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "header": book.add_format({**header, "bg_color": "#DDE6F0"}),
        "required": book.add_format({**header, "bg_color": "#F6D9B5"}),
        "fixed": book.add_format({"num_format": "@", "bg_color": "#F2F2F2"}),
        "open": book.add_format({**answer, "num_format": "@"}),
        "answer": book.add_format(answer),
        "day": book.add_format({**answer, "num_format": "dd/mm/yyyy"}),
        "empty": book.add_format({"bg_color": "#FFF9D6"}),
    }


def _instructions(
    sheet: Any, criteria_set: CriteriaSet, sheets: Iterable[str], language: Language, styles: Styles
) -> None:
    texts = TEXTS[language]
    days = [day.isoformat() if day else "..." for day in (criteria_set.effective_from, criteria_set.effective_to)]
    lines = [
        (texts["criteria_set"], criteria_set.code),
        (texts["title"], text(criteria_set.title, language, criteria_set.code)),
        (texts["in_force"], f"{days[0]} - {days[1]}"),
        (texts["tiers"], ", ".join(sheets)),
    ]
    sentences = texts["sentences"].split("\n")
    lines += [(texts["how"] if index == 0 else "", sentence) for index, sentence in enumerate(sentences)]
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, texts["instructions"], styles["title"])
    for row, (label, line) in enumerate(lines, start=2):
        sheet.write_string(row, 0, label, styles["label"])
        sheet.write_string(row, 1, line, styles["text"])
    sheet.protect()


def _tier_sheet(
    sheet: Any, columns: Sequence[FormColumn], units: Sequence[Unit], language: Language, styles: Styles
) -> None:
    last_row = len(units) or BLANK_ROWS
    sheet.set_row(0, 90)
    sheet.freeze_panes(1, 2)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.header, styles["required" if column.required else "header"])
        sheet.write_comment(0, index, column.comment, {"x_scale": 2.5, "y_scale": 1.6, "author": "scorer"})
        sheet.set_column(index, index, 28 if column.code == "name" else 16)
        style = _style(column, bool(units), styles)
        for row in range(1, last_row + 1):
            cell = getattr(units[row - 1], column.code) if units and column.code in ("id", "name", "parent") else ""
            if cell:
                sheet.write_string(row, index, cell, style)
            else:
                sheet.write_blank(row, index, None, style)
        validation = _validation(column, language)
        if validation:
            error = {"error_title": TEXTS[language]["wrong"], "error_message": _shortened(column.comment)}
            sheet.data_validation(1, index, last_row, index, {**validation, **error})
    first = next((index for index, column in enumerate(columns) if column.indicator), len(columns))
    if first < len(columns):
        ticks = sum(column.code == "not_applicable" for column in columns)
        empty_answer = {
            "type": "formula",
            "criteria": f'=AND($A2<>"",{xl_col_to_name(first)}2="")',
            "format": styles["empty"],
        }
        sheet.conditional_format(1, first, last_row, len(columns) - 1 - ticks, empty_answer)
    allowed = ("format_columns", "format_rows", "sort", "autofilter", "select_locked_cells", "select_unlocked_cells")
    sheet.protect("", dict.fromkeys(allowed, True))


def _style(column: FormColumn, has_units: bool, styles: Styles) -> Any:
    if column.code in ("id", "name", "parent"):
        return styles["fixed" if has_units else "open"]
    day = column.indicator is not None and column.indicator.kind is IndicatorKind.DATE
    return styles["day" if day else "answer"]


def _validation(column: FormColumn, language: Language) -> dict[str, Any] | None:
    """The data validation of a column; None: any value is allowed."""
    if column.indicator is None:
        return {"validate": "list", "source": ["x"]} if column.code == "not_applicable" else None
    kind = IndicatorKind(column.indicator.kind)
    if kind is IndicatorKind.FLAG:
        return {"validate": "list", "source": [TEXTS[language]["yes"], TEXTS[language]["no"]]}
    if kind is IndicatorKind.CHOICE:
        return _options_validation(column.indicator, language)
    low, high = column.range
    if kind is IndicatorKind.DATE:
        days = [EPOCH + datetime.timedelta(days=int(value)) for value in (low, high)]
        return {"validate": "date", "criteria": "between", "minimum": max(days[0], _FIRST_DAY), "maximum": days[1]}
    if kind is IndicatorKind.COUNT:
        return {"validate": "integer", "criteria": "between", "minimum": int(low), "maximum": int(high)}
    return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}


def _options_validation(indicator: Indicator, language: Language) -> dict[str, Any] | None:
    options = [indicator.option_in(option, language) for option in indicator.options]
    if len(",".join(options)) > MAX_VALIDATION_LENGTH or any("," in option for option in options):
        return None
    return {"validate": "list", "source": options}


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_VALIDATION_LENGTH else f"{text[: MAX_VALIDATION_LENGTH - 3]}..."
