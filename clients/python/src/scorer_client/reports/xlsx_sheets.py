"""The sheets of a workbook: their names, formats and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from scorer_client.reports.model import Report

_MAX_NAME_LENGTH = 31
"""Maximum length of a sheet's name in spreadsheets."""

_MAX_COLUMN_WIDTH = 60
"""Maximum width of a column, in characters."""

_HEADER_HEIGHT = 48
"""Height of the row of titles, in points: three lines."""


class SheetWriter:
    """Adds sheets to a workbook, and tables to sheets.

    Args:
        file: the workbook, an object of XlsxWriter.
        report: the report that the workbook shows.
    """

    def __init__(self, file: Any, report: Report) -> None:
        self.file = file
        self._names = set[str]()
        decimals = "0." + "0" * report.points_decimals if report.points_decimals else "0"
        percents = "0." + "0" * report.percent_decimals if report.percent_decimals else "0"
        self.formats = {
            "text": file.add_format({"valign": "top"}),
            "wrapped": file.add_format({"valign": "top", "text_wrap": True}),
            "whole": file.add_format({"num_format": "0", "valign": "top"}),
            "points": file.add_format({"num_format": decimals, "valign": "top"}),
            "exact": file.add_format({"num_format": "0.######", "valign": "top"}),
            "percent": file.add_format({"num_format": percents, "valign": "top"}),
            "moved": file.add_format({"num_format": f"+{decimals};-{decimals};{decimals}", "valign": "top"}),
            "head": file.add_format(
                {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DCE6F2", "border": 1}
            ),
            "title": file.add_format({"bold": True, "font_size": 14}),
            "bold": file.add_format({"bold": True, "valign": "top"}),
        }

    def sheet(self, name: str) -> Any:
        """A new sheet. Its name is changed to one that is valid and that no other sheet has."""
        plain = re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:_MAX_NAME_LENGTH] or "-"
        unique, n = plain, 1
        while unique.casefold() in self._names:
            n += 1
            unique = f"{plain[: _MAX_NAME_LENGTH - len(str(n)) - 1]} {n}"
        self._names.add(unique.casefold())
        sheet = self.file.add_worksheet(unique)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def table(
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
        """Writes a table to a sheet.

        Args:
            sheet: the sheet.
            titles: titles of the columns.
            kinds: for each column, the name of its format.
            lines: the values of each row; None leaves a cell empty.
            row: row of the titles.
            freeze: number of columns that stay visible; only for a table that starts in the first row.
            filtered: whether the columns have filters.
        """
        formats = [self.formats[kind] for kind in kinds]
        sheet.set_row(row, _HEADER_HEIGHT)
        for column, title in enumerate(titles):
            sheet.write_string(row, column, title, self.formats["head"])
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
