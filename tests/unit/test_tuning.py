"""Settings of the process's memory."""

from __future__ import annotations

import gc
import weakref

from scorer.service.runtime import tuning


class Cycle:
    """Something that only the collection of garbage frees, as some calls are."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_one_reload_is_freed_at_the_next() -> None:
    cycle = Cycle()
    left = weakref.ref(cycle)
    tuning.forget_garbage()
    del cycle
    gc.collect()
    assert left() is not None, "it was not excluded from collections"
    tuning.forget_garbage()
    assert left() is None
