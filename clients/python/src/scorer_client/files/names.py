"""Names in files: which one is meant, and which one is nearly right."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, field

from scorer_client.files.messages import MAX_SHEET_NAME, TIERS, Language, say

SEARCHES, MANY_NAMES = 20, 5_000
"""Nearly right names are looked for so many times a file, among so many names: it takes longer than it helps."""


@dataclass
class NearestNames:
    """Finds nearly right names for one file: each misspelling is looked up once, and not too many are.

    Attributes:
        language: of the hints.
    """

    language: Language
    _found: dict[str, str] = field(default_factory=dict)

    def hint(self, name: str, names: Collection[str]) -> str:
        """A hint such as ``; did you mean 'title'?``, or nothing."""
        if name not in self._found:
            if len(self._found) >= SEARCHES or len(names) > MANY_NAMES:
                return ""
            by_lower = {known.lower(): known for known in sorted(names)}
            close = difflib.get_close_matches(name[:80].lower(), list(by_lower), n=1, cutoff=0.6)
            self._found[name] = say(self.language, "nearly", name=by_lower[close[0]]) if close else ""
        return self._found[name]


def plain(text: str) -> str:
    """A title without what varies: capitals, spaces, the mark of a required column."""
    return " ".join(text.casefold().replace("*", " ").split())


def tier_words(tiers: Collection[str]) -> dict[str, str]:
    """The tier that each word means, in plain writing."""
    return {plain(word): tier for tier in tiers for word in (tier, tier[:MAX_SHEET_NAME], *TIERS.get(tier, ()))}
