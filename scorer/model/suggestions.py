"""Parts of error messages: suggestions for misspelled names, and short forms of values."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

MAX_NAMES = 2_000
"""Maximum number of names among which a suggestion is searched. A search among more names takes too long."""

MAX_SEARCHES = 20
"""Maximum number of searches per request. A search holds the interpreter lock, and each row of a form may have a
different wrong name."""

_NUMBER_OR_DAY = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d{2}-\d{2}")


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A suggestion such as ``; did you mean 'title'?``, or an empty string. Capitals make no difference."""
    by_small_letters = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(name[:80].casefold(), list(by_small_letters), n=1, cutoff=0.6)
    return f"; did you mean {by_small_letters[close[0]]!r}?" if close else ""


def unknown_key(key: str, names: Iterable[str]) -> str:
    """The message about an unknown key. In ``{points: 2,5}`` the comma ends the value 2, so that 5 becomes a key."""
    hint = "; write decimals with a point" if re.fullmatch(r"\d+%?", key) else did_you_mean(key, names)
    return f"unknown key {key!r}{hint}"


class Suggestions:
    """Suggestions for the names in one request. Each name is searched once, and the number of searches is limited."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}

    def did_you_mean(self, kind: str, name: str, names: Collection[str]) -> str:
        """A suggestion for ``name`` among the names of one kind, or an empty string."""
        key = (kind, name)
        if key not in self._found:
            if len(self._found) >= MAX_SEARCHES or len(names) > MAX_NAMES:
                return ""
            self._found[key] = did_you_mean(name, names)
        return self._found[key]


def short_repr(value: object) -> str:
    """A short form of a document's value, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "keys and values" if value else "nothing"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def without_quotes(value: object) -> str:
    """A value in the form of ``short_repr``, with the hint to leave out the quotes of a number or day.

    For messages of places where a number or a day is expected.
    """
    is_quoted = isinstance(value, str) and _NUMBER_OR_DAY.fullmatch(value)
    return f"{short_repr(value)}{'; write it without quotes' if is_quoted else ''}"


def in_quotes(value: object, pattern: re.Pattern[str] | None = None) -> str:
    """A hint to put a number or day in quotes where a text is expected; empty if quotes would not help.

    Args:
        value: the value of the document.
        pattern: what the text has to match.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | datetime.date):
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    kind = "day" if isinstance(value, datetime.date) else "number"
    helps = pattern is None or pattern.fullmatch(text)
    return f"expected text, but {text} without quotes is a {kind}; write '{text}'" if helps else ""
