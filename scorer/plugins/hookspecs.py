"""The hooks of a plugin: the whole surface on one screen."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from scorer.formulas import Formula
    from scorer.plugins.group import CriterionGroup

PROJECT = "scorer"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin's module as the hook of its name."""


@hookspec
def scorer_criterion_group() -> CriterionGroup:  # type: ignore[empty-body]
    """The criterion group that this plugin scores."""


@hookspec
def scorer_criteria_sets() -> Iterable[Traversable]:  # type: ignore[empty-body]
    """The criteria sets that this plugin issues: YAML files, such as those of ``importlib.resources.files``.

    Cases of a set NAME.yaml stand in NAME.cases.yaml beside it; they may be given too, and are no sets.
    """


@hookspec
def scorer_formulas() -> Iterable[type[Formula]]:  # type: ignore[empty-body]
    """Formula kinds that this plugin adds."""
