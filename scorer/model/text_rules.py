"""Rules for ids and names: which texts are allowed."""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Sequence
from itertools import chain, islice

MAX_ID_BYTES = 128
MAX_NAME_BYTES = 512

CONTROL_PROBLEM = "has a control or format character"
INVISIBLE_PROBLEM = "has an invisible, unassigned or private character"
OTHER_SPACE_PROBLEM = "has a space other than the usual one (U+0020)"

CONTROL_CATEGORIES = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of control and format characters and of separators of lines and paragraphs, which are invisible or
reorder a line of text."""

_CATEGORY_PROBLEMS = {
    **dict.fromkeys(CONTROL_CATEGORIES, CONTROL_PROBLEM),
    **dict.fromkeys(("Cn", "Co", "Cs"), INVISIBLE_PROBLEM),  # unassigned, private use, surrogates
    "Zs": OTHER_SPACE_PROBLEM,
}

_DEFAULT_IGNORABLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
"""Ranges of Unicode's property Default_Ignorable_Code_Point that the categories do not cover."""

_INVISIBLE = frozenset(chain.from_iterable(range(first, last + 1) for first, last in _DEFAULT_IGNORABLE)) | {0x2800}
"""Code points of letters and marks that are not shown, and the empty Braille pattern."""


def title_problem(text: str) -> str:
    """What is wrong with a title or another text of a document or plugin; an empty string if it is allowed.

    Line ends and tabs are allowed, other control and format characters are not.
    """
    for character in "" if text.isprintable() else text:
        if "\ud800" <= character <= "\udfff":
            return "has a lone surrogate (an escape from \\ud800 to \\udfff)"
        if character not in "\n\t" and unicodedata.category(character) in CONTROL_CATEGORIES:
            return f"{CONTROL_PROBLEM} (U+{ord(character):04X}); delete it"
    return ""


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
        problem = "" if text.isprintable() else CONTROL_PROBLEM
    elif not unicodedata.is_normalized("NFC", text):
        problem = "is not in Unicode normal form C (composed letters)"
    else:
        problem = next(filter(None, map(_character_problem, text)), "")
    if required and text != text.strip() and problem in ("", OTHER_SPACE_PROBLEM):
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
        and not any(map(_character_problem, characters))
    )


def _character_problem(character: str) -> str:
    """Why a character is not allowed; an empty string if it is.

    Characters are not allowed if they are invisible, look like the usual space, or reorder a line of text.
    """
    if character == " ":
        return ""
    if ord(character) in _INVISIBLE:
        return INVISIBLE_PROBLEM
    return _CATEGORY_PROBLEMS.get(unicodedata.category(character), "")


def is_sorted(texts: Sequence[str]) -> bool:
    """Whether the texts are in strictly ascending code-point order. Then they are also unique."""
    return all(map(operator.lt, texts, islice(texts, 1, None)))
