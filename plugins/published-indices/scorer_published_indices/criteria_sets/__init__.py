"""The criteria sets of this distribution: every YAML file beside this one, with its cases."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The sets and their cases, by file name; the scorer knows them apart."""
    return sorted((file for file in files(__name__).iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
