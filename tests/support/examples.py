"""Numbers of examples and of parameters that tests try."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings


def times(examples: int) -> int:
    """This number times the variable TEST_EXAMPLES, at least one; conftest.py has 15 % of all drawn if unset."""
    return max(round(examples * float(os.environ.get("TEST_EXAMPLES", "1"))), 1)


def thinned(values: Sequence[Any]) -> list[Any]:
    """Parameters, of which every fourth is used in each run, and the others only in the long run."""
    return [pytest.param(value, marks=pytest.mark.long) if n % 4 else value for n, value in enumerate(values)]


def drawn(examples: int) -> settings:
    """Settings of a test that draws so many examples in the long run, times the variable TEST_EXAMPLES."""
    return settings(
        max_examples=times(examples),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
