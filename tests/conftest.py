"""Fixtures and settings of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import Service, catalogue, good, group, host, serving
from small_set import INFRASTRUCTURE, SMALL_SET, WATER, WELLS


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    sets = good(catalogue(host(INFRASTRUCTURE, group("water", *WELLS)), SMALL_SET, WATER))
    with serving(sets) as running:
        yield running


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives servers that the test starts more grace than any test needs."""
    monkeypatch.setenv("SCORER_GRACE", "600")
