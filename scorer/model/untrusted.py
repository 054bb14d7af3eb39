"""What comes from outside: texts, and the code of plugins, their groups and formulas."""

from __future__ import annotations

import threading
import traceback

_LONGEST = 2_000
"""Characters of a text of theirs that are shown."""

_BETWEEN = frozenset({"__main__", "scorer", "importlib", "pluggy"})
"""Packages that stand between a call of ours and the lines of a plugin; the probe of plugins runs as ``__main__``."""


def escaped(text: str) -> str:
    """A text from outside as part of one line, for terminals and logs.

    What is not to be seen, would steer a terminal or begin another line becomes an escape, such as ``\\x1b``; a byte of
    a file name that is no text becomes what it is, such as ``\\xff``.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # how Python reads such a byte
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def is_plugin_fault(error: BaseException) -> bool:
    """Whether an exception is a fault of the code that raised it, and not somebody stopping the process.

    Anything can come, also what is no ``Exception``: ``SystemExit``, or what test tools raise. ``KeyboardInterrupt``
    reaches the main thread alone; elsewhere it was raised on purpose.
    """
    return not isinstance(error, KeyboardInterrupt) or threading.current_thread() is not threading.main_thread()


def describe_error(error: BaseException) -> str:
    """An exception as one line: its kind and its text."""
    return one_line(f"{type(error).__name__}: {_text(error)}" if _text(error) else type(error).__name__)


def raised_at(error: BaseException) -> str:
    """Where a stranger's module raised, as "water_quality.group, line 31"; empty when none of its lines was run.

    What it calls of others' is passed over: the author has to look at the last line of their own.
    """
    frames = (
        (str(frame.f_globals.get("__name__", "")), line) for frame, line in traceback.walk_tb(error.__traceback__)
    )
    foreign = [(module, line) for module, line in frames if _package(module) not in _BETWEEN]
    own = [f"{module}, line {line}" for module, line in foreign if _package(module) == _package(foreign[0][0])]
    return own[-1] if own else ""


def safe_repr(thing: object) -> str:
    """The ``repr`` of a thing as one line; only what it is when it cannot say."""
    try:
        return one_line(repr(thing))
    except BaseException as error:
        if not is_plugin_fault(error):
            raise
        return f"a {type(thing).__name__}"


def one_line(text: str) -> str:
    """A text of theirs as one line that is not endless."""
    line = escaped(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _package(module: str) -> str:
    return module.partition(".")[0]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as another:
        if not is_plugin_fault(another):
            raise
        return ""
