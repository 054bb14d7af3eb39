"""Detects and undoes changes that plugins make to the process during import, such as the working directory."""

from __future__ import annotations

import builtins
import contextlib
import decimal
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

SIGNALS = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
)
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
MODULES: tuple[ModuleType, ...] = (builtins, json, math, os, socket, subprocess, time, np, np.linalg, np.random)

DEFAULT_RECURSION_LIMIT = 1000
"""Python's default recursion limit. A plugin may raise the limit but not go below the default."""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _timers() -> tuple[bool, ...]:
    """Whether each of ``TIMERS`` runs."""
    return tuple(any(signal.getitimer(timer)) for timer in TIMERS)


def _stop_timers(running: tuple[bool, ...]) -> None:
    """Stops the timers that did not run before."""
    for timer, ran in zip(TIMERS, running, strict=True):
        if not ran:
            signal.setitimer(timer, 0)


def _decimal_settings(context: decimal.Context) -> dict[str, Any]:
    """What calculations with a context depend on."""
    names = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
    return {**{name: getattr(context, name) for name in names}, "traps": dict(context.traps)}


def _restore_decimal(context: Callable[[], decimal.Context], settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        setattr(context(), name, value)


def _default_context() -> decimal.Context:
    return decimal.DefaultContext


VALUES: tuple[tuple[str, Callable[[], Any], Callable[[Any], object]], ...] = (
    ("the mask of file modes", _umask, os.umask),
    ("the recursion limit", lambda: min(sys.getrecursionlimit(), DEFAULT_RECURSION_LIMIT), sys.setrecursionlimit),
    ("sys.stdout", lambda: sys.stdout, partial(setattr, sys, "stdout")),
    ("sys.stderr", lambda: sys.stderr, partial(setattr, sys, "stderr")),
    ("logging.disable", lambda: logging.root.manager.disable, logging.disable),
    ("the level of the log", lambda: logging.root.level, logging.root.setLevel),
    ("timers", _timers, _stop_timers),
    ("NumPy's handling of errors (seterr)", np.geterr, lambda errors: np.seterr(**errors)),
    *(
        (label, lambda context=context: _decimal_settings(context()), partial(_restore_decimal, context))
        for label, context in (
            ("the decimal context", decimal.getcontext),
            ("the default decimal context", _default_context),
        )
    ),
)
"""Values of the process that plugins must not change: name for people, getter, setter."""

LISTS: tuple[tuple[str, object, str], ...] = (("sys.path", sys, "path"), ("the log", logging.root, "handlers"))
"""Lists to which plugins may add but from which they must not remove: name for people, owner, attribute."""


class ProcessState:
    """A snapshot of the process state that plugins must not change.

    It has the working directory, environment variables, signal handlers, functions of Python and NumPy, ``VALUES``
    and ``LISTS``.
    """

    def __init__(self) -> None:
        self._directory = _directory()
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        self._environment = dict(os.environ)
        self._values = [get() for _, get, _ in VALUES]
        self._lists = [list(getattr(owner, name)) for _, owner, name in LISTS]
        self._functions = [(m, name, value) for m in MODULES for name, value in vars(m).items() if callable(value)]

    def restore(self) -> str:
        """Undoes all changes since the snapshot.

        Returns:
            A description of the changes, such as "changes the working directory"; empty if there are none.
        """
        changes = []
        if self._directory is not None and _directory() != self._directory:
            os.chdir(self._directory)
            changes.append("the working directory")
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                with contextlib.suppress(ValueError, TypeError):  # not the main thread; not a handler set by Python
                    signal.signal(number, handler)
                changes.append(f"what {number.name} does")
        # A plugin may add variables, as some libraries do.
        if self._environment.items() - os.environ.items():
            os.environ.update(self._environment)
            changes.append("the environment variables")
        for (name, get, put), value in zip(VALUES, self._values, strict=True):
            if get() != value:
                put(value)
                changes.append(name)
        for (label, owner, name), before in zip(LISTS, self._lists, strict=True):
            if any(item not in getattr(owner, name) for item in before):
                setattr(owner, name, before)
                changes.append(label)
        for module, name, value in self._functions:
            if getattr(module, name, None) is not value:
                setattr(module, name, value)
                changes.append(f"{module.__name__}.{name}")
        return f"changes {', '.join(changes)}, which the whole service uses" if changes else ""


@contextlib.contextmanager
def no_process_exit() -> Iterator[None]:
    """A context in which ``os._exit`` and ``os.abort`` raise PluginError, so that the plugin can be named."""

    def refuse(*_: object) -> NoReturn:
        raise PluginError("would end the process")

    originals = {name: getattr(os, name) for name in ("_exit", "abort")}
    try:
        for name in originals:
            setattr(os, name, refuse)
        yield
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - only the text is needed
    except OSError:  # the directory was deleted
        return None
