"""Assessment periods: weeks, months, quarters, half-years and years."""

from __future__ import annotations

import calendar
import datetime
import re

FIRST_DAY, LAST_DAY = datetime.date(1800, 1, 1), datetime.date(2199, 12, 31)
"""Days outside this range are refused as mistakes, such as the year 0020, or 2563 (2020 in the Buddhist calendar)."""

_PERIOD = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|W(\d{2})|(\d{2})))?", re.ASCII)

FORMS = "YYYY, YYYY-H1, YYYY-Q1, YYYY-W01 or YYYY-01"
"""The forms of a period, for messages: year, half-year, quarter, week, month."""


def days_of(period: str) -> tuple[datetime.date, datetime.date]:
    """The first and last day of a period such as ``2020-H1``.

    Raises:
        ValueError: the text is not a period. The message lists the allowed forms.
    """
    match = _PERIOD.fullmatch(period)
    try:
        if match is None:
            raise ValueError
        year = int(match[1])
        if not FIRST_DAY.year <= year <= LAST_DAY.year:
            raise ValueError
        half, quarter, week, month = (int(part) if part else 0 for part in match.groups()[1:])
        if match[4] is not None:
            return datetime.date.fromisocalendar(year, week, 1), datetime.date.fromisocalendar(year, week, 7)
        first, last = 1, 12
        if half:
            first, last = half * 6 - 5, half * 6
        elif quarter:
            first, last = quarter * 3 - 2, quarter * 3
        elif match[5] is not None:
            first = last = month
        return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])
    except (ValueError, IndexError):
        years = f"with a year from {FIRST_DAY.year} to {LAST_DAY.year}"
        raise ValueError(f"{period[:40]!r} is not a period: write {FORMS}, {years}") from None


def overlaps(period: str, start: datetime.date | None, end: datetime.date | None) -> bool:
    """Whether a period has a day in common with the days from ``start`` to ``end`` (None: without limit).

    Raises:
        ValueError: the text is not a period.
    """
    first, last = days_of(period)
    return (start is None or start <= last) and (end is None or first <= end)


def check_day(day: datetime.date) -> None:
    """Refuses days that can only be a mistake.

    Raises:
        ValueError: the day is not in the range from ``FIRST_DAY`` to ``LAST_DAY``.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} is not between {FIRST_DAY} and {LAST_DAY}: is the year right?")
