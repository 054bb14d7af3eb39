"""Checks that scoring uses no clock, network, random numbers or other processes.

While the plugin scores, a profile function of the interpreter sees every call of a function, even if the plugin has
imported the function under another name. It does not see calls inside C extensions.
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
import numpy.random  # its import uses random numbers, so import it before a plugin is profiled

from scorer.testing.conformance.faults import Failure, NothingToCheck, failure
from scorer.testing.conformance.generated_answers import take_units
from scorer.testing.conformance.harness import GroupHarness
from scorer.testing.conformance.plugin_under_test import PluginUnderTest

PROFILED_UNITS = 60
"""Number of units that are scored while calls are profiled. Profiling is slow."""

CLOCK, RANDOMNESS, NETWORK, PROCESS = "the clock", "random numbers", "the network", "another process"
_TIMES = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
_FUNCTIONS: dict[object, str] = {
    **{getattr(time, name): CLOCK for stem in _TIMES for name in (stem, f"{stem}_ns") if hasattr(time, name)},
    **{getattr(time, name): CLOCK for name in ("localtime", "gmtime", "ctime")},
    os.urandom: RANDOMNESS,
    **{getattr(os, name): PROCESS for name in ("fork", "system", "posix_spawn", "forkpty") if hasattr(os, name)},
}
_MODULES = {"_socket": NETWORK, "_posixsubprocess": PROCESS}
BOOKKEEPING = frozenset({"logging", "threading", "queue", "concurrent", "warnings", "importlib"})
"""Packages that may use the clock for their own purposes, which cannot influence points."""

FIXES = {
    CLOCK: "let units report the day, or write it into the criteria set: the ranking must be the same in ten years",
    RANDOMNESS: "the same answers must give the same points; if you need random numbers, seed your own generator",
    NETWORK: "let units report the data, or keep them in a file of your distribution",
    PROCESS: "score in this process, with NumPy",
}


def no_clock_network_or_chance(subject: PluginUnderTest) -> None:
    """Points depend on answers only: no clock, network, random numbers or other processes."""
    own_scoring = [harness for harness in subject.harnesses if harness.calls_score]
    if not own_scoring:
        raise NothingToCheck("the plugin has no code that scores: its criteria use the formula kinds of the scorer")
    for harness in own_scoring:
        cohort = take_units(harness.random_cohort, np.arange(PROFILED_UNITS))
        harness.call_score(cohort)  # not profiled: the first call may import modules, which may use clock or files
        uses: list[tuple[str, str]] = []
        before = _numpy_random_state()
        with _profiled(lambda source, caller, uses=uses: uses.append((source, caller))):  # type: ignore[misc]
            harness.call_score(cohort)  # not harness.score: the service's own code measures time
        if before != _numpy_random_state():
            uses.append((RANDOMNESS, "numpy.random, whose global generator was used"))
        if uses:
            raise _failure(harness, *uses[0])


def _failure(harness: GroupHarness, source: str, caller: str) -> Failure:
    return failure(f"scoring uses {source}", where=harness.where(), called=caller, fix=FIXES[source])


def _numpy_random_state() -> str:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - the plugin may use the global generator
    return repr((state, np.asarray(state["state"]["key"]).tobytes()))


@contextmanager
def _profiled(record: Callable[[str, str], None]) -> Iterator[None]:
    """A context manager that calls ``record`` for each call of a forbidden function, with the source and the calling
    line.
    """

    def profile(frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call" or not (source := _source(function)):
            return
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in BOOKKEEPING:
            record(source, _caller(frame, function))

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)


def _source(function: Any) -> str:
    """The forbidden source that a function written in C uses, such as ``CLOCK``; empty if it uses none."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, date) and function.__name__ in ("now", "utcnow", "today"):
        return CLOCK
    if owner is random._inst or isinstance(owner, random.SystemRandom):
        return RANDOMNESS
    if isinstance(owner, _socket.socket):
        return NETWORK
    try:
        return _FUNCTIONS.get(function) or _MODULES.get(function.__module__ or "", "")
    except TypeError:  # a method of an unhashable object
        return ""


def _caller(frame: FrameType, function: Any) -> str:
    """The line that calls the function: in the innermost frame outside Python's standard library and NumPy."""
    caller: FrameType | None = frame
    while caller is not None:
        module = str(caller.f_globals.get("__name__")).partition(".")[0]
        if module not in sys.stdlib_module_names and module != "numpy":
            code = caller.f_code
            return f"{code.co_filename}:{caller.f_lineno}, {code.co_qualname} calls {function.__name__}"
        caller = caller.f_back
    return function.__qualname__  # type: ignore[no-any-return]
