"""Converts cells to answers: reads numbers, flags, days and options in the ways in which people write them."""

from __future__ import annotations

import calendar
import datetime
import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from scorer_client.criteria_set_form import Indicator
from scorer_client.files.messages import Language, say
from scorer_client.files.names import NearestNames
from scorer_client.files.sheets import BadCell, Cell, shown
from scorer_client.files.words import NO, YES
from scorer_client.requests import EPOCH

MAX_CELL_CHARACTERS = 200
"""Maximum length of the text of an answer."""
MAX_DECIMALS = 6
NO_BREAK_SPACE, NARROW_NO_BREAK_SPACE = "\u00a0", "\u202f"

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[., ]\d{3})+", re.ASCII)
"""Matches texts that may be numbers with separators of thousands: 2.000 can mean two thousand or two."""
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WRITTEN_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)

_FLAGS = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}


class WrongCell(Exception):
    """Raised if a cell is not a valid answer. The message gives the reason."""


@dataclass
class CellParser:
    """Converts the cells of one sheet.

    Attributes:
        language: language of messages.
        mark: decimal mark of numbers in texts: "." or ","; "" if it is not known.
        nearest: suggests known names in place of misspelt ones.
        noted: notes about the current cell: the kind of note, and the value that was read. The caller empties this list
            after each cell.
    """

    language: Language
    mark: str
    nearest: NearestNames
    noted: list[tuple[str, str]] = field(default_factory=list)

    def text(self, cell: Cell) -> str:
        """A cell as a text, such as an id.

        Raises:
            WrongCell: the cell has no usable value, or a day, to which spreadsheets change ids such as 3-1.
        """
        if isinstance(cell, datetime.date):
            raise self._wrong("date_for_text", cell=shown(cell))
        return self._text(cell)

    def _text(self, cell: Cell) -> str:
        if isinstance(cell, str):
            if NO_BREAK_SPACE in cell:  # text processors insert such spaces
                cell = cell.replace(NO_BREAK_SPACE, " ")
                self.noted.append(("note_spaces", cell))
            return cell
        if cell is None:
            return ""
        self._check(cell)
        if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
            self.noted.append(("note_number_text", f"{cell:.0f}"))
            return f"{cell:.0f}"
        if isinstance(cell, float):
            self.noted.append(("note_number_text", shown(cell)))
        return shown(cell)

    def criteria(self, cell: Cell, known: Iterable[str]) -> str:
        """The text of a cell with ids of criteria.

        Raises:
            WrongCell: the cell is a number that can mean several ids, because spreadsheets turn 1.10 into 1.1.
        """
        if isinstance(cell, float):
            possible = [code for code in known if _NUMBER.fullmatch(code) and float(code) == cell]
            if len(possible) > 1:
                raise self._wrong("number_for_criterion", criteria=say(self.language, "or").join(possible))
        return self._text(cell)

    def option(self, indicator: Indicator, cell: Cell) -> str:
        """The code of an option; "" for an empty cell.

        Raises:
            WrongCell: the cell is not an option.
        """
        text = self._text(cell)
        self._check_length(text)
        if text and text not in indicator.options:
            option = indicator.option_called(text)
            if option is None:
                names = indicator.option_names(self.language)
                raise self._wrong(
                    "option",
                    options=", ".join(_option_with_title(*pair) for pair in zip(indicator.options, names, strict=True)),
                    cell=text,
                    hint=self.nearest.hint(text, (*names, *indicator.options)),
                )
            if option.casefold() == text.casefold():
                self.noted.append(("note_option", option))
            text = option
        return sys.intern(text)  # interned, because thousands of units have the same text

    def number(self, indicator: Indicator, cell: Cell) -> float:
        """The answer to a count, number, flag or date as a number; NaN for an empty cell.

        Raises:
            WrongCell: the cell is not a valid answer.
        """
        if cell is None or cell == "":
            return math.nan
        self._check(cell)
        if isinstance(cell, str):
            self._check_length(cell)
        if indicator.kind == "flag":
            return self._flag(cell)
        if indicator.kind == "date":
            return self._day(cell)
        if isinstance(cell, bool):
            raise self._wrong("bool_for_number", cell=shown(cell))
        if isinstance(cell, datetime.date):
            raise self._wrong("date_for_number", cell=shown(cell))
        # Spreadsheets show 15 digits of a number. Further digits are rounding errors of formulas, such as 0.1 + 0.2.
        text = f"{Decimal(f'{cell:.15g}'):f}" if isinstance(cell, float) else self._number_text(indicator, str(cell))
        decimals = text.partition(".")[2].rstrip("0")  # from the text, because a double may round decimals away
        if decimals and indicator.kind == "count":
            raise self._wrong("whole_number", cell=shown(cell))
        if len(decimals) > MAX_DECIMALS:
            raise self._wrong("decimals", cell=shown(cell))
        return float(text)

    def tick(self, cell: Cell) -> bool:
        """Whether a cell is ticked.

        Raises:
            WrongCell: the cell is neither yes, nor no, nor empty.
        """
        if cell is None or cell == "":
            return False
        self._check(cell)
        return bool(self._flag(cell))

    def _flag(self, cell: Cell) -> float:
        if isinstance(cell, bool) or cell in ("0", "1", 0.0, 1.0):
            return float(cell)  # type: ignore[arg-type]
        text = shown(cell)
        if isinstance(cell, str) and cell.casefold() in _FLAGS:
            value = _FLAGS[cell.casefold()]
            self.noted.append(("note_flag", f"{value:.0f}"))
            return value
        raise self._wrong("flag", cell=text, hint=self.nearest.hint(text, (*YES, *NO)) if len(text) > 1 else "")

    def _day(self, cell: Cell) -> float:
        if isinstance(cell, datetime.datetime):
            if cell.time() != datetime.time():
                raise self._wrong("day_time", cell=str(cell))
            cell = cell.date()
        if isinstance(cell, datetime.date):
            return float((cell - EPOCH).days)
        if isinstance(cell, float):
            raise self._wrong("number_for_date", cell=shown(cell))
        text, hint = shown(cell), ""
        try:
            if _DAY.fullmatch(text):
                return float((datetime.date.fromisoformat(text) - EPOCH).days)
            if match := _WRITTEN_DAY.fullmatch(text):
                day, month, year = int(match[1]), int(match[3]), int(match[4])
                if 1 <= month <= 12 and year:
                    last = datetime.date(year, month, min(max(day, 1), calendar.monthrange(year, month)[1]))
                    hint = say(self.language, "nearly", name=last.isoformat())
                date = datetime.date(year, month, day)
                self.noted.append(("note_date", date.isoformat()))
                return float((date - EPOCH).days)
        except ValueError:
            pass
        raise self._wrong("date", cell=text, hint=hint)

    def _number_text(self, indicator: Indicator, text: str) -> str:
        """The text of a number, with a point as decimal mark.

        Raises:
            WrongCell: the text is not a number, or can be read in two ways.
        """
        whole = indicator.kind == "count"
        text = text.replace(NO_BREAK_SPACE, " ").replace(NARROW_NO_BREAK_SPACE, " ")
        if text.isdecimal() and text.isascii():
            return text
        if _THOUSANDS.fullmatch(text) and (whole or not self._is_decimal(text)):
            raise self._two_readings(text, whole=whole)
        if _COMMA.fullmatch(text):
            point = text.replace(",", ".")
            if self.mark == ".":
                raise self._wrong("decimal_point", point=point, cell=text)
            self.noted.append(("note_comma", point))
            return point
        if not _NUMBER.fullmatch(text):
            raise self._wrong("number", example="12" if whole else "12.5", cell=text)
        return text

    def _is_decimal(self, text: str) -> bool:
        """Whether a number has only one separator, and it is the file's decimal mark."""
        separators = [letter for letter in text if letter in "., "]
        return separators == [self.mark]

    def _two_readings(self, text: str, *, whole: bool) -> WrongCell:
        digits = re.sub(r"[., ]", "", text)
        if len(text) - len(digits) > 1 or " " in text:
            return self._wrong("separators", whole=digits, cell=text)
        decimal = text.replace(",", ".")
        if whole and not float(decimal).is_integer():
            return self._wrong("whole_meant", whole=digits, cell=text)
        with_decimals = {".": decimal, ",": text.replace(".", ",")}.get(self.mark, f"{decimal}0")
        other = f"{float(decimal):.0f}" if whole else with_decimals
        return self._wrong("two_readings", whole=digits, decimal=decimal, other=other, cell=text)

    def _check(self, cell: Cell) -> None:
        if isinstance(cell, BadCell):
            raise self._wrong(cell.message, text=cell.text)

    def _check_length(self, text: str) -> None:
        if len(text) > MAX_CELL_CHARACTERS:
            raise self._wrong("long_cell", n=len(text), start=text[:40])

    def _wrong(self, key: str, **values: object) -> WrongCell:
        return WrongCell(say(self.language, key, **values))


def _option_with_title(option: str, title: str) -> str:
    """An option as shown in a message: its code, and its title if that differs, because a file may contain either."""
    return option if option == title else f"{option} ({title})"
