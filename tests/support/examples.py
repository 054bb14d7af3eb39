"""How many examples tests draw."""

from __future__ import annotations

import os


def times(examples: int) -> int:
    """This number times the variable TEST_EXAMPLES, at least one; conftest.py has a quarter of all drawn if unset."""
    return max(round(examples * float(os.environ.get("TEST_EXAMPLES", "1"))), 1)
