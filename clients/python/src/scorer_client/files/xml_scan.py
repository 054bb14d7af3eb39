"""Collects facts about a sheet that calamine does not report, while the sheet's XML is parsed as a stream."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from scorer_client.files.sheets import column_number, letters, quoted

MAX_CELLS = 12_000_000
"""Maximum number of cells of the rectangle around all values of a sheet: 100,000 units with 120 columns."""
MAX_ERRORS = 100_000
"""Maximum number of cells with an error in a sheet."""

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NAMES = frozenset(("c", "v", "row", "f", "is", "t"))
"""Frequent elements of a sheet, which usually have no namespace prefix."""
_PERCENT_FORMATS = {"9", "10"}
"""Ids of the built-in number formats for percentages."""
_ZERO_SIZE = re.compile(r"0+(\.0*)?([a-z]{2})?")
"""A width or height of 0, in ODS with a unit of length such as cm. Spreadsheets do not show such columns and rows."""


class TooManyErrors(Exception):
    """Raised if a sheet has more than ``MAX_ERRORS`` cells with an error."""


@dataclass
class Scan:
    """The results for one sheet. Rows and columns count from 0."""

    rows: int = 0
    """Number of rows up to the last value."""
    columns: int = 0
    """Number of columns up to the last value."""
    first_row: int = 2**31
    first_column: int = 2**31
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    """Errors such as #DIV/0! by row and column; "" for a formula without a value."""
    merged: list[tuple[int, str]] = field(default_factory=list)
    """Merged cells: number of the last row, from 1, and range."""
    hidden_row: bool = False
    """Whether a hidden row has a value."""
    hidden_column: int = 2**31
    """Index of the first hidden column."""
    percent: str = ""
    """Position of the first number that is shown as a percentage, such as F3."""

    def add_value(self, row: int, column: int, times: int = 1, rows: int = 1) -> None:
        """Adds a value that is repeated in ``times`` columns and ``rows`` rows."""
        self.rows, self.columns = max(self.rows, row + rows), max(self.columns, column + times)
        self.first_row, self.first_column = min(self.first_row, row), min(self.first_column, column)

    def add_error(self, row: int, column: int, text: str) -> None:
        """Adds a cell with an error value such as #DIV/0!; or with a formula that has no value (``text`` is then "").

        Raises:
            TooManyErrors: the sheet has more than ``MAX_ERRORS`` such cells.
        """
        if len(self.errors) == MAX_ERRORS:
            raise TooManyErrors
        self.errors[row, column] = text

    @property
    def cells(self) -> int:
        """Number of cells of the rectangle around all values."""
        return max(0, self.rows - self.first_row) * max(0, self.columns - self.first_column)

    @property
    def hidden(self) -> bool:
        """Whether a hidden row or column may have values."""
        return self.hidden_row or self.hidden_column < self.columns


