"""The hooks that a plugin can implement."""

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
"""Marks a function in a plugin's module as the implementation of the hook with the function's name."""


@hookspec
def scorer_criterion_group() -> CriterionGroup:  # type: ignore[empty-body]
    """Returns the criterion group that this plugin scores."""


@hookspec
def scorer_criteria_sets() -> Iterable[Traversable]:  # type: ignore[empty-body]
    """Returns the criteria sets that this plugin issues: YAML files, for example from ``importlib.resources.files``.

    The cases of NAME.yaml are in NAME.cases.yaml beside it. The hook may return these files too; they are skipped.
    """


@hookspec
def scorer_formulas() -> Iterable[type[Formula]]:  # type: ignore[empty-body]
    """Returns the formula kinds that this plugin adds."""
