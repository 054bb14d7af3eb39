"""Electronic one-stop service (một cửa điện tử): a criterion group, and the set of Hà Giang 2019."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import CriterionGroup, hookimpl
from scorer_one_stop.group import OneStop


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return OneStop()


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The criteria set and its cases, sorted by file name; the scorer tells them apart."""
    return sorted((files(__name__) / "criteria_sets").iterdir(), key=lambda file: file.name)
