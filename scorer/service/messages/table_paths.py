"""Field paths of tables, such as ``table["computers"][17]``."""

from __future__ import annotations

import json
import re

from scorer.model.indicators import COLUMNS_OF_UNITS

STREAM_PATH = "table.arrow_stream"
"""The field path of the whole stream."""

*TEXT_COLUMNS, EXCLUSIONS = COLUMNS_OF_UNITS


class TablePaths:
    """Field paths of a table; see ``FieldPaths``."""

    def unit(self, unit: int, field: str) -> str:
        """See ``FieldPaths``."""
        return cell_path(field, unit)

    def answer(self, unit: int, indicator: str) -> str:
        """See ``FieldPaths``."""
        return cell_path(indicator, unit)

    def exclusion(self, unit: int, index: int) -> str:
        """See ``FieldPaths``."""
        del index
        return cell_path(EXCLUSIONS, unit)


def column_path(column: str) -> str:
    """The field path of a column."""
    return f"table[{json.dumps(column[:80], ensure_ascii=not column.isprintable())}]"


def cell_path(column: str, row: int) -> str:
    """The field path of the value of a column in one row, counted from 0."""
    return f"{column_path(column)}[{row}]"


_PATH = re.compile(r'table\[("(?:[^"\\]|\\.)*")\](?:\[(\d+)\])?')


def parse_path(path: str) -> tuple[str, int | None]:
    """The column and the row that a field path of ``TablePaths`` names; "" and None if it names no column or row."""
    match = _PATH.fullmatch(path)
    if match is None:
        return "", None
    return json.loads(match[1]), None if match[2] is None else int(match[2])
