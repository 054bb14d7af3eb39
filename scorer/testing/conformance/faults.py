"""The exceptions by which a check reports that it did not pass."""

from __future__ import annotations


class Failure(Exception):
    """The plugin does not meet a requirement; the text says what is wrong, where, and how to fix it."""


class Unscorable(Exception):
    """The plugin's code raised, or returned something that the checks cannot use."""


class NothingToCheck(Exception):
    """The check does not apply to the plugin; the text says why."""


def failure(message: str, **details: object) -> Failure:
    """A failure with a message and one line for each detail, such as ``where`` and ``fix``."""
    return Failure("\n".join([message, *(f"  {name:<10}{text}" for name, text in details.items())]))
