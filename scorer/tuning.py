"""Settings of the process, each with what it was measured to gain. There are no others."""

from __future__ import annotations

import ctypes
import gc
import os
import sys


def before_imports() -> None:
    """Sets what libraries read from the environment when they are imported."""
    # We say ourselves what gRPC could not do; its own lines are not JSON.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # Two threads of BLAS make a ranking of 100,000 units 2.7 times slower.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # Asking for huge pages for each array takes longer than they save.
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")


def before_serving() -> None:
    """Sets what concerns a process that serves; to be called when the criteria sets are loaded."""
    sys.setswitchinterval(0.0005)
    keep_memory()
    forget_garbage()


def keep_memory() -> None:
    """Lets glibc keep freed memory for the next call; does nothing elsewhere.

    glibc gives freed memory back at once. To be given it again takes as long as scoring: the system clears each page.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the most that glibc takes
        libc.mallopt(M_ARENA_MAX, 1)  # what one thread has freed, another one can use


def forget_garbage() -> None:
    """Frees what loading criteria sets left, and exempts what is there from garbage collection."""
    gc.collect()
    gc.freeze()


KEPT_BYTES = 32 * 2**20
"""Freed bytes that are kept."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Parameters of mallopt, see malloc.h."""
