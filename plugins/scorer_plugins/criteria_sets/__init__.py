"""The bundled criteria sets and their cases: the YAML files in this directory."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

from scorer.plugin_api import hookimpl


@hookimpl
def scorer_criteria_sets() -> Iterable[Traversable]:
    """The criteria sets and their cases, sorted by file name; the scorer tells them apart."""
    return sorted((file for file in files(__name__).iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
