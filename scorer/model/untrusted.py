"""Shows texts from outside and errors of plugins safely, in messages and logs."""

from __future__ import annotations

import threading
import traceback

_MAX_CHARACTERS = 2_000
"""Longer texts are shortened to this length."""

_OWN_PACKAGES = frozenset({"__main__", "scorer", "importlib", "pluggy"})
"""Packages whose lines in a traceback belong to the scorer and not to a plugin. The probe process is ``__main__``."""


def escaped(text: str) -> str:
    """A text in which each character that is not printable is replaced by an escape, such as ``\\x1b``.

    So a text from outside cannot control a terminal or begin another line of a log. A byte of a file name that is not
    UTF-8 becomes an escape such as ``\\xff``.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # surrogates: Python's form of bytes that are not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def is_plugin_fault(error: BaseException) -> bool:
    """Whether an exception from a plugin is the plugin's fault. It is not if a user interrupts the process.

    Plugins can raise any ``BaseException``, such as ``SystemExit``. Python raises ``KeyboardInterrupt`` for Ctrl-C only
    in the main thread. In any other thread, the plugin itself has raised it.
    """
    return not isinstance(error, KeyboardInterrupt) or threading.current_thread() is not threading.main_thread()


def describe_error(error: BaseException) -> str:
    """An exception as one line: its class and its text."""
    return one_line(f"{type(error).__name__}: {_text(error)}" if _text(error) else type(error).__name__)


def raised_at(error: BaseException) -> str:
    """The line of a plugin that raised an exception, such as "water_quality.group, line 31".

    If a library that the plugin uses raised it, this is the line of the plugin that called the library. Empty if no
    line of a plugin is in the traceback.
    """
    frames = (
        (str(frame.f_globals.get("__name__", "")), line) for frame, line in traceback.walk_tb(error.__traceback__)
    )
    foreign = [(module, line) for module, line in frames if _package(module) not in _OWN_PACKAGES]
    of_plugin = [f"{module}, line {line}" for module, line in foreign if _package(module) == _package(foreign[0][0])]
    return of_plugin[-1] if of_plugin else ""


def safe_repr(value: object) -> str:
    """The ``repr`` of a plugin's value as one short line; only its type if ``repr`` raises an exception."""
    try:
        return one_line(repr(value))
    except BaseException as error:
        if not is_plugin_fault(error):
            raise
        return f"a {type(value).__name__}"


def one_line(text: str) -> str:
    """A text from a plugin as one line: escaped, and shortened if it is long."""
    line = escaped(" ".join(text.split()))
    return line if len(line) <= _MAX_CHARACTERS else f"{line[:_MAX_CHARACTERS]}..."


def _package(module: str) -> str:
    return module.partition(".")[0]


def _text(error: BaseException) -> str:
    """The text of an exception; empty if its own ``__str__`` raises an exception."""
    try:
        return str(error)
    except BaseException as raised:
        if not is_plugin_fault(raised):
            raise
        return ""
