"""How a check ends when it does not pass."""

from __future__ import annotations


class Failure(Exception):
    """The plugin breaks a promise; the text says what, where, and how to mend it."""


class Unscorable(Exception):
    """The plugin raised, or gave what cannot be looked at."""


class NothingToCheck(Exception):
    """The plugin has nothing that the check is about; the text says what is not there."""


def failure(what: str, **words: object) -> Failure:
    """A failure with a line for each of the words, such as where it is and how to mend it."""
    return Failure("\n".join([what, *(f"  {word:<10}{text}" for word, text in words.items())]))
