"""Compares names in files with known names: ignores how they are written, and suggests the nearest one."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from scorer_client.files.messages import INSTRUCTIONS, MAX_SHEET_NAME, TIERS, Language, say

MAX_SEARCHES, MAX_NAMES = 20, 5_000
"""Searches per file, and names per search, because searching for the nearest name is slow."""


@dataclass
class NearestNames:
    """Suggests the nearest known names for the misspelt names of one file.

    Each misspelling is searched once among the same names.

    Attributes:
        language: language of the hints.
    """

    language: Language
    _hints: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)

    def hint(self, name: str, names: Collection[str]) -> str:
        """A hint such as ``; did you mean 'title'?``; "" if no name is near."""
        if len(names) > MAX_NAMES:
            return ""
        key = name, frozenset(names)
        if key not in self._hints:
            if len(self._hints) >= MAX_SEARCHES:
                return ""
            by_lower = {known.lower(): known for known in sorted(names)}
            close = difflib.get_close_matches(name[:80].lower(), list(by_lower), n=1, cutoff=0.6)
            self._hints[key] = say(self.language, "nearly", name=by_lower[close[0]]) if close else ""
        return self._hints[key]


def plain(text: str) -> str:
    """A title in small letters, with single spaces, without the mark of required columns."""
    return " ".join(text.casefold().replace("*", " ").split())


def is_instructions(sheet: str) -> bool:
    """Whether a sheet of this name has the instructions of a form, and no units."""
    return plain(unicodedata.normalize("NFC", sheet)) in INSTRUCTIONS


def sheet_of_file(file: Path) -> str:
    """The name of the sheet that a CSV file was saved from, if LibreOffice named it: ``form-Districts.csv``."""
    return unicodedata.normalize("NFC", file.stem.rpartition("-")[2])


def tier_words(tiers: Collection[str]) -> dict[str, str]:
    """Tiers by the words that mean them; the words are as ``plain`` returns them."""
    return {plain(word): tier for tier in tiers for word in (tier, tier[:MAX_SHEET_NAME], *TIERS.get(tier, ()))}
