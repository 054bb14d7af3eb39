"""Settings of the process, each with what it was measured to gain. There are no others."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

KEPT_BYTES = 32 * 2**20
"""Freed bytes that are kept for the next call."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Parameters of mallopt, see malloc.h."""


def before_imports() -> None:
    """Sets what libraries read when they are imported, and what cannot be changed once they have started threads."""
    # gRPC's own lines are no JSON, and nothing in them is not said by ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # Two threads of BLAS make a ranking of 100,000 units 2.7 times slower.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # Asking for huge pages for each array takes longer than they save.
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    # One arena for all threads: each further one keeps up to KEPT_BYTES that malloc_trim does not give back. glibc
    # fixes the number when the second thread starts, and libraries start threads.
    if libc := _glibc():
        libc.mallopt(M_ARENA_MAX, 1)


def before_serving() -> None:
    """Sets what concerns a process that serves; to be called when the criteria sets are loaded."""
    # While 1,000 rows are ranked, ScoreUnit's p99 is 11 ms instead of 25 ms.
    sys.setswitchinterval(0.0005)
    keep_memory()
    forget_garbage()


def keep_memory() -> None:
    """Lets glibc keep freed memory: a table of 10,000 units is ranked in 18 ms instead of 23 ms.

    Memory that is given back has to be cleared by the system before it can be used again.
    """
    if libc := _glibc():
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the most that glibc takes


def return_memory() -> None:
    """Gives back all freed memory: hundreds of MB after replies that nobody read. Takes up to 40 ms.

    Refused calls may hold their requests in reference cycles, which an idle process would never collect.
    """
    import pyarrow  # not before the environment is set

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    if libc := _glibc():
        libc.malloc_trim(0)


def forget_garbage() -> None:
    """Collects what loading criteria sets left, and exempts what is in use from later ones, of 40 ms each."""
    gc.collect()
    gc.freeze()


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
