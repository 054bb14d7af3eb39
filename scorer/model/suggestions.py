"""Words for whoever made a mistake: nearly-right names, and values as they were written."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

MANY_NAMES = 2_000
"""Searching more takes longer than a hint is worth."""

SEARCHES = 20
"""Per request: a search holds the interpreter, and a form with a wrong name has it in every row."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'title'?``, or nothing."""
    close = difflib.get_close_matches(name[:80], list(names), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


class Suggestions:
    """Suggestions for one request: each misspelling is looked up once, and not too many are."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def did_you_mean(self, kind: str, name: str, names: Collection[str]) -> str:
        """A hint for ``name`` among the names of one kind, or nothing."""
        key = (kind, name)
        if key not in self._known:
            if len(self._known) >= SEARCHES or len(names) > MANY_NAMES:
                return ""
            self._known[key] = did_you_mean(name, names)
        return self._known[key]


def short_repr(value: object) -> str:
    """A value of a document in a message, short."""
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
