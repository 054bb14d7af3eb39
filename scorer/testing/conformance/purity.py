"""The check that scoring asks nothing but its answers: no clock, no network, no chance, no other process.

The interpreter reports every call while the plugin scores, so it does not matter under which name a function was
imported. What an extension in C asks for by itself is not seen.
"""

from __future__ import annotations

import _socket
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import FrameType
from typing import Any

import numpy as np
import numpy.random  # loaded before anything is watched, as it asks for chance while it is imported

from scorer.testing.conformance.faults import Failure, NothingToCheck, failure
from scorer.testing.conformance.generated_answers import take_units
from scorer.testing.conformance.harness import GroupHarness
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

FEW = 60
"""Units that are scored while being watched, which is slow."""

CLOCK, CHANCE, NETWORK, PROCESS = "the clock", "chance", "the network", "another process"
_TIMES = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
_FUNCTIONS: dict[object, str] = {
    **{getattr(time, name): CLOCK for stem in _TIMES for name in (stem, f"{stem}_ns") if hasattr(time, name)},
    **{getattr(time, name): CLOCK for name in ("localtime", "gmtime", "ctime")},
    os.urandom: CHANCE,
    **{getattr(os, name): PROCESS for name in ("fork", "system", "posix_spawn", "forkpty") if hasattr(os, name)},
}
_MODULES = {"_socket": NETWORK, "_posixsubprocess": PROCESS}
BOOKKEEPING = frozenset({"logging", "threading", "queue", "concurrent", "warnings", "importlib"})
"""Packages that look at the clock for themselves; no points come of that."""

MEND = {
    CLOCK: "let units report the day, or write it into the criteria set: in ten years the ranking has to be the same",
    CHANCE: "the same answers have to give the same points; if something must be drawn, seed a generator of your own",
    NETWORK: "let units report it, or keep the numbers in a file of your distribution",
    PROCESS: "score in this process, with NumPy",
}


def no_clock_network_or_chance(subject: PluginUnderTest) -> None:
    """Points come from answers alone: scoring asks no clock, no network, no chance and no other process."""
    asked = [trial for trial in subject.trials if trial.asked]
    if not asked:
        raise NothingToCheck("the plugin has no code that scores: its criteria use the formula kinds of the scorer")
    for trial in asked:
        few = take_units(trial.drawn, np.arange(FEW))
        trial.raw(few)  # what is loaded at the first call may do as it likes
        seen: list[tuple[str, str]] = []
        before = _drawn_by_numpy()
        with _watched(lambda what, where, seen=seen: seen.append((what, where))):  # type: ignore[misc]
            trial.raw(few)  # the plugin alone: the service looks at the clock to see how long it takes
        if before != _drawn_by_numpy():
            seen.append((CHANCE, "numpy.random, whose global generator was used"))
        if seen:
            raise _failure(trial, *seen[0])


def _failure(trial: GroupHarness, what: str, where: str) -> Failure:
    return failure(f"scoring asks {what}", where=trial.where(), called=where, mend=MEND[what])


def _drawn_by_numpy() -> str:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - somebody else may have used it
    return repr((state, np.asarray(state["state"]["key"]).tobytes()))


@contextmanager
def _watched(note: Callable[[str, str], None]) -> Iterator[None]:
    """Notes what functions of the interpreter are called for, and where."""

    def see(frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call" or not (what := _asks(function)):
            return
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in BOOKKEEPING:
            note(what, _place(frame, function))

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(see)
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)


def _asks(function: Any) -> str:
    """What a function written in C asks for; empty for all that is harmless."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, date) and function.__name__ in ("now", "utcnow", "today"):
        return CLOCK
    if owner is random._inst or isinstance(owner, random.SystemRandom):
        return CHANCE
    if isinstance(owner, _socket.socket):
        return NETWORK
    try:
        return _FUNCTIONS.get(function) or _MODULES.get(function.__module__ or "", "")
    except TypeError:  # a method of what has no hash
        return ""


def _place(frame: FrameType, function: Any) -> str:
    """The line that called, in the innermost code that is neither Python's nor NumPy's."""
    at: FrameType | None = frame
    while at is not None:
        module = str(at.f_globals.get("__name__")).partition(".")[0]
        if module not in sys.stdlib_module_names and module != "numpy":
            code = at.f_code
            return f"{code.co_filename}:{at.f_lineno}, {code.co_qualname} calls {function.__name__}"
        at = at.f_back
    return function.__qualname__  # type: ignore[no-any-return]
