"""Rules for ids and names: which texts are allowed."""

from __future__ import annotations

import itertools
import operator
import unicodedata
from collections.abc import Sequence

MAX_ID_BYTES = 128
MAX_NAME_BYTES = 512
INVISIBLE_CATEGORIES = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of control and format characters, line and paragraph separators."""
INVISIBLE_PROBLEM = "has a control or format character"


def text_problem(text: str, max_bytes: int, *, required: bool) -> str:
    """What is wrong with an id or a name; an empty string if it is allowed.

    Args:
        text: the id or name.
        max_bytes: maximum length in UTF-8.
        required: true for ids, which must not be empty and not begin or end with a space.
    """
    if not text:
        return "is empty; every unit needs an id" if required else ""
    if 4 * len(text) > max_bytes and len(text.encode()) > max_bytes:
        return f"has {len(text.encode())} bytes, at most {max_bytes} are allowed"
    if text.isascii():
        problem = "" if text.isprintable() else INVISIBLE_PROBLEM
    elif not unicodedata.is_normalized("NFC", text):
        problem = "is not in Unicode normal form C (composed letters)"
    else:
        # Two ids that differ only in a format character look the same, and some format characters reorder a line.
        invisible = any(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in text)
        problem = INVISIBLE_PROBLEM if invisible else ""
    if not problem and required and text != text.strip():
        return "begins or ends with a space"
    return problem


def all_valid(texts: Sequence[str], max_bytes: int, *, required: bool) -> bool:
    """Checks many ids or names at once, which is much faster than ``text_problem`` for each.

    True means that no text has a problem. False means that some text may have one: call ``text_problem`` for each.
    """
    if 4 * max(map(len, texts), default=0) > max_bytes and any(len(text.encode()) > max_bytes for text in texts):
        return False
    if required and not all(texts):
        return False
    joined = "".join(texts)
    if joined.isascii():
        return joined.isprintable() and not (required and " " in joined)
    characters = set(joined)
    return (
        not (required and any(character.isspace() for character in characters))
        and unicodedata.is_normalized("NFC", "\n".join(texts))  # a line feed never composes with its neighbors
        and not any(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in characters)
    )


def is_sorted(texts: Sequence[str]) -> bool:
    """Whether the texts are in strictly ascending code-point order. Then they are also unique."""
    return all(map(operator.lt, texts, itertools.islice(texts, 1, None)))
