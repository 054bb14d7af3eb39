"""Compares names in files with known names, without regard to capitals and spaces, and suggests the nearest name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scorer_client.criteria_set_form import Form
from scorer_client.files.messages import Language, say
from scorer_client.files.sheets import SheetRow, shown
from scorer_client.files.words import CRITERIA_SET, INSTRUCTIONS, MAX_SHEET_NAME, RESERVED_SHEET_NAMES, TIERS
from scorer_client.sentences import LANGUAGES

_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")

MAX_SEARCHES, MAX_NAMES = 20, 5_000
"""Maximum number of searches per file, and of names per search. Searching for the nearest name is slow."""


@dataclass
class NearestNames:
    """Suggests the nearest known names for the misspelt names of one file.

    Hints are cached, so that a misspelt name is searched only once among the same names.

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
    """A title in small letters, with single spaces, and without the asterisk of required columns."""
    return " ".join(text.casefold().replace("*", " ").split())


def is_instructions(sheet: str) -> bool:
    """Whether a sheet with this name has the instructions of a form, and no units."""
    return plain(unicodedata.normalize("NFC", sheet)) in INSTRUCTIONS


def named_set(instructions: Iterable[SheetRow]) -> str:
    """The code of the criteria set that the rows of a sheet of instructions name; "" if they name none."""
    for _, cells in instructions:
        if len(cells) > 1 and plain(shown(cells[0])) in CRITERIA_SET:
            return shown(cells[1])
    return ""


def sheet_of_file(file: Path) -> str:
    """The name of the sheet from which LibreOffice saved a CSV file: Districts for ``form-Districts.csv``."""
    return unicodedata.normalize("NFC", file.stem.rpartition("-")[2])


def tier_words(form: Form) -> dict[str, list[str]]:
    """For each tier, the words for it in sheet names and cells: its code, titles, sheet names and usual words."""
    words = {tier: [tier, *form.texts.get(f"tier/{tier}", {}).values(), *TIERS.get(tier, ())] for tier in form.tiers}
    for language in LANGUAGES:
        for tier, name in sheet_names(form.tier_titles(language)).items():
            words[tier].append(name)
    return words


def sheet_names(titles: Mapping[str, str]) -> dict[str, str]:
    """The name of each tier's sheet: its title without forbidden characters; or its code, if this is not unique, or is
    the name of the instructions. If the code cannot be used either, it is numbered.

    Args:
        titles: the titles of all tiers of a set, by code. Without some of them, other names would be unique.
    """
    names = {tier: _NOT_IN_SHEET_NAMES.sub(" ", title)[:MAX_SHEET_NAME].strip("' ") for tier, title in titles.items()}
    uses = Counter(map(plain, names.values()))
    taken = {*INSTRUCTIONS, *RESERVED_SHEET_NAMES, *(name for name, count in uses.items() if name and count == 1)}
    for tier, name in names.items():
        if not name or uses[plain(name)] > 1 or plain(name) in (*INSTRUCTIONS, *RESERVED_SHEET_NAMES):
            candidates = (
                tier[:MAX_SHEET_NAME],
                *(f"{tier[: MAX_SHEET_NAME - 3]} {n}" for n in range(2, len(names) + 9)),
            )
            names[tier] = next(candidate for candidate in candidates if plain(candidate) not in taken)
            taken.add(plain(names[tier]))
    return names
