"""Performance settings of the process, each with its measured gain. No other module changes such settings."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
from contextlib import suppress

KEPT_BYTES = 32 * 2**20
"""Bytes of freed memory that glibc keeps for the next call."""

OBJECTS_PER_COLLECTION = 50_000
"""Number of new objects after which Python collects garbage, until the process serves. Imports create many objects."""

USUAL_THRESHOLDS = gc.get_threshold()
"""Python's default thresholds, which a process that serves uses."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Parameters of mallopt, see malloc.h."""


def before_imports() -> None:
    """Changes settings that libraries read during import, or that cannot be changed after a thread has started."""
    # ``scorer criteria list`` takes 6 % less CPU.
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    # gRPC's log lines are not JSON, and our own log has the same information.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # With two BLAS threads, a ranking of 100,000 units is 2.7 times slower.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # The request for huge pages, once per array, takes more time than huge pages save.
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    # One arena for all threads: each further arena keeps up to KEPT_BYTES that malloc_trim does not return. glibc
    # fixes the number when the second thread starts, and libraries start threads.
    if libc := _glibc():
        libc.mallopt(M_ARENA_MAX, 1)


def before_loading() -> None:
    """Stops garbage collection until the process serves. Loading criteria sets then takes 13 % less CPU time.

    Loading creates many objects that stay in use, and hardly any garbage in cycles.
    """
    gc.disable()


def before_serving() -> None:
    """Changes settings of a process that serves. Must be called after the criteria sets are loaded."""
    gc.enable()
    raise_file_limit()
    gc.set_threshold(*USUAL_THRESHOLDS)
    # While another call ranks 1,000 rows, ScoreUnit's p99 is 11 ms instead of 25 ms.
    sys.setswitchinterval(0.0005)
    keep_memory()
    forget_garbage()


def raise_file_limit() -> None:
    """Allows as many open files as the system permits. Each connection takes one, and the usual limit is 1,024.

    Otherwise, a caller with so many idle connections would lock out all others.
    """
    with suppress(ValueError, OSError):  # macOS says that there is no limit, but has one
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def keep_memory() -> None:
    """Lets glibc keep freed memory. Ranking a table of 10,000 units then takes 18 ms instead of 23 ms.

    Memory that is returned to the system has to be cleared before the process can use it again.
    """
    if libc := _glibc():
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the largest value that glibc accepts


def return_memory() -> None:
    """Returns all freed memory to the system: hundreds of MB after replies that were not read. Takes up to 40 ms.

    Also collects garbage, because reference cycles of refused calls may hold requests, and an idle process would never
    collect these cycles.
    """
    import pyarrow  # must not be imported before before_imports() has been called

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    if libc := _glibc():
        libc.malloc_trim(0)


def forget_garbage() -> None:
    """Collects garbage, and excludes the objects in use from later collections, which would otherwise take 40 ms each.

    This collection includes the objects that an earlier call of this function excluded. Some belonged to calls that
    were in flight at that time, and would leak.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
