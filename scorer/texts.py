"""Ids and names: what may be in them, seen one by one or many at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from scorer.compiled import look_through

MAX_ID_BYTES = 128
MAX_NAME_BYTES = 512
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of control and format characters, line and paragraph separators."""
NOT_SEEN = "has a control or format character"


def text_problem(text: str, limit: int, *, required: bool) -> str:
    """What is wrong with an id or a name; empty when nothing is."""
    if not text:
        return "is empty; every unit needs an id" if required else ""
    if 4 * len(text) > limit and len(text.encode()) > limit:
        return f"has {len(text.encode())} bytes, at most {limit} are allowed"
    if text.isascii():
        problem = "" if text.isprintable() else NOT_SEEN
    elif not unicodedata.is_normalized("NFC", text):
        problem = "is not in Unicode normal form C (composed letters)"
    else:
        # Format characters are not seen: two ids that look alike would be two units, and they reorder a line of text.
        problem = NOT_SEEN if any(unicodedata.category(letter) in UNSEEN for letter in text) else ""
    if not problem and required and text != text.strip():
        return "begins or ends with a space"
    return problem


class Look(NamedTuple):
    """What one look at many texts tells."""

    longest: int
    """Bytes."""
    shortest: int
    spaces: bool
    """Whether any has one."""
    controls: bool
    """Whether any has a control character of ASCII."""
    beyond: bool
    """Whether any has a letter that ASCII does not."""
    ascend: bool
    """Whether each comes after the one before in code-point order, as most callers' ids do: then no two are equal."""

    @classmethod
    def at(cls, texts: Sequence[str]) -> Look:
        """Some texts, or none."""
        return cls(*look_through(texts))

    def are_good(self, texts: Sequence[str], limit: int, *, required: bool) -> bool:
        """Whether certainly none of them has a problem; of those that are not required, none that is not empty."""
        if self.controls or self.longest > limit or (required and (self.spaces or (texts and not self.shortest))):
            return False
        if not self.beyond:
            return True
        joined = "\n".join(texts)  # which takes a thirtieth of the time of each by itself
        letters = set(joined) - {"\n"}
        return (
            not (required and any(letter.isspace() for letter in letters))
            and unicodedata.is_normalized("NFC", joined)
            and not any(unicodedata.category(letter) in UNSEEN for letter in letters)
        )
