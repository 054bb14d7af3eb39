"""What plugins share with the rest of the process, and have to leave as it is when they are imported."""

from __future__ import annotations

import builtins
import contextlib
import math
import os
import signal
from collections.abc import Iterator
from types import ModuleType
from typing import NoReturn

import numpy as np

from scorer.plugins.plugin import PluginError

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
MODULES: tuple[ModuleType, ...] = (builtins, math, os, np)


class ProcessState:
    """The working directory, the handlers of signals, and the functions of Python and NumPy, as they are now."""

    def __init__(self) -> None:
        self._directory = _directory()
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        self._functions = [(m, name, value) for m in MODULES for name, value in vars(m).items() if callable(value)]

    def restore(self) -> str:
        """Puts back what was changed since.

        Returns:
            What it was, such as "changes the working directory"; empty when nothing was changed.
        """
        changes = []
        if self._directory is not None and _directory() != self._directory:
            os.chdir(self._directory)
            changes.append("the working directory")
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                with contextlib.suppress(ValueError, TypeError):  # not in the main thread; not one of Python's
                    signal.signal(number, handler)
                changes.append(f"what {number.name} does")
        for module, name, value in self._functions:
            if getattr(module, name, None) is not value:
                setattr(module, name, value)
                changes.append(f"{module.__name__}.{name}")
        return f"changes {', '.join(changes)}, which the whole service uses" if changes else ""


@contextlib.contextmanager
def no_process_exit() -> Iterator[None]:
    """Within it, code that would end the process without a word fails instead, so that it can be named."""

    def refuse(*_: object) -> NoReturn:
        raise PluginError("would end the process")

    ways = {name: getattr(os, name) for name in ("_exit", "abort")}
    try:
        for name in ways:
            setattr(os, name, refuse)
        yield
    finally:
        for name, way in ways.items():
            setattr(os, name, way)


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - a text is all that is asked for
    except OSError:  # somebody has deleted it
        return None
