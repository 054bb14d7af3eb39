"""Shows values of any type in messages."""

from __future__ import annotations

from collections.abc import Callable

MAX_LETTERS = 80


def shown(value: object, to_text: Callable[[object], str] = repr) -> str:
    """The beginning of a value's text, on one line, without characters that could control a terminal."""
    try:
        text = to_text(value)
    except Exception:  # the value's own code may raise anything; Python refuses to print integers of many digits
        text = "<unprintable>"
    return printable(text[:MAX_LETTERS])


def described(value: object) -> str:
    """A value and its type."""
    return f"{shown(value)} of type {printable(type(value).__name__)}"


def printable(text: str) -> str:
    """A text on one line. Invisible characters, such as those that change the reading direction, become escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
