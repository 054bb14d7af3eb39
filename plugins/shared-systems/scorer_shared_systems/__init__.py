"""Shared systems (hệ thống dùng chung): a criterion group, and the sets of Tây Ninh 2019 and Quảng Bình 2020."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import CriterionGroup, hookimpl
from scorer_shared_systems.group import SharedSystems


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return SharedSystems()


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The criteria sets and their cases, sorted by file name; the scorer tells them apart."""
    return sorted((files(__name__) / "criteria_sets").iterdir(), key=lambda file: file.name)
