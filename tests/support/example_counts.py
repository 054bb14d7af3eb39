"""How many generated examples and parameters a test runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings


def scaled(examples: int) -> int:
    """The number of examples times TEST_EXAMPLES, at least 1. The variable is 1 with ``--long`` and 0.15 otherwise."""
    return max(round(examples * float(os.environ.get("TEST_EXAMPLES", "1"))), 1)


def mostly_long(values: Sequence[Any]) -> list[Any]:
    """Marks three of four parameters as long, so that every fourth runs by default and all run with ``--long``."""
    return [pytest.param(value, marks=pytest.mark.long) if n % 4 else value for n, value in enumerate(values)]


def with_examples(examples: int) -> settings:
    """Settings of a test that runs this number of generated examples with ``--long``, otherwise 15 % of it."""
    return settings(
        max_examples=scaled(examples),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
