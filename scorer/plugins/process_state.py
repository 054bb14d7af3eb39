"""What plugins share with the rest of the process, and have to leave as it is when they are imported."""

from __future__ import annotations

import builtins
import contextlib
import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from scorer.plugins.plugin import PluginError

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
MODULES: tuple[ModuleType, ...] = (builtins, json, math, os, socket, subprocess, time, np, np.linalg, np.random)

USUAL_RECURSION = 1000
"""The recursion limit that code may count on."""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


VALUES: tuple[tuple[str, Callable[[], Any], Callable[[Any], object]], ...] = (
    ("the mask of file modes", _umask, os.umask),
    ("the recursion limit", lambda: min(sys.getrecursionlimit(), USUAL_RECURSION), sys.setrecursionlimit),
    ("sys.stdout", lambda: sys.stdout, partial(setattr, sys, "stdout")),
    ("sys.stderr", lambda: sys.stderr, partial(setattr, sys, "stderr")),
    ("logging.disable", lambda: logging.root.manager.disable, logging.disable),
)
"""What a process has once: its name, what tells its value, and what sets it."""

LISTS: tuple[tuple[str, object, str], ...] = (("sys.path", sys, "path"), ("the log", logging.root, "handlers"))
"""Lists from which nothing may be taken, though more may be added: their names, and where they are."""


class ProcessState:
    """What plugins have to leave alone, as it is now.

    The working directory, the handlers of signals, functions of Python and NumPy, ``VALUES`` and ``LISTS``.
    """

    def __init__(self) -> None:
        self._directory = _directory()
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        self._values = [get() for _, get, _ in VALUES]
        self._lists = [list(getattr(owner, name)) for _, owner, name in LISTS]
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
        for (name, get, put), value in zip(VALUES, self._values, strict=True):
            if get() != value:
                put(value)
                changes.append(name)
        for (what, owner, name), before in zip(LISTS, self._lists, strict=True):
            if any(item not in getattr(owner, name) for item in before):
                setattr(owner, name, before)
                changes.append(what)
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
