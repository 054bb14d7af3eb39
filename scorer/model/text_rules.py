"""Ids and names: what may be in them, checked one by one or many at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MAX_ID_BYTES = 128
MAX_NAME_BYTES = 512
INVISIBLE_CATEGORIES = ("Cc", "Cf", "Zl", "Zp")
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
        problem = NOT_SEEN if any(unicodedata.category(letter) in INVISIBLE_CATEGORIES for letter in text) else ""
    if not problem and required and text != text.strip():
        return "begins or ends with a space"
    return problem


def all_valid(texts: Sequence[str], limit: int, *, required: bool) -> bool:
    """Whether certainly none of many ids or names has a problem: a quick look at all of them at once."""
    if 4 * max(map(len, texts), default=0) > limit and any(len(text.encode()) > limit for text in texts):
        return False
    if required and not all(texts):
        return False
    joined = "".join(texts)
    if joined.isascii():
        return joined.isprintable() and not (required and " " in joined)
    letters = set(joined)
    return (
        not (required and any(letter.isspace() for letter in letters))
        and unicodedata.is_normalized("NFC", "\n".join(texts))  # nothing is composed with a line feed
        and not any(unicodedata.category(letter) in INVISIBLE_CATEGORIES for letter in letters)
    )


def is_sorted(texts: Sequence[str]) -> bool:
    """Whether texts stand in code-point order."""
    return sorted(texts) == list(texts)  # twice as fast as comparing each with the next one
