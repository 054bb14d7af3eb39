"""Formats values of any type for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

MAX_LETTERS = 80

MAX_KNOWN_NAMES = 10


class Count(int):
    """A number of things, formatted with their name: ``f"{Count(n):cell}"`` is "1 cell" or "2 cells".

    A plural that does not end in s follows a bar, as in ``{Count(n):criterion|criteria}``.
    """

    def __format__(self, specification: str) -> str:
        if not specification[:2].isalpha() or len(specification) == 1:  # that of a number, such as ".16G"
            return int.__format__(self, specification)
        one, _, several = specification.partition("|")
        return f"{int(self)} {one if self == 1 else several or one + 's'}"


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


def not_found(kind: str, name: str, known: Iterable[str]) -> KeyError:
    """The error for a name that a result does not have. It lists some of the names that it has."""
    some = ", ".join(map(shown, islice(dict.fromkeys(known), MAX_KNOWN_NAMES)))
    return KeyError(f"no {kind} {shown(name)}; the result has {some or 'none'}")
