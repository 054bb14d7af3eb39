"""Reads the values of options. Python's own functions accept more, such as ``1_0`` and digits of other scripts."""

from __future__ import annotations

import datetime
import re

import typer


def whole_number(text: str) -> int:
    """A whole number from 1.

    Raises:
        typer.BadParameter: it is not written with the digits 0 to 9, or is 0.
    """
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", text):
        raise typer.BadParameter(f"{text!r} is not a whole number from 1, such as 140")
    return int(text)


def day(text: str) -> datetime.date:
    """A day, written as YYYY-MM-DD.

    Raises:
        typer.BadParameter: it is written in another way, or the calendar has no such day.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is not a day such as 2020-06-30")
