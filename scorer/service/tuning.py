"""How the process keeps memory: scoring a province takes and frees the same megabytes again and again."""

from __future__ import annotations

import ctypes
import gc
import sys

KEPT = 64 * 2**20
"""Bytes that are kept when they are free."""

LARGE = 32 * 2**20
"""Bytes from which on a piece is asked for, and given back, by itself; glibc takes no more."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of mallopt, see malloc.h."""


GARBAGE = 50_000
"""New objects after which Python looks for circles of garbage: a call of 10,000 units makes as many, and no circles."""


def settle() -> None:
    """Called when new criteria sets are in use: frees what loading them left, and lets Python look past what stays.

    Looking through all criteria sets for garbage again and again made calls wait. Plans have no circles: those that are
    replaced leave with the last answer from them, frozen or not.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def keep_memory() -> None:
    """Keeps some freed memory for the next call; elsewhere than on glibc, does nothing.

    glibc gives freed memory back at once. To be given it again takes as long as scoring: the system clears every page.
    And it keeps memory apart by thread, so that what gRPC received a request in could not become its answer's.
    """
    if libc := _glibc():
        libc.mallopt(_TRIM_THRESHOLD, KEPT)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_ARENA_MAX, 1)


def give_back(size: int) -> None:
    """Keeps none while a large request, of ``size`` bytes, is answered: it takes its memory by itself.

    What gRPC had received it in would stand by, and be the fifth part of what the call takes at most.
    """
    if size >= LARGE and (libc := _glibc()):
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
