"""Criteria sets modelled on three well-known indices. The documents declare their groups, so no more code is needed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The criteria sets and their cases, sorted by file name; the scorer tells them apart."""
    return sorted((files(__name__) / "criteria_sets").iterdir(), key=lambda file: file.name)