def scan_styles(parser: expat.XMLParserType, percents: set[str]) -> None:
    """Sets the handlers of a parser, so that it collects the percentage styles of an XLSX file in ``percents``."""
    formats = set(_PERCENT_FORMATS)
    style = -1

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal style
        name = name.rpartition(":")[2]
        if name == "numFmt" and "%" in attributes.get("formatCode", ""):
            formats.add(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            style = 0
        elif name == "xf" and style >= 0:
            if attributes.get("numFmtId") in formats:
                percents.add(str(style))
            style += 1

    def end(name: str) -> None:
        nonlocal style
        if name.rpartition(":")[2] == "cellXfs":
            style = -1

    parser.StartElementHandler, parser.EndElementHandler = start, end


def scan_sheet(parser: expat.XMLParserType, percents: set[str], sheet: str) -> Scan:
    """Sets the handlers of a parser, so that it fills the returned scan while it parses an XLSX sheet.

    Args:
        parser: parser of the part with the sheet.
        percents: indices of the styles that show numbers as percentages.
        sheet: name of the sheet.
    """
    scan = Scan()
    row = column = first = last = -1  # row; current column, first and last column with a value in the row
    formula = value = hidden = False
    row_text = ""
    cell: dict[str, str] = {}
    text: list[str] = []
    columns: dict[str, int] = {}
    with_value: set[int] = set()
    """Columns of the row that have a value."""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, row_text, column, first, last, cell, formula, value, hidden
        name = name if name in _NAMES else name.rpartition(":")[2]
        if name == "c":
            cell, formula, value = attributes, False, False
            text.clear()
        elif name == "v":
            parser.CharacterDataHandler = text.append
        elif name == "is":
            value = True
        elif name == "f":
            formula = True
        elif name == "row":
            before, row, column, first, last = row, int(attributes.get("r", row + 2)) - 1, -1, -1, -1
            if row <= before:  # calamine would lose values
                raise ValueError(f"{quoted(sheet)}!{row + 1} comes after row {before + 1}")
            with_value.clear()
            row_text = str(row + 1)
            hidden = _is_hidden(attributes, "ht")
        elif name == "mergeCell":
            match = _REFERENCE.fullmatch(attributes.get("ref", "").rpartition(":")[2])
            if match:
                scan.merged.append((int(match[2]), attributes["ref"]))
        elif name == "col" and _is_hidden(attributes, "width"):
            scan.hidden_column = min(scan.hidden_column, int(attributes.get("min", "1")) - 1)

    def end(name: str) -> None:
        nonlocal column, first, last, value
        name = name if name in _NAMES else name.rpartition(":")[2]
        if name == "v":
            value = value or bool(text)
            parser.CharacterDataHandler = None
        elif name == "c":
            column = position(cell["r"]) if "r" in cell else column + 1
            if value or formula:
                if column in with_value:  # calamine would take the last one
                    raise ValueError(f"{quoted(sheet)}!{letters(column)}{row_text} appears twice")
                with_value.add(column)
                first, last = column if first < 0 else min(first, column), max(last, column)
                add(cell.get("t", "n"))
        elif name == "row" and last >= 0:
            scan.add_value(row, first, last - first + 1)
            scan.hidden_row = scan.hidden_row or hidden

    def position(reference: str) -> int:
        """The column in a cell's reference. It must name the row that has the cell, because calamine relies on it."""
        name = reference.rstrip("0123456789")
        if name not in columns and _REFERENCE.fullmatch(reference):
            columns[name] = column_number(name)
        if reference[len(name) :] != row_text or name not in columns:
            raise ValueError(f"cell {reference[:20]} in row {row_text}")
        return columns[name]

    def add(kind: str) -> None:
        if not scan.percent and kind == "n" and cell.get("s") in percents:
            scan.percent = f"{letters(column)}{row + 1}"
        if kind == "e" or (not value and kind != "str"):  # kind "str": a formula may give an empty text
            scan.add_error(row, column, "".join(text)[:20] if kind == "e" else "")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    return scan


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Whether a row or column of an XLSX sheet is hidden; ``size`` names the attribute with its height or width."""
    return attributes.get("hidden") in ("1", "true") or _is_zero(attributes, size)


def _is_zero(attributes: dict[str, str], size: str) -> bool:
    return bool(_ZERO_SIZE.fullmatch(attributes.get(size, "")))


def scan_ods(parser: expat.XMLParserType) -> dict[str, Scan]:
    """Sets the handlers of a parser, so that it fills the returned scans while it parses the content of an ODS file.

    Returns:
        The scan of each sheet, by the sheet's name.
    """
    scans: dict[str, Scan] = {}
    scan, row, column, rows, times = Scan(), 0, 0, 1, 1
    hidden, style = False, ""
    sizes = {"style:table-column-properties": "style:column-width", "style:table-row-properties": "style:row-height"}
    zero_styles: set[str] = set()
    """Styles of rows and columns with height or width 0."""
    text: list[str] = []

    def is_hidden(attributes: dict[str, str]) -> bool:
        visible = attributes.get("table:visibility", "visible") == "visible"
        return not visible or attributes.get("table:style-name") in zero_styles

    def number(attributes: dict[str, str], name: str) -> int:
        return max(1, int(attributes.get(f"table:{name}", "1")))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal scan, row, column, rows, times, hidden, style
        if name == "table:table":
            scan, row, column = scans.setdefault(attributes.get("table:name", ""), Scan()), 0, 0
        elif name == "table:table-column":
            if is_hidden(attributes):
                scan.hidden_column = min(scan.hidden_column, column)
            column += number(attributes, "number-columns-repeated")
        elif name == "table:table-row":
            column, rows = 0, number(attributes, "number-rows-repeated")
            hidden = is_hidden(attributes)
        elif name in ("table:table-cell", "table:covered-table-cell"):
            times = number(attributes, "number-columns-repeated")
            text.clear()
            add(attributes)
        elif name == "style:style":
            style = attributes.get("style:name", "")
        elif name in sizes and _is_zero(attributes, sizes[name]):
            zero_styles.add(style)

    def add(attributes: dict[str, str]) -> None:
        kind = attributes.get("calcext:value-type") or attributes.get("office:value-type", "")
        wide, high = number(attributes, "number-columns-spanned"), number(attributes, "number-rows-spanned")
        if (wide, high) != (1, 1):
            last = f"{letters(column + wide - 1)}{row + high}"
            scan.merged.append((row + high, f"{letters(column)}{row + 1}:{last}"))
        if not kind and "table:formula" not in attributes:
            return
        scan.add_value(row, column, times, rows)
        scan.hidden_row = scan.hidden_row or hidden
        if kind == "percentage" and not scan.percent:
            scan.percent = f"{letters(column)}{row + 1}"
        if kind == "error":
            parser.CharacterDataHandler = text.append
        elif not kind:
            add_errors("")

    def add_errors(text: str) -> None:
        for repeated_row in range(row, row + rows):
            for repeated_column in range(column, column + times):
                scan.add_error(repeated_row, repeated_column, text)

    def end(name: str) -> None:
        nonlocal row, column
        if name == "table:table-row":
            row += rows
        elif name in ("table:table-cell", "table:covered-table-cell"):
            if parser.CharacterDataHandler:
                parser.CharacterDataHandler = None
                add_errors("".join(text)[:20] or "#ERR")
            column += times

    parser.StartElementHandler, parser.EndElementHandler = start, end
    return scans
