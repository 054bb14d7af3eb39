"""Detects and undoes changes that plugins make to the process, such as the working directory."""

from __future__ import annotations

import contextlib
import decimal
import faulthandler
import gc
import locale
import logging
import operator
import os
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from scorer.plugins.plugin import PluginError

SIGNALS = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
)
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)

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
    """The parts of a decimal context that calculations depend on."""
    names = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
    return {**{name: getattr(context, name) for name in names}, "traps": dict(context.traps)}


def _restore_decimal(context: Callable[[], decimal.Context], settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        setattr(context(), name, value)


def _default_context() -> decimal.Context:
    return decimal.DefaultContext


def _broad_filters() -> list[tuple[Any, ...]]:
    """The warning filters for all modules and messages. A plugin must not change these; it may add narrower filters."""
    return [
        (action, category)
        for action, message, category, module, _ in warnings.filters
        if message is None and module is None and category.__module__ == "builtins"
    ]


def _restore_filters(filters: list[tuple[Any, ...]]) -> None:
    """Restores the filters for all modules, and puts them before all others."""
    others = [one for one in warnings.filters if one[1] is not None or one[3] is not None]
    warnings.resetwarnings()
    for action, category in reversed(filters):
        warnings.simplefilter(action, category)
    warnings.filters.extend(others)  # type: ignore[attr-defined]


LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
"""The limits that the system sets for a process, such as the number of open files."""


def _limits() -> tuple[tuple[int, int], ...]:
    return tuple(resource.getrlimit(limit) for limit in LIMITS)


def _restore_limits(values: tuple[tuple[int, int], ...]) -> None:
    for limit, value in zip(LIMITS, values, strict=True):
        with contextlib.suppress(ValueError, OSError):  # a hard limit that was lowered cannot be raised
            resource.setrlimit(limit, value)


Value = tuple[str, Callable[[], Any], Callable[[Any], object]]
"""A value of the process: its name in messages, getter, setter."""

CALL_VALUES: tuple[Value, ...] = (
    ("the recursion limit", lambda: min(sys.getrecursionlimit(), DEFAULT_RECURSION_LIMIT), sys.setrecursionlimit),
    ("NumPy's handling of errors (seterr)", np.geterr, lambda errors: np.seterr(**errors)),
    (
        "the decimal context",
        lambda: _decimal_settings(decimal.getcontext()),
        partial(_restore_decimal, decimal.getcontext),
    ),
    ("timers", _timers, _stop_timers),  # the signal of a timer would end the process
    ("sys.excepthook", lambda: sys.excepthook, partial(setattr, sys, "excepthook")),
    ("threading.excepthook", lambda: threading.excepthook, partial(setattr, threading, "excepthook")),
    ("the tracing of calls (settrace)", sys.gettrace, sys.settrace),
    ("the profiling of calls (setprofile)", sys.getprofile, sys.setprofile),
)
"""Values that plugins must change neither when they are imported nor when they score. They are quick to read.
Values that other threads change temporarily are not among them, such as the filters of warnings."""

VALUES: tuple[Value, ...] = (
    ("the mask of file modes", _umask, os.umask),
    ("the limits of the process (setrlimit)", _limits, _restore_limits),
    ("sys.stdout", lambda: sys.stdout, partial(setattr, sys, "stdout")),
    ("sys.stderr", lambda: sys.stderr, partial(setattr, sys, "stderr")),
    ("logging.disable", lambda: logging.root.manager.disable, logging.disable),
    ("the level of the log", lambda: logging.root.level, logging.root.setLevel),
    ("the locale", lambda: locale.setlocale(locale.LC_ALL), partial(locale.setlocale, locale.LC_ALL)),
    ("the filters of warnings", _broad_filters, _restore_filters),
    (
        "the default decimal context",
        lambda: _decimal_settings(_default_context()),
        partial(_restore_decimal, _default_context),
    ),
    ("the tracing of threads", threading.gettrace, threading.settrace),
    ("the profiling of threads", threading.getprofile, threading.setprofile),
    (
        "the callbacks of the garbage collector",
        lambda: [*gc.callbacks],
        partial(operator.setitem, gc.callbacks, slice(None)),
    ),
    ("the switch interval of threads", sys.getswitchinterval, sys.setswitchinterval),
    *CALL_VALUES,
)
"""Values that plugins must not change when they are imported."""

LISTS: tuple[tuple[str, object, str], ...] = (
    *((f"sys.{name}", sys, name) for name in ("path", "meta_path", "path_hooks")),
    ("the log", logging.root, "handlers"),
)
"""Lists to which plugins may add but from which they must not remove: name in messages, owner, attribute."""


class CallState:
    """A snapshot of the process state that plugins must not change while they score: directory, ``CALL_VALUES``."""

    def __init__(self, values: tuple[Value, ...] = CALL_VALUES) -> None:
        self._directory, self._getters = _directory(), values
        self._values = [get() for _, get, _ in values]

    def restore(self) -> str:
        """Undoes all changes since the snapshot.

        Returns:
            A description of the changes, such as "changes the working directory"; empty if there are none.
        """
        changes = self._restore()
        return f"changes {', '.join(changes)}, which the whole service uses" if changes else ""

    def _restore(self) -> list[str]:
        """Undoes all changes, and returns the names of the changed values."""
        changes = []
        if self._directory is not None and _directory() != self._directory:
            os.chdir(self._directory)
            changes.append("the working directory")
        for (name, get, put), value in zip(self._getters, self._values, strict=True):
            if get() != value:
                put(value)
                changes.append(name)
        faulthandler.cancel_dump_traceback_later()  # a pending dump can end the process, and cannot be detected
        return changes


class ProcessState(CallState):
    """A snapshot of the process state that plugins must not change when they are imported.

    It has the working directory, environment variables, signal handlers, ``VALUES`` and ``LISTS``. Functions are in
    ``LoadedCode``.
    """

    def __init__(self) -> None:
        super().__init__(VALUES)
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        self._environment = dict(os.environ)
        self._lists = [list(getattr(owner, name)) for _, owner, name in LISTS]

    def _restore(self) -> list[str]:
        changes = super()._restore()
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                with contextlib.suppress(ValueError, TypeError):  # not the main thread; not a handler set by Python
                    signal.signal(number, handler)
                changes.append(f"what {number.name} does")
        # A plugin may add variables, as some libraries do.
        if self._environment.items() - os.environ.items():
            os.environ.update(self._environment)
            changes.append("the environment variables")
        for (label, owner, name), before in zip(LISTS, self._lists, strict=True):
            if any(item not in getattr(owner, name) for item in before):
                setattr(owner, name, before)
                changes.append(label)
        return changes


def open_files() -> dict[int, tuple[int, int]]:
    """The device and inode of each open file, by descriptor."""
    files = {}
    for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        with contextlib.suppress(OSError):  # the listing had a descriptor of its own, which is closed by now
            status = os.fstat(descriptor)
            files[descriptor] = status.st_dev, status.st_ino
    return files


def changed_files(before: Mapping[int, tuple[int, int]]) -> str:
    """The descriptors of files that were closed or redirected since ``open_files()`` gave ``before``, for people."""
    now = open_files()
    return ", ".join(str(descriptor) for descriptor, file in before.items() if now.get(descriptor) != file)


@contextlib.contextmanager
def no_process_exit() -> Iterator[None]:
    """A context manager that makes ``os._exit`` and ``os.abort`` raise PluginError, so that the plugin can be named."""

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
